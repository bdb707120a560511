"""Decisions on values: masking, headings, routing."""

from datetime import date

import pytest

from cases.masking import HIDDEN, mask_name, mask_text
from cases.routing import Router, Rule
from cases.screens import marked
from cases.titles import LONGEST, make_title
from cases.views.review import difference


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("звоните 8 900 123-45-67 вечером", "900"),
        ("мой номер +7(912)3456789", "3456789"),
        ("тел. 89121234567, Анна", "89121234567"),
        ("домашний 345-67-89", "67-89"),
        ("пишите на anna.k@example.org", "anna.k"),
        ("дом 5, кв. 17", "17"),
        ("Квартира 204 без тепла", "204"),
        ("см. https://example.org/id1", "example.org"),
        ("vk.com/id42 это я", "id42"),
        ("[id77|Анна], добрый день", "id77"),
    ],
)
def test_personal_data_in_a_text_is_hidden(text, hidden):
    assert hidden not in mask_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "ул. Садовая, 14",
        "с 6 мая нет воды",
        "59-ФЗ от 02.05.2006",
        "№ 26-048213",
        "12-05-2026",
        "автобус 104",
        "в 2026 году",
    ],
)
def test_facts_of_a_case_are_not_hidden(text):
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("Марина Кузнецова", "person", "Марина К."),
        ("Кузнецова Марина Петровна", "person", "Марина К."),
        ("Марина К.", "person", "Марина К."),
        ("Кузнецова Марина", "person", "Марина К."),
        ("Калугин Виктор", "person", "Виктор К."),
        ("Константин Калугин", "person", "Константин К."),
        ("Дзержинская Инна", "person", "Инна Д."),
        ("Иван Мороз", "person", "Иван М."),
        ("Кузнецова", "person", "К."),
        ("", "anonymous", ""),
        ("Жители дома 7 по ул. Мира", "collective", "Жители дома 7 по ул. Мира"),
    ],
)
def test_a_name_is_shown_without_the_surname(name, kind, shown):
    assert mask_name(name, kind) == shown


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Пишет Марина Кузнецова.", "Пишет •••."),
        ("КУЗНЕЦОВА МАРИНА ПЕТРОВНА, ул. Мира", "•••, ул. Мира"),
        ("Марине Петровне Кузнецовой отказали", "••• отказали"),
        ("Ответьте Кузнецовой", "Ответьте •••"),
        ("Я Марина, живу у кузнецовой рощи", "Я Марина, живу у кузнецовой рощи"),
    ],
)
@pytest.mark.parametrize("name", ["Кузнецова Марина Петровна"])
def test_the_authors_name_is_hidden_in_any_order_and_case(name, text, left):
    assert mask_text(text, name) == left


@pytest.mark.parametrize("name", ["", "Лёха", "Марина К.", "Д. К."])
def test_nothing_is_hidden_for_a_name_that_says_little(name):
    text = "На улице К. Маркса Лёха и мороз, спросите Д. К."
    assert mask_text(text, name) == text


def test_masking_twice_changes_nothing():
    once = mask_text("8 900 123-45-67, кв. 3, a@b.ru")
    assert mask_text(once) == once
    assert once.count(HIDDEN) == 3


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Здравствуйте! Нет воды на Садовой третий день. Когда дадут?",
            "Нет воды на Садовой третий день",
        ),
        ("  нет света  ", "Нет света"),
        ("", "—"),
    ],
)
def test_the_heading_is_the_first_sentence(text, title):
    assert make_title(text) == title


def test_a_long_heading_is_cut_at_a_word():
    title = make_title("слово " * 100)
    assert len(title) <= LONGEST + 1
    assert title.endswith("слово…")


RULES = [
    Rule(pk=1, agency_id=10, group_id=1),
    Rule(pk=2, agency_id=20, group_id=1, territory_id=5),
    Rule(pk=3, agency_id=30, topic_id=7),
    Rule(pk=4, agency_id=40, topic_id=7, territory_id=5),
    Rule(
        pk=5,
        agency_id=50,
        topic_id=7,
        territory_id=5,
        from_on=date(2026, 5, 1),
        until_on=date(2026, 5, 31),
    ),
]


@pytest.mark.parametrize(
    ("topic", "group", "territory", "on", "agency"),
    [
        (None, 1, None, date(2026, 1, 1), 10),
        (8, 1, 6, date(2026, 1, 1), 10),
        (8, 1, 5, date(2026, 1, 1), 20),
        (7, 1, 6, date(2026, 1, 1), 30),
        (7, 1, 5, date(2026, 1, 1), 40),
        (7, 1, 5, date(2026, 5, 1), 50),
        (7, 1, 5, date(2026, 5, 31), 50),
        (7, 1, 5, date(2026, 6, 1), 40),
        (9, 2, 5, date(2026, 1, 1), None),
    ],
)
def test_the_most_specific_rule_wins(topic, group, territory, on, agency):
    rule = Router(RULES).pick(topic_id=topic, group_id=group, territory_id=territory, on=on)
    assert (rule.agency_id if rule else None) == agency


def test_the_newest_of_equal_rules_wins():
    twins = [Rule(pk=1, agency_id=1, topic_id=7), Rule(pk=2, agency_id=2, topic_id=7)]
    rule = Router(reversed(twins)).pick(
        topic_id=7, group_id=None, territory_id=None, on=date(2026, 1, 1)
    )
    assert rule is not None
    assert rule.agency_id == 2


def test_marked_pieces_join_to_the_text_and_keep_their_marks():
    text = "абвгдежз"
    pieces = marked(text, [(2, 5, "a"), (4, 7, "b"), (-3, 1, "c"), (6, 99, "d")])
    assert "".join(piece.text for piece in pieces) == text
    assert ("д", ("a", "b")) in [(piece.text, piece.marks) for piece in pieces]


def test_the_difference_shows_what_was_changed_in_a_sentence():
    rows = difference("Работы начнём скоро. Спасибо.", "Работы начнём 5 мая. Спасибо.")
    changed = rows[0]
    assert [p.text.strip() for p in changed.before if p.marks] == ["скоро."]
    assert [p.text.strip() for p in changed.now if p.marks] == ["5 мая."]
    assert rows[-1].same
