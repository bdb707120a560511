"""Routes of the API; one for every working move (cases.doors)."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from cases.doors import DOORS
from portal.api import (
    absences,
    bulk,
    control,
    exports,
    families,
    files,
    handovers,
    jobs,
    lessons,
    metrics,
    notices,
    parts,
    promises,
    reference,
    saved,
    views,
)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("token/", reference.Token.as_view(), name="api-token"),
    path("me/", reference.Me.as_view(), name="api-me"),
    path("agencies/", reference.Agencies.as_view(), name="api-agencies"),
    path("topics/", reference.Topics.as_view(), name="api-topics"),
    path("territories/", reference.Territories.as_view(), name="api-territories"),
    path("reasons/", reference.Reasons.as_view(), name="api-reasons"),
    path("notices/", notices.Notices.as_view(), name="api-notices"),
    path("notices/read/", notices.NoticesRead.as_view(), name="api-notices-read"),
    path("notices/settings/", notices.NoticeSettings.as_view(), name="api-notice-settings"),
    path("absences/", absences.Absences.as_view(), name="api-absences"),
    path("absences/<int:pk>/end/", absences.AbsenceEnd.as_view(), name="api-absence-end"),
    path("views/", saved.SavedViews.as_view(), name="api-saved-views"),
    path("views/<int:pk>/", saved.OneSavedView.as_view(), name="api-saved-view"),
    path("quality/lessons/", lessons.QualityLessons.as_view(), name="api-quality-lessons"),
    path("jobs/", jobs.Jobs.as_view(), name="api-jobs"),
    path("jobs/<int:pk>/retry/", jobs.JobRetry.as_view(), name="api-job-retry"),
    path("control/", control.ControlBoard.as_view(), name="api-control"),
    path("promises/", promises.Promises.as_view(), name="api-promises"),
    path("promises/month/", promises.PromiseMonth.as_view(), name="api-promise-month"),
    path("exports/", exports.Exports.as_view(), name="api-exports"),
    path("exports/<int:pk>/", exports.Export.as_view(), name="api-export"),
    path("exports/<int:pk>/file/", exports.ExportFile.as_view(), name="api-export-file"),
    path("orphans/", handovers.Orphans.as_view(), name="api-orphans"),
    path("handovers/", handovers.Handovers.as_view(), name="api-handovers"),
    path("handovers/<int:pk>/", handovers.HandoverDetail.as_view(), name="api-handover"),
    path("metrics/", metrics.Metrics.as_view(), name="api-metrics"),
    path("metrics/<slug:code>/", metrics.OneMetric.as_view(), name="api-metric"),
    path("metrics/<slug:code>/rows/", metrics.MetricRows.as_view(), name="api-metric-rows"),
    path("parts/", parts.Parts.as_view(), name="api-parts"),
    path("parts/<int:pk>/", parts.Part.as_view(), name="api-part"),
    path("parts/<int:pk>/give/", parts.GivePart.as_view(), name="api-part-give"),
    path("parts/<int:pk>/files/", parts.PartFiles.as_view(), name="api-part-files"),
    path("parts/<int:pk>/files/<int:file>/", parts.PartFile.as_view(), name="api-part-file"),
    path("messages/", views.Messages.as_view(), name="api-messages"),
    path("marks/", views.Marks.as_view(), name="api-marks"),
    path("copies/", families.Families.as_view(), name="api-families"),
    path("copies/<int:pk>/", families.Family.as_view(), name="api-family"),
    path("cases/", views.CaseList.as_view(), name="api-cases"),
    path("cases/bulk/", bulk.Bulk.as_view(), name="api-bulk"),
    path("cases/bulk/<int:pk>/", bulk.BulkResult.as_view(), name="api-bulk-run"),
    path("cases/<str:number>/", views.CaseDetail.as_view(), name="api-case"),
    path("cases/<str:number>/attachments/", files.CaseFiles.as_view(), name="api-case-files"),
    path(
        "cases/<str:number>/attachments/<int:pk>/",
        files.CaseFile.as_view(),
        name="api-case-file",
    ),
    path("cases/<str:number>/check/", views.Check.as_view(), name="api-case-check"),
    *(
        path(
            f"cases/<str:number>/{door.slug}/",
            views.move_view(door).as_view(),
            name=f"api-case-{door.slug}",
        )
        for door in DOORS.values()
    ),
]
