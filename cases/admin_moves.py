"""Moves from the supervisors' lists: confirmed on a page of their own, row by row, each refusal
told; the work is done by `cases.actions`, the only place that changes a case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.access import holds_anywhere
from agencies.admin_base import ROWS_CAP
from agencies.models import User
from agencies.roles import HOLDERS, Right
from cases import actions
from cases.actions.replies import latest_reply
from cases.errors import BadChange, CaseError, CaseNotFound, RightMissing, StaleChange
from cases.forms import (
    CloseForm,
    ControlForm,
    ExtendForm,
    MoveForm,
    ReasonTextForm,
    ReopenForm,
    line_of,
    word_change,
)
from cases.forms_replies import AcceptForm, ReworkForm
from cases.models import Case, Reply
from cases.workflow import MOVES

# More rows at once are never a decision a person took with open eyes.
MOST_ROWS = 100
WHOLE_NUMBER = len("26-048213")


class AssignManyForm(MoveForm):
    """The executor for several cases; who may not answer for one of them is refused there."""

    cases: Sequence[Case] = ()
    executor = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Executor"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def prepare(self) -> None:
        lines = {pk for agency in {case.agency for case in self.cases} for pk in line_of(agency)}
        roles = [f"hold_{role}" for role in HOLDERS[Right.ANSWER_CASES]]
        self.fields["executor"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(
                is_active=True,
                agencyuserpermission__permission__codename__in=roles,
                agencyuserpermission__content_object_id__in=sorted(lines),
            )
            .distinct()
            .order_by("last_name", "first_name")
        )


class GroundsForm(ReworkForm):
    """Without the tick «brush-off»: here that verdict is an action of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["brush_off"]
        del self.fields["reply"]


class AcceptManyForm(AcceptForm):
    """Nothing is done here without a word why; a remark would make another verdict of it."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reply"]


@dataclass(frozen=True, slots=True)
class BulkMove:
    """`name`: of the workflow's table; `reads_reply`: the verdict is on the reply that was read."""

    name: str
    title: Promise
    form: type[MoveForm]
    perform: Callable[..., Any]
    extra: tuple[tuple[str, Any], ...] = ()
    reads_reply: bool = False


BULK_MOVES: dict[str, BulkMove] = {
    "put_under_control": BulkMove(
        "set_control",
        gettext_lazy("Put under personal control"),
        ControlForm,
        actions.set_control,
    ),
    "lift_control": BulkMove(
        "lift_control", gettext_lazy("Lift personal control"), ReasonTextForm, actions.lift_control
    ),
    "assign": BulkMove(
        "assign", gettext_lazy("Assign another executor"), AssignManyForm, actions.assign
    ),
    "close": BulkMove("close", gettext_lazy("Close"), CloseForm, actions.close),
    "reopen": BulkMove("reopen", gettext_lazy("Reopen"), ReopenForm, actions.reopen),
    "extend": BulkMove("extend", gettext_lazy("Extend the deadline"), ExtendForm, actions.extend),
    "accept": BulkMove(
        "accept_reply",
        gettext_lazy("Verdict: accept the reply"),
        AcceptManyForm,
        actions.accept_reply,
        reads_reply=True,
    ),
    "return_for_rework": BulkMove(
        "return_for_rework",
        gettext_lazy("Return for rework"),
        GroundsForm,
        actions.return_for_rework,
        reads_reply=True,
    ),
    "brush_off": BulkMove(
        "return_for_rework",
        gettext_lazy("Verdict: brush-off, return"),
        GroundsForm,
        actions.return_for_rework,
        extra=(("brush_off", True),),
        reads_reply=True,
    ),
}


def word_refusal(error: CaseError) -> str:
    """Why a row was left as it is, in a few words."""
    if isinstance(error, BadChange):
        return word_change(error.code)
    if isinstance(error, CaseNotFound):
        return _("no such case")
    if isinstance(error, RightMissing):
        return _("you have no right to this")
    if isinstance(error, StaleChange):
        return _("somebody changed the case meanwhile")
    return _("the state does not allow it")


@dataclass(slots=True)
class Chosen:
    """A ticked row: its case and, on the list of replies, the reply that was read."""

    pk: int
    case: Case
    reply: int | None


def chosen_of(rows: Sequence[Any]) -> list[Chosen]:
    return [
        Chosen(row.pk, row.case, row.pk)
        if isinstance(row, Reply)
        else Chosen(row.pk, row, getattr(row, "reply_seen", None))
        for row in rows
    ]


def _form(move: BulkMove, data: Any, chosen: Sequence[Chosen], actor: User) -> MoveForm:
    kind = move.form
    if issubclass(kind, AssignManyForm):
        kind = type(kind.__name__, (kind,), {"cases": [row.case for row in chosen]})
    return kind(data, case=chosen[0].case, actor=actor)


def _seen(request: HttpRequest, name: str, pk: int) -> int | None:
    value = request.POST.get(f"{name}_{pk}", "")
    return int(value) if value.isdecimal() and len(value) < 18 else None


def _perform(
    request: HttpRequest, move: BulkMove, chosen: Sequence[Chosen], values: dict[str, Any]
) -> None:
    """Each row in its own transaction: a refused one does not undo the others."""
    for row in chosen:
        facts = {**values, **dict(move.extra), "version": _seen(request, "version", row.pk)}
        if move.reads_reply:
            facts["reply"] = row.reply or _seen(request, "reply", row.pk)
        try:
            move.perform(row.case, actor=request.user, **facts)
        except CaseError as error:
            said = _("№ %(number)s: %(why)s")
            why = word_refusal(error)
            messages.warning(request, said % {"number": row.case.number, "why": why})
        else:
            messages.success(request, _("№ %(number)s: done") % {"number": row.case.number})


def _latest(case: Case) -> Reply | None:
    try:
        return latest_reply(case)
    except CaseError:
        return None


def run(model_admin: Any, request: HttpRequest, queryset: Any, key: str) -> HttpResponse | None:
    """First the page that asks for values and reason, then the work and back to the list."""
    move = BULK_MOVES[key]
    rows = list(queryset[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        messages.error(
            request,
            ngettext("At most %(count)d row at once.", "At most %(count)d rows at once.", MOST_ROWS)
            % {"count": MOST_ROWS},
        )
        return None
    if not rows:
        messages.error(request, _("Nothing was chosen."))
        return None
    chosen = chosen_of(rows)
    confirmed = "confirmed" in request.POST
    form = _form(move, request.POST if confirmed else None, chosen, request.user)  # type: ignore[arg-type]
    if confirmed and form.is_valid():
        _perform(request, move, chosen, form.cleaned_data)
        return None
    if move.reads_reply:
        for row in chosen:
            latest = _latest(row.case)
            row.reply = row.reply or (latest.pk if latest else None)
    return TemplateResponse(
        request,
        "admin/confirm_move.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": move.title,
            "opts": model_admin.opts,
            "form": form,
            "rows": chosen,
            "sources": MOVES[move.name].sources,
            "action": key,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "media": model_admin.media,
        },
    )


class MovesMixin:
    """Adds the bulk moves whose right the person holds anywhere to a list."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = {}
        for key, move in BULK_MOVES.items():
            if holds_anywhere(request.user, (MOVES[move.name].right,)):
                found[key] = (_action(key), key, move.title)
        return found


def _action(key: str) -> Callable[[Any, HttpRequest, Any], HttpResponse | None]:
    def act(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return run(model_admin, request, queryset, key)

    return act


def number_or_words(term: str) -> tuple[str, str]:
    """(beginning of a case number, words): one of them is empty."""
    bare = term.strip().lstrip("№ ").strip()
    if bare and all(sign.isdigit() or sign == "-" for sign in bare):
        return bare, ""
    return "", term.strip()


def by_number(rows: Any, number: str, path: str = "number") -> Any:
    """Rows of one case number, or of numbers that begin so (the first ROWS_CAP of them).

    A beginning is looked up by its index first: ordered by arrival, the planner would walk
    the whole list to find the few.
    """
    if len(number) >= WHOLE_NUMBER:
        return rows.filter(**{path: number})
    found = rows.order_by().filter(**{f"{path}__startswith": number})
    return rows.filter(pk__in=list(found.values_list("pk", flat=True)[:ROWS_CAP]))
