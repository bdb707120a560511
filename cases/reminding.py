"""The worker's watch over running terms: warnings, the end, escalation.

`Clock.remind_at` is the moment the worker next has something to say of a term; empty until it is
planned and again after every change of the due moment (trigger). So a move writes nothing for
reminders, and a pass finds its rows in one index. What was said stands in `Reminder`, once for
each step and due moment, and as `News` in the same transaction: however often a pass runs and
wherever it is killed, each is told once.

A reminder whose moment passed while nobody watched is told late: a warning of what has come to
pass already is skipped, the rest goes into one summary for each person.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from agencies.access import Directory
from agencies.models import Agency
from cases.calendar import calendar_stamp, work_calendar
from cases.ladder import (
    LATE,
    OWN_WAY,
    SURVEY,
    Rung,
    Step,
    data_of,
    level_of,
    rests,
    rungs,
    steps_in_use,
)
from cases.levels import ROLES
from cases.models import Clock, News, Participation, Reminder
from cases.news import tell_all

BATCH = 250
# Nothing more to say of the term; the index keeps such rows at its far end.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# A term nobody owes just now (its reply waits for approval) is looked at again.
AGAIN = timedelta(minutes=30)
_SUMMED_AT_ONCE = 50_000


def watch(now: datetime | None = None, *, seconds: float = 20) -> int:
    """Say what is due and plan what is new, for so long at most; how many reminders were made.

    The rest waits for the next pass. The summary of what is late is written once nothing is left.
    """
    until = monotonic() + seconds
    made, at = 0, now or timezone.now()
    steps = steps_in_use()
    for wanted in (_due(at), _unplanned()):
        while True:
            looked, said = _some(wanted, steps, at)
            made += said
            if looked < BATCH:
                break
            if monotonic() > until:
                return made
    sum_up()
    return made


def _due(now: datetime) -> Any:
    return Clock.objects.running().filter(remind_at__lte=now).order_by("remind_at", "id")


def _unplanned() -> Any:
    return Clock.objects.running().filter(remind_at__isnull=True).order_by("id")


@transaction.atomic
def _some(wanted: Any, steps: Sequence[Step], now: datetime) -> tuple[int, int]:
    """(terms looked at, reminders made) of one batch; terms others hold are left for later.

    Term and case are locked, so that no move can begin between what is read and what is said.
    """
    clocks = list(
        wanted.select_related("case")
        .only(
            *("id", "case_id", "kind", "code", "started_at", "due_at", "missed_at", "agency_id"),
            *("warning_only", "explanation", "remind_at", "stopped_at"),
            *("case__status", "case__is_open", "case__agency_id", "case__executor_id"),
        )
        .select_for_update(of=("self", "case"), skip_locked=True, no_key=True)[:BATCH]
    )
    if not clocks:
        return 0, 0
    places = _Places(clocks)
    parts = _parts(clocks)
    known = defaultdict(set)
    passed = [clock.pk for clock in clocks if clock.remind_at is not None or clock.started_at < now]
    for clock, step, due in Reminder.objects.filter(clock__in=passed).values_list(
        "clock_id", "step_id", "due_at"
    ):
        known[clock].add((step, due))
    reminders: list[Reminder] = []
    news: list[News] = []
    for clock in clocks:
        agency = places.agency(clock)
        ladder = (
            []
            if clock.code in OWN_WAY or agency is None
            else rungs(clock, steps, calendar=places.calendar(agency), zone=agency.zone)
        )
        if now > clock.due_at and not clock.warning_only and clock.code != SURVEY:
            clock.missed_at = clock.missed_at or clock.due_at
        past = [
            rung
            for rung in ladder
            if rung.moment <= now and (rung.step.pk, clock.due_at) not in known[clock.pk]
        ]
        waits = bool(past) and rests(clock, clock.case)
        if not waits:
            for rung in past:
                made = _reminder(rung, clock, past, now)
                reminders.append(made)
                if made.state == Reminder.State.TOLD:
                    news.append(_news(rung, clock, parts.get(clock.pk)))
        clock.remind_at = _next(clock, ladder, now, waits=waits)
    Reminder.objects.bulk_create(reminders, ignore_conflicts=True)
    tell_all(news)
    _write(clocks)
    return len(clocks), len(reminders)


def _next(clock: Clock, ladder: Sequence[Rung], now: datetime, *, waits: bool) -> datetime:
    ahead = [rung.moment for rung in ladder if rung.moment > now]
    if waits:
        ahead.append(now + AGAIN)
    if clock.due_at >= now and not clock.warning_only and clock.code != SURVEY:
        ahead.append(clock.due_at + timedelta(seconds=1))  # to put on record that it was missed
    return min(ahead, default=NEVER)


def _reminder(rung: Rung, clock: Clock, past: Sequence[Rung], now: datetime) -> Reminder:
    late = now - rung.moment > LATE
    if rung.step.share is not None:
        overtaken = any(other.moment > rung.moment for other in past) or now >= clock.due_at
        state = Reminder.State.SKIPPED if late or overtaken else Reminder.State.TOLD
    else:
        state = Reminder.State.LATE if late else Reminder.State.TOLD
    return Reminder(
        clock=clock,
        step_id=rung.step.pk,
        due_at=clock.due_at,
        moment=rung.moment,
        state=state,
        level=level_of(rung.step, clock, clock.case),
    )


def _parts(clocks: Iterable[Clock]) -> dict[int, Participation]:
    """What the terms of co-executors are of, by clock (one query where there are any)."""
    ids = [clock.pk for clock in clocks if clock.kind == Clock.Kind.PART]
    if not ids:
        return {}
    found = Participation.objects.filter(clock__in=ids).select_related("agency")
    return {part.clock_id: part for part in found}


_PART_STATES = {"term_warning": "warning", "term_due": "due", "escalated": "escalated"}


def _news(rung: Rung, clock: Clock, part: Participation | None = None) -> News:
    """Terms of a case that end at one moment (the citizen's and his executor's) are one cause."""
    data = data_of(rung, clock, clock.case)
    if part is not None:
        data |= {
            "part": part.pk,
            "asked": part.agency_id,
            "asked_name": str(part.agency),
            "state": _PART_STATES[rung.step.name],
        }
        if part.person_id:
            data["person"] = part.person_id
        key = f"part:{clock.pk}:{rung.step.pk}:{int(clock.due_at.timestamp())}"
        return News(kind="part_term", key=key, case=clock.case, data=data)
    key = f"term:{clock.case_id}:{rung.step.pk}:{int(clock.due_at.timestamp())}:{data['level']}"
    return News(kind=rung.step.name, key=key, case=clock.case, data=data)


_WRITE = """
update cases_clock c set remind_at = k.remind_at, missed_at = k.missed_at
from jsonb_to_recordset(%s) as k(id bigint, remind_at timestamptz, missed_at timestamptz)
where c.id = k.id
"""


def _write(clocks: Iterable[Clock]) -> None:
    rows = [
        {
            "id": clock.pk,
            "remind_at": clock.remind_at.isoformat() if clock.remind_at else None,
            "missed_at": clock.missed_at.isoformat() if clock.missed_at else None,
        }
        for clock in clocks
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [Jsonb(rows)])


class _Places:
    """By whose calendar each term of a batch is counted (two queries and the stamp)."""

    def __init__(self, clocks: Iterable[Clock]) -> None:
        ids = {pk for clock in clocks for pk in (clock.agency_id, clock.case.agency_id) if pk}
        self._agencies = Agency.objects.in_bulk(ids)
        self._centre: Agency | None = None
        self._stamp = calendar_stamp()

    def agency(self, clock: Clock) -> Agency | None:
        known = self._agencies.get(clock.agency_id or clock.case.agency_id or 0)
        if known is not None:
            return known
        if self._centre is None:
            self._centre = Agency.objects.filter(kind=Agency.Kind.CENTRE).order_by("pk").first()
        return self._centre

    def calendar(self, agency: Agency) -> Any:
        return work_calendar(agency.calendar_id, self._stamp)


@transaction.atomic
def sum_up() -> int:
    """Tell what is late, one piece of news for each person; how many people were told."""
    late = list(
        Reminder.objects.filter(state=Reminder.State.LATE)
        .select_related("clock__case", "step")
        .only(
            *("id", "level", "due_at", "clock__stopped_at", "clock__case__agency_id"),
            *("clock__kind", "clock__agency_id"),
            *("clock__case__executor_id", "clock__case__status", "step__share", "step__after"),
        )
        .order_by("id")
        .select_for_update(of=("self",), skip_locked=True)[:_SUMMED_AT_ONCE]
    )
    if not late:
        return 0
    directory = Directory()
    cases: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for reminder in late:
        case = reminder.clock.case
        if reminder.clock.stopped_at is not None:
            continue
        what = "escalated" if reminder.step.after else "due"
        if reminder.clock.kind == Clock.Kind.PART:
            for person in directory.near(ROLES[reminder.level], reminder.clock.agency_id):
                cases[person][what].add(case.pk)
            continue
        people = set(directory.near(ROLES[reminder.level], case.agency_id))
        if reminder.level in ("executor", "curator") and case.executor_id:
            people = (
                people | {case.executor_id} if reminder.level == "curator" else {case.executor_id}
            )
        for person in people:
            cases[person][what].add(case.pk)
    last = late[-1].pk
    tell_all(
        [
            News(
                kind="terms_late",
                key=f"late:{person}:{last}",
                person_id=person,
                data={"count": len(set().union(*found.values())), "figures": _counts(found)},
            )
            for person, found in sorted(cases.items())
        ]
    )
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in late]).update(
        state=Reminder.State.SUMMED
    )
    return len(cases)


def _counts(found: dict[str, set[int]]) -> dict[str, int]:
    return {what: len(ids) for what, ids in found.items()}


def plan_again(limit: int = 5000) -> None:
    """After a change of the ladder: every term still to be reminded of is planned anew."""
    after = 0
    while True:
        ids = list(
            Clock.objects.running()
            .filter(pk__gt=after, remind_at__isnull=False)
            .order_by("pk")
            .values_list("pk", flat=True)[:limit]
        )
        if not ids:
            return
        Clock.objects.filter(pk__in=ids).update(remind_at=None)
        after = ids[-1]
