"""Routes of the pages; the API has its own under /api/."""

from django.contrib import admin
from django.urls import include, path

from portal import admin_filters, card, health, home, jobs_pages

handler400 = "portal.errors.bad_request"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

urlpatterns = [
    # First what is asked for most: addresses are tried in this order.
    path("api/", include("portal.api.urls")),
    path("", include("cases.urls")),
    path("", home.home, name="home"),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("health/worker/", health.worker, name="health-worker"),
    path("filters/", admin_filters.save, name="filter-save"),
    path("filters/<int:pk>/drop/", admin_filters.drop, name="filter-drop"),
    path("jobs/", jobs_pages.jobs, name="jobs"),
    path("jobs/<int:pk>/retry/", jobs_pages.retry, name="job-retry"),
    path("", include("agencies.urls")),
    path("cases/<str:number>/card/", card.card, name="case-card"),
    path("", include("intake.urls")),
    path("", include("notices.urls")),
    path("", include("reports.urls")),
    path("admin/", admin.site.urls),
]
