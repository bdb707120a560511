"""From arrival to the routing desk: register, moderate, amend, reject, merge."""

from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases import clocks
from cases.actions.agency import centre
from cases.actions.moving import Moving, moving
from cases.actions.reopening import reopen_by_author
from cases.actions.repeats import mark_repeat
from cases.errors import BadChange
from cases.masking import mask_text
from cases.models import Appeal, Attachment, Case, CaseEvent, Clock, Message, Territory, Topic
from cases.querysets import may
from cases.waiting import end_by_message
from cases.workflow import ENDED, Regime, Status

# Enough to find one who may confirm; roles are read for each.
_MOST_REVIEWERS = 20


def next_numbers(count: int, at: datetime) -> list[str]:
    """`count` fresh case numbers like «26-048213»: year of registration, then a running number."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval('cases_case_number') from generate_series(1, %s)", [count])
        return [f"{at:%y}-{number:06d}" for (number,) in cursor.fetchall()]


def refresh_search(case_ids: list[int]) -> None:
    """Rebuild the search vector of these cases from number, title, place and current messages.

    Two queries. Phones, links and the author's name are left out of it: who may not see them
    must not be able to try them out either.
    """
    words: dict[int, list[str]] = {pk: [] for pk in case_ids}
    current = Message.objects.filter(case__in=case_ids, is_current=True).select_related("author")
    for message in current.only("case_id", "text", "author__name", "author__kind"):
        words[message.case_id].append(mask_text(message.text, message.author.hidden_name))
    _write_search(case_ids, [" ".join(words[pk]) for pk in case_ids])


def _write_search(case_ids: list[int], texts: list[str]) -> None:
    """`texts`: the masked words of the messages, aligned with the ids (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update cases_case c set search =
                setweight(to_tsvector('simple', c.number), 'A')
                || setweight(to_tsvector('pg_catalog.russian',
                       translate(c.title || ' ' || c.place, 'Ёё', 'Ее')), 'A')
                || to_tsvector('pg_catalog.russian',
                       left(translate(given.words, 'Ёё', 'Ее'), 100000))
            from unnest(%s::bigint[], %s::text[]) as given (id, words)
            where c.id = given.id
            """,
            [case_ids, texts],
        )


def first_terms(
    book: clocks.Book, centre: Agency, *, migration: bool = False, registered: bool = True
) -> None:
    """The terms that run before an agency has the case.

    Social networks and the hotline: moderation within the hour; the first response where the
    region keeps it. 59-FZ: registration, after it the whole term and that of passing on.
    The rest: the whole term from registration.
    """
    case = book.case
    if case.regime == Regime.LAW59:
        if not registered:
            book.start(
                Clock.Kind.STAGE,
                clocks.MODERATION_RULES[case.regime],
                start=case.received_at,
                agency=centre,
            )
            return
        clocks.start_main(book, centre, start=case.registered_at, migration=migration)
        passing = clocks.PASS_ON if migration else clocks.REDIRECTION
        book.start(Clock.Kind.STAGE, passing, start=case.registered_at, agency=centre)
        return
    codes = clocks.MODERATION_RULES.get(case.regime, ())
    book.start(Clock.Kind.STAGE, codes, start=case.registered_at, agency=centre)
    if case.regime == Regime.SOCIAL:
        book.start(Clock.Kind.REPLY, clocks.PRIMARY, start=case.received_at, agency=centre)
    else:
        clocks.start_main(book, centre, start=case.registered_at)


def start_moderation(case: Case, *, actor: User, version: int | None = None) -> Case:
    with moving(case, "start_moderation", actor, version=version) as step:
        pass
    return step.case


class Keep(Enum):
    """The field stays as it is: None and "" are values, they clear it."""

    KEEP = "keep"


KEEP = Keep.KEEP


@transaction.atomic
def amend(
    case: Case,
    *,
    actor: User,
    topic: Topic | None | Keep = KEEP,
    territory: Territory | None | Keep = KEEP,
    place: str | Keep = KEEP,
    severity: int | Keep = KEEP,
    title: str | Keep = KEEP,
    regime: str | Keep = KEEP,
    fast_track: bool | Keep = KEEP,
    version: int | None = None,
) -> Case:
    """Correct the card before routing; None or "" clears a field.

    A field set or cleared here is never overwritten by an import. BadChange for an empty
    heading: lists would show a row without a name. Another regime or track has its own terms,
    counted from the same registration; a registered appeal stays one.
    """
    if title is not KEEP and not title.strip():
        raise BadChange("title_empty", field="title")
    with moving(case, "amend", actor, version=version) as step:
        if title is not KEEP:
            # A heading stands in lists read without the right to contacts.
            title = mask_text(title, step.case.citizen.hidden_name)
        given = {
            "topic": topic,
            "territory": territory,
            "place": place,
            "severity": severity,
            "title": title,
            "regime": regime,
            "fast_track": fast_track,
        }
        for name, value in given.items():
            old = getattr(step.case, name)
            if value is KEEP or old == value:
                continue
            step.data[name] = [_said(old), _said(value)]
            setattr(step.case, name, value)
            if name not in step.case.touched:
                step.case.touched = [*step.case.touched, name]
        if "topic" in step.data:
            # Of the same author, but about something else: what it repeats is found anew.
            step.case.repeat_of_id = None
        if {"regime", "fast_track"} & set(step.data):
            _change_terms(step)
        mark_repeat(step.case)
    refresh_search([case.pk])
    return step.case


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "")


def _change_terms(step: Moving) -> None:
    case, book = step.case, step.book
    if case.fast_track and case.regime != Regime.POS:
        raise BadChange("fast_track_pos_only", field="fast_track")
    if "regime" in step.data:
        if step.data["regime"][0] == Regime.LAW59 and step.before == Status.MODERATION:
            raise BadChange("appeal_stays", field="regime")
        if case.regime == Regime.LAW59:
            # It waits for its registration, wherever it stood.
            Appeal.objects.get_or_create(case=case, defaults={"received_at": case.received_at})
            case.status = Status.RECEIVED
        case.rejection_by = None
        case.rejection_reason = ""
    book.stop()
    desk = centre()
    if desk is not None:
        first_terms(book, desk, registered=case.regime != Regime.LAW59)


def second_reviewers(case: Case, actor: User) -> bool:
    """Whether anybody else may confirm a rejection: of the agency, or of the centre."""
    people = User.objects.filter(is_active=True).exclude(pk=actor.pk)
    roles = [f"hold_{role}" for role in HOLDERS[Right.MODERATE_CASES]]
    held = people.filter(agencyuserpermission__permission__codename__in=roles)
    for person in held.distinct()[:_MOST_REVIEWERS]:
        if may(person, Right.MODERATE_CASES, case):
            return True
    return False


def reject(
    case: Case, *, actor: User, reason: str, note: str = "", version: int | None = None
) -> Case:
    """Propose a rejection, which a second person confirms; `reason`: code of a rejection Reason.

    Where nobody else may confirm it, it takes effect at once and the event says so.
    """
    with moving(case, "reject", actor, version=version) as step:
        if step.case.rejection_by_id is not None:
            raise BadChange("rejection_waits", field="reason")
        step.data = {"reason": reason, "note": note}
        if second_reviewers(step.case, actor):
            step.case.rejection_by = actor
            step.case.rejection_reason = reason
        else:
            step.data["no_second_reviewer"] = True
            step.case.rejection_reason = reason
            step.case.status = Status.REJECTED
            _end(step)
    return step.case


def _end(step: Moving) -> None:
    step.case.closed_at = step.at
    step.book.stop()


def may_confirm(case: Case, actor: User, _reply: object = None) -> bool:
    """Another person than the one who proposed it."""
    return (
        may(actor, Right.MODERATE_CASES, case)
        and case.rejection_by_id is not None
        and case.rejection_by_id != actor.pk
    )


def may_decline(case: Case, actor: User, _reply: object = None) -> bool:
    """Also the one who proposed it: he thought better of it."""
    return may(actor, Right.MODERATE_CASES, case) and case.rejection_by_id is not None


def confirm_rejection(
    case: Case, *, actor: User, note: str = "", version: int | None = None
) -> Case:
    """The second person agrees: the message is rejected."""
    with moving(case, "confirm_rejection", actor, version=version) as step:
        if step.case.rejection_by_id is None:
            raise BadChange("no_rejection", field="note")
        if step.case.rejection_by_id == actor.pk:
            raise BadChange("own_rejection", field="note")
        step.data = {
            "reason": step.case.rejection_reason,
            "note": note,
            "proposed_by": step.case.rejection_by_id,
        }
        step.case.rejection_by = None
        _end(step)
    return step.case


def decline_rejection(case: Case, *, actor: User, note: str, version: int | None = None) -> Case:
    """The message stays at the desk."""
    with moving(case, "decline_rejection", actor, version=version) as step:
        if step.case.rejection_by_id is None:
            raise BadChange("no_rejection", field="note")
        step.data = {"note": note, "proposed_by": step.case.rejection_by_id}
        step.case.rejection_by = None
        step.case.rejection_reason = ""
    return step.case


@transaction.atomic
def merge(case: Case, *, actor: User, into: Case, version: int | None = None) -> Case:
    """Join the messages of `case` to another case; it keeps its author and number.

    The agency of the main case reads and answers them there. A case that has ended answers
    nobody: BadChange, unless it was closed and the same author goes on writing: then it is
    reopened by his message.
    """
    if into.pk == case.pk:
        raise BadChange("merge_into_itself", field="into")
    # Both in the order of their ids, before the frame takes its own: two opposite merges at
    # once wait for each other instead of holding what the other needs.
    both = Case.objects.visible_to(actor).filter(pk__in=[case.pk, into.pk]).order_by("pk")
    locked = {found.pk: found for found in both.defer("search").select_for_update()}
    with moving(case, "merge", actor, version=version) as step:
        target = locked.get(into.pk)
        if target is None:
            raise BadChange("merge_target_missing", field="into")
        if target.status == Status.MERGED:
            # Also what keeps the chain free of loops: the main case is never a merged one.
            raise BadChange("merge_target_merged", field="into")
        if target.status in ENDED:
            if target.status != Status.CLOSED or target.citizen_id != step.case.citizen_id:
                raise BadChange("merge_target_ended", field="into")
            reopen_by_author(target, actor=actor, at=step.at, limits=step.book.limits)
        kept = {"rejection": step.case.rejection_by_id, "waited": target.waiting_until is not None}
        step.case.merged_into = target
        step.case.closed_at = step.at
        step.case.rejection_by = None
        moved = list(step.case.messages.values_list("pk", flat=True))
        step.case.messages.update(case=target)
        Attachment.objects.filter(case=step.case, message__isnull=False).update(case=target)
        Case.objects.filter(pk=target.pk).update(version=F("version") + 1)
        refresh_search([case.pk, target.pk])
        step.data = {"into": target.number, "messages": moved, "undo": kept}
        step.book.stop()
        CaseEvent.objects.create(
            case=target,
            at=step.at,
            actor=actor,
            move="merged_here",
            before=target.status,
            after=target.status,
            data={"from": step.case.number},
        )
        end_by_message(target, step.at)
    return step.case
