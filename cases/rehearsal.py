"""A change of terms tried on the cases of the last month before it is taken.

The terms begun in that time are counted as the change would count them: which would have become
overdue, which would not. Nothing of a case is written. A killed rehearsal goes on behind the
last batch; taking the change writes its rows, and the recount of running terms follows of itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.changes import acting
from agencies.models import Agency, CalendarDay, User, WorkingCalendar
from cases import term_rules
from cases.calendar import day_of_row, work_calendar
from cases.models import DeadlineRule, TermChange
from deadlines import CalendarGap, DayHours, WorkCalendar, compute_due

PAST = timedelta(days=30)
BATCH = 2000
# So many cases are listed; the numbers count all.
LISTED = 200
# The executor's term of a first reply ends with it: a case is counted by what its citizen waits.
_COUNTED = ("total", "reply", "stage", "approval")
_SHIFT = (
    *("amount", "unit", "roll", "counts_day_zero", "cutoff", "covers_running", "in_force_from"),
)
_WALK = """
select k.id, k.case_id, k.code, k.started_at, k.due_at, k.stopped_at,
       coalesce(k.agency_id, c.agency_id), c.agency_id, k.explanation ->> 'started_at'
from cases_clock k join cases_case c on c.id = k.case_id
where k.id > %s and k.started_at >= %s and k.rule_id is not null and not k.warning_only
    and not k.explanation ? 'extended' and not k.explanation ? 'bound_to'
    and (k.kind = any(%s) or k.code = 'EXEC') {only}
order by k.id limit %s
"""
_EXPECTED = """
select count(*), coalesce(min(k.id), 1) - 1 from cases_clock k where k.started_at >= %s
"""


def propose(kind: str, values: dict[str, Any], *, by: User) -> TermChange:
    """The change with its measure of work; the worker rehearses it."""
    now = timezone.now()
    change = TermChange(kind=kind, values=values, made_by=by, made_at=now)
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, [now - PAST])
        change.expected, change.after_id = cursor.fetchone()
    change.result = {"more": 0, "fewer": 0, "agencies": {}, "cases": [], "terms": 0}
    change.save()
    return change


@dataclass(slots=True)
class _Tried:
    """Due moments as the change would have them."""

    change: TermChange
    rule: DeadlineRule | None
    rules: term_rules.Rules
    stamp: tuple[object, ...]
    agencies: dict[int, Agency]
    calendars: dict[int, WorkCalendar]
    touched: frozenset[int]

    @classmethod
    def of(cls, change: TermChange) -> "_Tried":
        standing = term_rules.standing()
        touched = _touched(change)
        return cls(
            change=change,
            rule=_rule(change.values) if change.kind == TermChange.Kind.RULE else None,
            rules=standing.rules,
            stamp=standing.stamp,
            agencies={agency.pk: agency for agency in Agency.objects.all()},
            calendars={pk: _with_days(pk, change.values["days"], standing.stamp) for pk in touched},
            touched=touched,
        )

    def due(self, code: str, start: datetime, agency_id: int | None) -> datetime | None:
        """None where the change does not concern the term."""
        agency = self.agencies.get(agency_id or 0)
        if agency is None:
            return None
        rule = self.rule or self.rules.again(code, start, timezone.now())
        if rule is None or rule.code != code:
            return None
        if self.rule is None and agency.calendar_id not in self.touched:
            return None
        calendar = self.calendars.get(agency.calendar_id) or work_calendar(
            agency.calendar_id, self.stamp
        )
        try:
            term = term_rules.term_of(rule)
            return compute_due(term, start, calendar=calendar, zone=agency.zone).moment
        except CalendarGap:
            return None


def _rule(values: dict[str, Any]) -> DeadlineRule:
    """The new version, unsaved: what is not changed is as in the newest one."""
    rule = DeadlineRule.objects.filter(code=values["code"]).order_by("-in_force_from", "-pk")[0]
    rule.pk, rule._state.adding = None, True
    for name in _SHIFT:
        setattr(rule, name, values[name])
    rule.in_force_from = date.fromisoformat(values["in_force_from"])
    rule.is_active = True
    return rule


def _touched(change: TermChange) -> frozenset[int]:
    if change.kind != TermChange.Kind.CALENDAR:
        return frozenset()
    own = change.values["calendar"]
    if own is not None:
        return frozenset({own})
    return frozenset(
        WorkingCalendar.objects.filter(follows_production=True).values_list("pk", flat=True)
    )


def _with_days(calendar_id: int, days: list[dict[str, Any]], stamp: Any) -> WorkCalendar:
    old = work_calendar(calendar_id, stamp)
    changed = dict(old.days)
    for row in days:
        day = date.fromisoformat(row["day"])
        if row["kind"]:
            changed[day] = _hours(row)
        else:
            changed.pop(day, None)
    return WorkCalendar(
        first=old.first,
        last=old.last,
        week=old.week,
        days=changed,
        confirmed_until=old.confirmed_until,
    )


def _hours(row: dict[str, Any]) -> DayHours:
    return day_of_row(
        CalendarDay(
            day=date.fromisoformat(row["day"]),
            kind=row["kind"],
            intervals=row["intervals"],
            shorter_by=row["shorter_by"],
            title=row["title"],
        )
    )


def rehearse(*, seconds: float = 20) -> int:
    """Go on with the oldest rehearsal for so long at most; how many terms were looked at."""
    change = TermChange.objects.filter(state=TermChange.State.REHEARSING).order_by("pk").first()
    if change is None:
        return 0
    until, looked = monotonic() + seconds, 0
    tried = _Tried.of(change)
    only = "and k.code = %s" if tried.rule else ""
    while change.state == TermChange.State.REHEARSING:
        params: list[Any] = [change.after_id, change.made_at - PAST, list(_COUNTED)]
        params += [tried.rule.code] if tried.rule else []
        with connection.cursor() as cursor:
            cursor.execute(_WALK.format(only=only), [*params, BATCH])
            rows = cursor.fetchall()
        _take(change, rows, tried)
        looked += len(rows)
        if len(rows) < BATCH:
            change.state = TermChange.State.READY
        else:
            change.after_id = rows[-1][0]
        # Dropped meanwhile: it stays dropped.
        TermChange.objects.filter(pk=change.pk, state=TermChange.State.REHEARSING).update(
            state=change.state, after_id=change.after_id, seen=change.seen, result=change.result
        )
        if monotonic() > until:
            break
    return looked


def _take(change: TermChange, rows: Iterable[tuple[Any, ...]], tried: _Tried) -> None:
    result, now = change.result, change.made_at
    for _id, case, code, started, due, stopped, counted_by, agency, counted in rows:
        change.seen += 1
        start = datetime.fromisoformat(counted) if counted else started
        moment = tried.due(code, start, counted_by)
        if moment is None:
            continue
        moment = max(moment, started)
        result["terms"] += 1
        ended = stopped or now
        was, would = ended > due, ended > moment
        if was == would:
            continue
        which = "more" if would else "fewer"
        result[which] += 1
        counts = result["agencies"].setdefault(str(agency or 0), {"more": 0, "fewer": 0})
        counts[which] += 1
        if len(result["cases"]) < LISTED:
            told = {"case": case, "code": code, "before": due.isoformat(), "which": which}
            result["cases"].append({**told, "until": moment.isoformat()})


@transaction.atomic
def take(pk: int, *, by: User) -> bool:
    """Put a rehearsed change in force; False where somebody decided before."""
    change = TermChange.objects.select_for_update().get(pk=pk)
    if change.state != TermChange.State.READY:
        return False
    acting(by, _("Taken after a rehearsal (change %(pk)s)") % {"pk": pk})
    if change.kind == TermChange.Kind.RULE:
        rule = _rule(change.values)
        same = DeadlineRule.objects.filter(code=rule.code, in_force_from=rule.in_force_from)
        if (there := same.first()) is not None:
            rule.pk, rule._state.adding = there.pk, False
        rule.save()
    else:
        _write_days(change.values)
    _decide(change, TermChange.State.TAKEN, by)
    return True


def _write_days(values: dict[str, Any]) -> None:
    for row in values["days"]:
        where = {"calendar_id": values["calendar"], "day": date.fromisoformat(row["day"])}
        if row["kind"]:
            facts = {name: row[name] for name in ("kind", "intervals", "shorter_by", "title")}
            CalendarDay.objects.update_or_create(
                **where, defaults={**facts, "replaces": None, "confirmed": True}
            )
        else:
            CalendarDay.objects.filter(**where).delete()


@transaction.atomic
def drop(pk: int, *, by: User) -> bool:
    change = TermChange.objects.select_for_update().get(pk=pk)
    if change.state not in (TermChange.State.READY, TermChange.State.REHEARSING):
        return False
    _decide(change, TermChange.State.DROPPED, by)
    return True


def _decide(change: TermChange, state: str, by: User) -> None:
    change.state, change.decided_by, change.decided_at = state, by, timezone.now()
    change.save(update_fields=["state", "decided_by", "decided_at"])
