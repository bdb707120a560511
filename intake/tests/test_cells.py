# ruff: noqa: DTZ001  wall clocks, as files have them
from datetime import UTC, date, datetime, time, timedelta

import pytest

from intake import cells


@pytest.mark.parametrize(
    ("raw", "clean", "codes"),
    [
        ("'Когда исправят?", "Когда исправят?", ()),
        ("'", "", ()),
        (" - ", "", ()),
        ("nan", "", ()),
        ("<p>Яма</p><p>Улица &laquo;Мира&raquo;</p>", "Яма\nУлица «Мира»", ("markup",)),
        ("Яма<script>alert(1)</script> тут", "Яма тут", ("markup",)),
        ("Цена <100 и >50, 2<3 & <Имя>", "Цена <100 и >50, 2<3 & <Имя>", ()),
        ("AT&T; тариф", "AT&T; тариф", ()),
        ("Све\u200bта \u202eнет\x07", "Света нет", ("control_characters",)),
        ("\u200b\u2060\ufeff", "", ("control_characters",)),
        ("Семья 👨\u200d👩\u200d👧 ждёт", "Семья 👨\u200d👩\u200d👧 ждёт", ()),
        ("дом\xa05\r\nкв. 7\tтел", "дом 5\nкв. 7 тел", ()),
        ("_x000D_\nстрока", "строка", ()),
        ("[id123|Анна], [club5|ЖКХ] молчит", "Анна, ЖКХ молчит", ()),
        ("[id123:bp-1_2|Анна], ответьте", "Анна, ответьте", ()),
        ("е\u0308лка", "ёлка", ()),
        ("обрыв \ufffd", "обрыв \ufffd", ("broken_characters",)),
        ("=HYPERLINK(1)", "=HYPERLINK(1)", ("formula",)),
        ("+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", ("formula",)),
        ("@SUM(1+1)*cmd", "@SUM(1+1)*cmd", ("formula",)),
        ("-2+3", "-2+3", ("formula",)),
        ("+7 (900) 123-45-67 звоните", "+7 (900) 123-45-67 звоните", ()),
        ("- нет света", "- нет света", ()),
        ("@id5 вы где", "@id5 вы где", ()),
        ("+1! Поддерживаю", "+1! Поддерживаю", ()),
        ("'=1+1", "=1+1", ()),
        (5.0, "5", ()),
        (None, "", ()),
    ],
)
def test_a_text_is_cleaned_and_what_was_mended_is_said(raw, clean, codes):
    assert cells.text(raw) == (clean, codes)


@pytest.mark.parametrize(
    ("raw", "value", "code"),
    [
        (41000000.0, "41000000", ""),
        ("41000000.0", "41000000", ""),
        ("41000000,00", "41000000", ""),
        ('="00417"', "00417", ""),
        ("'123", "123", ""),
        ("wall-1_2", "wall-1_2", ""),
        ("a\u200bb", "ab", ""),
        ("007", "007", ""),
        (1234567890123456.0, "", "rounded_id"),
        ("4,1E+07", "", "rounded_id"),
        ("x" * 201, "", "bad_id"),
        (datetime(2026, 5, 2), "", "bad_id"),
        ("-", "", ""),
    ],
)
def test_an_id_survives_what_spreadsheets_do_to_it(raw, value, code):
    assert cells.identifier(raw) == (value, code)


MARCH = datetime(2026, 3, 25, 9, 39)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-03-25 09:39:00",
        "2026-03-25T09:39",
        "2026-03-25 09:38:59.700000",
        "25.03.2026 09:39",
        "25.03.2026, 9:39:00",
        "25/03/2026 09:39",
        "25.03.26 09:39",
        "2026/03/25 09:39:00",
        "25 марта 2026 г., 09:39",
        "25 марта 2026 в 9:39",
        " 25.03.2026\xa0 09:39 ",
        "'2026-03-25 09:39:00",
        MARCH,
        46106.40208333333,
        "46106,40208333333",
    ],
)
def test_one_moment_in_all_its_spellings(raw):
    assert cells.moment(raw) == (MARCH, "")


@pytest.mark.parametrize(
    "raw",
    ["31.02.2026", "2026-13-01", "03/25/2026", "вчера", "99999999999999", "2026-02-30", 5.0, True],
)
def test_what_is_no_moment_is_an_error_and_never_a_guess(raw):
    assert cells.moment(raw) == (None, "bad_moment")


def test_a_moment_with_a_zone_keeps_it_and_a_day_starts_at_midnight():
    assert cells.moment("2026-03-25T06:39:00Z")[0] == datetime(2026, 3, 25, 6, 39, tzinfo=UTC)
    assert cells.moment(1774420740.0)[0] == datetime(2026, 3, 25, 6, 39, tzinfo=UTC)
    assert cells.moment(date(2026, 3, 25)) == (datetime(2026, 3, 25), "")
    assert cells.moment("") == (None, "")


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("11 days, 12:10:25.217000", 11 * 86400 + 12 * 3600 + 10 * 60 + 25),
        ("1 day, 0:00:01.500000", 86402),
        ("0:07:00", 420),
        ("102:13:00", 102 * 3600 + 13 * 60),
        ("4 дня, 6:13:00", 4 * 86400 + 6 * 3600 + 13 * 60),
        ("2 дн. 01:00", 2 * 86400 + 3600),
        (timedelta(days=4, seconds=22380), 4 * 86400 + 22380),
        (time(5, 13), 5 * 3600 + 13 * 60),
        (datetime(1900, 1, 3, 6, 13), 4 * 86400 + 6 * 3600 + 13 * 60),
        (0.5, 43200),
        ("-", None),
    ],
)
def test_durations_become_whole_seconds(raw, seconds):
    assert cells.duration(raw) == (seconds, "")


def test_an_unreadable_duration_count_or_flag_is_said():
    assert cells.duration("долго") == (None, "bad_duration")
    assert cells.number("много") == (None, "bad_number")
    assert cells.number(-1.0) == (None, "bad_number")
    assert cells.flag("может быть") == (None, "bad_flag")


def test_counts_and_flags_are_read_as_people_write_them():
    assert [cells.number(v)[0] for v in (12163.0, "12 163", "12\xa0163", "7,0", "")] == [
        *(12163, 12163, 12163, 7, None),
    ]
    assert [cells.flag(v)[0] for v in ("Да", "нет", "-", "", 1.0, "3", "https://a.ru/1.jpg")] == [
        *(True, False, None, None, True, True, True),
    ]


@pytest.mark.parametrize(
    ("raw", "value", "code"),
    [
        ("http://vk.com/wall-1_2?reply=3", "http://vk.com/wall-1_2?reply=3", ""),
        ("vk.com/id5", "https://vk.com/id5", ""),
        ("javascript:alert(1)", "", "bad_url"),
        ("data:text/html,x", "", "bad_url"),
        ("нет ссылки", "", "bad_url"),
        ("https://vk.com/" + "x" * 500, "", "bad_url"),
        ("-", "", ""),
    ],
)
def test_only_web_addresses_pass_as_addresses(raw, value, code):
    assert cells.url(raw) == (value, code)


@pytest.mark.parametrize(
    ("given", "kept", "code"),
    [
        ((55.75, 37.61), (55.75, 37.61), ""),
        ((37.61, 55.75), (55.75, 37.61), "coordinates_swapped"),
        ((64.7, -173.2), (64.7, -173.2), ""),
        ((0.0, 0.0), (None, None), "coordinates_out_of_range"),
        ((155.0, 937.0), (None, None), "coordinates_out_of_range"),
        ((55.75, None), (None, None), "coordinates_incomplete"),
        ((None, None), (None, None), ""),
    ],
)
def test_coordinates_are_put_right_or_dropped(given, kept, code):
    assert cells.place(*given) == (*kept, code)


def test_phones_take_one_form():
    assert cells.phone("8 (900) 123-45-67") == "+79001234567"
    assert cells.phone(89001234567.0) == "+79001234567"
    assert cells.phone("доб. 12") == "доб. 12"
