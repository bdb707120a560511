"""Tables of values: the traps of the Russian calendar, by hand."""

import pickle
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deadlines import (
    Action,
    CalendarGap,
    DayHours,
    Due,
    Roll,
    Skipped,
    Term,
    Unit,
    WeekPlan,
    WorkCalendar,
    compute_due,
    due_many,
    minute_of_day,
    moment_at_share,
    working_minutes_between,
)
from deadlines.tests.data import MOSCOW, production_calendar, rules

CALENDAR = production_calendar()
FIRST_REPLY = rules()["SN-FIRST"].term
FORMAT = "%Y-%m-%d %H:%M"


def at(text: str, zone: ZoneInfo = MOSCOW) -> datetime:
    return datetime.strptime(text, FORMAT).replace(tzinfo=zone)


def due(term: Term, start: str, zone: ZoneInfo = MOSCOW) -> Due:
    return compute_due(term, at(start, zone), calendar=CALENDAR, zone=zone)


def local(moment: datetime, zone: ZoneInfo = MOSCOW) -> str:
    return moment.astimezone(zone).strftime(FORMAT)


@pytest.mark.parametrize(
    ("hours", "start", "end"),
    [
        (8, "2026-06-11 10:12", "2026-06-15 11:12"),  # eve, Russia Day, weekend
        (8, "2026-06-10 09:00", "2026-06-10 18:00"),  # ends with the day, not next morning
        (4, "2026-06-10 09:00", "2026-06-10 13:00"),  # ends with the morning, not after lunch
        (4, "2026-06-10 13:00", "2026-06-10 18:00"),  # comes as lunch begins
        (4, "2026-06-10 13:37", "2026-06-10 18:00"),  # comes during lunch
        (1, "2026-06-10 17:59", "2026-06-11 09:59"),  # a minute before closing
        (1, "2026-06-10 18:00", "2026-06-11 10:00"),  # at the closing minute
        (1, "2026-06-11 17:00", "2026-06-15 10:00"),  # at the closing minute of an eve
        (1, "2026-06-14 12:00", "2026-06-15 10:00"),  # Sunday
        (1, "2026-06-10 03:00", "2026-06-10 10:00"),  # night
        (8, "2025-12-30 16:00", "2026-01-12 16:00"),  # New Year 2026: 31 December to 11 January
        (8, "2024-12-27 15:00", "2024-12-28 15:00"),  # a working Saturday
        (8, "2024-12-28 15:00", "2025-01-09 15:00"),  # ... and the long holidays after it
        (8, "2024-11-01 15:00", "2024-11-02 15:00"),  # a working Saturday, an hour shorter
        (8, "2024-11-02 09:00", "2024-11-05 10:00"),
        (8, "2024-04-26 17:00", "2024-04-27 17:00"),
        (8, "2025-11-01 15:00", "2025-11-05 16:00"),
        (8, "2026-03-06 17:00", "2026-03-10 17:00"),  # 9 March is off, 6 March is not short
        (8, "2026-05-08 15:00", "2026-05-12 16:00"),
    ],
)
def test_working_hours(hours: int, start: str, end: str) -> None:
    term = Term("H", hours, Unit.WORKING_HOURS)
    assert local(due(term, start).moment) == end


@pytest.mark.parametrize(
    ("minutes", "start", "end"),
    [
        (30, "2026-06-10 12:45", "2026-06-10 14:15"),
        (30, "2026-06-11 16:45", "2026-06-15 09:15"),
        (1, "2026-06-10 17:59", "2026-06-10 18:00"),
    ],
)
def test_working_minutes(minutes: int, start: str, end: str) -> None:
    assert local(due(Term("M", minutes, Unit.WORKING_MINUTES), start).moment) == end


@pytest.mark.parametrize(
    ("days", "start", "zero", "end"),
    [
        (1, "2026-06-10 10:00", False, "2026-06-11 17:00"),  # ends with the eve's hours
        (1, "2026-06-10 10:00", True, "2026-06-10 18:00"),
        (1, "2026-06-10 18:00", True, "2026-06-11 17:00"),  # closed: today cannot count
        (1, "2026-06-10 20:00", False, "2026-06-11 17:00"),
        (1, "2026-06-11 10:00", False, "2026-06-15 18:00"),
        (1, "2026-06-13 10:00", False, "2026-06-15 18:00"),  # a Saturday
        (1, "2026-06-13 10:00", True, "2026-06-15 18:00"),
        (7, "2026-06-11 10:12", False, "2026-06-23 18:00"),
        (8, "2025-12-30 10:00", False, "2026-01-21 18:00"),
        (3, "2024-12-26 10:00", False, "2025-01-09 18:00"),  # 27, 28 (Saturday), 9 January
        (1, "2024-11-01 10:00", False, "2024-11-02 17:00"),
    ],
)
def test_working_days(days: int, start: str, zero: bool, end: str) -> None:
    term = Term("D", days, Unit.WORKING_DAYS, counts_day_zero=zero)
    assert local(due(term, start).moment) == end


@pytest.mark.parametrize(
    ("days", "start", "roll", "end"),
    [
        (30, "2026-06-11 10:12", Roll.NONE, "2026-07-11"),  # a Saturday
        (30, "2026-06-11 10:12", Roll.PREVIOUS, "2026-07-10"),
        (30, "2026-06-11 10:12", Roll.NEXT, "2026-07-13"),
        (30, "2026-06-10 10:12", Roll.PREVIOUS, "2026-07-10"),  # a Friday stays
        (30, "2025-12-09 10:00", Roll.PREVIOUS, "2025-12-30"),  # 8 January goes back over 31.12
        (30, "2025-12-09 10:00", Roll.NEXT, "2026-01-12"),
        (3, "2025-12-29 10:00", Roll.PREVIOUS, "2025-12-30"),
        (3, "2025-12-30 10:00", Roll.PREVIOUS, "2026-01-12"),  # no working day left to go back to
        (3, "2026-01-01 10:00", Roll.PREVIOUS, "2026-01-12"),  # December is before the start
        (7, "2024-10-26 10:00", Roll.PREVIOUS, "2024-11-02"),  # a working Saturday stays
        (7, "2024-10-27 10:00", Roll.PREVIOUS, "2024-11-02"),  # Sunday goes back to it
        (3, "2026-03-06 10:00", Roll.PREVIOUS, "2026-03-10"),  # 7, 8, 9 March are all off
    ],
)
def test_calendar_days_end_before_midnight(days: int, start: str, roll: Roll, end: str) -> None:
    found = due(Term("C", days, Unit.CALENDAR_DAYS, roll), start).moment
    assert found.astimezone(MOSCOW).isoformat() == f"{end}T23:59:59+03:00"


def test_the_first_calendar_day_counts_if_the_rule_says_so() -> None:
    term = Term("C", 1, Unit.CALENDAR_DAYS, counts_day_zero=True)
    assert local(due(term, "2026-06-10 23:30").moment) == "2026-06-10 23:59"


def test_an_extension_goes_on_from_the_end_of_the_main_term() -> None:
    main = due(rules()["L59-MAIN"].term, "2026-06-11 10:12")
    extended = compute_due(rules()["L59-EXT"].term, main.moment, calendar=CALENDAR, zone=MOSCOW)
    assert local(extended.moment) == "2026-08-07 23:59"  # 9 August is a Sunday


def test_elapsed_hours_run_day_and_night() -> None:
    assert local(due(rules()["SURVEY"].term, "2026-06-11 10:12").moment) == "2026-06-15 10:12"


@pytest.mark.parametrize(
    ("term", "start", "end"),
    [
        (Term("K", 1, Unit.WORKING_HOURS, cutoff="17:00"), "2026-06-10 16:59", "2026-06-10 17:59"),
        (Term("K", 1, Unit.WORKING_HOURS, cutoff="17:00"), "2026-06-10 17:00", "2026-06-11 10:00"),
        (Term("K", 1, Unit.WORKING_DAYS, cutoff="17:00"), "2026-06-10 16:59", "2026-06-11 17:00"),
        (Term("K", 1, Unit.WORKING_DAYS, cutoff="17:00"), "2026-06-10 17:00", "2026-06-15 18:00"),
        (Term("K", 1, Unit.WORKING_DAYS, cutoff="17:00"), "2026-06-13 09:00", "2026-06-16 18:00"),
        (Term("K", 3, Unit.CALENDAR_DAYS, cutoff="17:00"), "2026-06-13 09:00", "2026-06-18 23:59"),
        (Term("K", 3, Unit.CALENDAR_DAYS, cutoff="17:00"), "2026-06-10 17:00", "2026-06-14 23:59"),
    ],
)
def test_after_the_cutoff_it_arrived_the_next_working_day(term: Term, start: str, end: str) -> None:
    assert local(due(term, start).moment) == end


@pytest.mark.parametrize(
    "name", ["Europe/Kaliningrad", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Srednekolymsk"]
)
def test_hours_are_those_of_the_agencys_clock(name: str) -> None:
    zone = ZoneInfo(name)
    assert local(due(FIRST_REPLY, "2026-06-11 10:12", zone).moment, zone) == "2026-06-15 11:12"


def test_one_moment_lies_on_different_days_in_moscow_and_vladivostok() -> None:
    start, vladivostok = at("2026-06-10 17:30"), ZoneInfo("Asia/Vladivostok")
    term = Term("H", 1, Unit.WORKING_HOURS)
    far = compute_due(term, start, calendar=CALENDAR, zone=vladivostok)
    assert local(far.moment, vladivostok) == "2026-06-11 10:00"
    assert local(due(term, "2026-06-10 17:30").moment) == "2026-06-11 09:30"


def test_a_clock_change_at_night_keeps_the_wall_clock() -> None:
    zone = ZoneInfo("Europe/Berlin")  # 29 March 2026, 02:00 becomes 03:00
    term = Term("H", 2, Unit.WORKING_HOURS)
    assert local(due(term, "2026-03-27 17:00", zone).moment, zone) == "2026-03-30 10:00"
    night = WorkCalendar(
        date(2026, 3, 1), date(2026, 4, 1), WeekPlan((((0, 1440),),) * 7), {}, date(2026, 4, 1)
    )
    end = compute_due(term, at("2026-03-29 01:30", zone), calendar=night, zone=zone).moment
    assert local(end, zone) == "2026-03-29 04:30"


def test_work_past_midnight_goes_on() -> None:
    shift = ((0, 480), (1200, 1440))
    calendar = WorkCalendar(
        date(2026, 6, 1), date(2026, 6, 30), WeekPlan((shift,) * 7), {}, date(2026, 6, 30)
    )
    term = Term("H", 8, Unit.WORKING_HOURS)
    found = compute_due(term, at("2026-06-10 22:00"), calendar=calendar, zone=MOSCOW)
    assert local(found.moment) == "2026-06-11 06:00"
    assert [step.minutes for step in found.steps] == [120, 360]
    day = compute_due(
        Term("D", 1, Unit.WORKING_DAYS), at("2026-06-10 22:00"), calendar=calendar, zone=MOSCOW
    )
    assert local(day.moment) == "2026-06-12 00:00"


def test_the_explanation_names_every_counted_and_every_skipped_day() -> None:
    found = due(FIRST_REPLY, "2026-06-11 10:12")
    eve, monday = found.steps
    assert (eve.day, eve.kind, eve.title) == (date(2026, 6, 11), "shortened", "Канун Дня России")
    assert eve.intervals == ((540, 780), (840, 1020))
    assert (eve.begin, eve.end, eve.minutes) == (612, 1020, 348)
    assert (monday.day, monday.kind) == (date(2026, 6, 15), "workday")
    assert (monday.begin, monday.end, monday.minutes) == (540, 672, 132)
    assert found.skipped == (
        Skipped(date(2026, 6, 12), "holiday", "День России"),
        Skipped(date(2026, 6, 13), "weekend", ""),
        Skipped(date(2026, 6, 14), "weekend", ""),
    )
    assert found.zone == "Europe/Moscow"


def test_a_rolled_term_shows_both_days() -> None:
    found = due(rules()["L59-MAIN"].term, "2026-06-11 10:12")
    assert [(step.action, step.day) for step in found.steps] == [
        (Action.LAST_DAY, date(2026, 7, 11)),
        (Action.ROLL, date(2026, 7, 10)),
    ]
    assert [day.day for day in found.skipped] == [date(2026, 7, 11)]


def test_seconds_of_the_start_are_kept_but_not_counted() -> None:
    start = at("2026-06-11 10:12") + timedelta(seconds=59, microseconds=999_999)
    found = compute_due(FIRST_REPLY, start, calendar=CALENDAR, zone=MOSCOW)
    assert local(found.moment) == "2026-06-15 11:12"
    assert found.moment.second == 0
    assert found.started_at == start
    assert found.counted_from == at("2026-06-11 10:12")


def test_it_comes_back_from_json_as_it_was() -> None:
    for rule in rules().values():
        found = due(rule.term, "2026-06-11 10:12")
        assert Due.from_json(found.as_json()) == found
    newer = {**found.as_json(), "version": 2}
    with pytest.raises(ValueError, match="unknown version"):
        Due.from_json(newer)


def test_a_term_that_reaches_2027_is_not_confirmed() -> None:
    assert due(FIRST_REPLY, "2026-12-29 09:00").confirmed
    assert not due(FIRST_REPLY, "2026-12-30 15:00").confirmed
    assert not due(Term("D", 2, Unit.WORKING_DAYS), "2026-12-29 15:00").confirmed
    assert not due(Term("C", 2, Unit.CALENDAR_DAYS, Roll.PREVIOUS), "2026-12-30 15:00").confirmed
    assert due(Term("C", 2, Unit.CALENDAR_DAYS), "2026-12-30 15:00").confirmed


@pytest.mark.parametrize(
    ("term", "start", "missing"),
    [
        (FIRST_REPLY, "2023-12-31 10:00", date(2023, 12, 31)),
        (FIRST_REPLY, "2028-01-01 10:00", date(2028, 1, 1)),
        (FIRST_REPLY, "2027-12-30 15:00", date(2028, 1, 1)),
        (Term("D", 9, Unit.WORKING_DAYS), "2027-12-27 10:00", date(2028, 1, 1)),
        (Term("C", 9, Unit.CALENDAR_DAYS, Roll.NEXT), "2027-12-27 10:00", date(2028, 1, 5)),
        (Term("C", 4, Unit.CALENDAR_DAYS, Roll.NEXT), "2027-12-27 10:00", date(2028, 1, 1)),
        (Term("C", 2, Unit.CALENDAR_DAYS, Roll.PREVIOUS), "2023-12-30 10:00", date(2023, 12, 31)),
    ],
)
def test_beyond_the_calendar_there_is_no_answer(term: Term, start: str, missing: date) -> None:
    with pytest.raises(CalendarGap) as caught:
        due(term, start)
    assert caught.value.day == missing
    assert f"{missing:%d.%m.%Y}" in str(caught.value)


def test_a_start_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 6, 11, 10, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        compute_due(FIRST_REPLY, naive, calendar=CALENDAR, zone=MOSCOW)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-06-11 10:12", "2026-06-15 11:12", 480),
        ("2026-06-15 11:12", "2026-06-11 10:12", -480),
        ("2026-06-10 13:10", "2026-06-10 13:50", 0),
        ("2026-06-10 12:00", "2026-06-10 15:00", 120),
        ("2026-06-12 00:00", "2026-06-14 23:59", 0),
        ("2026-06-10 14:00", "2026-06-10 12:20", -40),
        ("2024-01-01 00:00", "2024-12-31 23:59", 1979 * 60),
    ],
)
def test_working_minutes_between(start: str, end: str, minutes: int) -> None:
    assert working_minutes_between(at(start), at(end), calendar=CALENDAR, zone=MOSCOW) == minutes


def test_working_minutes_between_needs_both_ends_in_the_calendar() -> None:
    for start, end in [
        ("2023-12-31 10:00", "2024-01-09 10:00"),
        ("2027-12-01 10:00", "2028-01-01 00:00"),
    ]:
        with pytest.raises(CalendarGap):
            working_minutes_between(at(start), at(end), calendar=CALENDAR, zone=MOSCOW)


@pytest.mark.parametrize(
    ("share", "moment"),
    [
        (0, "2026-06-11 10:12"),
        (0.5, "2026-06-11 15:12"),
        (0.8, "2026-06-15 09:36"),
        (1, "2026-06-15 11:12"),
    ],
)
def test_warnings_are_counted_in_working_time(share: float, moment: str) -> None:
    found = due(FIRST_REPLY, "2026-06-11 10:12")
    assert local(moment_at_share(found, share, calendar=CALENDAR, zone=MOSCOW)) == moment


def test_warnings_of_calendar_terms_are_counted_in_elapsed_time() -> None:
    found = due(Term("C", 10, Unit.CALENDAR_DAYS), "2026-06-10 10:00")
    half = moment_at_share(found, 0.5, calendar=CALENDAR, zone=MOSCOW)
    assert local(half) == "2026-06-16 00:00"
    with pytest.raises(ValueError, match="between 0 and 1"):
        moment_at_share(found, 1.1, calendar=CALENDAR, zone=MOSCOW)


def test_days_of_an_agency_change_its_hours() -> None:
    day = date(2026, 6, 10)  # a Wednesday
    week = WeekPlan.five_day()

    def hours(kind: str, **more: object) -> object:
        return DayHours(day, None, kind, **more).hours(week)  # type: ignore[arg-type]

    usual = ((540, 780), (840, 1080))
    assert hours("special") == usual
    assert hours("regional") == ()
    assert hours("shortened") == ((540, 780), (840, 1020))
    assert hours("shortened", shorter_by=300) == ((540, 720),)
    assert hours("shortened", shorter_by=2000) == ()
    assert DayHours(day, ((600, 660),), "holiday").hours(week) == ((600, 660),)
    saturday = date(2026, 6, 13)
    assert DayHours(saturday, None, "moved_work").hours(week) == usual
    short_friday = WeekPlan((usual,) * 4 + (((540, 960),), (), ()))
    assert DayHours(saturday, None, "moved_work").hours(short_friday) == ((540, 960),)
    monday = date(2026, 6, 15)
    assert DayHours(saturday, None, "moved_work", replaces=monday).hours(short_friday) == usual


def test_a_saturday_that_stands_for_an_eve_is_shorter_without_being_told() -> None:
    saturday, eve = date(2024, 11, 2), date(2024, 4, 30)
    holiday = DayHours(date(2024, 5, 1), None, "holiday")

    def hours(row: DayHours) -> object:
        days = {saturday: row, holiday.day: holiday}
        year = date(2024, 1, 1), date(2024, 12, 31)
        return WorkCalendar(*year, WeekPlan.five_day(), days, year[1]).intervals(saturday)

    assert hours(DayHours(saturday, None, "moved_work", replaces=eve)) == ((540, 780), (840, 1020))
    full = ((540, 780), (840, 1080))
    assert hours(DayHours(saturday, None, "moved_work", replaces=eve, shorter_by=0)) == full
    assert hours(DayHours(saturday, None, "moved_work", replaces=date(2024, 4, 29))) == full


@pytest.mark.parametrize(
    "make",
    [
        lambda: WeekPlan(((),) * 6),
        lambda: WeekPlan((((600, 540),),) + ((),) * 6),
        lambda: WeekPlan((((540, 700), (600, 800)),) + ((),) * 6),
        lambda: WeekPlan((((540, 1441),),) + ((),) * 6),
        lambda: WeekPlan.five_day("9", "18:00"),
        lambda: WeekPlan.five_day("09:00", "25:00"),
        lambda: minute_of_day("09:60"),
        lambda: DayHours(date(2026, 1, 1), None, "party"),
        lambda: DayHours(date(2026, 1, 1), ((10, 5),), "special"),
        lambda: DayHours(date(2026, 1, 1), None, "shortened", shorter_by=-1),
        lambda: Term("T", 0, Unit.HOURS),
        lambda: Term("T", 1, Unit.WORKING_DAYS, Roll.NEXT),
        lambda: Term("T", 1, Unit.HOURS, counts_day_zero=True),
        lambda: Term("T", 1, Unit.HOURS, cutoff="17:00"),
        lambda: Term("T", 1, Unit.WORKING_DAYS, cutoff="24:00"),
        lambda: WorkCalendar(
            date(2026, 2, 1), date(2026, 1, 1), CALENDAR.week, {}, date(2026, 1, 1)
        ),
        lambda: WorkCalendar(
            date(2026, 1, 1),
            date(2026, 2, 1),
            CALENDAR.week,
            {date(2026, 1, 2): DayHours(date(2026, 1, 3), None, "holiday")},
            date(2026, 2, 1),
        ),
    ],
)
def test_impossible_values_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"."):
        make()


def test_units_may_come_as_stored_words() -> None:
    term = Term("T", 8, "working_hours", "none")  # type: ignore[arg-type]
    assert term.unit is Unit.WORKING_HOURS
    assert due(term, "2026-06-11 10:12").moment == due(FIRST_REPLY, "2026-06-11 10:12").moment


def test_a_calendar_cannot_be_changed_from_outside_and_survives_pickling() -> None:
    rows: dict[date, DayHours] = {}
    calendar = WorkCalendar(
        date(2026, 1, 1), date(2026, 2, 1), CALENDAR.week, rows, date(2026, 2, 1)
    )
    rows[date(2026, 1, 12)] = DayHours(date(2026, 1, 12), None, "holiday")
    assert calendar.is_workday(date(2026, 1, 12))
    with pytest.raises(TypeError):
        calendar.days[date(2026, 1, 12)] = rows[date(2026, 1, 12)]  # type: ignore[index]
    assert pickle.loads(pickle.dumps(calendar)) == calendar  # noqa: S301
    with pytest.raises(CalendarGap):
        calendar.is_workday(date(2026, 2, 2))


def test_imports_count_20000_terms_a_second() -> None:
    origin = datetime(2026, 1, 1, tzinfo=UTC)
    starts = [origin + timedelta(minutes=37 * n) for n in range(10_000)]
    due_many(FIRST_REPLY, starts[:10], calendar=CALENDAR, zone=MOSCOW)
    best = min(_seconds(starts) for _ in range(3))
    assert len(starts) / best >= 20_000


def _seconds(starts: list[datetime]) -> float:
    begun = time.process_time()
    due_many(FIRST_REPLY, starts, calendar=CALENDAR, zone=MOSCOW)
    return time.process_time() - begun
