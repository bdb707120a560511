import random

import pytest

from intake.columns import Mapping, Unknown, find_header, known, recognise
from intake.fields import BY_NAME, EXPORT_FIELDS, FIELDS
from intake.tests.files import PLAIN, sample_rows

HEADERS = list(sample_rows()[0])


def test_the_export_is_recognised_with_all_its_47_columns():
    mapping = recognise(HEADERS)
    assert isinstance(mapping, Mapping)
    assert mapping.layout == "incident"
    assert list(mapping.columns.values()) == [field.name for field in EXPORT_FIELDS]
    assert (mapping.unused, mapping.ambiguous) == ((), {})


def test_the_order_of_columns_does_not_matter():
    shuffled = random.Random(3).sample(HEADERS, len(HEADERS))
    assert recognise(shuffled).columns == {h: recognise(HEADERS).columns[h] for h in shuffled}


def test_the_export_with_few_columns_left_is_still_the_export():
    kept = ["ID", "Дата создания", "Текст инцидента", "Урл поста", "Кабинет", "Урл блога"]
    mapping = recognise([*kept, "Номер инцидента"])
    assert (mapping.layout, len(mapping.columns)) == ("incident", 7)


@pytest.mark.parametrize(
    ("renamed", "field"),
    [
        ("Тескт инцидента", "text"),
        ("ТЕКСТ ИНЦИДЕНТА ", "text"),
        ("Тeкст инцидeнта", "text"),  # Latin e
        ("Текст\nинцидента", "text"),
        ("Населённый пункт", "settlement"),
        ("Дата  созданя", "posted_at"),
        ("2-ой ответ ПИ", "reply_2"),
        ("Время 1-го ответа ПИ", "executor_reply_at"),
        ("Причина закрытя", "close_reason"),
        ("URL поста", "url"),
        ("Аудиториия", "audience"),
    ],
)
def test_a_renamed_or_misspelt_header_is_found(renamed, field):
    original = BY_NAME[field].headers[0]
    headers = [renamed if h == original else h for h in HEADERS]
    mapping = recognise(headers)
    assert isinstance(mapping, Mapping)
    assert field in mapping.columns.values()
    assert mapping.header_of(field) == renamed


def test_a_typo_never_moves_a_reply_to_another_number():
    headers = [h for h in HEADERS if h != "1ый ответ ПИ"]
    headers[headers.index("2ой ответ ПИ")] = "2ый ответ ПИ"
    columns = recognise(headers).columns
    assert columns["2ый ответ ПИ"] == "reply_2"
    assert "reply_1" not in columns.values()


def test_a_plain_file_is_recognised_in_english_and_russian():
    assert set(recognise(list(PLAIN)).columns.values()) == {
        *("external_id", "posted_at", "source", "url", "author_id", "author_name", "text"),
        *("territory", "address", "lat", "lon", "topic", "agency_kind"),
    }
    russian = ["Идентификатор", "Дата и время", "Источник", "ФИО", "Суть обращения", "Адрес"]
    assert recognise(russian).layout == "plain"
    assert list(recognise(russian).columns.values()) == [
        *("external_id", "posted_at", "source", "author_name", "text", "address"),
    ]


def test_what_is_missing_is_named():
    unknown = recognise(["Текст", "Автор"])
    assert isinstance(unknown, Unknown)
    assert unknown.missing == (
        "posted_at",
        "external_id|url|incident_number",
        "source|url|blog_url|author_url",
    )
    assert unknown.columns == {"Текст": "text", "Автор": "author_name"}


def test_a_row_counter_is_never_taken_for_an_id():
    assert known("№ п/п") is None
    assert known("№") is None


def test_two_equal_headers_for_a_needed_field_ask_a_person():
    unknown = recognise(["id", "дата", "источник", "Текст", "Текст (2)"])
    assert isinstance(unknown, Mapping)  # «Текст (2)» is no synonym by itself
    again = recognise(["id", "дата", "источник", "Текст", "текст"])
    assert isinstance(again, Unknown)
    assert again.ambiguous == {"text": ("Текст", "текст")}


def test_of_two_synonyms_the_clearer_one_wins():
    columns = recognise(["Номер обращения", "ID", "дата", "источник", "текст"]).columns
    assert columns["ID"] == "external_id"
    assert "Номер обращения" not in columns


def test_a_channel_given_by_a_person_replaces_the_column():
    headers = ["id", "дата", "текст"]
    assert isinstance(recognise(headers), Unknown)
    assert isinstance(recognise(headers, default_source="hotline"), Mapping)


def test_a_saved_mapping_comes_back_and_fits_a_shuffled_file():
    mapping = Mapping(
        {"Что": "text", "Когда": "posted_at", "Код": "external_id"},
        default_source="hotline",
        sources={"Окно 3": "site"},
    )
    again = Mapping.from_json(mapping.to_json())
    assert again.columns == mapping.columns
    assert again.sources == {"окно 3": "site"}
    bound = again.bind(["код", "Лишнее", "КОГДА ", "Что"])
    assert bound.columns == {"код": "external_id", "КОГДА ": "posted_at", "Что": "text"}
    assert bound.unused == ("Лишнее",)
    lost = again.bind(["Код", "Когда"])
    assert isinstance(lost, Unknown)
    assert lost.missing == ("text",)


@pytest.mark.parametrize(
    "columns",
    [
        [{"header": "A", "field": "nonsense"}],
        [{"header": "A", "field": "text"}, {"header": "B", "field": "text"}],
    ],
)
def test_a_broken_saved_mapping_is_refused(columns):
    with pytest.raises(ValueError, match="field"):
        Mapping.from_json({"columns": columns})


def test_no_header_means_two_fields():
    forms = [(h, f.name) for f in FIELDS for h in f.headers]
    assert [(h, name) for h, name in forms if known(h) != name] == []


def test_a_header_of_two_lines_joins_groups_and_columns():
    top = ["ID", "Автор", "", "Сообщение", "", "Координаты", ""]
    bottom = ["", "ID", "Имя", "Дата", "Текст", "lat", "lon"]
    found = find_header([["Выгрузка"], top, bottom, ["1", "2", "Анна", "x", "y", "1", "2"]])
    assert (found.first, found.last) == (1, 2)
    assert [recognise(found.headers).columns.get(h) for h in found.headers] == [
        *("external_id", "author_id", "author_name", "posted_at", "text", "lat", "lon"),
    ]


def test_a_data_row_is_never_taken_for_the_second_line_of_a_header():
    found = find_header([HEADERS, *sample_rows()[1:3]])
    assert (found.first, found.last, found.found) == (0, 0, 47)
