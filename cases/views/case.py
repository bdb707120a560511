"""The page of a case: message, editor with the live check, history, and its moves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.models import User
from agencies.roles import Right
from cases import attachments, mentions
from cases.actions import drafts
from cases.actions.moving import refuse
from cases.attachments import shown_name
from cases.doors import DOORS, Door, ensure_open, open_doors
from cases.dossier import dossier_of
from cases.errors import BadChange, CaseError, MoveNotAllowed, RightMissing, StaleChange
from cases.forms import MoveForm
from cases.masking import mask_text
from cases.models import Attachment, Case, ReasonKind, Reply, ReplyTemplate
from cases.promises import kinds_of, recognised
from cases.querysets import may
from cases.reading import visible_case
from cases.reasons import reason_name
from cases.screens import TONES, Timekeeper
from cases.views.common import case_or_404
from cases.views.conflicts import Conflict, conflict_of
from cases.views.files import download, tell_refusal
from cases.views.panel import overridden, panel_of, text_pieces
from cases.views.rework import rework_of
from cases.views.stages import grouped_doors, steps_of

# Moves that publish a reply: one of them at a time, by the reply's kind.
_PUBLISHING = ("publish", "give_interim", "plan")
# Moves that have their own place on the page; the rest stand in the head as buttons.
_IN_PLACE = {"submit_reply", "add_note", "start_moderation", *_PUBLISHING}
_IN_PLACE |= {"withdraw_part", "return_part"}
# So many stand side by side; the rest wait behind «more».
_SHOWN_MOVES = 3
_KEYS = {
    "take": "KeyT",
    "assign": "KeyN",
    "return_to_author": "KeyR",
    "dispute_competence": "KeyD",
    "set_control": "KeyL",
}
# What somebody waits for stands first.
_FIRST = ("confirm_rejection", "register_appeal", "resume_planned", "resume")


def known_facts(case: Case) -> list[dict[str, str]]:
    """What the case already knows, to be put into the reply by one press."""
    facts: list[dict[str, str]] = []
    if case.place:
        text = _("at %(place)s") % {"place": case.place}
        facts.append({"key": "place", "label": _("place"), "text": text})
    if case.due_at:
        day = date_format(timezone.localtime(case.due_at), "j E Y")
        text = _("before %(day)s") % {"day": day}
        facts.append({"key": "date", "label": _("date of the term"), "text": text})
    phone = (case.executor.phone if case.executor else "") or (
        case.agency.phone if case.agency else ""
    )
    if phone:
        text = _("phone %(phone)s") % {"phone": phone}
        facts.append({"key": "phone", "label": _("work phone"), "text": text})
    if case.executor:
        text = _("responsible: %(name)s") % {"name": str(case.executor)}
        facts.append({"key": "who", "label": _("responsible"), "text": text})
    return facts


def _files(found: list[Attachment], user: User) -> dict[str, Any]:
    """Files by what they belong to: a message, a reply, a contribution, the reply this person is
    writing.

    `files`: the rest, for instance what colleagues have attached to replies not sent yet.
    """
    by_message: dict[int, list[Attachment]] = {}
    by_reply: dict[int, list[Attachment]] = {}
    by_part: dict[int, list[Attachment]] = {}
    mine: list[Attachment] = []
    rest: list[Attachment] = []
    for file in found:
        if file.message_id is not None:
            by_message.setdefault(file.message_id, []).append(file)
        elif file.reply_id is not None:
            by_reply.setdefault(file.reply_id, []).append(file)
        elif file.part_id is not None:
            by_part.setdefault(file.part_id, []).append(file)
        else:
            (mine if file.uploaded_by_id == user.pk else rest).append(file)
    return {
        "files_of_messages": by_message,
        "files_of_replies": by_reply,
        "files_of_parts": by_part,
        "files_of_draft": mine,
        "files": rest,
    }


def case_context(case: Case, request: HttpRequest) -> dict[str, Any]:
    """Everything the page of a case shows: one query, one more for sources of a copied reply."""
    user = request.user
    dossier = dossier_of(case, user)
    latest = dossier.replies[0] if dossier.replies else None
    doors = open_doors(case, user, latest)
    names = {door.name for door in doors}
    writes = "submit_reply" in names
    draft = dossier.draft if writes else None
    sees_contacts = may(user, Right.VIEW_CONTACTS, case)
    in_head = [(door, _KEYS.get(door.name, "")) for door in doors if door.name not in _IN_PLACE]
    in_head.sort(key=lambda pair: (pair[0].name not in _FIRST, not pair[1]))
    text_now = (draft.text if draft else "") if writes else None
    return {
        "case": case,
        "tone": TONES.get(case.status, ""),
        "deadline": Timekeeper(reader=request.user).view(case),
        "letters": [
            {
                "message": letter,
                "pieces": text_pieces(
                    letter.text, latest, sees_contacts, letter.author.hidden_name
                ),
            }
            for letter in dossier.letters
        ],
        "sees_contacts": sees_contacts,
        "replies": dossier.replies,
        "latest": latest,
        "panel": panel_of(latest, user) if latest and not writes else None,
        "checked": None,
        "draft": draft,
        "seen": draft.saved_at.isoformat() if draft else "",
        "writes": writes,
        "inserts": known_facts(case) if writes else [],
        "form": DOORS["submit_reply"].form(
            initial={"text": draft.text if draft else ""}, case=case, actor=user
        )
        if writes
        else None,
        "kinds": _kinds(case) if writes else [],
        "days": days_of(case, text_now or "", request.POST) if writes else [],
        "notes": "add_note" in names,
        "head_doors": in_head[:_SHOWN_MOVES],
        "more_doors": grouped_doors(in_head[_SHOWN_MOVES:]),
        "publishes": next((DOORS[name] for name in _PUBLISHING if name in names), None),
        "steps": steps_of(case),
        "rework": rework_of(dossier.replies, text_now) if case.returns or case.reopenings else None,
        "rejection": waiting_rejection(case, sees_contacts),
        "controls": dossier.controls,
        "promises": dossier.promises,
        "parts": dossier.parts,
        "part_moves": names,
        "waitings": dossier.waitings,
        "siblings": {"cases": dossier.siblings, "hidden": dossier.hidden_siblings},
        "papers": dossier.papers,
        "marks": dossier.marks,
        "events": dossier.events,
        "overridden": overridden(case, dossier.events, sees_contacts),
        "running": [clock for clock in dossier.clocks if clock.stopped_at is None],
        "stopped": [clock for clock in reversed(dossier.clocks) if clock.stopped_at is not None],
        "now": timezone.now(),
        "before": {"cases": dossier.others, "hidden": dossier.hidden},
        **_files(dossier.files, user),
    }


def days_of(case: Case, text: str, data: QueryDict) -> list[dict[str, Any]]:
    """The days a text promises, ticked as the author left them; a day not seen yet is ticked."""
    kind = data.get("kind") or Reply.Kind.FINAL.value
    ticked, seen = set(data.getlist("promises")), set(data.getlist("promises_seen"))
    return [
        {
            "until": day.until,
            "what": day.what,
            "confirmed": day.until.isoformat() in ticked or day.until.isoformat() not in seen,
        }
        for day in recognised(case, text, timezone.now(), kind=kind)
    ]


def _kinds(case: Case) -> list[tuple[str, Any]]:
    """Kinds of reply for the editor; sending elsewhere is a move, not a reply."""
    names = dict(Reply.Kind.choices)
    return [(kind, names[kind]) for kind in kinds_of(case) if kind != Reply.Kind.FORWARD]


def waiting_rejection(case: Case, sees_contacts: bool) -> dict[str, Any] | None:
    """A rejection that waits for a second person; its reason may be words of an import."""
    if case.rejection_by_id is None:
        return None
    reason = reason_name(ReasonKind.REJECTION, case.rejection_reason)
    if not sees_contacts:
        reason = mask_text(reason, case.citizen.hidden_name)
    return {"who": case.rejection_by, "reason": reason}


@login_required
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    return render(request, "cases/case.html", case_context(case, request))


def _version(request: HttpRequest) -> int | None:
    """The version the person saw: hidden field of the page."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None


def _next(request: HttpRequest) -> str:
    """Where the form wants to go on; only addresses of this portal."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe else ""


def _case_of(made: Any, case: Case) -> Case:
    """The moved case: what a move gives back is the case, or a reply of it."""
    found = getattr(made, "case", made)
    return found if isinstance(found, Case) else case


def _done_words(door: Door, case: Case) -> str:
    return _("Done: «%(what)s», № %(number)s. Now: %(state)s.") % {
        "what": door.move.title,
        "number": case.number,
        "state": case.get_status_display().lower(),
    }


def move_view(name: str) -> Callable[..., HttpResponse]:
    """The page of a move: GET shows its form, POST makes the move."""
    door = DOORS[name]

    @login_required
    def view(request: HttpRequest, number: str) -> HttpResponse:
        if request.method == "POST":
            case = visible_case(request.user, number)
            try:
                ensure_open(door, case, request.user)
            except MoveNotAllowed as error:
                if name != "submit_reply":
                    raise
                return _unsent(request, number, error)
            form = door.form(request.POST, case=case, actor=request.user)
            if form.is_valid():
                try:
                    made = door.perform(
                        case, actor=request.user, version=_version(request), **form.cleaned_data
                    )
                except BadChange as error:
                    form.refuse(error)
                except StaleChange as error:
                    # What was typed stays; who changed what is told, the next press is knowing.
                    fresh = case_or_404(request.user, number)
                    return shown(request, fresh, form, 412, _conflict(request, fresh, error))
                except MoveNotAllowed as error:
                    if name != "submit_reply":
                        raise
                    return _unsent(request, number, error)
                else:
                    messages.success(request, _done_words(door, _case_of(made, case)))
                    return redirect(_next(request) or case.get_absolute_url())
            fresh = case_or_404(request.user, number)
            return shown(request, fresh, form, 422, _unseen(request, fresh, name))
        case = case_or_404(request.user, number)
        ensure_open(door, case, request.user)
        return shown(
            request,
            case,
            door.form(
                case=case, actor=request.user, initial=_initial(door, case) | _asked_for(request)
            ),
        )

    def shown(
        request: HttpRequest,
        case: Case,
        form: MoveForm,
        status: int = 200,
        conflict: Conflict | None = None,
    ) -> HttpResponse:
        if name == "submit_reply":
            context = case_context(case, request)
            if context["writes"]:
                text = request.POST.get("text", "")[:20000]
                context |= {"form": form, "conflict": conflict}
                context["days"] = days_of(case, text, request.POST)
                return render(request, "cases/case.html", context, status=status)
        for field in list(form.visible_fields())[:1]:
            # The page is this form: whoever came by a key goes on at once.
            field.field.widget.attrs["autofocus"] = status == 200
        answer = render(
            request,
            "cases/move.html",
            {
                "case": case,
                "door": door,
                "form": form,
                "deadline": Timekeeper(reader=request.user).view(case),
                "next": _next(request),
                "conflict": conflict,
                "sees_contacts": may(request.user, Right.VIEW_CONTACTS, case),
            },
            status=status,
        )
        if request.headers.get("HX-Request"):
            # Asked for by a part of a page (the review desk): this form takes the whole sheet.
            answer["HX-Retarget"] = answer["HX-Reselect"] = "#content"
            answer["HX-Reswap"] = "outerHTML show:window:top"
        return answer

    view.__name__ = f"move_{name}"
    return view


def _conflict(request: HttpRequest, case: Case, error: CaseError) -> Conflict:
    text = request.POST.get("text", "")
    return conflict_of(error, case, request.user, version=_version(request), text=text)


def _unseen(request: HttpRequest, case: Case, name: str) -> Conflict | None:
    """A refused form comes back with the case as it stands now: what changed since is told as
    well, for the next press would go over it."""
    version = _version(request)
    if version is None or version >= case.version:
        return None
    return _conflict(request, case, StaleChange("stale_change", **refuse(case, name).params))


def _unsent(request: HttpRequest, number: str, error: MoveNotAllowed) -> HttpResponse:
    """The case went on while a reply was written: the text is kept and shown, never lost."""
    case = case_or_404(request.user, number)
    conflict = _conflict(request, case, error)
    conflict.kept = request.POST.get("text", "").replace("\x00", "").strip()
    drafts.keep_unsent(case, actor=request.user, text=conflict.kept)
    return render(
        request,
        "cases/unsent.html",
        {
            "case": case,
            "conflict": conflict,
            "sees_contacts": may(request.user, Right.VIEW_CONTACTS, case),
        },
        status=409,
    )


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """Which of several parts a link on the page of the case was about."""
    part = request.GET.get("part", "")
    return {"part": part} if part.isascii() and part.isdigit() and len(part) < 19 else {}


def _initial(door: Door, case: Case) -> dict[str, Any]:
    """What the case already knows."""
    if door.name == "amend":
        return {
            "title": case.title,
            "topic": case.topic.code if case.topic else None,
            "territory": case.territory.code if case.territory else None,
            "place": case.place,
            "severity": case.severity,
            "regime": case.regime,
            "fast_track": "yes" if case.fast_track else "no",
        }
    if door.name in {"redirect"} and case.proposed_agency_id:
        return {"agency": case.proposed_agency.code if case.proposed_agency else None}
    if door.name in _PUBLISHING:
        return {"published_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")}
    if door.name == "extend" and case.due_at:
        return {"until": timezone.localtime(case.due_at).strftime("%Y-%m-%dT%H:%M")}
    return {}


@login_required
@require_safe
def colleagues(request: HttpRequest, number: str) -> HttpResponse:
    """Whom a note of this case may name, by the beginning of a name."""
    case = visible_case(request.user, number)
    if not may(request.user, Right.WRITE_NOTES, case):
        raise RightMissing("right_missing", move="add_note")
    found = mentions.colleagues(case, request.GET.get("q", "")[:60])
    rows = [
        {
            "username": person.username,
            "name": str(person),
            "agency": str(person.agency.short_name) if person.agency else "",
        }
        for person in found
    ]
    return JsonResponse(rows, safe=False)


@login_required
@require_safe
def templates(request: HttpRequest, number: str) -> HttpResponse:
    """Where a reply to this case may begin; loaded when the writer asks for it."""
    case = visible_case(request.user, number)
    if not may(request.user, Right.ANSWER_CASES, case):
        raise RightMissing("right_missing", move="submit_reply")
    found = ReplyTemplate.objects.offered(case, timezone.localdate())
    found = found.order_by(
        "agency_id", "topic_id", "group_id", "name"
    )  # rows without one stand last
    return render(request, "cases/_templates.html", {"templates": found[:50], "case": case})


@login_required
@require_POST
def attach(request: HttpRequest, number: str) -> HttpResponse:
    """Adds a file to the reply being written; its real type is checked, its hash stored."""
    case = case_or_404(request.user, number)
    uploaded = request.FILES.get("file")
    if uploaded is not None:
        tell_refusal(request, lambda: attachments.add(case, actor=request.user, uploaded=uploaded))
    return redirect(f"{case.get_absolute_url()}#files-of-reply")


@login_required
@require_POST
def detach(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Takes away a file of one's own that was not sent yet."""
    case = case_or_404(request.user, number)
    tell_refusal(request, lambda: attachments.remove(case, actor=request.user, pk=pk))
    return redirect(f"{case.get_absolute_url()}#files-of-reply")


@login_required
@require_safe
def attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    case = case_or_404(request.user, number)
    found = get_object_or_404(case.attachments.select_related("paper", "case"), pk=pk)
    return download(found, request.user, shown_name(found, case, request.user))
