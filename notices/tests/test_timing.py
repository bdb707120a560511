"""When a mail may leave: never in the quiet, never early, no later than it must."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.timing import Hours, after_quiet, is_quiet, next_digest

YEKATERINBURG = ZoneInfo("Asia/Yekaterinburg")
MINUTE = timedelta(minutes=1)


def weekday(day: date) -> bool:
    return day.weekday() < 5


def hours(**given_: object) -> Hours:
    usual = {
        "zone": YEKATERINBURG,
        "digests": (time(8, 30),),
        "quiet_from": time(20),
        "quiet_until": time(8),
        "is_workday": weekday,
    }
    return Hours(**{**usual, **given_})  # type: ignore[arg-type]


def local(day: int, clock: str) -> datetime:
    """A moment of May 2026 in Yekaterinburg; the 14th is a Thursday."""
    return datetime.combine(date(2026, 5, day), time.fromisoformat(clock), YEKATERINBURG)


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (local(14, "14:45"), local(14, "14:45")),
        (local(14, "19:59"), local(14, "19:59")),
        (local(14, "20:00"), local(15, "08:00")),
        (local(15, "00:00"), local(15, "08:00")),
        (local(15, "07:59"), local(15, "08:00")),
        (local(15, "08:00"), local(15, "08:00")),
        (local(15, "21:00"), local(18, "08:00")),  # Friday night -> Monday
        (local(16, "12:00"), local(18, "08:00")),  # Saturday
    ],
)
def test_at_once_waits_for_the_end_of_the_quiet(at: datetime, leaves: datetime) -> None:
    assert after_quiet(at, hours()) == leaves


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (local(14, "08:30"), local(14, "08:30")),
        (local(14, "08:31"), local(14, "17:30")),
        (local(14, "18:00"), local(15, "08:30")),
        (local(15, "18:00"), local(18, "08:30")),
    ],
)
def test_a_digest_comes_at_the_chosen_times_of_working_days(at: datetime, leaves: datetime) -> None:
    assert next_digest(at, hours(digests=(time(17, 30), time(8, 30)))) == leaves


def test_a_digest_inside_the_quiet_moves_to_its_end() -> None:
    early = hours(digests=(time(6),))
    assert next_digest(local(14, "03:00"), early) == local(14, "08:00")


def test_equal_times_mean_no_quiet_hours() -> None:
    awake = hours(quiet_from=time(9), quiet_until=time(9), is_workday=None)
    assert not is_quiet(local(16, "03:00"), awake)


def test_somebody_whose_calendar_never_works_is_written_to_all_the_same() -> None:
    assert after_quiet(local(14, "12:00"), hours(is_workday=lambda _day: False)) == local(
        14, "12:00"
    )


TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
ZONES = st.sampled_from(
    ["Europe/Kaliningrad", "Asia/Yakutsk", "Asia/Kamchatka", "America/New_York", "UTC"]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def wishes(draw: st.DrawFn) -> Hours:
    return Hours(
        zone=draw(ZONES),
        digests=tuple(draw(st.lists(TIMES, min_size=1, max_size=2))),
        quiet_from=draw(TIMES),
        quiet_until=draw(TIMES),
        is_workday=draw(st.sampled_from([None, weekday])),
    )


@given(MOMENTS, wishes())
def test_nothing_leaves_early_or_in_the_quiet(at: datetime, his: Hours) -> None:
    for moment in (after_quiet(at, his), next_digest(at, his)):
        assert moment >= at
        assert not is_quiet(moment, his)


@given(MOMENTS, wishes())
def test_at_once_waits_no_longer_than_the_quiet_lasts(at: datetime, his: Hours) -> None:
    """Against a walk by minutes: between the cause and the mail every minute is quiet."""
    leaves = after_quiet(at, his)
    while at < leaves:
        assert is_quiet(at, his)
        at += MINUTE * 7
    assert not is_quiet(leaves, his)
