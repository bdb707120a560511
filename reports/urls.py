"""Pages of figures."""

from django.urls import path

from reports import (
    digest_views,
    schedule_views,
    snapshot_views,
    spike_views,
    views,
    views_templates,
)

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("templates/", views_templates.listing, name="template-list"),
    path("templates/<int:pk>/", views_templates.one, name="template-detail"),
    path("spikes/", spike_views.listed, name="spikes"),
    path("metrics/", views.dictionary, name="metrics"),
    path("metrics/<slug:code>/rows/", views.metric_rows, name="metric-rows"),
    path("reports/", snapshot_views.reports, name="report-list"),
    path("reports/by-mail/", schedule_views.schedules, name="report-schedules"),
    path("reports/by-mail/<int:pk>/remove/", schedule_views.remove, name="report-schedule-remove"),
    path("reports/<slug:code>/", snapshot_views.report, name="report"),
    path("reports/<slug:code>/make/", snapshot_views.make, name="report-make"),
    path("digests/", digest_views.desk, name="digest-list"),
    path("digests/<int:pk>/", digest_views.digest, name="digest"),
    path("digests/decisions/<int:pk>/", digest_views.entry, name="digest-entry"),
    path("digests/decisions/<int:pk>/cases/", digest_views.entry_cases, name="digest-cases"),
    path("decisions/", digest_views.decisions, name="decisions"),
    path("decisions/<int:pk>/", digest_views.decisions, name="decisions-of"),
    path("snapshots/<int:pk>/", snapshot_views.snapshot, name="snapshot"),
    path("snapshots/<int:pk>/progress/", snapshot_views.progress, name="snapshot-progress"),
    path("snapshots/<int:pk>/words/", snapshot_views.words, name="snapshot-words"),
    path("snapshots/<int:pk>/<str:file_format>/", snapshot_views.file, name="snapshot-file"),
]
