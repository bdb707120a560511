"""What a rule asks for: how much of which time."""

from dataclasses import dataclass
from enum import StrEnum

from deadlines.hours import DAY_MINUTES, HOUR_MINUTES, minute_of_day


class Unit(StrEnum):
    """Unit of a term."""

    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"  # elapsed, day and night


class Roll(StrEnum):
    """Where a calendar-day term goes when its last day is a day off.

    59-ФЗ is silent; the Civil Code's article 193 says the next working day, cautious offices
    answer on the preceding one. Working units never end on a day off.
    """

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a rule.

    `counts_day_zero`: the day of the start is day 1 (day terms only); otherwise the count begins
    on the day after it, as in the Civil Code's article 191.

    `cutoff` (`HH:MM`, local): what arrives at or after it, or, for day terms, on a day off, counts
    as arrived on the next working day. None: the day of arrival is taken as it is.
    """

    code: str
    amount: int
    unit: Unit
    roll: Roll = Roll.NONE
    counts_day_zero: bool = False
    cutoff: str | None = None

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"{self.code}: a term is at least 1, not {self.amount}")
        object.__setattr__(self, "unit", Unit(self.unit))
        object.__setattr__(self, "roll", Roll(self.roll))
        if self.roll is not Roll.NONE and self.unit is not Unit.CALENDAR_DAYS:
            raise ValueError(f"{self.code}: only calendar days can end on a day off")
        if self.counts_day_zero and self.unit not in (Unit.CALENDAR_DAYS, Unit.WORKING_DAYS):
            raise ValueError(f"{self.code}: only day terms have a day zero")
        if self.cutoff is not None:
            if self.unit is Unit.HOURS:
                raise ValueError(f"{self.code}: elapsed hours know no cutoff")
            if minute_of_day(self.cutoff) >= DAY_MINUTES:
                raise ValueError(f"{self.code}: a cutoff lies within the day")

    @property
    def working_minutes(self) -> int | None:
        """The term in working minutes, None for units that are not counted so."""
        if self.unit is Unit.WORKING_MINUTES:
            return self.amount
        if self.unit is Unit.WORKING_HOURS:
            return self.amount * HOUR_MINUTES
        return None
