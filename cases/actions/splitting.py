"""One message about several matters: split to several agencies, with one answer or several.

59-FZ, article 8 (4): an appeal whose questions belong to several bodies goes to each of them
within seven days of its registration, and the citizen is told.

Several answers: each further part becomes a case of its own with a copy of the message; its
terms count from the registration of the message. One answer: the first agency answers for all,
the others contribute (`cases.actions.parts`).
"""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from agencies.models import Agency, User
from cases import clocks
from cases.actions import appeals
from cases.actions.agency import give_to
from cases.actions.moderation import next_numbers, refresh_search
from cases.actions.moving import Moving, moving
from cases.actions.parts import make_part, said_of
from cases.actions.repeats import mark_repeat
from cases.errors import BadChange
from cases.models import Appeal, Attachment, Case, CaseEvent, Message, Paper
from cases.titles import make_title
from cases.waiting import end_by_message
from cases.workflow import Regime, Status

Part = tuple[Agency, str]
ONE, SEVERAL = "one", "several"
# Of the message that a part has a copy of: «wall-1_2#2» is that of the second part.
COPY_MARK = "#"
# What a part has in common with the case it was taken from.
_SAME = (
    *("regime", "fast_track", "kind", "channel_id", "citizen_id", "topic_id", "territory_id"),
    *("place", "lat", "lon", "severity", "received_at", "registered_at", "audience", "event_id"),
    *("controlled_by_id", "controlled_until", "control_reason", "repeat_of_id"),
)


def split(
    case: Case,
    *,
    actor: User,
    parts: Sequence[Part],
    answer: str = SEVERAL,
    note: str = "",
    outgoing_number: str = "",
    signer: str = "",
    version: int | None = None,
) -> Case:
    """Send each part to its agency; the case itself goes to the first one.

    `answer`: ONE or SEVERAL. An appeal by 59-FZ takes the number of the notice to the citizen;
    later than seven days it is still done, and the event says so.
    """
    _check(parts)
    with moving(case, "split", actor, version=version) as step:
        whole = step.case
        if whole.rejection_by_id is not None:
            raise BadChange("rejection_waits", field="agency_1")
        if whole.split_part:
            raise BadChange("split_already", field="part_1")
        step.data = {"answer": answer, "count": len(parts), "note": note}
        if whole.regime == Regime.LAW59:
            _tell(step, parts, answer, outgoing_number, signer)
        mark_repeat(whole)
        (agency, words), *others = parts
        give_to(step, agency)
        whole.split_part = words.strip()
        whole.touched = sorted({*whole.touched, "agency"})
        if answer == ONE:
            _ask(step, others, actor)
        else:
            step.data["numbers"] = [
                _take_off(step, other, text, at, len(parts), actor)
                for at, (other, text) in enumerate(others, start=2)
            ]
    return step.case


def _check(parts: Sequence[Part]) -> None:
    if len(parts) < 2:
        raise BadChange("split_needs_two", field="agency_2")
    if len({agency.pk for agency, _words in parts}) < len(parts):
        raise BadChange("split_same_agency", field="agency_2")
    for at, (agency, words) in enumerate(parts, start=1):
        if not words.strip():
            raise BadChange("split_part_empty", field=f"part_{at}")
        if not agency.is_active:
            raise BadChange("agency_inactive", field=f"agency_{at}")


def _tell(
    step: Moving, parts: Sequence[Part], answer: str, outgoing_number: str, signer: str
) -> None:
    """The notice to the citizen: which body considers which of his questions."""
    step.case.agency = appeals.desk_of(step.case)
    late = not appeals.in_redirection_term(step, clocks.REDIRECTION)
    made = appeals.make_paper(
        step,
        Paper.Kind.SPLIT,
        outgoing_number,
        signer,
        bodies=[{"name": agency.name, "part": words.strip()} for agency, words in parts],
        answers="" if answer == SEVERAL else parts[0][0].name,
    )
    appeal = appeals.appeal_of(step.case)
    appeal.redirect_notice_at = step.at
    appeal.save(update_fields=["redirect_notice_at"])
    step.data |= {"number": made.number, "paper": made.pk}
    if late:
        step.data["late"] = True


def _ask(step: Moving, others: Sequence[Part], actor: User) -> None:
    """The other agencies contribute to the one answer; an event each, for their people."""
    for agency, words in others:
        made = make_part(step, agency=agency, task=words, actor=actor, photos=True)
        CaseEvent.objects.create(
            case=step.case,
            at=step.at,
            actor=actor,
            move="ask_part",
            before=step.before,
            after=Status.ROUTED,
            data=said_of(made) | {"what": made.task},
        )


def _take_off(step: Moving, agency: Agency, words: str, at: int, count: int, actor: User) -> str:
    """The case of one further part, at its agency; its number."""
    whole = step.case
    (number,) = next_numbers(1, step.at)
    part = Case(
        number=number,
        status=Status.MODERATION,
        title=make_title(words, whole.citizen.hidden_name),
        split_from=whole,
        split_part=words.strip(),
        **{name: getattr(whole, name) for name in _SAME},
    )
    part.save(force_insert=True)
    _copy(whole, part, at)
    own = Moving(case=part, actor=actor, at=step.at, before="", book=clocks.Book(part, step.at))
    own.book.assume_none()
    give_to(own, agency)
    part.status = Status.ROUTED
    own.book.settle()
    part.save(update_fields=["status", "agency", "executor", "assigned_at", "due_at"])
    refresh_search([part.pk])
    CaseEvent.objects.create(
        case=part,
        at=step.at,
        actor=actor,
        move="split_off",
        after=Status.ROUTED,
        data=own.data | {"whole": whole.pk, "part_at": at, "count": count},
    )
    return number


def _copy(whole: Case, part: Case, at: int) -> None:
    """The message as it stands with its files, and the registration of an appeal."""
    for message in Message.objects.filter(case=whole, is_current=True):
        files = list(message.attachments.all())
        message.pk, message.case, message.batch_id = None, part, None
        message.external_id = f"{message.external_id[:190]}{COPY_MARK}{at}"
        message.version, message.raw = 1, {}
        message._state.adding = True
        message.save()
        for file in files:
            file.pk, file.case, file.message = None, part, message
        Attachment.objects.bulk_create(files)
    if whole.regime == Regime.LAW59:
        appeal = appeals.appeal_of(whole)
        Appeal.objects.create(
            case=part,
            incoming_number=f"{appeal.incoming_number[:36]}/{at}",
            received_at=appeal.received_at,
            registered_at=appeal.registered_at,
            migration=appeal.migration,
            redirect_notice_at=appeal.redirect_notice_at,
        )


def follow_source(message: Message, actor: User | None) -> list[int]:
    """A message was changed at its source: its copies in the parts follow, an event each."""
    copies = Message.objects.filter(
        case__split_from=message.case_id,
        channel_id=message.channel_id,
        external_id__startswith=f"{message.external_id[:190]}{COPY_MARK}",
        is_current=True,
    )
    changed = []
    for copy in copies.select_related("case").defer("case__search").select_for_update():
        Message.objects.filter(pk=copy.pk).update(is_current=False)
        fresh = Message.objects.create(
            case=copy.case,
            channel_id=copy.channel_id,
            external_id=copy.external_id,
            version=copy.version + 1,
            author_id=copy.author_id,
            text=message.text,
            url=message.url,
            posted_at=copy.posted_at,
            fingerprint=message.fingerprint,
        )
        CaseEvent.objects.create(
            case=copy.case,
            actor=actor,
            move="message_edited",
            before=copy.case.status,
            after=copy.case.status,
            data={"version": fresh.version},
        )
        end_by_message(copy.case, timezone.now())
        changed.append(copy.case_id)
    refresh_search(changed)
    return changed


def named_parts(data: dict[str, Any], most: int) -> list[Part]:
    """Pairs out of the numbered fields of a form, empty rows left out.

    The form looks at them as well where a field of its own was refused and is not there.
    """
    return [
        (data[f"agency_{at}"], data.get(f"part_{at}") or "")
        for at in range(1, most + 1)
        if data.get(f"agency_{at}") is not None
    ]
