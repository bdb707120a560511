"""Every code has a sentence, and every sentence is said in Russian."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from intake.columns import Unknown
from intake.fields import BY_NAME
from intake.problems import NOT_A_TABLE, ROW_RULES, STOPPED_ON_THE_WAY, NotATable, Problem
from portal import wording_intake as words

CATALOGUE = Path(__file__).resolve().parents[2] / "locale" / "ru" / "LC_MESSAGES" / "django.po"
PARAMS = {"length": 1, "limit": 2, "value": "x", "id": "1", "header": 3, "format": "xls"}


def russian() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {m.id: m.string for m in read_po(file, locale="ru") if m.id}


def test_every_code_of_a_row_a_file_and_a_field_is_worded():
    assert set(words.ROW_WORDS) == set(ROW_RULES)
    assert set(words.FILE_WORDS) == {*NOT_A_TABLE, *STOPPED_ON_THE_WAY}
    assert set(words.FIELD_WORDS) == set(BY_NAME)
    # A conflict is told by the reconciliation with what people set, not by a rule of a row.
    assert set(words.ACTION_WORDS) == {*ROW_RULES.values(), "conflict"}


@pytest.mark.parametrize(
    "table", [words.ROW_WORDS, words.FILE_WORDS, words.FIELD_WORDS, words.ACTION_WORDS]
)
def test_every_sentence_is_translated_with_the_same_parameters(table):
    translations = russian()
    for sentence in table.values():
        assert translations.get(sentence), sentence
        assert (translations[sentence] % PARAMS).strip()
        assert (sentence % PARAMS).strip()


@pytest.mark.parametrize("code", sorted(ROW_RULES))
def test_a_problem_becomes_a_sentence(code):
    assert words.word_problem(Problem(2, "Текст", code, PARAMS))


@pytest.mark.parametrize("code", [*NOT_A_TABLE, *STOPPED_ON_THE_WAY])
def test_a_refusal_becomes_a_sentence(code):
    assert words.word_refusal(NotATable(code))


def test_missing_and_unclear_columns_become_sentences():
    unknown = Unknown((), ("text", "external_id|url"), {"topic": ("Тема", "тема")}, {})
    first, second = words.word_unknown(unknown)
    for sentence in (first, second):
        assert "%" not in sentence
    assert "Тема, тема" in second


def test_a_stored_problem_comes_back():
    problem = Problem(7, "Дата", "bad_date", {"a": 1})
    assert Problem.from_json(problem.to_json()) == problem
