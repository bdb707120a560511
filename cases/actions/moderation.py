"""From arrival to the routing desk: register, moderate, amend, reject, merge."""

from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from agencies.models import Agency, User
from cases import clocks
from cases.actions.moving import moving
from cases.actions.repeats import mark_repeat
from cases.errors import BadChange
from cases.masking import mask_text
from cases.models import Attachment, Case, CaseEvent, Clock, Message, Territory, Topic
from cases.titles import make_title
from cases.workflow import ENDED, Status


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


@transaction.atomic
def register(
    message: Message,
    *,
    actor: User | None,
    topic: Topic | None = None,
    territory: Territory | None = None,
    place: str = "",
    centre: Agency | None = None,
    **facts: Any,
) -> Case:
    """Open a case for an unsaved message of a known channel and author.

    The message is saved with it. `centre`: whose calendar the moderation clock follows.
    """
    now = timezone.now()
    case = Case.objects.create(
        number=next_numbers(1, now)[0],
        regime=facts.pop("regime", message.channel.regime),
        kind=facts.pop("kind", topic.kind if topic else "solvable"),
        severity=facts.pop("severity", topic.severity if topic else 2),
        title=facts.pop("title", "") or make_title(message.text, message.author.hidden_name),
        channel=message.channel,
        citizen=message.author,
        topic=topic,
        territory=territory,
        place=place,
        received_at=message.posted_at,
        registered_at=now,
        **facts,
    )
    message.case = case
    message.save()
    if centre is not None:
        # A message is taken in even where the centre's calendar ends: it only has no term yet.
        with suppress(BadChange):
            clocks.start_clock(
                case,
                clocks.MODERATION_RULES.get(case.regime, ()),
                kind=Clock.Kind.STAGE,
                start=now,
                agency=centre,
            )
    mark_repeat(case)
    case.save(update_fields=["due_at", "repeat_of"])
    _write_search([case.pk], [mask_text(message.text, message.author.hidden_name)])
    CaseEvent.objects.create(case=case, at=now, actor=actor, move="register", after=Status.RECEIVED)
    return case


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
    version: int | None = None,
) -> Case:
    """Correct the card before routing; None or "" clears a field.

    A field set or cleared here is never overwritten by an import. BadChange for an empty
    heading: lists would show a row without a name.
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
        }
        for name, value in given.items():
            old = getattr(step.case, name)
            if value is KEEP or old == value:
                continue
            step.data[name] = [str(old or ""), str(value or "")]
            setattr(step.case, name, value)
            if name not in step.case.touched:
                step.case.touched = [*step.case.touched, name]
        if "topic" in step.data:
            # Of the same author, but about something else: what it repeats is found anew.
            step.case.repeat_of_id = None
        mark_repeat(step.case)
    refresh_search([case.pk])
    return step.case


def reject(
    case: Case, *, actor: User, reason: str, note: str = "", version: int | None = None
) -> Case:
    """`reason`: code of a rejection Reason."""
    with moving(case, "reject", actor, version=version) as step:
        step.data = {"reason": reason, "note": note}
        step.case.closed_at = step.at
        step.case.due_at = None
        clocks.stop_clocks(step.case, at=step.at)
    return step.case


@transaction.atomic
def merge(case: Case, *, actor: User, into: Case, version: int | None = None) -> Case:
    """Join the messages of `case` to another case; it keeps its author and number.

    The agency of the main case reads and answers them there. A case that has ended answers
    nobody: BadChange.
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
            raise BadChange("merge_target_ended", field="into")
        step.case.merged_into = target
        step.case.closed_at = step.at
        step.case.due_at = None
        moved = list(step.case.messages.values_list("pk", flat=True))
        step.case.messages.update(case=target)
        Attachment.objects.filter(case=step.case, message__isnull=False).update(case=target)
        Case.objects.filter(pk=target.pk).update(version=F("version") + 1)
        refresh_search([case.pk, target.pk])
        step.data = {"into": target.number, "messages": moved}
        clocks.stop_clocks(step.case, at=step.at)
        CaseEvent.objects.create(
            case=target,
            at=step.at,
            actor=actor,
            move="merged_here",
            before=target.status,
            after=target.status,
            data={"from": step.case.number},
        )
    return step.case
