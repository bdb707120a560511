"""Random and hostile texts, the same for one seed."""

import json
import random
from functools import lru_cache

from quality.fit import MATERIAL

_SIGNS = (
    "абвеёжийлмопрстуфхъэя", "АБЯЁЙ", "abcXYZ", "0123456789", " \t\n\r\v\f\u2028\u00a0",
    "\u0300\u0301\u0306\u0308\u20dd", "\u200b\u200c\u200d\u2060\ufeff",
    "\u202a\u202b\u202e\u2066\u2069",
    "\0\x01\x7f\x9f", "😀❤️🏠👨‍👩‍👧",
    ".,!?;:()«»\"'-—–…№%@/\\{}[]<>_|*#", "中文العربيةעברית", "\ud7ff\ue000\ufffd",
)  # fmt: skip
_WORDS = (
    "федеральный закон от 01.01.2020 № 1 ", "не будем ", "когда ? ", "если ", "и и и ", "8 800 ",
    "статья 1 части 2 пункта 3 ", "до 15 ", "прошу ", "сообщаем, что ", "С уважением, ", "вх. № 1 ",
    "а-а-а-а-", "a@b.", "http://", "проживает по адресу ", "в 2025 году ",
    "иван иванович ", "100 000 000 ",
)  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> tuple[str, ...]:
    with MATERIAL.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(text for row in rows for text in (row["case_text"], row["reply_text"]))


def hostile_text(dice: random.Random) -> str:
    """One text: a real one spoiled, words without end, or signs at random."""
    kind = dice.random()
    if kind < 0.4:
        chars = list(dice.choice(_texts()))
        for _ in range(dice.randint(0, 20)):
            place = dice.randrange(len(chars))
            chars[place : place + dice.randint(0, 3)] = dice.choice(dice.choice(_SIGNS))
        return "".join(chars)
    if kind < 0.7:
        words = dice.sample(_WORDS, dice.randint(1, 5))
        return "".join(dice.choice(words) for _ in range(dice.randint(1, 60)))
    if kind < 0.98:
        signs = "".join(dice.sample(_SIGNS, dice.randint(1, 4)))
        return "".join(dice.choice(signs) for _ in range(dice.randint(0, 400)))
    unit = dice.choice((*_WORDS, dice.choice(dice.choice(_SIGNS)), "слово ", "и\u0306", "ё"))
    return unit * (1_000_000 // len(unit) if dice.random() < 0.1 else 400)
