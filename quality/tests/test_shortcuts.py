"""Shortcuts of the reading of a text give what the long way gives."""

import random
import re
from bisect import bisect_left, bisect_right
from itertools import islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quality import DEFAULT, EarlierReply, edits, masks, patterns, prints, textform
from quality.reuse import compare, own_words, shortlist
from quality.tests.hostile import hostile_text
from quality.tests.test_properties import pairs

FORMULAS = (
    patterns.GREETING,
    patterns.SIGNATURE,
    patterns.LAW,
    patterns.REGISTRATION,
    patterns.EXECUTOR,
)

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


def spans_the_long_way(clean: str) -> list[tuple[int, int]]:
    """Every pattern over the whole text."""
    spans = [m.span() for pattern in FORMULAS for m in pattern.finditer(clean)]
    ends = [*(m.end() for m in patterns._STOPS.finditer(clean)), len(clean)]
    for pattern in (patterns.FORMULA_SENTENCE, patterns._CLOSING):
        for m in pattern.finditer(clean):
            sentence = bisect_right(ends, m.start())
            start, end = ends[sentence - 1] if sentence else 0, ends[sentence]
            if end - start < 160:
                spans.append((start, end))
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def mask_the_long_way(clean: str) -> list[tuple[str, tuple[int, int], int, bool]]:
    """Stem, place, sentence and whether it is of the body, by one expression over the text."""
    stops = [m.start() for m in re.finditer(r"[.!?]+(?=\s|$)", clean)]
    spans = spans_the_long_way(clean)
    rows: list[tuple[str, tuple[int, int], int, bool]] = []
    for m in islice(masks._SLOTS.finditer(clean), masks.MAX_STEMS):
        kind = str(m.lastgroup)
        text = masks.stem(m[0]) if kind == "word" else masks._SLOT_WORDS[kind].stem
        number = bisect_left(stops, m.start())
        if rows and text < "\x06" and (rows[-1][0], rows[-1][2]) == (text, number):
            (_, (start, _), _, own) = rows.pop()
            rows.append((text, (start, m.end()), number, own))
        else:
            own = not any(start <= m.start() < end for start, end in spans)
            rows.append((text, m.span(), number, own))
    return rows


def same_either_way(text: str) -> None:
    form = masks.masked(text)
    clean = form.prepared.clean
    assert patterns.formula_spans(clean) == spans_the_long_way(clean)
    places = zip(form.starts, form.ends, strict=True)
    rows = list(zip(form.stems, places, form.numbers, form.body, strict=True))
    assert rows == mask_the_long_way(clean)
    assert textform._URL_HINT.search(clean) or not textform.URL.search(clean)


@pytest.mark.parametrize("number", range(198))
def test_a_text_read_piece_by_piece_is_the_text_read_as_a_whole(number: int) -> None:
    pair = pairs()[number]
    other = pairs()[number - 1]["reply_text"]
    dice = random.Random(number)
    for text in (pair["reply_text"], pair["case_text"]):
        same_either_way(text)
        for changed in (edits.change_slots(text, dice), edits.half_copied(text, other, dice)):
            same_either_way(changed)
            same_either_way(edits.edit_words(changed, 0.3, dice))
    for _ in range(5):
        same_either_way(hostile_text(dice)[:3000])
    long = [str(pairs()[(number + at) % 198]["reply_text"]) for at in range(20)]
    same_either_way(" ".join(long))


# What formulas, slots and sentences are made of, in any order.
SAID = (
    "с уважением, наилучшими пожеланиями ваше обращение № 5 от 12.05.2026 рассмотрено исп. иванов "
    "и. и. и.и. петров ул. ул улице садовой мира 8 (3599) 22-33-44 +7 12 мая 2026 г. года "
    "здравствуйте! добрый день, уважаемая анна петровна сергей петровича . ! статья ст. 5 п.3 ч. "
    "закона №131-фз в соответствии постановлением правительства от 5 марта 2020 в случае "
    "несогласия вправе обжаловать по вопросам существу большое спасибо врачам благодарим за "
    "исполнитель: контроль возложен по результатам рассмотрения при возникновении вопросов "
    "дом-2 а-а -и. и. поселка, дер. дер.. т.е. просим вас отнестись с пониманием рег.№7 приказ"
)


@settings(max_examples=400, deadline=None)
@given(words=st.lists(st.one_of(st.sampled_from(SAID.split()), odd), max_size=40))
def test_words_in_any_order_are_read_alike(words: list[str]) -> None:
    same_either_way(" ".join(words))


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
    assert [stem for stem in masks.masked(text).stems if stem < "\x06"] == marks


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
        own = own_words(masks.masked(reply), approved, ())
        kept = {str(number) for number in shortlist(own, sketches, DEFAULT)}
        earlier = [EarlierReply(str(number), text) for number, text in enumerate((one, two))]
        found = compare(reply, earlier, DEFAULT, approved)
        assert {one.key for one in found.detected} <= kept
