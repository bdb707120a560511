"""What must be true after all kills: states, chains of events, notices, letters, figures."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Max

from agencies.access import Directory
from cases.clocks import binding_due
from cases.following import waiting
from cases.models import Assignment, Case, CaseEvent, Clock, Message, News, Reply, ReplyPrint
from cases.workflow import ENDED, MOVES, Status
from notices.models import Letter, Notice
from notices.rules import Near, told
from notices.telling import of_events
from tests.kills.place import Place
from tests.kills.scenario import Story

# Where the newest reply stands in these states of its case.
_REPLY = {
    Status.APPROVAL: {"approval", "accepted", "recalled"},
    Status.REVIEW: {"review"},
    Status.ANSWERED: {"published"},
    Status.INTERIM: {"published"},
}
# Where a move may lead besides its target: what nobody had taken is there to be taken.
_ELSE = {"refuse_redirect": {Status.ROUTED}, "resume": {Status.ROUTED}}
_ARRIVALS = frozenset({"register", "imported"})
# Noted beside the move that led to it, in the same transaction and version.
_BESIDE = frozenset({"escalate"})


def problems(cases: int, story: Story, place: Place, copies: Counter[str]) -> dict[str, list[str]]:
    """What is wrong, by subject; nothing where everything is right."""
    events: dict[int, list[CaseEvent]] = defaultdict(list)
    for event in CaseEvent.objects.exclude(move__in=_BESIDE).order_by("case_id", "id"):
        events[event.case_id].append(event)
    rows = {case.pk: case for case in Case.objects.defer("search")}
    found = {
        "arrivals": list(_arrivals(cases, rows)),
        "chains": [said for pk, case in rows.items() for said in _chain(case, events[pk])],
        "acknowledged": list(_acknowledged(rows, events, story)),
        "replies": list(_replies(rows)),
        "terms": list(_terms(rows)),
        "holdings": list(_holdings(rows)),
        "notices": list(_notices(rows, events)),
        "letters": list(_letters(copies, place)),
        "jobs": list(_jobs()),
        "figures": list(_figures(place)),
    }
    return {name: said for name, said in found.items() if said}


def _arrivals(cases: int, rows: dict[int, Case]) -> Iterator[str]:
    messages = Message.objects.values_list("external_id", flat=True)
    if not len(rows) == len(messages) == len(set(messages)) == cases:
        yield f"{len(rows)} cases, {len(messages)} messages of {cases}"
    if Message.objects.filter(case=None).exists():
        yield "a message without a case"


def _chain(case: Case, events: list[CaseEvent]) -> Iterator[str]:
    """The state is what the events make of it, each from where the one before ended."""
    if not events or events[0].move not in _ARRIVALS:
        yield f"{case.number} does not begin with its arrival"
        return
    if case.version != len(events):
        yield f"{case.number}: version {case.version}, {len(events)} events"
    for before, event in zip(events, events[1:], strict=False):
        if event.before != before.after:
            yield f"{case.number}: {event.move} from {event.before} after {before.after}"
        move = MOVES.get(event.move)
        if move is None:
            yield f"{case.number}: {event.move} is no move"
        elif not move.fits(event.before, case.regime):
            yield f"{case.number}: {event.move} made from {event.before}"
        elif move.target and event.after not in {move.target, *_ELSE.get(event.move, ())}:
            yield f"{case.number}: {event.move} led to {event.after}"
        if event.at < before.at:
            yield f"{case.number}: {event.move} before {before.move}"
    if case.status != events[-1].after:
        yield f"{case.number} is {case.status} after {events[-1].after}"


def _acknowledged(
    rows: dict[int, Case], events: dict[int, list[CaseEvent]], story: Story
) -> Iterator[str]:
    """What somebody was told is done stands there, as the version he was told."""
    by_number = {case.number: events[pk] for pk, case in rows.items()}
    for number, version, move in story.sure:
        chain = by_number[number]
        if len(chain) < version or chain[version - 1].move != move:
            yield f"{number}: {move} was acknowledged as version {version}"
    for number, version, move in story.unsure:
        if by_number[number][version - 1].move != move:
            yield f"{number}: somebody else's version {version} in place of {move}"


def _replies(rows: dict[int, Case]) -> Iterator[str]:
    newest = {
        reply.case_id: reply for reply in Reply.objects.order_by("case_id", "version")
    }  # the last of each case
    for pk, case in rows.items():
        wanted = _REPLY.get(Status(case.status))
        state = newest[pk].state if pk in newest else "none"
        if wanted and state not in wanted:
            yield f"{case.number}: {case.status} with reply {state}"
    current = set(Reply.objects.current().values_list("pk", flat=True))
    printed = set(ReplyPrint.objects.values_list("reply_id", flat=True))
    if current != printed:
        yield f"index of copies: {len(current - printed)} missing, {len(printed - current)} extra"
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from cases_replykey k where not exists (select 1"
            " from cases_replyprint p where p.reply_id = k.reply_id and k.h = any(p.keys))"
        )
        if stray := cursor.fetchone()[0]:
            yield f"{stray} keys of no print"


def _terms(rows: dict[int, Case]) -> Iterator[str]:
    running: dict[int, list[Clock]] = defaultdict(list)
    for clock in Clock.objects.filter(stopped_at=None):
        running[clock.case_id].append(clock)
    for pk, case in rows.items():
        due = binding_due(case.status, running[pk])
        if case.due_at != due:
            yield f"{case.number}: due {case.due_at}, its terms say {due}"
        if case.status in ENDED and running[pk]:
            yield f"{case.number}: ended with {len(running[pk])} running terms"


def _holdings(rows: dict[int, Case]) -> Iterator[str]:
    open_ones = Counter(Assignment.objects.filter(until=None).values_list("case_id", flat=True))
    for pk, case in rows.items():
        wanted = int(case.agency_id is not None and case.is_open)
        if open_ones[pk] > 1 or wanted and not open_ones[pk]:
            yield f"{case.number}: {open_ones[pk]} holdings in {case.status}"


def _notices(rows: dict[int, Case], events: dict[int, list[CaseEvent]]) -> Iterator[str]:
    """Once a person and cause, and of cases that never changed hands: to everybody who is told.

    Of the others a notice may have gone with the case.
    """
    for source in (CaseEvent, News):
        if waiting("notices", source):
            yield f"{source.__name__} not read to the end"
    pairs = Notice.objects.values_list("person_id", "cause")
    known = Counter(pairs)
    yield from (f"{pair} twice" for pair, count in known.items() if count > 1)
    directory = Directory()
    for pk, chain in events.items():
        names = Counter(event.move for event in chain)
        if names["route"] != 1 or names["redirect"] or names["recall_routing"]:
            continue
        if names["take"] + names["assign"] > 1:
            continue  # who was the executor when it was told is not known any more
        for happening in of_events(chain):
            people = {
                person
                for one in told(happening)
                for person in (
                    directory.near(one.to.role, rows[pk].agency_id)
                    if isinstance(one.to, Near)
                    else [one.to]
                )
                if person != happening.actor
            }
            for person in people:
                # The executor of now may not have been there yet.
                early = person == happening.executor and happening.name in ("route", "set_control")
                if not known[person, happening.key] and not early:
                    yield f"{rows[pk].number}: {happening.name} was not told to {person}"


def _letters(copies: Counter[str], place: Place) -> Iterator[str]:
    states = Counter(Letter.objects.values_list("state", flat=True))
    if states.keys() - {"sent", "empty"}:
        yield f"letters left: {dict(states)}"
    sent = set(Letter.objects.filter(state="sent").values_list("message_id", flat=True))
    if missing := sent - copies.keys():
        yield f"{len(missing)} letters noted as sent and never received"
    if unknown := copies.keys() - sent:
        yield f"{len(unknown)} letters received under numbers nobody knows"
    if more := Notice.objects.filter(mail_at__isnull=False, letter=None).count():
        yield f"{more} notices wait for a letter"
    twice = copies.total() - len(copies)
    blows = sum(place.kills[name] for name in ("worker", "postmaster", "backend"))
    if twice > blows:
        yield f"{twice} letters came again after {blows} kills"


def _jobs() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select task_name, count(*) from procrastinate_jobs where status = 'failed' group by 1"
        )
        yield from (f"{count} failed jobs of {name}" for name, count in cursor.fetchall())


def _figures(place: Place) -> Iterator[str]:
    try:
        place.manage("verify_metrics", role="app")
    except RuntimeError as error:
        yield str(error)[-600:]


def drained() -> bool:
    """Whether everything written so far has been told, mailed and counted."""
    if any(waiting(name, CaseEvent) for name in ("notices",)) or waiting("notices", News):
        return False
    if Notice.objects.filter(mail_at__isnull=False, letter=None).exists():
        return False
    return not Letter.objects.filter(state="waiting").exists()


def figures(copies: Counter[str]) -> dict[str, Any]:
    newest = CaseEvent.objects.aggregate(last=Max("id"))["last"]
    return {
        "events": CaseEvent.objects.count(),
        "event ids lost": newest - CaseEvent.objects.count(),
        "notices": Notice.objects.count(),
        "letters": len(copies),
        "letters twice": copies.total() - len(copies),
        "tried again": Letter.objects.filter(tries__gt=1).count(),
        "states": dict(Counter(Case.objects.values_list("status", flat=True))),
    }
