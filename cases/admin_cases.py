"""The supervisors' lists of cases and replies, the administrators' list of states, the journal."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.access import granted_agency_ids
from agencies.admin_base import ListOnlyAdmin, ReadOnlyAdmin
from agencies.models import Agency
from agencies.roles import Right
from cases.admin_moves import MovesMixin, by_number, number_or_words
from cases.dossier import history_for
from cases.filters import today_bounds
from cases.masking import mask_text
from cases.models import Case, CaseEvent, CaseState, Citizen, Reply, Territory, TopicGroup
from cases.querysets import may
from cases.workflow import MOVES, OPEN, Status
from quality import points

# Events that are no moves of the life cycle.
ARRIVALS = {
    "register": gettext_lazy("Registered"),
    "imported": gettext_lazy("Imported"),
    "import_updated": gettext_lazy("Updated by an import"),
    "message_edited": gettext_lazy("Changed at its source"),
    "merged_here": gettext_lazy("Another case was merged into it"),
    "taken_out": gettext_lazy("A merged case was taken out of it again"),
    "attach": gettext_lazy("A file was attached"),
    "detach": gettext_lazy("A file was taken away"),
    "agency_named": gettext_lazy("Agency of an imported case named"),
    "hand_over": gettext_lazy("Handed over to another"),
    "promise_due": gettext_lazy("The promised day has come"),
    "promise_broken": gettext_lazy("A promise was not kept"),
    "give_part": gettext_lazy("Contribution given"),
    "close_unmarked": gettext_lazy("Closed without a mark"),
    "escalate": gettext_lazy("Raised to the head of the agency"),
    "recount": gettext_lazy("Terms counted again"),
    "split_off": gettext_lazy("Made by splitting another case"),
}
SUPERVISORS = (Right.REVIEW_REPLIES, Right.CONTROL_CASES)


def _moment(value: datetime | None) -> str:
    return "—" if value is None else f"{localtime(value):%d.%m.%Y %H:%M}"


def _points(risk: float | None) -> str:
    return "—" if risk is None else str(points(risk))


def unnamed(kind: str) -> str:
    """Who wrote, where there is no name to show."""
    return _("anonymous") if kind == Citizen.Kind.ANONYMOUS else _("no name given")


def plain(name: str, title: Any) -> Callable[[Any], str]:
    """A related row by its name: Django's link would lead to a page supervisors may not open."""

    @admin.display(description=title)
    def show(row: Any) -> str:
        related = getattr(row, name)
        return "—" if related is None else str(related)

    return show


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("term")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("overdue", _("Overdue")), ("today", _("Due today")), ("open", _("Open"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "overdue":
                return queryset.overdue()
            case "today":
                return queryset.due_between(*today_bounds())
            case "open":
                return queryset.open()
        return queryset


class FlaggedFilter(admin.SimpleListFilter):
    title = gettext_lazy("check")
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Flagged"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(flagged=True) if self.value() == "yes" else queryset


class ControlFilter(admin.SimpleListFilter):
    title = gettext_lazy("personal control")
    parameter_name = "control"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Under control")), ("mine", _("Under my control"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.under_control()
            case "mine":
                return queryset.filter(controlled_by=request.user)
        return queryset


class ChoiceFilter(admin.SimpleListFilter):
    """A choice of rows by id, offered without counting; an unknown value finds nothing."""

    lookup = ""

    def rows(self, request: HttpRequest, model_admin: Any) -> Any:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(str(row.pk), str(row)) for row in self.rows(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None:
            return queryset
        if not value.isdecimal() or len(value) > 18:
            return queryset.none()
        return queryset.filter(**{self.lookup: int(value)})


class AgencyFilter(ChoiceFilter):
    title = gettext_lazy("agency")
    parameter_name = "agency"
    lookup = "agency"

    def rows(self, request: HttpRequest, model_admin: Any) -> Any:
        right = model_admin.row_right
        return Agency.objects.granted_to(request.user, right).only("pk", "name", "short_name")


class GroupFilter(ChoiceFilter):
    title = gettext_lazy("topic group")
    parameter_name = "group"
    lookup = "topic__group"

    def rows(self, request: HttpRequest, model_admin: Any) -> Any:
        return TopicGroup.objects.all()


class TerritoryFilter(ChoiceFilter):
    title = gettext_lazy("territory")
    parameter_name = "territory"
    lookup = "territory"

    def rows(self, request: HttpRequest, model_admin: Any) -> Any:
        return Territory.objects.all()


class StatusFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Status.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        status = self.value()
        if status in OPEN:
            # The same rows, but found among the open ones by their index.
            queryset = queryset.filter(is_open=True)
        return queryset.filter(status=status) if status else queryset


class _CaseList:
    """Orders every list by an index: what is due by its term, the rest by arrival."""

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get("due") in ("overdue", "today"):
            return ("due_at", "id")
        return ("-received_at", "-id")

    @admin.display(description=gettext_lazy("received"))
    def received(self, case: Case) -> str:
        return _moment(case.received_at)

    @admin.display(description=gettext_lazy("due"))
    def due(self, case: Case) -> str:
        return _moment(case.due_at)


@admin.register(Case)
class CaseAdmin(_CaseList, MovesMixin, ReadOnlyAdmin):
    """Rows are read-only: what changes a case are the moves, each with its reason and event."""

    view_rights = SUPERVISORS
    row_right = Right.VIEW_CASES
    change_form_template = "admin/cases/case/change_form.html"
    list_display = (
        "number",
        "subject",
        "status",
        "agency",
        "executor",
        "received",
        "due",
        "points",
        "control",
    )
    list_filter = (
        DueFilter,
        FlaggedFilter,
        ControlFilter,
        StatusFilter,
        AgencyFilter,
        GroupFilter,
        TerritoryFilter,
    )
    list_select_related = ("agency", "executor", "controlled_by")
    search_fields = ("number",)
    search_help_text = gettext_lazy("A number, its beginning, or words of the message.")
    sortable_by = ()
    fields = (
        "number",
        "status",
        "subject",
        "place_masked",
        "author",
        plain("agency", gettext_lazy("agency")),
        plain("executor", gettext_lazy("executor")),
        plain("topic", gettext_lazy("topic")),
        plain("territory", gettext_lazy("territory")),
        plain("channel", gettext_lazy("channel")),
        "received",
        "due",
        "answered",
        "points",
        "control",
        "returns",
        "extensions",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return Case.objects.visible_to(request.user).defer("search", "touched")

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> Any:
        number, words = number_or_words(term)
        if number:
            return by_number(queryset, number), False
        return (queryset.matching(words), False) if words else (queryset, False)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        case = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if case is not None:
            extra |= {
                "case": case,
                "sees_contacts": may(request.user, Right.VIEW_CONTACTS, case),
                "letters": case.messages.filter(is_current=True).select_related(
                    "channel", "author"
                ),
                "replies": case.replies.select_related("author").order_by("-version"),
                "events": history_for(case, request.user),
                "title": str(case),
                "subtitle": None,
            }
        return super().change_view(request, object_id, form_url, extra)

    @admin.display(description=gettext_lazy("heading"))
    def subject(self, case: Case) -> str:
        return mask_text(case.title)

    @admin.display(description=gettext_lazy("place"))
    def place_masked(self, case: Case) -> str:
        return mask_text(case.place) or "—"

    @admin.display(description=gettext_lazy("citizen"))
    def author(self, case: Case) -> str:
        return case.citizen.masked_name or unnamed(case.citizen.kind)

    @admin.display(description=gettext_lazy("answered"))
    def answered(self, case: Case) -> str:
        return _moment(case.answered_at)

    @admin.display(description=gettext_lazy("points"))
    def points(self, case: Case) -> str:
        if not case.flagged:
            return _points(case.risk)
        return format_html(
            '<span class="badge" data-tone="warn">{} {}</span>', _points(case.risk), _("flagged")
        )

    @admin.display(description=gettext_lazy("personal control"))
    def control(self, case: Case) -> str:
        if case.controlled_by is None:
            return "—"
        until = f" — {case.controlled_until:%d.%m.%Y}" if case.controlled_until else ""
        return f"{case.controlled_by.short_name}{until}"


class ReplyStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Reply.State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


class ReplyAgencyFilter(AgencyFilter):
    lookup = "case__agency"


@admin.register(Reply)
class ReplyAdmin(MovesMixin, ReadOnlyAdmin):
    view_rights = SUPERVISORS
    row_right = Right.VIEW_CASES
    list_display = ("case_number", "version", "state", "agency", "author", "sent", "points")
    list_filter = (FlaggedFilter, ReplyStateFilter, ReplyAgencyFilter)
    list_select_related = ("case", "case__agency", "agency", "author")
    search_fields = ("case__number",)
    search_help_text = gettext_lazy("A number, its beginning, or words of the message.")
    sortable_by = ()
    ordering = ("-submitted_at", "-id")
    fields = (
        "case_number",
        "version",
        "state",
        "kind",
        "outcome",
        plain("agency", gettext_lazy("agency")),
        plain("author", gettext_lazy("author")),
        "sent",
        "published",
        "published_url",
        "points",
        "text",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = Reply.objects.visible_to(request.user)
        return rows.defer("case__search", "case__touched", "assessment")

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> Any:
        number, words = number_or_words(term)
        if number:
            return by_number(queryset, number, "case__number"), False
        if not words:
            return queryset, False
        found = Case.objects.visible_to(request.user).matching(words)
        return queryset.filter(case__in=found), False

    @admin.display(description=gettext_lazy("case"))
    def case_number(self, reply: Reply) -> str:
        return reply.case.number

    @admin.display(description=gettext_lazy("sent"))
    def sent(self, reply: Reply) -> str:
        return _moment(reply.submitted_at)

    @admin.display(description=gettext_lazy("published"))
    def published(self, reply: Reply) -> str:
        return _moment(reply.published_at)

    points = CaseAdmin.points

    def told_at(self, reply: Reply) -> str:
        return reverse("admin:cases_case_change", args=[reply.case_id])


@admin.register(CaseState)
class CaseStateAdmin(_CaseList, ListOnlyAdmin):
    """Numbers and states for administrators: the query itself fetches no text and no author."""

    view_rights = (Right.MANAGE_AGENCIES,)
    row_right = Right.VIEW_STATES
    list_display = ("number", "status", "agency", "received", "due", "in_time")
    list_filter = (DueFilter, StatusFilter, AgencyFilter, GroupFilter, TerritoryFilter)
    list_select_related = ("agency",)
    search_fields = ("number",)
    search_help_text = gettext_lazy("A number or its beginning.")
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = CaseState.objects.visible_to(request.user, Right.MANAGE_AGENCIES)
        return seen.only(
            "number", "status", "is_open", "received_at", "due_at", "agency__name",
            "agency__short_name",
        )  # fmt: skip

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> Any:
        number, words = number_or_words(term)
        if number:
            return by_number(queryset, number), False
        return (queryset.none(), False) if words else (queryset, False)

    @admin.display(description=gettext_lazy("in time"), boolean=True)
    def in_time(self, case: Case) -> bool | None:
        if not case.is_open or case.due_at is None:
            return None
        return case.due_at >= localtime()


@admin.register(CaseEvent)
class CaseEventAdmin(ListOnlyAdmin):
    """The journal: who moved which case when. Words people left are on the case's own page."""

    view_rights = (Right.VIEW_AUDIT,)
    list_display = ("at", "case_number", "did", "was", "became", "actor")
    list_select_related = ("case", "actor")
    search_fields = ("case__number",)
    search_help_text = gettext_lazy("A number or its beginning.")
    sortable_by = ()
    ordering = ("-id",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = CaseEvent.objects.only(
            "at", "move", "before", "after", "case__number", "case__agency", "actor__username",
            "actor__first_name", "actor__last_name",
        )  # fmt: skip
        ids = granted_agency_ids(request.user, Right.VIEW_AUDIT)
        return rows if ids is None else rows.filter(case__agency__in=sorted(ids))

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> Any:
        number, words = number_or_words(term)
        if number:
            return by_number(queryset, number, "case__number"), False
        return (queryset.none(), False) if words else (queryset, False)

    @admin.display(description=gettext_lazy("case"))
    def case_number(self, event: CaseEvent) -> str:
        return event.case.number

    @admin.display(description=gettext_lazy("move"))
    def did(self, event: CaseEvent) -> str:
        if event.move in MOVES:
            return str(MOVES[event.move].title)
        return str(ARRIVALS.get(event.move, event.move))

    @admin.display(description=gettext_lazy("was"))
    def was(self, event: CaseEvent) -> str:
        return _state(event.before)

    @admin.display(description=gettext_lazy("became"))
    def became(self, event: CaseEvent) -> str:
        return _state(event.after)


def _state(code: str) -> str:
    return str(Status(code).label) if code in Status.values else "—"
