"""Pages of figures."""

from django.urls import path

from reports import views

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("metrics/", views.dictionary, name="metrics"),
    path("metrics/<slug:code>/rows/", views.metric_rows, name="metric-rows"),
]
