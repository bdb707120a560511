"""A computed due moment and everything needed to tell a reader how it came about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from deadlines.hours import Interval
from deadlines.terms import Roll, Term, Unit

JSON_VERSION = 1


class Action(StrEnum):
    """What happened on the day of a step."""

    COUNT = "count"  # working time or a working day was counted
    DAY_ZERO = "day_zero"  # the day of the start, not counted
    LAST_DAY = "last_day"  # a calendar-day term ends here by plain counting
    ROLL = "roll"  # ... and was moved here


@dataclass(frozen=True, slots=True)
class Step:
    """One day of the count.

    `kind` is a `DayKind`, "workday" or "weekend" where the day follows the week plan, or "" where
    the calendar was not asked (calendar days without a roll). `begin`, `end`: minutes of the
    local day between which time was counted, `minutes`: working minutes in between.
    """

    action: Action
    day: date
    kind: str = ""
    title: str = ""
    intervals: tuple[Interval, ...] = ()
    begin: int = 0
    end: int = 0
    minutes: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "action": self.action.value,
            "day": self.day.isoformat(),
            "kind": self.kind,
            "title": self.title,
            "intervals": [list(interval) for interval in self.intervals],
            "begin": self.begin,
            "end": self.end,
            "minutes": self.minutes,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            action=Action(data["action"]),
            day=date.fromisoformat(data["day"]),
            kind=data["kind"],
            title=data["title"],
            intervals=tuple((start, end) for start, end in data["intervals"]),
            begin=data["begin"],
            end=data["end"],
            minutes=data["minutes"],
        )


class Skipped(NamedTuple):
    """A day that was passed over: `kind` as in `Step`."""

    day: date
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Due:
    """When a term ends.

    `moment` (UTC) is the last moment still in time: what happens at `moment` is in time, what
    happens after it is late. Working time ends on a whole minute, working days at the end of the
    day's last hours, calendar days at 23:59:59 local (the Civil Code's article 194: what is sent
    before midnight is in time).

    `started_at`: as given, in UTC. `counted_from`: where the count really begins — the next
    opening for working time, the first counted day's opening or midnight for day terms.
    `confirmed`: every day the count looked at lies in the confirmed part of the calendar.
    """

    moment: datetime
    term: Term
    started_at: datetime
    counted_from: datetime
    zone: str
    steps: tuple[Step, ...]
    skipped: tuple[Skipped, ...]
    confirmed: bool

    def as_json(self) -> dict[str, Any]:
        """JSON-able values; `Due.from_json` gives an equal object back."""
        term = self.term
        return {
            "version": JSON_VERSION,
            "term": {
                "code": term.code,
                "amount": term.amount,
                "unit": term.unit.value,
                "roll": term.roll.value,
                "counts_day_zero": term.counts_day_zero,
                "cutoff": term.cutoff,
            },
            "zone": self.zone,
            "started_at": self.started_at.isoformat(),
            "counted_from": self.counted_from.isoformat(),
            "moment": self.moment.isoformat(),
            "confirmed": self.confirmed,
            "steps": [step.as_json() for step in self.steps],
            "skipped": [[s.day.isoformat(), s.kind, s.title] for s in self.skipped],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The object `as_json` was made from; ValueError for a version written by later code."""
        if data["version"] != JSON_VERSION:
            raise ValueError(f"unknown version of a due moment: {data['version']!r}")
        term = data["term"]
        return cls(
            moment=_moment(data["moment"]),
            term=Term(
                code=term["code"],
                amount=term["amount"],
                unit=Unit(term["unit"]),
                roll=Roll(term["roll"]),
                counts_day_zero=term["counts_day_zero"],
                cutoff=term["cutoff"],
            ),
            started_at=_moment(data["started_at"]),
            counted_from=_moment(data["counted_from"]),
            zone=data["zone"],
            steps=tuple(Step.from_json(step) for step in data["steps"]),
            skipped=tuple(
                Skipped(date.fromisoformat(day), kind, title)
                for day, kind, title in data["skipped"]
            ),
            confirmed=data["confirmed"],
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
