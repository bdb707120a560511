"""Pages of cases; one route for every working move (cases.doors)."""

from django.urls import path

from cases.doors import DOORS
from cases.views import (
    absence,
    agreement,
    case,
    control,
    desk,
    drafting,
    families,
    figures,
    handover,
    lessons,
    promises,
    queue,
    review,
    terms,
)

urlpatterns = [
    path("handover/", handover.index, name="handover"),
    path("handover/plan/", handover.plan, name="handover-plan"),
    path("handover/<int:pk>/", handover.result, name="handover-result"),
    path("absence/", absence.absences_page, name="absences"),
    path("absence/<int:pk>/end/", absence.end, name="absence-end"),
    path("queue/", queue.my_queue, name="queue"),
    path("approval/", queue.approval_queue, name="approval-queue"),
    path("cases/", queue.case_list, name="case-list"),
    path("filter/", queue.filter_form, name="case-filter"),
    path("search/", queue.search, name="search"),
    path("control/", control.board, name="control-board"),
    path("control/protocol/", control.protocol, name="control-protocol"),
    path("control/protocol.pdf", control.protocol_pdf, name="control-protocol-pdf"),
    path("promises/", promises.promise_list, name="promise-list"),
    path("promises/calendar/", promises.promise_calendar, name="promise-calendar"),
    path("desk/", desk.desk, name="desk"),
    path("terms/", terms.overview, name="terms"),
    path("terms/rules/<str:code>/", terms.rule, name="term-rule"),
    path("terms/calendars/<slug:code>/<int:year>/", terms.year, name="term-year"),
    path("terms/changes/<int:pk>/", terms.change, name="term-change"),
    path("terms/changes/<int:pk>/decide/", terms.decide, name="term-decide"),
    path("review/", review.desk, name="review"),
    path("review/figures/", figures.figures, name="quality-figures"),
    path("copies/", families.listed, name="families"),
    path("copies/<int:pk>/", families.one, name="family"),
    path("review/lessons/", lessons.lessons, name="quality-lessons"),
    path("review/lessons/export/", lessons.export, name="quality-export"),
    path("review/agreement/", agreement.agreement, name="review-agreement"),
    path("review/<str:number>/claim/", review.claim, name="review-claim"),
    path("review/<str:number>/", review.one, name="review-one"),
    path("cases/<str:number>/", case.detail, name="case-detail"),
    path("cases/<str:number>/draft/", drafting.draft, name="case-draft"),
    path("cases/<str:number>/check/", drafting.check, name="case-check"),
    path("cases/<str:number>/copies/", drafting.copies, name="case-copies"),
    path("cases/<str:number>/templates/", case.templates, name="case-templates"),
    path("cases/<str:number>/attach/", case.attach, name="case-attach"),
    path("cases/<str:number>/files/<int:pk>/", case.attachment, name="case-attachment"),
    path("cases/<str:number>/files/<int:pk>/remove/", case.detach, name="case-detach"),
    *(
        path(
            f"cases/<str:number>/{door.slug}/",
            case.move_view(name),
            name=f"case-{door.slug}",
        )
        for name, door in DOORS.items()
    ),
]
