"""What is left of a template: cases by hand, and bounds on anything."""

import random
import time

import pytest

from quality.kept import kept_of

TEMPLATE = (
    "Здравствуйте! Работы по вашему адресу ведёт [кто], закончит до [дата]."
    " Приносим извинения за неудобства. Звоните: [телефон]."
)


@pytest.mark.parametrize(
    ("text", "kept", "share"),
    [
        (TEMPLATE, 100, 81),  # unfilled: the three names of the blanks are words of the text
        (
            "Здравствуйте! Работы по вашему адресу ведёт Горсвет, закончит до 5 июня."
            " Приносим извинения за неудобства. Звоните: 112.",
            100,
            76,
        ),
        (
            "Здравствуйте! Работы по вашему адресу ведёт Горсвет, закончит до 5 июня.",
            62,
            73,
        ),
        ("Фонарь заменили двенадцатого мая, мастер Петров.", 0, 0),
        ("", 0, 0),
    ],
)
def test_known_texts(text: str, kept: int, share: int) -> None:
    assert kept_of(TEMPLATE, text) == (kept, share)


def test_common_little_words_are_nobodys() -> None:
    text = "По дворам ходили и до вечера убирали снег за гаражами"
    assert kept_of("Работы по плану. Ждали до утра за воротами", text) == (0, 0)


def test_a_template_of_blanks_alone_is_left_in_nothing() -> None:
    assert kept_of("[кто] [когда]", "Завтра") == (0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_and_growth(seed: int) -> None:
    """Within 0..100; adding a foreign tail leaves `kept` and never raises `share`."""
    rnd = random.Random(seed)
    words = [f"слово{rnd.randrange(60)}" for _ in range(80)]
    text = " ".join(w for w in words if rnd.random() < 0.7)
    kept, share = kept_of(" ".join(words), text)
    longer, less = kept_of(" ".join(words), text + " иначе" * 40)
    assert 0 <= share <= 100
    assert 0 <= kept <= 100
    assert (longer, less <= share) == (kept, True)


def test_the_longest_reply_takes_no_time() -> None:
    template = "работы ведут по плану и до конца недели " * 100
    began = time.perf_counter()
    kept_of(template[:4000], ("работы и по плану ведут недели " * 700)[:20000])
    assert time.perf_counter() - began < 0.5
