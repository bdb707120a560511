"""What the portal says about a due moment, in Russian, from the part's own translations."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from deadlines import Roll, Term, Unit, WeekPlan, compute_due
from deadlines.tests.data import production_calendar, rules
from portal.wording_deadlines import explain_due, time_left
from tests.russian import russian_of

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(autouse=True)
def _russian(tmp_path: Path) -> Iterator[None]:
    with russian_of("deadlines.po", tmp_path):
        yield


def explain(term: Term, start: str, week: WeekPlan | None = None, zone: ZoneInfo = MOSCOW) -> str:
    moment = datetime.strptime(start, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    due = compute_due(term, moment, calendar=production_calendar(week), zone=zone)
    return explain_due(due.as_json())


@pytest.mark.parametrize(
    ("code", "start", "sentence"),
    [
        (
            "SN-FIRST",
            "2026-06-11 10:12",
            "8 рабочих часов с 10:12 четверга 11 июня 2026 (предпраздничный, до 17:00, обед 13–14);"
            " 12–14 июня не считаются; срок — понедельник 15 июня, 11:12",
        ),
        (
            "SN-MOD",
            "2026-06-10 10:00",
            "1 рабочий час с 10:00 среды 10 июня 2026 (до 18:00, обед 13–14);"
            " срок — среда 10 июня, 11:00",
        ),
        (
            "SN-URGENT",
            "2026-06-13 12:40",
            "13 июня 2026, 12:40 — нерабочее время;"
            " 4 рабочих часа с 09:00 понедельника 15 июня 2026 (до 18:00, обед 13–14);"
            " 13–14 июня не считаются; срок — понедельник 15 июня, 13:00",
        ),
        (
            "SN-FIRST",
            "2024-11-01 15:00",
            "8 рабочих часов с 15:00 пятницы 1 ноября 2024 (до 18:00, обед 13–14);"
            " 2 ноября — рабочий день по переносу, до 17:00; срок — суббота 2 ноября, 15:00",
        ),
        (
            "SN-FIRST",
            "2025-12-30 16:00",
            "8 рабочих часов с 16:00 вторника 30 декабря 2025 (до 18:00, обед 13–14);"
            " 31 декабря – 11 января не считаются; срок — понедельник 12 января 2026, 16:00",
        ),
        (
            "SN-FINAL",
            "2026-06-10 10:12",
            "7 рабочих дней после среды 10 июня 2026; 11 июня — предпраздничный, до 17:00;"
            " 12–14, 20–21 июня не считаются; срок — понедельник 22 июня, 18:00",
        ),
        (
            "L59-MAIN",
            "2026-06-11 10:12",
            "30 календарных дней после четверга 11 июня 2026;"
            " последний день, суббота 11 июля, — выходной;"
            " срок перенесён на предыдущий рабочий день;"
            " срок — пятница 10 июля, до конца суток",
        ),
        (
            "L59-REG",
            "2026-01-01 10:00",
            "3 календарных дня после четверга 1 января 2026;"
            " последний день, воскресенье 4 января, — выходной;"
            " рабочего дня до него нет, срок перенесён на следующий;"
            " срок — понедельник 12 января, до конца суток",
        ),
        (
            "POS-STD",
            "2026-06-11 10:12",
            "30 календарных дней после четверга 11 июня 2026;"
            " последний день, суббота 11 июля, — выходной;"
            " срок перенесён на следующий рабочий день;"
            " срок — понедельник 13 июля, до конца суток",
        ),
        (
            "SURVEY",
            "2026-06-11 10:12",
            "96 часов с 10:12 четверга 11 июня 2026; срок — понедельник 15 июня, 10:12",
        ),
        (
            "SN-APPR",
            "2026-12-31 10:00",
            "31 декабря 2026, 10:00 — нерабочее время;"
            " 30 рабочих минут с 09:00 понедельника 11 января 2027 (до 18:00, обед 13–14);"
            " 31 декабря – 10 января не считаются; срок — понедельник 11 января 2027, 09:30;"
            " производственный календарь на 2027 год ещё не утверждён, срок предварительный",
        ),
    ],
)
def test_the_sentence_of_a_rule(code: str, start: str, sentence: str) -> None:
    assert explain(rules()[code].term, start) == sentence


@pytest.mark.parametrize(
    ("term", "start", "sentence"),
    [
        (
            Term("K", 1, Unit.WORKING_HOURS, cutoff="17:00"),
            "2026-06-09 17:30",
            "9 июня 2026, 17:30 — позже 17:00, считается следующим рабочим днём;"
            " 1 рабочий час с 09:00 среды 10 июня 2026 (до 18:00, обед 13–14);"
            " срок — среда 10 июня, 10:00",
        ),
        (
            Term("K", 2, Unit.WORKING_DAYS, cutoff="17:00"),
            "2026-06-13 10:00",
            "13 июня 2026, 10:00 — нерабочее время; 2 рабочих дня после понедельника 15 июня 2026;"
            " 13–14 июня не считаются; срок — среда 17 июня, 18:00",
        ),
        (
            Term("K", 1, Unit.WORKING_DAYS, counts_day_zero=True),
            "2026-06-09 10:00",
            "1 рабочий день, считая с самого дня начала, вторника 9 июня 2026;"
            " срок — вторник 9 июня, 18:00",
        ),
        (
            Term("K", 21, Unit.CALENDAR_DAYS, Roll.NEXT, counts_day_zero=True),
            "2026-06-09 10:00",
            "21 календарный день, считая с самого дня начала, вторника 9 июня 2026;"
            " срок — понедельник 29 июня, до конца суток",
        ),
        (
            Term("K", 3, Unit.CALENDAR_DAYS, cutoff="17:00"),
            "2026-06-09 17:30",
            "9 июня 2026, 17:30 — позже 17:00, считается следующим рабочим днём;"
            " 3 календарных дня после среды 10 июня 2026;"
            " срок — суббота 13 июня, до конца суток",
        ),
        (
            Term("K", 3, Unit.WORKING_DAYS),
            "2024-12-25 10:00",
            "3 рабочих дня после среды 25 декабря 2024; 28 декабря — рабочий день по переносу,"
            " до 18:00; срок — суббота 28 декабря, 18:00",
        ),
    ],
)
def test_the_sentence_of_other_terms(term: Term, start: str, sentence: str) -> None:
    assert explain(term, start) == sentence


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (((540, 1080),), "(до 18:00)"),
        (((540, 765), (810, 1080)), "(до 18:00, обед 12:45–13:30)"),
        (((540, 600), (660, 780), (840, 1080)), "(до 18:00, перерыв 10–11, 13–14)"),
        (((540, 720), (720, 1440)), "(до 24:00)"),
    ],
)
def test_breaks_of_other_weeks(hours: tuple[tuple[int, int], ...], words: str) -> None:
    week = WeekPlan((hours,) * 5 + ((), ()))
    assert words in explain(rules()["SN-MOD"].term, "2026-06-10 09:00", week)


def test_hours_are_told_by_the_agencys_clock() -> None:
    words = explain(rules()["SN-MOD"].term, "2026-06-10 10:00", zone=ZoneInfo("Asia/Vladivostok"))
    assert words.startswith("1 рабочий час с 10:00 среды 10 июня 2026")
    assert words.endswith("11:00")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (135, "2 ч 15 мин"),
        (-100, "−1 ч 40 мин"),
        (0, "0 мин"),
        (59, "59 мин"),
        (-5, "−5 мин"),
        (120, "2 ч"),
        (-480, "−8 ч"),
    ],
)
def test_time_left_in_words(minutes: int, words: str) -> None:
    assert time_left(minutes) == words


def test_english_is_whole_too() -> None:
    with translation.override("en"):
        assert explain(rules()["SN-FIRST"].term, "2026-06-11 10:12") == (
            "8 working hours from 10:12 on Thursday 11 June 2026"
            " (eve of a holiday, until 17:00, lunch 13–14);"
            " 12–14 June are not counted; due Monday 15 June, 11:12"
        )
