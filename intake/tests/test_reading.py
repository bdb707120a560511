# ruff: noqa: DTZ001  wall clocks, as files have them
"""The rules of `intake.rows`, each through a file as a user would bring it."""

import random
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.columns import Mapping, recognise
from intake.problems import ROW_RULES, NotATable
from intake.reading import from_cells, read_file
from intake.rows import RowReader
from intake.tests.files import (
    MOSCOW,
    NOW,
    PLAIN,
    SAMPLE,
    as_csv,
    as_xlsx,
    codes,
    lines,
    plain_line,
    read,
    sample_rows,
)

HEADER, *BODY = sample_rows()


def prints(source: bytes) -> list[tuple[str, str]]:
    return [(line.row.external_id, line.row.fingerprint) for line in lines(source)]


def test_the_sample_export_is_taken_whole_with_its_history():
    found = lines(SAMPLE)
    assert {line.verdict for line in found} == {"accepted"}
    assert [line.problems for line in found if line.problems] == []
    row = found[0].row
    assert (row.channel, row.external_id, row.incident_number) == ("vk", "41000000", "800000")
    assert row.posted_at == datetime(2026, 3, 25, 4, 26, tzinfo=MOSCOW)
    assert row.text == "Почему в саду 12 закрыли группу, куда водить ребёнка?"
    assert (row.status, row.kind, row.outcome) == ("closed", "solvable", "postponed")
    assert (row.close_reason, row.mark, row.audience) == ("5", 5, 12163)
    assert [reply.ordinal for reply in row.replies] == [1, 2]
    first, second = row.replies
    assert first.sent_at == datetime(2026, 3, 25, 9, 39, tzinfo=MOSCOW)
    assert (first.approval_sent_at.hour, first.approval_seconds) == (8, 3420)
    assert second.sent_at is None
    assert (row.timings.first_reply_seconds, row.timings.in_time) == (18780, True)
    assert row.timings.total_seconds == 4 * 86400 + 22380
    assert (row.author.handle, row.author.kind) == ("id99967860619", "person")
    assert row.post_key == "vk:wall-99968021408_9818/9825"


def test_channels_steps_and_anonymous_authors_of_the_sample():
    rows = [line.row for line in lines(SAMPLE)]
    count = {c: sum(r.channel == c for r in rows) for c in ("vk", "ok", "telegram")}
    assert count == {"vk": 36, "ok": 16, "telegram": 16}
    assert {r.status for r in rows} == {"closed", "answered", "in_work"}
    assert {r.author.kind for r in rows if r.channel == "telegram"} == {"anonymous"}
    assert sum(not r.replies for r in rows) == 11


def test_the_same_rows_as_csv_xlsx_and_shuffled_have_the_same_fingerprints():
    expected = prints(SAMPLE.read_bytes())
    order = random.Random(5).sample(range(47), 47)
    shuffled = [[row[i] for i in order] for row in sample_rows()]
    assert prints(as_csv(sample_rows(), "cp1251", ";")) == expected
    assert prints(as_csv(shuffled, "utf-8-sig", "\t")) == expected
    assert prints(as_xlsx(shuffled)) == expected


def test_moments_as_dates_of_a_spreadsheet_give_the_same_fingerprints():
    def dated(cell):
        if isinstance(cell, str) and len(cell) == 19 and cell[4] == "-":
            return datetime.fromisoformat(cell)
        return cell

    rows = [list(HEADER), *([dated(cell) for cell in row] for row in BODY)]
    assert prints(as_xlsx(rows)) == prints(SAMPLE.read_bytes())


def test_the_zone_changes_the_moments_and_not_the_fingerprint():
    there = lines(SAMPLE, zone=ZoneInfo("Asia/Yekaterinburg"))[0].row
    here = lines(SAMPLE)[0].row
    assert here.posted_at - there.posted_at == timedelta(hours=2)
    assert here.fingerprint == there.fingerprint


def test_each_territory_may_have_its_own_zone():
    def zone(territory: str) -> ZoneInfo:
        return ZoneInfo("Asia/Omsk" if territory.startswith("Каменский") else "Europe/Moscow")

    rows = [line.row for line in lines(SAMPLE, zone=zone)]
    assert {r.posted_at.tzinfo.key for r in rows if "Каменский" in r.territory} == {"Asia/Omsk"}
    assert {r.posted_at.tzinfo.key for r in rows if "Озёрный" in r.territory} == {"Europe/Moscow"}


def test_a_moment_that_names_its_zone_keeps_it():
    row = plain_line(datetime="2026-05-12T07:15:00Z").row
    assert row.posted_at == datetime(2026, 5, 12, 7, 15, tzinfo=UTC)
    assert row.fingerprint == plain_line().row.fingerprint


def test_what_a_later_export_changed_is_told_by_field():
    row, later = plain_line().row, plain_line(text="Нет света на Садовой, 3").row
    assert row.text_fingerprint != later.text_fingerprint
    assert later.differing(row.values) == {"text"}
    moved = plain_line(topic="Уличное освещение").row
    assert moved.text_fingerprint == row.text_fingerprint
    assert moved.fingerprint != row.fingerprint


@pytest.mark.parametrize(
    ("changes", "verdict", "code"),
    [
        ({"text": ""}, "rejected", "missing_text"),
        ({"text": "\u200b \u2060"}, "rejected", "missing_text"),
        ({"text": "<p></p>"}, "rejected", "missing_text"),
        ({"text": "ы" * 1_000_000}, "quarantined", "too_long"),
        ({"text": "ы" * 50_001}, "quarantined", "too_long"),
        ({"datetime": ""}, "quarantined", "missing_date"),
        ({"datetime": "31.02.2026"}, "quarantined", "bad_date"),
        ({"datetime": "вчера"}, "quarantined", "bad_date"),
        ({"datetime": "2026-05-15 15:00:01"}, "quarantined", "future_date"),
        ({"datetime": "9999-12-31 23:59:59"}, "quarantined", "future_date"),
        ({"datetime": "0001-01-01 00:00"}, "quarantined", "ancient_date"),
        ({"datetime": "1999-12-31"}, "quarantined", "ancient_date"),
        ({"source": "myspace"}, "quarantined", "unknown_source"),
        ({"source": "", "url": "https://forum.example/1"}, "quarantined", "unknown_source"),
        ({"source": "", "url": ""}, "quarantined", "missing_source"),
        ({"id": "", "url": ""}, "quarantined", "missing_id"),
        ({"id": "4,1E+07"}, "quarantined", "rounded_id"),
        ({"id": "x" * 300}, "quarantined", "bad_id"),
        ({"id": ""}, "accepted", "derived_id"),
        ({"text": "<b>Яма</b> на&nbsp;дороге"}, "accepted", "markup"),
        ({"text": '=HYPERLINK("http://a")'}, "accepted", "formula"),
        ({"author_name": "=cmd|' /C calc'!A0"}, "accepted", "formula"),
        ({"text": "Яма\x07 тут"}, "accepted", "control_characters"),
        ({"territory": "Заречск\u200b г.о."}, "accepted", "control_characters"),
        ({"topic": "т" * 300}, "accepted", "cut"),
        ({"url": "javascript:alert(1)"}, "accepted", "bad_url"),
        ({"lat": "37.61", "lon": "55.75"}, "accepted", "coordinates_swapped"),
        ({"lat": "155.0", "lon": "537"}, "accepted", "coordinates_out_of_range"),
        ({"lat": "север"}, "accepted", "coordinates_out_of_range"),
        ({"lat": ""}, "accepted", "coordinates_incomplete"),
        ({"статус": "Потеряно"}, "accepted", "unknown_step"),
        ({"тип инцидента": "Странный"}, "accepted", "unknown_kind"),
        ({"режим рассмотрения": "Особый"}, "accepted", "unknown_regime"),
        ({"итог": "Ничья"}, "accepted", "unknown_outcome"),
        ({"дата закрытия": "когда-то"}, "accepted", "bad_moment"),
        ({"дата закрытия": "2031-01-01"}, "accepted", "bad_moment"),
        ({"дата ответа": "2026-05-01 10:00"}, "accepted", "reply_too_early"),
        ({"время на согласовании": "долго"}, "accepted", "bad_duration"),
        ({"аудитория": "много"}, "accepted", "bad_number"),
        ({"в срок": "почти"}, "accepted", "bad_flag"),
    ],
)
def test_every_rule_for_a_bad_row(changes, verdict, code):
    line = plain_line(**changes)
    assert code in codes(line)
    assert line.verdict == verdict
    assert (line.row is not None) == (verdict == "accepted")
    problem = next(p for p in line.problems if p.code == code)
    assert problem.line == 2
    assert problem.column in {*PLAIN, *changes}


def test_every_rule_has_a_test_here():
    marks = [*test_every_rule_for_a_bad_row.pytestmark]
    tested = {case[2] for case in marks[0].args[1]}
    elsewhere = {
        *("broken_line", "broken_characters", "duplicate_id", "extra_cells", "house_as_date"),
    }
    assert tested | elsewhere == set(ROW_RULES)


def test_a_problem_names_the_column_as_the_file_does():
    rows = [list(HEADER), list(BODY[0])]
    rows[1][HEADER.index("Дата создания")] = "2026-02-30 10:00:00"
    (line,) = lines(as_xlsx(rows))
    assert [(p.line, p.column, p.code, p.action) for p in line.problems] == [
        (2, "Дата создания", "bad_date", "quarantined"),
    ]


def test_a_day_ahead_is_a_clock_that_is_off_and_not_the_future():
    assert plain_line(datetime="2026-05-15 14:45:00").verdict == "accepted"


def test_repeats_inside_a_file():
    same, other = list(PLAIN.values()), list({**PLAIN, "text": "Другое"}.values())
    elsewhere = list({**PLAIN, "source": "ok"}.values())
    found = lines(as_csv([list(PLAIN), same, same, other, elsewhere]))
    assert [line.verdict for line in found] == [
        *("accepted", "unchanged", "quarantined", "accepted"),
    ]
    assert codes(found[2]) == ["duplicate_id"]
    assert found[2].problems[0].params == {"id": "m1"}
    assert found[2].cells["text"] == "Другое"


def test_cells_beyond_the_header_stop_the_row_and_are_kept():
    good = list(PLAIN.values())
    found = lines(as_csv([list(PLAIN), [*good, "лишнее"], [*good, "", ""]]))
    assert [line.verdict for line in found] == ["quarantined", "accepted"]
    assert codes(found[0]) == ["extra_cells"]
    assert found[0].cells["column 14"] == "лишнее"


def test_a_house_number_that_became_a_date_is_left_out():
    rows = [[*PLAIN, "Дом"], [*PLAIN.values(), datetime(2026, 2, 5)]]
    (line,) = lines(as_xlsx(rows))
    assert codes(line) == ["house_as_date"]
    assert line.row.house == ""
    assert lines(as_xlsx([[*PLAIN, "Дом"], [*PLAIN.values(), 19.0]]))[0].row.house == "19"


def test_raw_cells_keep_what_was_mended():
    line = plain_line(text="<b>Яма</b>")
    assert (line.row.text, line.cells["text"]) == ("Яма", "<b>Яма</b>")
    long = plain_line(text="ы" * 1_000_000)
    assert len(long.cells["text"]) == 50_001
    assert "\x00" not in str(plain_line(note="а\x00б").cells)


def test_an_operator_mends_the_cells_and_the_row_is_taken():
    reading = read(as_csv([list(PLAIN), list({**PLAIN, "source": "окно 3"}.values())]))
    (line,) = reading.lines
    assert line.verdict == "quarantined"
    mended = from_cells(
        {**line.cells, "source": "сайт"}, reading.mapping, zone=MOSCOW, now=NOW, line=2
    )
    assert (mended.verdict, mended.row.channel, mended.number) == ("accepted", "site", 2)
    again = from_cells(line.cells, reading.mapping, zone=MOSCOW, now=NOW)
    assert codes(again) == ["unknown_source"]


def test_cells_kept_from_the_export_give_the_same_row_again():
    reading = read(SAMPLE)
    for line in reading.lines:
        again = from_cells(line.cells, reading.mapping, zone=MOSCOW, now=NOW)
        assert again.row.fingerprint == line.row.fingerprint


def test_a_missing_id_is_made_from_the_address_of_the_post():
    spellings = [
        *("https://vk.com/wall-1_2?reply=9", "http://m.vk.com/wall-1_2?reply=9&thread=1"),
        *("https://vk.ru/club1?w=wall-1_2&reply=9",),
    ]
    assert {plain_line(id="", url=u).row.external_id for u in spellings} == {"vk:wall-1_2/9"}
    row = plain_line(id="", source="tg", url="https://t.me/s/zarechnaya_1/55?comment=7").row
    assert (row.channel, row.external_id) == ("telegram", "tg:zarechnaya_1/55/7")


def test_ids_from_the_content_only_when_a_person_chose_so():
    rows = [
        ["дата", "источник", "телефон", "текст"],
        ["12.05.2026 10:00", "122", "89001234567", "Я"],
    ]
    first = lines(as_csv(rows), content_ids=True)[0].row
    again = lines(as_xlsx(rows), content_ids=True)[0].row
    assert first.external_id.startswith("#hotline-")
    assert first.external_id == again.external_id
    assert first.author.phone == "+79001234567"


def test_the_source_column_rules_over_the_address_and_a_mapping_adds_words():
    assert plain_line(source="Госпаблик").row.channel == "gospublic"
    assert plain_line(source="").row.channel == "vk"
    mapping = Mapping(
        {h: recognise(list(PLAIN)).columns[h] for h in PLAIN}, sources={"окно 3": "site"}
    )
    content = as_csv([list(PLAIN), list({**PLAIN, "source": "Окно 3"}.values())])
    assert lines(content, mapping=mapping)[0].row.channel == "site"


def test_second_and_third_replies_and_an_earlier_reply_of_somebody_else():
    row = list(BODY[0])
    row[HEADER.index("Общий текст первого ответа")] = "'Передали в департамент."
    row[HEADER.index("Общее время первого ответа")] = "2026-03-25 05:00:00"
    row[HEADER.index("3ий ответ ПИ")] = "'[id5|Ольга], всё сделали."
    (line,) = lines(as_xlsx([HEADER, row]))
    replies = line.row.replies
    assert [(r.ordinal, r.by_last_executor) for r in replies] == [
        *((0, False), (1, True), (2, True), (3, True)),
    ]
    assert (replies[0].text, replies[0].sent_at.hour) == ("Передали в департамент.", 5)
    assert replies[1].sent_at.hour == 9
    assert replies[3].text == "Ольга, всё сделали."


def test_authors_are_persons_groups_or_nobody():
    def author(**changes):
        return plain_line(**changes).row.author

    assert (author().handle, author().kind) == ("id77", "person")
    assert author(author_id="-5").kind == "collective"
    assert author(author_name="Жители дома 5 по Садовой").kind == "collective"
    assert author(author_id="", author_name="Аноним").kind == "anonymous"
    assert author(author_id="", author_name="").kind == "anonymous"
    assert author(author_id="77.0").handle == "id77"


def test_date_and_time_in_two_columns_and_coordinates_in_one():
    rows = [
        ["id", "дата", "время", "источник", "текст", "координаты"],
        ["1", "12.05.2026", "10:15", "122", "Яма", "55.75, 37.61"],
    ]
    for content in (as_csv(rows), as_xlsx(rows)):
        row = lines(content)[0].row
        assert row.posted_at == datetime(2026, 5, 12, 10, 15, tzinfo=MOSCOW)
        assert (row.lat, row.lon) == (55.75, 37.61)


def test_a_missing_column_does_not_stop_the_export():
    drop = {HEADER.index(h) for h in ("Кабинет", "Исполнитель", "3ий ответ ПИ", "Итог", "Дом")}
    rows = [[c for i, c in enumerate(row) if i not in drop] for row in sample_rows()]
    found = lines(as_csv(rows))
    assert {line.verdict for line in found} == {"accepted"}
    assert {line.row.outcome for line in found} == {""}


def test_now_must_be_aware():
    with pytest.raises(ValueError, match="aware"):
        read_file(SAMPLE, zone=MOSCOW, now=datetime(2026, 5, 14))


@pytest.mark.parametrize(
    "piece", ["<script>", "<!--", "[id1|", "+a", "@a1", "=A", "&lt", "<a ", "</script>\n<script>"]
)
def test_hostile_text_takes_no_longer_than_any_other(piece):
    text = (piece * 50_000)[:50_000]
    started = time.process_time()
    plain_line(text=text, author_name=text, id=text, datetime=text, url=text, lat=text)
    assert time.process_time() - started < 1  # quadratic patterns took 2 to 6 seconds


CELL = st.one_of(
    st.text(max_size=40),
    st.text("<>&;=+-@'[]|0123456789.:/ \u200b\x00\ufffdабid", max_size=60),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.none(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_row_raises_whatever_its_cells(data):
    headers = [*HEADER, "Источник", "Время", "Широта", "Долгота", "Координаты", "Телефон", "Имя"]
    mapping = recognise(headers)
    row = [*BODY[0], "vk", "", "", "", "", "", ""]
    for index in data.draw(st.sets(st.integers(0, len(row) - 1), max_size=12)):
        row[index] = data.draw(CELL)
    row = row[: data.draw(st.integers(0, len(row)))] + data.draw(st.lists(CELL, max_size=2))
    line = RowReader(headers, mapping, zone=MOSCOW, now=NOW).read(2, row)
    assert (line.row is not None) == (line.verdict == "accepted")
    assert all(p.code in ROW_RULES for p in line.problems)
    again = from_cells(line.cells, mapping, zone=MOSCOW, now=NOW)
    assert again.verdict in ("accepted", "quarantined", "rejected")
    for value in (*line.cells.values(), line.row.text if line.row else ""):
        assert "\x00" not in value
        value.encode()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_no_content_of_a_file_raises_anything_but_a_refusal(content):
    try:
        list(read(content).lines)
    except NotATable:
        return
