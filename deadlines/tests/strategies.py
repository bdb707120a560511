"""Random raw calendars for the oracle, and the same calendars as `deadlines` values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from deadlines import DayHours, WeekPlan, WorkCalendar
from deadlines.tests.oracle import Oracle

FIRST = date(2025, 12, 20)
DAYS = 45
LAST = FIRST + timedelta(days=DAYS - 1)
KINDS = ("holiday", "moved_off", "moved_work", "shortened", "regional", "special")
RUSSIAN_ZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Srednekolymsk",
    "Asia/Kamchatka",
)
ODD_ZONES = ("Asia/Kathmandu", "America/St_Johns", "UTC")
USUAL = [[540, 780], [840, 1080]]


@dataclass(frozen=True)
class Raw:
    week: list[list[list[int]]]
    rows: list[dict[str, Any]]
    zone: str

    def oracle(self) -> Oracle:
        return Oracle(FIRST, LAST, self.week, self.rows, self.zone)

    def calendar(self) -> WorkCalendar:
        days = {
            row["day"]: DayHours(
                row["day"],
                None if row["hours"] is None else _tuples(row["hours"]),
                row["kind"],
                replaces=row["replaces"],
                shorter_by=row["shorter_by"],
            )
            for row in self.rows
        }
        return WorkCalendar(FIRST, LAST, WeekPlan(tuple(map(_tuples, self.week))), days, LAST)


def _tuples(hours: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in hours)


@st.composite
def hours(draw: st.DrawFn) -> list[list[int]]:
    """Up to three parts of a day, touching parts and both midnights included."""
    edge = st.sampled_from((0, 1, 480, 540, 541, 780, 840, 1020, 1080, 1439, 1440))
    edges = sorted(draw(st.lists(edge | st.integers(0, 1440), unique=True, min_size=2, max_size=6)))
    parts = [[a, b] for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if len(parts) == 2 and draw(st.booleans()):
        parts[1][0] = parts[0][1]
    return parts


WEEK = st.just([USUAL] * 5 + [[], []]) | st.lists(
    st.just([]) | st.just(USUAL) | hours(), min_size=7, max_size=7
)
DAY = st.integers(0, DAYS - 1).map(lambda n: FIRST + timedelta(days=n))
ROW = st.fixed_dictionaries(
    {
        "day": DAY,
        "kind": st.sampled_from(KINDS),
        "hours": st.none() | hours(),
        "replaces": st.none() | DAY,
        "shorter_by": st.none() | st.sampled_from((0, 60, 61, 240, 300, 2000)),
    }
)
ROWS = st.lists(ROW, max_size=14, unique_by=lambda row: row["day"])
RAW = st.builds(Raw, WEEK, ROWS, st.sampled_from(RUSSIAN_ZONES + ODD_ZONES))

_ORIGIN = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)


def moments(first_day: int = -1, last_day: int = DAYS) -> st.SearchStrategy[datetime]:
    """Moments with seconds around the calendar, a little outside it too."""
    seconds = st.integers(first_day * 86400, last_day * 86400)
    return seconds.map(lambda n: _ORIGIN + timedelta(seconds=n))
