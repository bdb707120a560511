"""Reuse is found through edits, and what replies share by nature is no reuse."""

import random
from collections.abc import Callable

import pytest

from quality import DEFAULT, EarlierReply
from quality.memory import MemoryIndex
from quality.prints import make_print
from quality.reuse import compare
from quality.tests import edits
from quality.tests.test_properties import pairs

FROZEN = (1, 11, 2449636880109702803, (-1595918568, -1525713190, -1373642611))
FORMULA = (
    "Здравствуйте! {} В соответствии с Федеральным законом от 02.05.2006 № 59-ФЗ обращение "
    "рассмотрено. Благодарим за обращение. С уважением, администрация города."
)


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    whole = MemoryIndex()
    for number, pair in enumerate(pairs()):
        whole.add(EarlierReply(str(number), pair["reply_text"], case_message=pair["case_text"]))
    return whole


def recall(index: MemoryIndex, change: Callable[[str, random.Random], str]) -> float:
    rng = random.Random(20260601)
    found = []
    for number, pair in enumerate(pairs()):
        if make_print(pair["reply_text"]).stems < DEFAULT.short_stems:
            continue
        text = change(pair["reply_text"], rng)
        reuse = compare(text, index.candidates(text), DEFAULT).reuse
        found.append(reuse is not None and str(number) in {s.key for s in reuse.sources})
    return sum(found) / len(found)


def half(text: str, rng: random.Random) -> str:
    others = [
        p["reply_text"] for p in pairs() if p["reply_text"] != text and len(p["reply_text"]) > 200
    ]
    return edits.half_copied(text, rng.choice(others), rng)


@pytest.mark.parametrize(
    ("change", "floor"),
    [
        (edits.change_slots, 0.99),
        (lambda text, rng: edits.edit_words(text, 0.1, rng), 0.99),
        (lambda text, rng: edits.edit_words(text, 0.2, rng), 0.95),
        (lambda text, rng: edits.edit_words(text, 0.3, rng), 0.85),
        (edits.shuffle_sentences, 0.95),
        (half, 0.90),
    ],
    ids=["slots", "10 %", "20 %", "30 %", "shuffled", "half"],
)
def test_an_edited_copy_is_found(
    index: MemoryIndex, change: Callable[[str, random.Random], str], floor: float
) -> None:
    assert recall(index, change) >= floor


def test_unrelated_replies_and_paraphrases_are_no_copies(index: MemoryIndex) -> None:
    wrong = []
    for number, pair in enumerate(pairs()):
        text = pair["reply_text"]
        others = [e for e in index.candidates(text) if e.key != str(number)]
        if compare(text, others, DEFAULT).reuse is not None:
            wrong.append(text)
    assert len(wrong) <= 0.01 * len(pairs())


def test_replies_that_share_only_formulas_are_no_copies() -> None:
    bodies = [p["reply_text"].split("! ", 1)[-1] for p in pairs() if len(p["reply_text"]) > 150]
    whole = MemoryIndex()
    wrong = 0
    for number, body in enumerate(bodies):
        text = FORMULA.format(body)
        wrong += compare(text, whole.candidates(text), DEFAULT).reuse is not None
        whole.add(EarlierReply(str(number), text))
    assert wrong <= 0.02 * len(bodies)


def test_prints_are_frozen() -> None:
    # Stored keys must be found by every later release: a change here needs a new version.
    own = make_print("Яму у дома 14 по ул. Садовой засыпали асфальтом 12 апреля, делал Дорсервис.")
    assert (own.version, own.stems, own.mask_hash, own.keys[:3]) == FROZEN


def test_slots_do_not_change_the_print() -> None:
    one = make_print("Уважаемый Иван Петрович! Яму по ул. Садовой, 14 засыпали 12 апреля.")
    two = make_print("Уважаемая Анна Львовна! Яму по ул. Лесной, 3 засыпали 7 мая 2026 года.")
    assert one.mask_hash == two.mask_hash
    assert one.keys == two.keys


def test_keys_fit_the_columns_of_the_index() -> None:
    for pair in pairs():
        own = make_print(pair["reply_text"])
        assert -(2**63) <= own.mask_hash < 2**63
        assert all(-(2**31) <= key < 2**31 for key in own.keys)
        assert len(own.keys) <= 256
