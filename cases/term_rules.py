"""Which rule a term is counted by: by regime, severity and day; and when it is due.

Codes are those of `cases/reference/deadline_rules.csv`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from agencies.models import Agency
from cases.calendar import stamp_of, work_calendar
from cases.limits import Limits, limits_of
from cases.models import Clock, DeadlineRule, Regime
from database.rows import planned
from deadlines import Due, Roll, Term, Unit, compute_due

Kind = Clock.Kind
# The term of the reply to the citizen by regime; a rule of higher severity comes first.
REPLY_RULES: dict[str, tuple[str, ...]] = {
    Regime.SOCIAL: ("SN-URGENT", "SN-FIRST"),
    Regime.POS: ("POS-STD",),
    Regime.LAW59: ("L59-MAIN",),
    Regime.PORTAL: ("PORTAL-8",),
    Regime.HOTLINE: ("HOTLINE", "PORTAL-8"),
    Regime.INTERNAL: ("INTERNAL", "PORTAL-8"),
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
PRIMARY = ("SN-PRIMARY",)
FINAL_AFTER_INTERIM = ("SN-FINAL",)
EXECUTOR = ("EXEC",)
APPROVAL = ("SN-APPR",)
DISPUTE = ("DISPUTE",)
REDIRECTION = ("L59-REDIR",)
PASS_ON = ("L59-PASS",)
SURVEY: dict[str, tuple[str, ...]] = {Regime.SOCIAL: ("SURVEY",)}
# A co-executor's term by regime; 59-FZ: the request of article 10 (2).
PART_RULES: dict[str, tuple[str, ...]] = {
    Regime.SOCIAL: ("PART-SN", "PART"),
    Regime.LAW59: ("L59-REQ", "PART"),
}
PART = ("PART",)
# Several parts of a case run side by side: «PART-SN/2» is counted by the rule before the mark.
PART_MARK = "/"
# The first promise of a case that runs; further ones are PROMISE-2, PROMISE-3.
PROMISE = "PROMISE"


def main_kind(regime: str) -> str:
    """Social networks owe a first reply, the other regimes the whole answer."""
    return (Kind.REPLY if regime == Regime.SOCIAL else Kind.TOTAL).value


def main_codes(regime: str, *, fast_track: bool = False, migration: bool = False) -> list[str]:
    """Codes of the main term, the special ones first."""
    special = (["POS-FAST"] if fast_track else []) if regime == Regime.POS else []
    if regime == Regime.LAW59 and migration:
        special = ["L59-MIG"]
    return [*special, *REPLY_RULES[regime]]


class Rules:
    """The deadline rules in force, newest version of each code (one query)."""

    def __init__(self) -> None:
        self._rows: dict[str, list[DeadlineRule]] = {}
        for rule in DeadlineRule.objects.filter(is_active=True).order_by("-in_force_from", "-pk"):
            self._rows.setdefault(rule.code, []).append(rule)

    def pick(self, codes: Iterable[str], *, severity: int, at: datetime) -> DeadlineRule | None:
        """The first of `codes` in force on that day for that severity."""
        for code in codes:
            for rule in self._rows.get(code, ()):
                if rule.in_force_from <= at.date():
                    if severity >= rule.min_severity:
                        return rule
                    break
        return None

    def again(self, code: str, start: datetime, now: datetime) -> DeadlineRule | None:
        """The version a running term is counted by: that of its start, or a newer one in force
        that says it holds for running terms."""
        for rule in self._rows.get(code.partition(PART_MARK)[0], ()):
            if rule.in_force_from <= start.date():
                return rule
            if rule.covers_running and rule.in_force_from <= timezone.localdate(now):
                return rule
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What every term needs: calendars' stamp, rules and limits in force."""

    stamp: tuple[object, ...]
    rules: Rules
    limits: Limits


STANDING = """
select (select value from agencies_stamp where name = 'calendars'),
       (select value from agencies_stamp where name = 'rules'),
       (select to_jsonb(w) from cases_workflowsetting w order by created_at desc, id desc limit 1)
"""


@lru_cache(maxsize=4)
def _rules(_stamp: object) -> Rules:
    return Rules()


def standing() -> Standing:
    """One query; the rules are read again only when one of them changed."""
    (row,) = planned(STANDING, [])
    return standing_of(row)


def standing_of(row: tuple[Any, ...]) -> Standing:
    calendars, rules, limits = row[:3]
    return Standing(stamp_of(calendars), _rules(stamp_of(rules)), limits_of(from_json(limits)))


def from_json(value: Any) -> Any:
    """JSON comes as text through Django's own connection."""
    return json.loads(value) if isinstance(value, str) else value


def term_of(rule: DeadlineRule) -> Term:
    return _term(
        rule.code, rule.amount, rule.unit, rule.roll, rule.counts_day_zero, rule.cutoff or None
    )


@lru_cache(maxsize=256)
def _term(
    code: str, amount: int, unit: str, roll: str, counts_day_zero: bool, cutoff: str | None
) -> Term:
    return Term(code, amount, Unit(unit), Roll(roll), counts_day_zero, cutoff)


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
