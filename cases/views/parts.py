"""Contributions: what we are asked for and what we ask of others, and the page of one part.

The page of a part shows its reader the message without contacts, the task and his own answer.
The case itself, what others contribute, and the replies stay with the case's agency.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import actions, attachments
from cases.errors import BadChange
from cases.forms import word_change
from cases.forms_parts import GivePartForm
from cases.masking import mask_text
from cases.models import Attachment, Message, Participation
from cases.paging import PAGE, read_cursor, write_cursor
from cases.querysets import ParticipationQuerySet, may
from cases.views.files import download, tell_refusal

US, OTHERS = "us", "others"
SIDES = ((US, gettext_lazy("We are asked")), (OTHERS, gettext_lazy("We ask")))
_SHOWN = "asked"
_WITH = ("case__agency", "case__citizen", "case__topic", "agency", "person", "asked_by", "given_by")


class PartFilter(forms.Form):
    """Conditions of the list and of the API."""

    side = forms.ChoiceField(required=False, choices=SIDES)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("all", gettext_lazy("all")), *Participation.State.choices],
    )
    overdue = forms.BooleanField(label=gettext_lazy("overdue only"), required=False)

    def narrow(self, reader: User) -> ParticipationQuerySet:
        """The parts of the chosen side that fit; the form must be valid."""
        given = self.cleaned_data
        parts: ParticipationQuerySet = Participation.objects.all()
        if (given["side"] or US) == US:
            parts = parts.visible_to(reader)
        else:
            parts = parts.asked_by_agencies_of(reader)
        state = given["state"] or _SHOWN
        if state != "all":
            parts = parts.filter(state=state)
        if given["overdue"]:
            parts = parts.asked().filter(due_at__lt=timezone.now())
        return parts


def page_of_parts(parts: ParticipationQuerySet, cursor: str) -> tuple[list[Participation], str]:
    """One page by (due moment, id), and the cursor of the next (one query)."""
    after = read_cursor(cursor)
    if after is not None:
        due, pk = after
        parts = parts.filter(due_at__gte=due).filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=pk))
    rows = list(
        parts.select_related(*_WITH).defer("case__search").order_by("due_at", "pk")[: PAGE + 1]
    )
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], write_cursor(last.due_at, last.pk)


@dataclass(frozen=True, slots=True)
class Row:
    """A part as the side of the list shows it: its words are masked without the right."""

    part: Participation
    url: str
    title: str
    task: str
    late: bool


def _row(part: Participation, reader: User, side: str, now: datetime) -> Row:
    case = part.case
    sees = side == OTHERS and may(reader, Right.VIEW_CONTACTS, case)
    name = case.citizen.hidden_name
    return Row(
        part=part,
        url=part.get_absolute_url() if side == US else case.get_absolute_url(),
        title=case.title if sees else mask_text(case.title, name),
        task=part.task if sees else mask_text(part.task, name),
        late=part.state == Participation.State.ASKED and part.due_at < now,
    )


def sides_of(user: User) -> list[str]:
    """Which of the two lists the person's rights open."""
    rights = {US: [Right.CONTRIBUTE], OTHERS: [Right.ANSWER_CASES, Right.APPROVE_REPLIES]}
    return [side for side, _title in SIDES if holds_anywhere(user, rights[side])]


@login_required
@require_safe
def part_list(request: HttpRequest) -> HttpResponse:
    """Awaited ones first of all, the nearest term first."""
    sides = sides_of(request.user)
    if not sides:
        raise PermissionDenied
    asked = {"side": sides[0], "state": _SHOWN} | request.GET.dict()
    if asked["side"] not in sides:
        asked["side"] = sides[0]
    form = PartFilter(asked)
    valid = form.is_valid()
    found = form.narrow(request.user) if valid else Participation.objects.none()
    rows, cursor = page_of_parts(found, request.GET.get("cursor", ""))
    side, now = asked["side"], timezone.now()
    rest = {key: value for key, value in asked.items() if key != "cursor"}
    return render(
        request,
        "cases/parts/list.html",
        {
            "form": form,
            "side": side,
            "tabs": [
                {"title": title, "url": f"?side={key}", "current": key == side}
                for key, title in SIDES
                if key in sides
            ],
            "rows": [_row(part, request.user, side, now) for part in rows],
            "next_url": "?" + urlencode({**rest, "cursor": cursor}) if cursor else "",
        },
        status=200 if valid else 400,
    )


def part_or_404(user: User, pk: int) -> Participation:
    """The part, if this person is asked for it; to everybody else there is none."""
    found: Participation | None = (
        Participation.objects.visible_to(user)
        .filter(pk=pk)
        .select_related(*_WITH, "case__territory", "clock", "asked_by__agency")
        .defer("case__search")
        .first()
    )
    if found is None:
        raise Http404
    return found


def letters_of(part: Participation) -> list[dict[str, Any]]:
    """The message as who is asked may read it: never with contacts, whatever he may elsewhere."""
    rows = Message.objects.filter(case=part.case_id, is_current=True).select_related("author")
    return [
        {"text": mask_text(row.text, row.author.hidden_name), "posted_at": row.posted_at}
        for row in rows.order_by("posted_at", "pk")
    ]


def _named(files: list[Attachment], part: Participation) -> list[dict[str, Any]]:
    name = part.case.citizen.hidden_name
    return [
        {"file": file, "name": mask_text(file.name, name), "own": file.part_id == part.pk}
        for file in files
    ]


def _page(
    request: HttpRequest, part: Participation, form: GivePartForm, status: int = 200
) -> HttpResponse:
    case, name = part.case, part.case.citizen.hidden_name
    files = _named(attachments.files_of_part(part), part)
    return render(
        request,
        "cases/parts/part.html",
        {
            "part": part,
            "case": case,
            "form": form,
            "title": mask_text(case.title, name),
            "place": mask_text(case.place, name),
            "task": mask_text(part.task, name),
            "letters": letters_of(part),
            "photos": [one for one in files if not one["own"]],
            "files": [one for one in files if one["own"]],
            "waits": part.state == Participation.State.ASKED,
            "late": part.state == Participation.State.ASKED and part.due_at < timezone.now(),
            "sees_case": may(request.user, Right.VIEW_CASES, case),
        },
        status=status,
    )


@login_required
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """The part; POST gives what was asked for."""
    part = part_or_404(request.user, pk)
    if request.method != "POST":
        return _page(request, part, GivePartForm(initial={"text": part.text}))
    form = GivePartForm(request.POST)
    if form.is_valid():
        try:
            actions.give_part(part, actor=request.user, text=form.cleaned_data["text"])
        except BadChange as error:
            form.add_error(None, word_change(error.code))
        else:
            messages.success(request, _("The contribution was given"))
            return redirect(part)
    return _page(request, part, form, 422)


@login_required
@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Adds a file to the contribution while it is awaited."""
    part = part_or_404(request.user, pk)
    uploaded = request.FILES.get("file")
    if uploaded is not None:
        tell_refusal(
            request,
            lambda: attachments.add_to_part(part, actor=request.user, uploaded=uploaded),
        )
    return redirect(f"{part.get_absolute_url()}#files-of-part")


@login_required
@require_POST
def detach(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Takes a file of the contribution away while it is awaited."""
    part = part_or_404(request.user, pk)
    tell_refusal(request, lambda: attachments.remove_from_part(part, actor=request.user, pk=file))
    return redirect(f"{part.get_absolute_url()}#files-of-part")


@login_required
@require_safe
def file(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    return file_answer(part_or_404(request.user, pk), file, request.user)


def file_answer(part: Participation, pk: int, user: User) -> FileResponse:
    """A file of the part, or a photo of the message where it was shown with the task; else 404."""
    found = next((one for one in attachments.files_of_part(part) if one.pk == pk), None)
    if found is None:
        raise Http404
    return download(found, user, mask_text(found.name, part.case.citizen.hidden_name))
