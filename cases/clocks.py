"""Terms of a case: which rule applies, when it is due, what the case's own due moment is."""

from datetime import datetime

from django.utils import timezone

from agencies.models import Agency
from cases.calendar import work_calendar
from cases.errors import BadChange
from cases.models import Case, Clock, DeadlineRule, Regime
from deadlines import CalendarGap, Due, Roll, Term, Unit, compute_due

# The term of the reply to the citizen by regime; a rule of higher severity comes first.
REPLY_RULES: dict[str, tuple[str, ...]] = {
    Regime.SOCIAL: ("SN-URGENT", "SN-FIRST"),
    Regime.POS: ("POS-STD",),
    Regime.LAW59: ("L59-MAIN",),
    Regime.PORTAL: ("PORTAL-8",),
    Regime.HOTLINE: ("PORTAL-8",),
    Regime.INTERNAL: ("PORTAL-8",),
}
MODERATION_RULES: dict[str, tuple[str, ...]] = {
    Regime.SOCIAL: ("SN-MOD",),
    Regime.HOTLINE: ("SN-MOD",),
    Regime.LAW59: ("L59-REG",),
}
REWORK_RULES: dict[str, tuple[str, ...]] = {
    Regime.SOCIAL: ("REWORK-SN", "REWORK"),
    Regime.HOTLINE: ("REWORK-SN", "REWORK"),
}


class Rules:
    """The deadline rules in force, newest version of each code (one query)."""

    def __init__(self) -> None:
        self._rows: dict[str, list[DeadlineRule]] = {}
        for rule in DeadlineRule.objects.filter(is_active=True).order_by("-in_force_from", "-pk"):
            self._rows.setdefault(rule.code, []).append(rule)

    def pick(self, codes: tuple[str, ...], *, severity: int, at: datetime) -> DeadlineRule | None:
        """The first of `codes` in force on that day for that severity."""
        for code in codes:
            for rule in self._rows.get(code, ()):
                if rule.in_force_from <= at.date():
                    if severity >= rule.min_severity:
                        return rule
                    break
        return None


def term_of(rule: DeadlineRule) -> Term:
    return Term(
        code=rule.code,
        amount=rule.amount,
        unit=Unit(rule.unit),
        roll=Roll(rule.roll),
        counts_day_zero=rule.counts_day_zero,
        cutoff=rule.cutoff or None,
    )


def due_of(
    rule: DeadlineRule,
    start: datetime,
    agency: Agency,
    *,
    stamp: tuple[object, ...] | None = None,
) -> Due:
    """The due moment by the agency's calendar and zone; raises CalendarGap beyond its years.

    `stamp`: of `calendar.calendar_stamp`, shared by many cases; without it one query is made.
    """
    return compute_due(
        term_of(rule),
        start,
        calendar=work_calendar(agency.calendar_id, stamp),
        zone=agency.zone,
    )


def start_clock(
    case: Case,
    codes: tuple[str, ...],
    *,
    kind: str,
    start: datetime,
    agency: Agency,
    rules: Rules | None = None,
) -> Clock | None:
    """Start the term and make it the case's due moment; None where no rule is in force.

    A term that only warns has its clock, but never makes the case overdue. BadChange where
    the agency's calendar ends before the term does: no due moment is ever guessed.
    """
    rule = (rules or Rules()).pick(codes, severity=case.severity, at=start)
    if rule is None:
        return None
    try:
        due = due_of(rule, start, agency)
    except CalendarGap:
        raise BadChange("calendar_gap") from None
    clock = Clock.objects.create(
        case=case,
        kind=kind,
        rule=rule,
        code=rule.code,
        started_at=start,
        due_at=due.moment,
        explanation=due.as_json(),
    )
    if not rule.warning_only:
        case.due_at = due.moment
    return clock


def start_reply_clock(case: Case, *, at: datetime) -> Clock | None:
    """The term of the reply, once for a case: a redirect never resets it.

    Social networks count from assignment, the other regimes from registration; an answered
    case that was reopened has a new term, counted from now in every regime.
    """
    running = case.clocks.filter(kind=Clock.Kind.REPLY, stopped_at=None).first()
    if running is not None:
        case.due_at = running.due_at
        return running
    assert case.agency is not None
    again = case.answered_at is not None
    start = at if again or case.regime == Regime.SOCIAL else case.registered_at
    return start_clock(
        case,
        REPLY_RULES[case.regime],
        kind=Clock.Kind.REPLY,
        start=start,
        agency=case.agency,
    )


def stop_clocks(case: Case, *kinds: str, at: datetime | None = None) -> None:
    """Stop the running terms of these kinds (all when none is named)."""
    running = case.clocks.filter(stopped_at=None)
    if kinds:
        running = running.filter(kind__in=kinds)
    running.update(stopped_at=at or timezone.now())


def restart_stopped_at(case: Case, at: datetime) -> bool:
    """Let the terms run on that stopped at this moment, and make the nearest the case's own.

    False when no term stopped then (history from an import).
    """
    stopped = list(case.clocks.select_related("rule").filter(stopped_at=at))
    case.clocks.filter(pk__in=[clock.pk for clock in stopped]).update(stopped_at=None)
    binding = [c.due_at for c in stopped if c.rule is None or not c.rule.warning_only]
    case.due_at = min(binding, default=None)
    return bool(stopped)
