import io
import zipfile
import zlib

import pytest
import xlsxwriter

from intake.columns import Mapping, Unknown
from intake.problems import NotATable
from intake.sniff import sniff_text
from intake.tables import open_table
from intake.tests.files import PLAIN, SAMPLE, as_csv, as_xlsx, codes, lines, read, sample_rows

ROWS = [list(PLAIN), list(PLAIN.values()), [*list(PLAIN.values())[:-1], "школа; сад, двор"]]
TEXT = PLAIN["text"]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_text_table_is_read_in_any_encoding_and_with_any_delimiter(encoding, delimiter):
    reading = read(as_csv(ROWS, encoding, delimiter))
    assert reading.delimiter == delimiter
    assert [line.row.text for line in reading.lines if line.row] == [TEXT]


def test_the_kind_of_file_is_told_by_its_content_not_by_its_name(tmp_path):
    wrong = tmp_path / "выгрузка.csv"
    wrong.write_bytes(SAMPLE.read_bytes())
    assert len(lines(wrong)) == 68
    wrong = tmp_path / "table.xlsx"
    wrong.write_bytes(as_csv(ROWS))
    assert lines(wrong)[0].row.text == TEXT


def test_quoted_newlines_and_delimiters_stay_inside_a_cell():
    text = 'Первая строка\nвторая; "в кавычках", третья'
    (line,) = lines(as_csv([list(PLAIN), list({**PLAIN, "text": text}.values())], delimiter=";"))
    assert line.row.text == text


def test_row_numbers_are_those_a_spreadsheet_shows():
    blank = [""] * len(PLAIN)
    rows = [["Отчёт за май"], blank, list(PLAIN), blank, list(PLAIN.values())]
    for content in (as_csv(rows), as_xlsx(rows)):
        reading = read(content)
        assert reading.header_line == 3
        assert [line.number for line in reading.lines] == [5]


def test_a_line_of_column_numbers_below_the_header_is_skipped():
    numbers = [str(i) for i in range(1, len(PLAIN) + 1)]
    assert len(lines(as_csv([list(PLAIN), numbers, list(PLAIN.values())]))) == 1
    assert len(lines(as_xlsx([list(PLAIN), [int(n) for n in numbers], list(PLAIN.values())]))) == 1


def test_a_merged_header_of_two_lines_is_read():
    top = ["ID", "Автор", "", "Сообщение", "", "Источник"]
    bottom = ["", "ID", "Имя", "Дата", "Текст", ""]
    row = ["m1", "77", "Анна", "2026-05-12 10:15", TEXT, "vk"]
    for content in (
        as_xlsx([top, bottom, row]),
        as_csv([top, bottom, row], "cp1251", ";"),
    ):
        (line,) = lines(content)
        assert (line.row.external_id, line.row.author.handle) == ("m1", "id77")
        assert line.cells["Автор ID"] == "77"


def test_merged_cells_of_a_workbook_name_all_the_columns_under_them():
    top = ["ID", "", "", "Дата", "Текст", "Источник"]
    bottom = ["", "Имя", "ID", "", "", ""]
    row = ["m1", "Анна", "77", "2026-05-12 10:15", TEXT, "vk"]
    (line,) = lines(as_xlsx([top, bottom, row], merged={"B1:C1": "Автор", "A1:A2": "ID"}))
    assert (line.row.external_id, line.row.author[:2]) == ("m1", ("id77", "Анна"))


def test_an_excel_separator_line_is_obeyed():
    (line, _) = lines(b"sep=;\r\n" + as_csv(ROWS, "utf-8", ";"))
    assert (line.number, line.row.text) == (3, TEXT)


def test_of_several_sheets_the_one_with_messages_is_read():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Пусто")
        book.add_worksheet("Справка").write_row(0, 0, ["Показатель", "Значение"])
        sheet = book.add_worksheet("Данные")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
    reading = read(out.getvalue())
    assert reading.sheet == "Данные"
    assert len(list(reading.lines)) == 2


def test_a_table_without_known_headers_is_offered_for_mapping():
    rows = [["Что случилось", "Когда это было", "Код"], ["Яма", "12.05.2026 10:00", "k1"]]
    reading = read(as_csv(rows))
    assert isinstance(reading.mapping, Unknown)
    assert reading.headers == tuple(rows[0])
    assert reading.preview == ({"Что случилось": "Яма", "Когда это было": "12.05.2026 10:00",
                                "Код": "k1"},)  # fmt: skip
    assert list(reading.lines) == []
    mapping = Mapping(
        {"Что случилось": "text", "Когда это было": "posted_at", "Код": "external_id"},
        default_source="hotline",
    )
    (line,) = lines(as_csv(rows), mapping=mapping)
    assert (line.row.channel, line.row.external_id) == ("hotline", "k1")


def truncated() -> bytes:
    return SAMPLE.read_bytes()[:20_000]


def broken_inside() -> bytes:
    content = bytearray(SAMPLE.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    return bytes(content)


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")


def far_cell(reference: str) -> bytes:
    sheet = (
        f'<worksheet><sheetData><row><c r="{reference}"><v>1</v></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(SAMPLE) as sample:
        members = {n: sample.read(n) for n in sample.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    return zipped(**{name.replace("/", "__"): body for name, body in members.items()})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image"),
        (b"\xff\xd8\xff\xe0....", "image"),
        (b"<!DOCTYPE html><html><table><tr><td>id</td></tr></table>", "html"),
        (b"\n<table><tr><td>1</td></tr></table>", "html"),
        (b'[{"id": 1, "text": "x"}]', "json"),
        (b'<?xml version="1.0"?><a/>', "xml"),
        (zipped(a=b"1"), "archive"),
        (zipped(word__document=b"1"), "document"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "old_workbook"),
        (b"\x1f\x8b" + zlib.compress(b"id,text"), "archive"),
        (b"Rar!\x1a\x07", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook"),
        (encrypted(), "password"),
        (truncated(), "damaged"),
        (broken_inside(), "damaged"),
        (bytes(range(256)) * 20, "binary"),
        (bytes(range(1, 256)) * 20, "binary"),
        ("Просто письмо без столбцов\nи вторая строка".encode(), "single_column"),
        (as_csv([list(PLAIN)]), "no_rows"),
        (as_xlsx([list(PLAIN)]), "no_rows"),
        (as_xlsx([]), "empty"),
        (far_cell("XFD1"), "too_many_columns"),
        (far_cell("DA1"), "too_many_columns"),
        (far_cell("A1048576"), "too_many_rows"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(content, code):
    with pytest.raises(NotATable) as error:
        read(content)
    assert error.value.code == code


def test_a_file_over_the_size_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.tables.MAX_BYTES", 10)
    path = tmp_path / "big.csv"
    path.write_bytes(as_csv(ROWS))
    with pytest.raises(NotATable) as error:
        open_table(path)
    assert error.value.code == "too_large"


def test_an_unpacked_size_over_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr("intake.tables.MAX_UNPACKED", 1000)
    with pytest.raises(NotATable) as error:
        read(SAMPLE)
    assert error.value.code == "too_large"


def test_a_giant_cell_is_one_bad_line_and_the_rest_is_read(monkeypatch):
    monkeypatch.setattr("intake.tables.MAX_CELL", 2000)
    good = list(PLAIN.values())
    giant = list({**PLAIN, "id": "m2", "text": "ы" * 5000}.values())
    last = list({**PLAIN, "id": "m3"}.values())
    found = lines(as_csv([list(PLAIN), good, giant, last]))
    assert [line.verdict for line in found] == ["accepted", "rejected", "accepted"]
    assert codes(found[1]) == ["broken_line"]


def test_a_few_broken_bytes_do_not_turn_the_file_into_another_encoding():
    head, tail = as_csv(ROWS).split("света".encode(), 1)
    (line, _) = lines(head + b"\xff" + tail)
    assert line.row.text == "Нет \ufffd на Садовой"
    assert codes(line) == ["broken_characters"]


def test_free_text_with_commas_does_not_mislead_the_delimiter():
    text = as_csv([["id", "text"], ["1", "а, б, в"], ["2", "г, д"]], delimiter=";").decode()
    assert sniff_text(text, "utf-8").delimiter == ";"


def test_the_sample_is_the_shipped_one():
    assert len(sample_rows()) == 69
    assert len(sample_rows()[0]) == 47
