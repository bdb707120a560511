"""Shortcuts of the reading of a text give what the long way gives."""

from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quality import DEFAULT, EarlierReply, patterns, prints, textform
from quality.reuse import compare, own_words, shortlist
from quality.tests.test_properties import pairs

_LETTERS = "абвйеЁё\u0306\u0308 \n\u200b😀№²½İ.,!?-—«»8(3599)+7@:/рфru"
some_text = st.sampled_from(range(198)).map(lambda number: str(pairs()[number]["reply_text"]))
odd = st.text(st.sampled_from(_LETTERS), max_size=60)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(odd, st.tuples(some_text, odd).map("".join)))
@example("Яму  засыпали.\n\nМастер  И. И. Петров")
@example("и\u0306ех\u0308али  вчера")
def test_folding_a_text_at_once_is_folding_it_sign_by_sign(text: str) -> None:
    clean, offsets = textform._folded(text)
    assert (clean, list(offsets)) == textform._fold_slowly(text)


@pytest.mark.parametrize("number", range(198))
def test_what_is_left_out_where_a_text_has_no_hint_would_find_nothing(number: int) -> None:
    for text in (pairs()[number]["reply_text"], pairs()[number]["case_text"]):
        clean = textform.prepare(text).clean
        short = patterns.formula_spans(clean)
        without = tuple((pattern, ()) for pattern, _hints in patterns._FORMULAS)
        with mock.patch.object(patterns, "_FORMULAS", without):
            assert patterns.formula_spans(clean) == short
        items = prints._items(clean)
        every = dict.fromkeys(prints._SLOTS, prints._SLOTS[True, True])
        with mock.patch.object(prints, "_SLOTS", every):
            assert prints._items(clean) == items
        assert textform._URL_HINT.search(clean) or not textform.URL.search(clean)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Работы ведёт Иванов И. И.", ["\x04"]),
        ("Ответит Сергей Петрович", ["\x04"]),
        ("Ольга Петровна ответит", ["\x04"]),
        ("Мастер будет на ул. Садовой", ["\x03"]),
    ],
)
def test_names_and_places_are_slots(text: str, marks: list[str]) -> None:
    assert [stem for stem in prints.masked(text).stems if stem < "\x06"] == marks


@pytest.mark.parametrize(
    "text", ["Добрый день!", "С уважением, отдел", "Исп. Котова", "Ваше обращение № 5 рассмотрено"]
)
def test_formulas_are_no_part_of_the_body(text: str) -> None:
    assert patterns.formula_spans(textform.prepare(text).clean)


def _mixed(one: str, two: str, cut: int, shuffle: int) -> str:
    """Sentences of two replies: halves, borders and orders as a copier would leave them."""
    sentences = one.split(". ")[:cut] + two.split(". ")[cut:]
    return ". ".join(sentences[shuffle:] + sentences[:shuffle])


@settings(max_examples=300, deadline=None)
@given(one=some_text, two=some_text, cut=st.integers(0, 4), shuffle=st.integers(0, 2))
def test_the_shortlist_keeps_what_the_comparison_finds(
    one: str, two: str, cut: int, shuffle: int
) -> None:
    reply = _mixed(one, two, cut, shuffle)
    sketches = [prints.make_print(text).sketch for text in (one, two)]
    for approved in ((), (two,)):
        own = own_words(prints.masked(reply), approved, ())
        kept = {str(number) for number in shortlist(own, sketches, DEFAULT)}
        earlier = [EarlierReply(str(number), text) for number, text in enumerate((one, two))]
        found = compare(reply, earlier, DEFAULT, approved)
        assert {one.key for one in found.detected} <= kept
