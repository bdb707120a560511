"""Files as strangers write them: the same messages in every dress, or a sensible refusal."""

import csv
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from cases.models import Message, Reply
from intake.columns import Mapping
from intake.problems import NotATable
from intake.tests.command import ANSWERED, ROW, bring, counts_of, files_in, incident, write
from intake.tests.files import PLAIN, as_csv, as_xlsx, codes, lines, plain_line, read
from tests import factories

HEADERS, VALUES = list(PLAIN), list(PLAIN.values())
SECOND = [*["m2"], *VALUES[1:]]
EXPECTED = plain_line().row.fingerprint
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-r", "cp866"]


def only(content: bytes, **options: Any) -> Any:
    (line,) = lines(content, **options)
    return line


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_encoding_with_any_separator(encoding: str, delimiter: str) -> None:
    content = as_csv([HEADERS, VALUES], encoding, delimiter)
    assert only(content).row.fingerprint == EXPECTED


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    content = as_csv([HEADERS, VALUES, SECOND]).replace(b"\r\n", end.encode())
    found = lines(content)
    assert [(line.number, line.row.external_id) for line in found] == [(2, "m1"), (3, "m2")]
    without_the_last = content.removesuffix(end.encode())
    assert [line.row for line in lines(without_the_last)] == [line.row for line in found]


@pytest.mark.parametrize(
    "dress",
    [
        str.upper,
        str.title,
        lambda h: f"  {h} ",
        lambda h: f"\u00a0{h}\u00a0",
        lambda h: h.replace("_", " "),
        lambda h: f"{h}:",
        lambda h: f"\u200b{h}",
        lambda h: f"«{h}»",
    ],
)
def test_headers_in_any_dress(dress: Any) -> None:
    assert only(as_csv([[dress(h) for h in HEADERS], VALUES])).row.fingerprint == EXPECTED


@pytest.mark.parametrize(
    "rows",
    [
        [[*HEADERS, "", "", ""], [*VALUES, "", "", ""]],
        [HEADERS, VALUES, [""] * 13, [" "] * 13],
        [[""] * 13, [""] * 13, HEADERS, VALUES],
        [["Выгрузка сообщений за май 2026 года", *[""] * 12], [""] * 13, HEADERS, VALUES],
        [HEADERS, [str(n) for n in range(1, 14)], VALUES],
        [HEADERS, [f"  {value}  " for value in VALUES]],
        [HEADERS, [f"'{value}" if n in (0, 1, 6) else value for n, value in enumerate(VALUES)]],
    ],
)
@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_blank_columns_blank_rows_titles_and_apostrophes(rows: Any, make: Any) -> None:
    assert only(make(rows)).row.fingerprint == EXPECTED


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-12 10:15:00.123",
        "2026-05-12T10:15",
        "12.05.2026 10:15",
        "12.05.2026, 10:15:00",
        "12/05/2026 10:15",
        "12-05-2026 10:15",
        "2026/05/12 10:15:00",
        "12.05.26 10:15",
        "12 мая 2026 г., 10:15",
        "2026-05-12T07:15:00Z",
        "2026-05-12 12:15:00+05:00",
        "1778570100",
        "46154,427083333",
    ],
)
def test_a_moment_in_any_spelling(moment: str) -> None:
    assert plain_line(datetime=moment).row.fingerprint == EXPECTED


@pytest.mark.parametrize("cell", [datetime(2026, 5, 12, 10, 15), 46154.427083333])  # noqa: DTZ001
def test_a_moment_as_a_spreadsheet_keeps_it(cell: Any) -> None:
    row = {**PLAIN, "datetime": cell, "lat": 55.75, "lon": 37.61}
    assert only(as_xlsx([HEADERS, list(row.values())])).row.fingerprint == EXPECTED


def test_separators_quotes_and_line_ends_inside_quotes_stay_in_the_text() -> None:
    text = 'Яма; лужа, грязь "во дворе"\nи темно'
    assert only(
        as_csv([HEADERS, list({**PLAIN, "text": text}.values())], delimiter=";")
    ).row.text == (text)


def plain_text(*rows: str) -> bytes:
    return "\n".join(["id;datetime;source;text", *rows, ""]).encode()


@pytest.mark.parametrize(
    ("first", "text"),
    [
        ('1;12.05.2026 10:12;vk;Дом "5 на Садовой', 'Дом "5 на Садовой'),
        ('1;12.05.2026 10:12;vk;"Дом 5 на Садовой', '"Дом 5 на Садовой'),
        ('1;12.05.2026 10:12;vk;"Дом" 5 на Садовой', "Дом 5 на Садовой"),
        ('1;12.05.2026 10:12;"vk";"Дом ""5"" на Садовой"', 'Дом "5" на Садовой'),
    ],
)
@pytest.mark.parametrize("later", ["Второй", '"Второй; да"', '"Второй', '"Второй\nи третий"'])
def test_a_lone_quote_does_not_swallow_the_rows_behind_it(
    first: str, text: str, later: str
) -> None:
    found = lines(
        plain_text(first, f"2;12.05.2026 10:13;vk;{later}", "3;12.05.2026 10:14;vk;Конец")
    )
    assert [line.row.external_id for line in found] == ["1", "2", "3"]
    assert found[0].row.text == text
    assert found[2].row.text == "Конец"


def test_a_lone_quote_that_breaks_its_row_is_one_bad_row() -> None:
    found = lines(plain_text('1;12.05.2026 10:12;vk;"Дом; 5', "2;12.05.2026 10:13;vk;Второй"))
    assert [(line.number, line.verdict) for line in found] == [(2, "rejected"), (3, "accepted")]
    assert codes(found[0]) == ["broken_line"]


def test_many_lone_quotes_take_no_longer_than_reading() -> None:
    import time

    rows = [f'{n};12.05.2026 10:12;vk;"Дом {n} на Садовой' for n in range(4000)]
    started = time.process_time()
    assert len(lines(plain_text(*rows))) == 4000
    assert time.process_time() - started < 8


def test_cells_merged_over_rows_tell_their_value_in_each() -> None:
    rows = [HEADERS, VALUES, SECOND, [*["m3"], *VALUES[1:]]]
    for row in rows[2:]:
        row[7] = ""
    content = as_xlsx(rows, merged={"H2:H4": "Заречск г.о."})
    found = lines(content)
    assert [line.row.territory for line in found] == ["Заречск г.о."] * 3


def test_of_several_sheets_one_is_read_and_the_others_are_named() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, rows in {
            "Обложка": [["Выгрузка за май"]],
            "Май": [HEADERS, VALUES],
            "Июнь": [HEADERS, SECOND],
            "Справочник": [["код", "название"], ["1", "Дороги"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    reading = read(out.getvalue())
    assert (reading.sheet, reading.others) == ("Май", ("Июнь",))
    assert len(list(reading.lines)) == 1


def test_formats_far_below_the_data_are_no_reason_to_refuse() -> None:
    """«The whole column is bold»: cells down to row 1,048,576 that hold nothing."""
    content = as_xlsx([HEADERS, VALUES])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                far = b'<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"/></row>'
                body = body.replace(b"</sheetData>", far + b"</sheetData>")
            new.writestr(name, body)
    assert only(out.getvalue()).row.fingerprint == EXPECTED


def test_errors_of_formulas_are_blank_cells() -> None:
    row = plain_line(territory="#REF!", topic="#Н/Д", lat="#ЗНАЧ!").row
    assert (row.territory, row.topic, row.lat) == ("", "", None)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook"),
        (b"<html><body><table><tr><td>id</td></tr></table>", "html"),
        (as_csv([HEADERS]), "no_rows"),
        (as_csv([HEADERS, [""] * 13]), "no_rows"),
        (as_xlsx([HEADERS]), "no_rows"),
        (b"", "empty"),
        (b"\n\n\n", "empty"),
    ],
)
def test_what_holds_no_rows_or_is_another_format_says_so(content: bytes, code: str) -> None:
    with pytest.raises(NotATable) as refused:
        lines(content)
    assert refused.value.code == code


@pytest.mark.django_db
class TestThroughTheCommand:
    @pytest.fixture(autouse=True)
    def region(self, settings: Any, tmp_path: Path) -> None:
        files_in(settings, tmp_path / "files")
        factories.load_reference()
        factories.make_topic()
        factories.make_territory()
        factories.make_region()

    def rows(self) -> list[dict[str, str]]:
        second = {**ANSWERED, "external_id": "2", "reply_2": "'Готово.", "reply_3": "'Проверено."}
        return [incident(), incident(**second), incident(external_id="3", url="", blog_url=VK)]

    def save(self, path: Path, rows: list[list[Any]], **options: Any) -> Path:
        path.write_bytes((as_xlsx if path.suffix == ".xlsx" else as_csv)(rows, **options))
        return path

    def grid(self, rows: list[dict[str, str]]) -> list[list[Any]]:
        return [list(rows[0]), *(list(row.values()) for row in rows)]

    def test_one_export_in_every_dress_comes_in_once(self, tmp_path: Path) -> None:
        grid = self.grid(self.rows())
        order = [*range(46, 22, -1), *range(23)]
        shuffled = [[row[n] for n in order] for row in grid]
        top = ["Инцидент", *[""] * 46]
        dressed = [
            self.save(tmp_path / "a.csv", grid),
            self.save(tmp_path / "b.csv", grid, encoding="cp1251", delimiter=";"),
            self.save(tmp_path / "c.xlsx", grid),
            self.save(tmp_path / "d.csv", shuffled, encoding="utf-8-sig", delimiter="\t"),
            self.save(tmp_path / "e.xlsx", [top, *grid]),
            self.save(tmp_path / "f.csv", [[h.upper() for h in grid[0]], *grid[1:]]),
        ]
        assert counts_of(bring(dressed[0])) == (3, 0, 0)
        assert Reply.objects.count() == 3
        for path in dressed[1:]:
            assert counts_of(bring(path)) == (0, 0, 3), path.name
        assert Message.objects.count() == 3

    def test_an_export_without_some_columns_or_with_other_names_still_comes_in(
        self, tmp_path: Path
    ) -> None:
        names = {"Текст инцидента": "Текст обращения", "Дата создания": "Дата сообщения",
                 "Муниципалитет": "Муниципальное образование"}  # fmt: skip
        gone = {"Кабинет", "Номер инцидента", "Объект старый", "Причина закрытия", "Теги"}
        rows = [
            {names.get(h, h): value for h, value in row.items() if h not in gone}
            for row in self.rows()
        ]
        assert counts_of(bring(write(tmp_path / "a.csv", rows))) == (3, 0, 0)
        # A column that is gone says nothing: the whole file changes nothing.
        result = bring(self.save(tmp_path / "b.csv", self.grid(self.rows())))
        assert (result["created"], result["rejected"]) == (0, [])

    def test_a_region_calls_its_channels_as_it_likes(self, tmp_path: Path) -> None:
        factories.make_channel("whatsapp").__class__.objects.filter(code="whatsapp").update(
            name="Ватсап"
        )
        rows = [{**ROW, "source": "Ватсап"}, {**ROW, "id": "2", "source": "«ВКонтакте»"}]
        assert bring(write(tmp_path / "a.csv", rows))["created"] == 2
        assert set(Message.objects.values_list("channel__code", flat=True)) == {"whatsapp", "vk"}

    def test_a_table_nobody_knows_names_what_is_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["ключ", "что пишут"], ["1", "Яма у школы на Садовой"]])
        with pytest.raises(CommandError, match="Укажите столбцы.*Текст сообщения"):
            call_command("import_messages", str(path))

    def test_a_folder_or_a_missing_file_is_said(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "нет.csv"):
            with pytest.raises(CommandError, match=path.name):
                call_command("import_messages", str(path))

    def test_the_offered_mapping_of_every_known_layout_is_a_mapping(self, tmp_path: Path) -> None:
        assert isinstance(read(as_csv(self.grid(self.rows()))).mapping, Mapping)


VK = "http://vk.com/club5"
