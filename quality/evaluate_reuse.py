"""Figures of the search of copies: python -m quality.evaluate_reuse [--half all] [--json].

Every text of the development material is edited by the seeded generator (`quality.edits`) and
looked for among all of them. The material is halved by the hash of the text: thresholds were
set on the half `tuned`, the half `reported` was not looked at while they were.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import xxhash

from quality import edits
from quality.evaluate import wilson
from quality.masks import masked
from quality.memory import MemoryIndex
from quality.prints import make_print
from quality.reuse import Comparison, compare
from quality.types import DEFAULT, EarlierReply

HERE = Path(__file__).parent
MATERIAL = (HERE / "material" / "development.jsonl", HERE / "tests" / "hard_set.jsonl")
PARAPHRASES = HERE / "material" / "paraphrases.jsonl"
HALVES = ("tuned", "reported", "all")
# What letters share by nature; the frame has nothing of the answer.
FRAMES = (
    "Здравствуйте! {} В соответствии с Федеральным законом от 02.05.2006 № 59-ФЗ обращение "
    "рассмотрено. Благодарим за обращение. С уважением, администрация города.",
    "Уважаемый заявитель! Администрация, рассмотрев Ваше обращение от 12.03.2026 № 1187-ж, "
    "сообщает следующее. {} В случае несогласия с данным ответом Вы вправе обжаловать его в "
    "порядке, установленном статьёй 5 Федерального закона от 02.05.2006 № 59-ФЗ.",
    "Добрый день! Спасибо, что сообщили о проблеме. {} Если остались вопросы, звоните по "
    "телефону 8 (4842) 55-12-30 с 8:00 до 17:00. Берегите себя!",
    "Ваше обращение, поступившее в министерство, рассмотрено. {} Контроль за исполнением "
    "возложен на заместителя министра. Исп. Котова А. В., 22-14-08.",
)
Kind = Callable[[str, random.Random], str]


def texts() -> list[str]:
    """All replies of the material, each once."""
    rows = [
        json.loads(line)["reply_text"]
        for path in MATERIAL
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return list(dict.fromkeys(rows))


def half_of(text: str) -> str:
    return HALVES[xxhash.xxh32_intdigest(text.encode()) % 2]


@lru_cache(maxsize=1)
def paraphrases() -> tuple[tuple[str, str], ...]:
    """Pairs that say the same in other words (share of common word 3-grams under 0.15)."""
    rows = map(json.loads, PARAPHRASES.read_text(encoding="utf-8").splitlines())
    return tuple((row["a"], row["b"]) for row in rows)


def _edit(share: float) -> Kind:
    return lambda text, dice: edits.edit_words(text, share, dice)


def kinds(pool: list[str]) -> dict[str, Kind]:
    """Ways to send a text again."""
    long = [text for text in pool if len(text) > 200]

    def half(text: str, dice: random.Random) -> str:
        other = dice.choice([one for one in long[:80] if one != text])
        return edits.half_copied(text, other, dice)

    return {
        "unchanged": lambda text, _: text,
        "slots": edits.change_slots,
        "5 %": _edit(0.05),
        "10 %": _edit(0.1),
        "20 %": _edit(0.2),
        "30 %": _edit(0.3),
        "40 %": _edit(0.4),
        "shuffled": edits.shuffle_sentences,
        "half": half,
    }


@dataclass(slots=True)
class Row:
    """What became of the texts edited in one way."""

    total: int = 0
    found: int = 0
    right: int = 0
    similarity: float = 0.0
    kept: list[int] = field(
        default_factory=lambda: [0, 0, 0]
    )  # words marked and kept, marked, kept

    def put(self, told: Comparison, key: str, words: Iterable[tuple[int, int, bool]]) -> None:
        self.total += 1
        if told.reuse is None:
            return
        self.found += 1
        match = next((match for match in told.reuse.sources if match.key == key), None)
        if match is None:
            return
        self.right += 1
        self.similarity += max(match.similarity, match.share)
        for start, end, kept in words:
            marked = any(a < (start + end) / 2 < b for a, b, _, _ in match.spans)
            self.kept[0] += marked and kept
            self.kept[1] += marked
            self.kept[2] += kept

    def as_json(self) -> dict[str, Any]:
        low, high = wilson(self.found, self.total)
        both, marked, kept = self.kept
        return {
            "texts": self.total,
            "found": round(self.found / max(1, self.total), 4),
            "interval": [round(low, 3), round(high, 3)],
            "right source": round(self.right / max(1, self.total), 4),
            "similarity": round(self.similarity / max(1, self.right), 3),
            "marked words that were copied": round(both / max(1, marked), 3),
            "copied words that are marked": round(both / max(1, kept), 3),
        }


def words_of(text: str, kept: list[bool] | None = None) -> Iterator[tuple[int, int, bool]]:
    """Start, end of each word and whether it was copied (by default: all)."""
    at = 0
    for number, word in enumerate(text.split(" ")):
        yield at, at + len(word), kept is None or kept[number]
        at += len(word) + 1


class Figures:
    """The pool in an index, and questions to it."""

    def __init__(self, half: str, seed: int = 20260601) -> None:
        self.pool = texts()
        self.chosen = [
            number
            for number, text in enumerate(self.pool)
            if half == "all" or half_of(text) == half
        ]
        self.seed = seed
        self.index = MemoryIndex()
        self.index.extend(EarlierReply(str(at), text) for at, text in enumerate(self.pool))

    def ask(self, text: str, without: str | None = None) -> Comparison:
        earlier = [one for one in self.index.candidates(text) if one.key != without]
        return compare(text, earlier, DEFAULT, (), self.index.formulas)

    def edited(self, name: str, least: int = DEFAULT.short_stems, most: int = 10_000) -> Row:
        """Texts of `least` to `most` stems, edited in this way and looked for."""
        row, kind = Row(), kinds(self.pool)[name]
        dice = random.Random(f"{self.seed}/{name}")
        for number in self.chosen:
            original = " ".join(self.pool[number].split())
            text = " ".join(kind(original, dice).split())
            if least <= make_print(text).stems < most:
                row.put(self.ask(text), str(number), self._words(name, original, text))
        return row

    def _words(self, name: str, original: str, text: str) -> Iterable[tuple[int, int, bool]]:
        """Copied words are known where the edit tells them apart."""
        words = text.split(" ")
        if name == "half":
            half = len(original.split(" ")) // 2
            return words_of(text, [at < half for at in range(len(words))])
        known = set(original.split(" "))
        return words_of(text, [word in known for word in words])

    def unrelated(self) -> tuple[int, int]:
        """Replies that resemble another reply of the pool, and how many there are."""
        told = [self.ask(self.pool[number], str(number)) for number in self.chosen]
        return sum(one.reuse is not None for one in told), len(told)

    def formulas_only(self) -> tuple[int, int]:
        """The same frames around answers of their own: how many are called copies."""
        index, wrong, bodies = MemoryIndex(), 0, [self.pool[number] for number in self.chosen]
        bodies = [
            text for text in bodies if self.ask(text, str(self.pool.index(text))).reuse is None
        ]
        for number, body in enumerate(bodies):
            text = FRAMES[number % len(FRAMES)].format(body)
            earlier = index.candidates(text)
            wrong += compare(text, earlier, DEFAULT, (), index.formulas).reuse is not None
            index.add(EarlierReply(str(number), text))
        return wrong, len(bodies)

    def paraphrased(self) -> tuple[int, int]:
        """Pairs said in other words that are called copies."""
        wrong = 0
        for number, (one, other) in enumerate(paraphrases()):
            self.index.add(EarlierReply(f"p{number}", one))
            wrong += self.ask(other).reuse is not None
        return wrong, len(paraphrases())


def shared_triples(one: str, other: str) -> float:
    """Share of the word 3-grams of the shorter text that the other has too."""
    sets = []
    for text in (one, other):
        letters = masked(text).letters
        sets.append({letters[at : at + 3] for at in range(len(letters) - 2)})
    return len(sets[0] & sets[1]) / max(1, min(map(len, sets)))


def report(half: str) -> dict[str, Any]:
    """All figures of one half of the material."""
    figures = Figures(half)
    names = kinds(figures.pool)
    return {
        "half": half,
        "edited": {name: figures.edited(name).as_json() for name in names},
        "short": {name: figures.edited(name, 10, 20).as_json() for name in names},
        "false alarms": {
            "unrelated, same topics": figures.unrelated(),
            "formulas only": figures.formulas_only(),
            "paraphrases": figures.paraphrased(),
        },
    }


def _table(found: dict[str, Any]) -> Iterator[str]:
    for title in ("edited", "short"):
        first = next(iter(found[title].values()))
        yield f"| {title} | " + " | ".join(first) + " |"
        yield "| --- |" + " --: |" * len(first)
        for name, row in found[title].items():
            cells = [
                "–".join(map(str, cell)) if isinstance(cell, list) else str(cell)
                for cell in row.values()
            ]
            yield f"| {name} | " + " | ".join(cells) + " |"
        yield ""
    for name, (wrong, total) in found["false alarms"].items():
        low, high = wilson(wrong, total)
        yield f"{name}: {wrong} of {total} ({wrong / max(1, total):.1%}, {low:.1%}–{high:.1%})"


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="quality.evaluate_reuse")
    parser.add_argument("--half", choices=HALVES, default="reported")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = report(options.half)
    print(json.dumps(found, ensure_ascii=False) if options.json else "\n".join(_table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
