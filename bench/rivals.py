"""The search of copies beside what others would take, on the same questions in one run:

    pip install datasketch==2.0.0        # only for this measurement
    eval "$(python -m bench.cluster start /var/tmp/reuse --fast)"
    python -m bench.rivals [--each 60] [--seed 20260601]

pg_trgm `similarity` of the texts, and datasketch MinHash LSH (128 permutations, word 3-grams,
Jaccard of the candidates). A rival's threshold is the lowest one that calls at most 1 % of the
half `tuned` of the material copies of another reply; asked is the other half
(quality.evaluate_reuse), edited by the seeded generator.
"""

import argparse
import os
import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import psycopg

from quality.evaluate_reuse import FRAMES, Figures, half_of, kinds, paraphrases, texts
from quality.memory import MemoryIndex
from quality.prints import make_print
from quality.reuse import compare
from quality.types import DEFAULT, EarlierReply

ALARMS = 0.01
_WORDS = re.compile(r"\w+")


class Means(Protocol):
    name: str

    def build(self, pool: Sequence[str]) -> None: ...

    def best(self, text: str, without: int = -1) -> float:
        """How like the text is to the likest of the pool."""


class Ours:
    name = "this index"

    def build(self, pool: Sequence[str]) -> None:
        self.index = MemoryIndex()
        self.index.extend(EarlierReply(str(at), text) for at, text in enumerate(pool))

    def best(self, text: str, without: int = -1) -> float:
        earlier = [one for one in self.index.candidates(text) if one.key != str(without)]
        return float(compare(text, earlier, DEFAULT, (), self.index.formulas).reuse is not None)


class Trigrams:
    name = "pg_trgm"

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("create extension if not exists pg_trgm")

    def build(self, pool: Sequence[str]) -> None:
        self.connection.execute("drop table if exists pool")
        self.connection.execute("create temp table pool (id int, text text)")
        with self.connection.cursor().copy("copy pool from stdin") as copy:
            for row in enumerate(pool):
                copy.write_row(row)

    def best(self, text: str, without: int = -1) -> float:
        asked = "select max(similarity(text, %s)) from pool where id <> %s"
        found = self.connection.execute(asked, [text, without]).fetchone()
        return float(found[0] or 0) if found else 0.0


class Lsh:
    name = "datasketch LSH"

    def build(self, pool: Sequence[str]) -> None:
        from datasketch import MinHashLSH

        self.lsh = MinHashLSH(threshold=0.3, num_perm=128)
        self.sets = [self._hash(text) for text in pool]
        for at, one in enumerate(self.sets):
            self.lsh.insert(str(at), one)

    def _hash(self, text: str) -> Any:
        from datasketch import MinHash

        made = MinHash(num_perm=128)
        words = _WORDS.findall(text.lower())
        made.update_batch([" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)])
        return made

    def best(self, text: str, without: int = -1) -> float:
        own = self._hash(text)
        near = [int(key) for key in self.lsh.query(own) if int(key) != without]
        return max((own.jaccard(self.sets[at]) for at in near), default=0.0)


def threshold_of(means: Means, pool: Sequence[str], each: int, dice: random.Random) -> float:
    """The lowest one that keeps to ALARMS on the half it may be set on."""
    if isinstance(means, Ours):
        return 1.0
    numbers = [at for at, text in enumerate(pool) if half_of(text) == "tuned"]
    numbers = [at for at in numbers if make_print(pool[at]).stems >= DEFAULT.short_stems]
    asked = dice.sample(numbers, min(len(numbers), 3 * each))
    scores = sorted((means.best(pool[at], at) for at in asked), reverse=True)
    return scores[int(ALARMS * len(scores))] + 1e-6


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.rivals")
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--seed", type=int, default=20260601)
    options = parser.parse_args()
    pool = [" ".join(text.split()) for text in texts()]
    plain = {" ".join(text.split()): half_of(text) for text in texts()}
    chosen = [
        at
        for at, text in enumerate(pool)
        if plain[text] == "reported" and make_print(text).stems >= DEFAULT.short_stems
    ]
    every: list[Means] = [Ours(), Trigrams(os.environ["BENCH_ADMIN_URL"]), Lsh()]
    figures = Figures("reported")
    bodies = [at for at in chosen if figures.ask(pool[at], str(at)).reuse is None]
    framed = [FRAMES[n % len(FRAMES)].format(pool[at]) for n, at in enumerate(bodies)]
    titles = ["", "threshold", *kinds(pool), "unrelated", "formulas", "paraphrases", "ms"]
    print("| " + " | ".join(titles) + " |")
    print("| --- |" + " --: |" * (len(titles) - 1))
    for means in every:
        print("| " + " | ".join(_row(means, pool, chosen, framed, options)) + " |", flush=True)
    return 0


def _row(
    means: Means, pool: list[str], chosen: list[int], framed: list[str], options: Any
) -> list[str]:
    """Recall by kind of edit, then shares of false alarms, then ms of a question."""
    means.build(pool)
    least = threshold_of(means, pool, options.each, random.Random(options.seed))
    cells = [means.name, f"{least:.2f}"]
    began, asked = time.process_time(), 0
    for name, kind in kinds(pool).items():
        dice = random.Random(f"{options.seed}/{name}")
        numbers = dice.sample(chosen, min(len(chosen), options.each))
        found = sum(means.best(_one(kind, pool[at], dice)) >= least for at in numbers)
        asked += len(numbers)
        cells.append(f"{found / len(numbers):.2f}")
    spent = 1e3 * (time.process_time() - began) / asked
    dice = random.Random(options.seed)
    numbers = dice.sample(chosen, min(len(chosen), 2 * options.each))
    cells.append(_share([means.best(pool[at], at) >= least for at in numbers]))
    means.build(framed)
    places = range(min(len(framed), 2 * options.each))
    cells.append(_share([means.best(framed[at], at) >= least for at in places]))
    means.build([*pool, *(one for one, _other in paraphrases())])
    cells.append(_share([means.best(other) >= least for _one, other in paraphrases()]))
    cells.append("–" if isinstance(means, Trigrams) else f"{spent:.1f}")
    return cells


def _one(kind: Callable[[str, random.Random], str], text: str, dice: random.Random) -> str:
    return " ".join(kind(text, dice).split())


def _share(wrong: Sequence[bool]) -> str:
    return f"{sum(wrong)}/{len(wrong)}"


if __name__ == "__main__":
    sys.exit(main())
