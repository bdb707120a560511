"""Replies by their number: the same text every time, so that none need be kept.

55 % come from template families with Zipf sizes (the largest has thousands of members at a
million), slots changed and up to a fifth of the words edited; the rest are one-off replies
over the vocabulary of `bench.words` that share greetings and closings with everybody. A quarter
are short ones of social networks.
"""

import random
from bisect import bisect
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from bench.words import Words, vocabulary
from quality import edits

FAMILIES = 40_000
AGENCIES = 200
_SIZES = list(accumulate(1 / (at + 1) ** 0.9 for at in range(FAMILIES)))
_OPENINGS = (
    "Здравствуйте! ",
    "Добрый день! ",
    "Уважаемая Анна Петровна! ",
    "Олег, здравствуйте! ",
    "",
)
_CLOSINGS = (
    " Благодарим за обращение.",
    " С уважением, администрация.",
    " В случае несогласия с ответом вы вправе обжаловать его в установленном порядке.",
    " По дополнительным вопросам обращайтесь по телефону 8 (3599) 22-33-44.",
    " Контроль за исполнением возложен на заместителя главы.",
    "",
)


class Replies:
    """`text(n)`, `family(n)`, `agency(n)`, `day(n)` of the n-th reply of a seed."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.words: Words = vocabulary()
        self._template = lru_cache(maxsize=20_000)(self._make_template)

    def _make_template(self, family: int) -> str:
        return self.fresh(random.Random(f"template/{family}"))

    def fresh(self, dice: random.Random) -> str:
        """A reply that comes from no family."""
        if dice.random() < 0.25:
            return dice.choice(_OPENINGS) + " ".join(
                self.words.sentence(dice, dice.choice(self.words.answered), 0.9)
                for _ in range(dice.randint(1, 2))
            )
        return dice.choice(_OPENINGS) + self.words.reply(dice) + dice.choice(_CLOSINGS)

    def made(self, number: int) -> tuple[str, int]:
        """Text and family; the family of a one-off reply is below zero."""
        dice = random.Random(f"{self.seed}/{number}")
        if dice.random() >= 0.55:
            return self.fresh(dice), -number - 1
        family = bisect(_SIZES, dice.random() * _SIZES[-1])
        text = edits.change_slots(self._template(family), dice)
        share = dice.choices((0, 0.05, 0.1, 0.2), (60, 20, 10, 10))[0]
        return edits.edit_words(text, share, dice) if share else text, family

    def text(self, number: int) -> str:
        return self.made(number)[0]

    def agency(self, number: int) -> int:
        return number * 7919 % AGENCIES + 1

    def day(self, number: int) -> date:
        return date(2026, 11, 1) - timedelta(days=number * 104_729 % 1095)
