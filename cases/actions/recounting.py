"""Running terms counted again, by the rules and calendars in force: many cases at a time.

No move of anybody's: states and versions stay. What differs is written with an event for each
case; what does not differ writes nothing, so that a pass may be repeated from anywhere.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency
from cases import clocks
from cases.models import Case, Clock
from deadlines import CalendarGap, Due

_CLOCKS = """
update cases_clock c
set due_at = k.due_at, missed_at = k.missed_at, explanation = k.explanation, rule_id = k.rule_id
from jsonb_to_recordset(%s::jsonb) as k(
    id bigint, due_at timestamptz, missed_at timestamptz, explanation jsonb, rule_id bigint)
where c.id = k.id
"""
_CASES = """
update cases_case c set due_at = k.due_at
from jsonb_to_recordset(%s::jsonb) as k(id bigint, due_at timestamptz) where c.id = k.id
"""
_EVENTS = """
insert into cases_caseevent (case_id, at, move, before, after, data)
select k.id, %s, 'recount', k.status, k.status, k.data
from jsonb_to_recordset(%s::jsonb) as k(id bigint, status text, data jsonb)
"""


@dataclass(slots=True)
class Counter:
    """Counts a term anew: rules and calendars are asked once for many terms."""

    standing: clocks.Standing
    now: datetime
    agencies: dict[int, Agency] = field(default_factory=dict)

    def agency(self, pk: int) -> Agency:
        if pk not in self.agencies:
            self.agencies[pk] = Agency.objects.get(pk=pk)
        return self.agencies[pk]

    def due(self, code: str, start: datetime, agency: int) -> tuple[int, Due] | None:
        """(rule, due); None where no rule is in force or the calendar ends before the term."""
        rule = self.standing.rules.again(code, start, self.now)
        if rule is None:
            return None
        try:
            due = clocks.due_of(rule, start, self.agency(agency), stamp=self.standing.stamp)
        except CalendarGap:
            return None
        return rule.pk, due


def counter(now: datetime | None = None) -> Counter:
    return Counter(clocks.standing(), now or timezone.now())


def countable(*, rule: int | None, extended: bool, promise: bool, agency: int | None) -> bool:
    """Whether a term follows a rule: one moved by hand and a promised day do not."""
    return rule is not None and not extended and not promise and agency is not None


def recount(ids: Sequence[int], *, cause: str, by: Counter | None = None) -> tuple[int, int]:
    """(cases, terms) that were moved. Cases somebody holds are waited for one by one."""
    counts = by or counter()
    moved, held = _batch(ids, cause, counts, wait=False)
    for pk in held:
        found, _held = _batch([pk], cause, counts, wait=True)
        moved = (moved[0] + found[0], moved[1] + found[1])
    return moved


@transaction.atomic
def _batch(
    ids: Sequence[int], cause: str, counts: Counter, *, wait: bool
) -> tuple[tuple[int, int], list[int]]:
    cases = list(
        Case.objects.filter(pk__in=ids)
        .order_by("pk")
        .only("id", "status", "due_at", "agency_id", "is_open")
        .select_for_update(skip_locked=not wait, no_key=True)
    )
    running: dict[int, list[Clock]] = defaultdict(list)
    for clock in Clock.objects.running().filter(case__in=[case.pk for case in cases]):
        running[clock.case_id].append(clock)
    terms: list[dict[str, Any]] = []
    dues: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for case in cases:
        said, rows = _terms(case, running[case.pk], counts)
        if not rows:
            continue
        terms += rows
        due = clocks.binding_due(case.status, running[case.pk])
        data: dict[str, Any] = {"terms": said, "cause": cause}
        if due != case.due_at:
            data |= {"before": _iso(case.due_at), "until": _iso(due)}
            dues.append({"id": case.pk, "due_at": _iso(due)})
        events.append({"id": case.pk, "status": case.status, "data": data})
    if events:
        with connection.cursor() as cursor:
            cursor.execute(_CLOCKS, [json.dumps(terms)])
            cursor.execute(_CASES, [json.dumps(dues)])
            cursor.execute(_EVENTS, [counts.now, json.dumps(events)])
    held = sorted(set(ids) - {case.pk for case in cases}) if not wait else []
    return (len(events), len(terms)), held


def _terms(
    case: Case, running: Iterable[Clock], counts: Counter
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(what the event says, rows to write) of the terms that differ; the clocks get their new
    due moments. The executor's term that ends with the citizen's follows it."""
    said: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    totals: dict[str, Clock] = {}
    for clock in sorted(running, key=lambda one: "bound_to" in one.explanation):
        bound = clock.explanation.get("bound_to")
        before = clock.due_at
        if bound is not None:
            total = totals.get(bound)
            if total is None or total.due_at < clock.started_at:
                continue
            clock.due_at = total.due_at
            explanation = {**total.explanation, "bound_to": bound}
            rule = clock.rule_id
        else:
            found = _again(clock, case, counts)
            if clock.kind == Clock.Kind.TOTAL and not clock.warning_only:
                totals[clock.code] = clock
            if found is None:
                continue
            rule, due = found
            clock.due_at = max(due.moment, clock.started_at)
            explanation = due.as_json()
        if clock.due_at == before:
            continue
        clock.explanation = explanation
        # What had not passed by the calendar as it is now was not missed.
        if clock.missed_at is not None:
            clock.missed_at = clock.due_at if clock.due_at < counts.now else None
        said.append(
            {
                "code": clock.code,
                "kind": clock.kind,
                "before": _iso(before),
                "until": _iso(clock.due_at),
            }
        )
        rows.append(
            {
                "id": clock.pk,
                "due_at": _iso(clock.due_at),
                "missed_at": _iso(clock.missed_at),
                "explanation": explanation,
                "rule_id": rule,
            }
        )
    return said, rows


def _again(clock: Clock, case: Case, counts: Counter) -> tuple[int, Due] | None:
    told = clock.explanation
    agency = clock.agency_id or agency_of(case.agency_id, told.get("zone"), counts)
    fits = countable(
        rule=clock.rule_id,
        extended="extended" in told,
        promise=clock.code == clocks.PROMISE,
        agency=agency,
    )
    if not fits or agency is None:
        return None
    start = datetime.fromisoformat(told["started_at"]) if "started_at" in told else clock.started_at
    return counts.due(clock.code, start, agency)


def agency_of(case_agency: int | None, zone: str | None, counts: Counter) -> int | None:
    """By whose hours a term of an earlier release was counted, as far as its zone tells."""
    if case_agency is None or counts.agency(case_agency).time_zone != zone:
        return None
    return case_agency


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
