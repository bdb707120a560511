"""What is asked for and what a reply holds of it; how facts beside the question add up."""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality import Situation, assess
from quality.asking import asked
from quality.clauses import read_clauses
from quality.evidence import body, profile
from quality.families import WORDS
from quality.fit import MATERIAL, SWAPPED, read_pair, swapped
from quality.model import default_model, ratio
from quality.sought import likely, sought, unanswered

evidence = st.floats(-20, 20, allow_nan=False)
# Drawing is slow on a machine full of other work, not the code.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def missing(message: str, reply: str) -> float:
    clauses = read_clauses(body(reply, message), profile(message, None, None))
    return unanswered(likely(default_model(), sought(asked(message), clauses)))


@patient
@given(values=st.lists(evidence, max_size=12), more=st.floats(0, 20))
def test_what_speaks_for_a_reply_never_lowers_the_balance(values: list[float], more: float) -> None:
    assert ratio([*values, more]) >= ratio(values) - 1e-9


@patient
@given(values=st.lists(st.floats(0.1, 10), min_size=1, max_size=8), more=st.floats(0, 5))
def test_a_stronger_statement_never_lowers_the_balance(values: list[float], more: float) -> None:
    assert ratio([values[0] + more, *values[1:]]) >= ratio(values) - 1e-9


def test_a_word_stands_in_one_family() -> None:
    """The second place of a word counts for nothing; docs/quality.md names the one there is."""
    words = Counter(word.removesuffix(":") for word in WORDS.split())
    assert [word for word, times in words.items() if times > 1] == ["увольнение"]


def test_many_facts_beside_the_question_add_up_to_little() -> None:
    assert ratio([3.0] * 40) < ratio([3.0, 3.0, 3.0]) * 1.3


@pytest.mark.parametrize(
    ("message", "answer", "other"),
    [
        ("Когда почините лифт?", "Лифт починим 12 мая.", "Лифты осматривают мастера."),
        ("Почему отменили рейс?", "Рейс отменили из-за поломки.", "Билеты продают в кассе."),
        ("Засыпьте яму на Лесной!", "Яму на Лесной засыпали.", "Ямы измеряют рейкой."),
    ],
)
def test_an_answer_holds_more_of_what_is_asked(message: str, answer: str, other: str) -> None:
    assert missing(message, answer) < missing(message, other) < missing(message, "") + 1e-9


def test_saying_more_never_makes_an_answer_less_likely() -> None:
    message = "Когда почините лифт? Кто отвечает за дом?"
    reply, before = "", missing(message, "")
    for more in ("Лифты осматривают мастера.", "Запись идёт по средам.", "Починим лифт 12 мая."):
        reply = f"{reply} {more}".strip()
        after = missing(message, reply)
        assert after <= before
        before = after


def test_no_weight_of_a_statement_is_below_zero() -> None:
    free = ("several", "kind:")
    weights = default_model().sought
    assert len(weights) > 40
    assert [name for name, w in weights.items() if w < 0 and not name.startswith(free)] == []


def test_a_done_deed_told_in_two_words_is_no_brush_off() -> None:
    for message in ("Засыпьте яму на Садовой. Когда?", "На Садовой у дома 3 яма, бьём колёса"):
        assert not assess(Situation(message, "Яму засыпали.")).flagged


def test_useful_replies_are_seen_under_other_messages_of_their_writer_and_topic() -> None:
    with MATERIAL.open(encoding="utf-8") as lines:
        pairs = [read_pair(row) for row in map(json.loads, lines) if row["id"].startswith("h7")]
    turned = swapped(pairs)
    own = {p.key: p for p in pairs}
    assert 0 < len(turned) <= SWAPPED * sum(p.label != "brush_off" for p in pairs)
    for pair in turned:
        source = own[pair.key.split("/")[0]]
        assert source.label != "brush_off"
        assert pair.label == "brush_off"
        assert pair.situation.reply == source.situation.reply
        assert pair.situation.message != source.situation.message
        assert pair.group == source.group
