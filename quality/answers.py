"""Which statement answers which question of the message."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quality import lexicon as lex
from quality.asking import Asked
from quality.clauses import Clause
from quality.model import Model, ratio
from quality.morph import root
from quality.types import Answered

# Below the first it is not answered, below the second in part; chosen on hands left out. Of several
# questions each must have its own answer.
SINGLE, SEVERAL = (0.5, 0.75), (0.6, 0.8)
# A request like «разберитесь» names nothing: any deed in the matter takes it up.
_NAMELESS = frozenset(
    root(lemma)
    for lemma in lex.words(
        """
        разобраться помочь принять мера ответить навести порядок проверить рассмотреть решить
        вопрос проблема посодействовать содействие отреагировать сделать
        """
    )
)
_TAKEN_UP, _SAME_SENTENCE, _SENTENCE_BEFORE = 0.5, 0.9, 0.35
_LEANS = 0.3
_ABOUT_THE_FLAG = -1.8  # log-odds

# What a statement must carry to answer a question of a kind, and how well it does.
_HITS: Mapping[str, Mapping[str, float]] = {
    "when": {"date": 1.0, "clock": 0.8, "period": 0.8, "schedule": 0.6, "vague": 0.2},
    "why": {"cause": 1.0, "mishap": 0.8, "trouble": 0.5, "refusal": 0.4},
    "where": {"phone": 0.8, "ask": 0.5, "may": 0.5, "place": 0.5, "to": 0.3, "term": 0.3},
    "who": {"name": 1.0, "role": 0.8},
    "how_much": {"number": 0.8, "big": 0.8, "count": 0.8, "percent": 0.5, "same": 0.6},
    "what": {"was": 0.5, "did": 0.5, "mishap": 0.5},
    "yes_no": {"yes_no": 1.0, "refusal": 0.7, "was": 0.4, "did": 0.4, "will": 0.5},
    "request": {
        "real.deed": 1.0,
        "next.deed": 0.8,
        "now.doing": 0.7,
        "real.look": 0.6,
        "refusal": 0.6,
        "did": 0.4,
        "was": 0.3,
        "will+term": 0.8,
    },
    "matter": {"did": 0.7, "was": 0.5, "will+term": 0.6, "cause": 0.5},
}


@dataclass(frozen=True, slots=True)
class Look:
    """A question seen against the reply: figures for the model and the best clause for it."""

    features: dict[str, float]
    best: int | None


def hit(clause: Clause, kind: str) -> float:
    """How well a statement is of the kind a question asks for, 0..1."""
    table = _HITS[kind]
    return max((value for name, value in table.items() if name in clause.marks), default=0.0)


def _direct(questions: Sequence[Asked], clauses: Sequence[Clause]) -> list[list[float]]:
    """How many words each clause shares with each question; words of one question count in full."""
    shared: dict[str, int] = {}
    for question in questions:
        for own in question.roots:
            shared[own] = shared.get(own, 0) + 1
    nameless = [q.kind in ("request", "matter") and q.roots <= _NAMELESS for q in questions]
    return [
        [
            _TAKEN_UP
            if any_deed
            else sum(1 / shared[own] for own in clause.roots & question.roots)
            + 0.5 * len(clause.roots & question.deeds)
            + _LEANS * min(2, len(clause.roots & question.around))
            for question, any_deed in zip(questions, nameless, strict=True)
        ]
        for clause in clauses
    ]


def _by_sentence(
    rows: Sequence[Sequence[float]], clauses: Sequence[Clause], questions: int
) -> dict[int, list[float]]:
    """The highest figures of each sentence's clauses."""
    table: dict[int, list[float]] = {}
    for row, clause in zip(rows, clauses, strict=True):
        known = table.get(clause.sentence)
        table[clause.sentence] = (
            list(row) if known is None else [max(a, b) for a, b in zip(known, row, strict=True)]
        )
    return table


def affinity(questions: Sequence[Asked], clauses: Sequence[Clause]) -> list[list[float]]:
    """How much each clause speaks of each question, its sentence and the one before counted in."""
    direct = _direct(questions, clauses)
    best = _by_sentence(direct, clauses, len(questions))
    empty = [0.0] * len(questions)
    return [
        [
            max(own, _SAME_SENTENCE * here, _SENTENCE_BEFORE * before)
            for own, here, before in zip(
                row,
                best[clause.sentence],
                best.get(clause.sentence - 1, empty),
                strict=True,
            )
        ]
        for clause, row in zip(clauses, direct, strict=True)
    ]


def _shared_out(
    worth: Sequence[Sequence[float]], clauses: Sequence[Clause], questions: int
) -> list[float]:
    """What each question gets where a sentence answers one question only, the best first."""
    table = _by_sentence(worth, clauses, questions)
    order = sorted(
        ((-value, sentence, k) for sentence, row in table.items() for k, value in enumerate(row)),
    )
    got = [0.0] * questions
    given: set[int] = set()
    met: set[int] = set()
    for value, sentence, k in order:
        if sentence not in given and k not in met and value < 0:
            got[k] = -value
            given.add(sentence)
            met.add(k)
    return got


def looks(
    questions: Sequence[Asked],
    clauses: Sequence[Clause],
    values: Sequence[float],
    odds: float,
    likely: Sequence[float] = (),
    held: Sequence[Mapping[str, float]] = (),
) -> list[Look]:
    """Every question against all clauses; `values`: evidence of the clauses; `odds`: log-odds that
    the whole reply is an отписка; `held`: what it holds of what each question asks for (`sought`),
    `likely`: how likely that is an answer."""
    if not questions:
        return []
    near = affinity(questions, clauses)
    hits = [[hit(clause, question.kind) for question in questions] for clause in clauses]
    plus = [max(0.0, value) for value in values]
    balance = ratio(values)
    total = math.log1p(sum(plus))
    said = frozenset().union(*(clause.roots for clause in clauses)) if clauses else frozenset()
    several = float(len(questions) > 1)
    full = _ABOUT_THE_FLAG - odds
    fullness = {
        "full": full,
        "full*several": full * several,
        "sure": 2 * math.tanh(full),
        "sure*several": 2 * math.tanh(full) * several,
        "several": several,
    }
    share: list[list[float]] = []
    for own, row in zip(near, hits, strict=True):
        pull = [math.exp(min(12.0, 1.5 * a + b)) for a, b in zip(own, row, strict=True)]
        whole = sum(pull)
        share.append([value / whole for value in pull])
    worth = [
        [(min(2.0, a) + 0.7 * b) * min(3.0, e) for a, b in zip(row, fit_row, strict=True)]
        for row, fit_row, e in zip(near, hits, plus, strict=True)
    ]
    own_best = _shared_out(worth, clauses, len(questions))
    result = []
    for number, question in enumerate(questions):
        column = [row[number] for row in near]
        fits = [row[number] for row in hits]
        nearest = max(column, default=0.0)
        fit = max((min(2.0, a) * b for a, b in zip(column, fits, strict=True)), default=0.0)
        close = sum(e for e, a in zip(plus, column, strict=True) if a >= 0.5)
        strong = [
            (0.3 + b) * e if a > 0 else 0.0 for a, b, e in zip(column, fits, plus, strict=True)
        ]
        wins = [e > 0 and row[number] == max(row) > 0 for e, row in zip(plus, near, strict=True)]
        rivals = any(e > 0 and max(row) > row[number] for e, row in zip(plus, near, strict=True))
        minus = sum(-v for v, a in zip(values, column, strict=True) if v < 0 and a > 0)
        bound = sum(v for v, a in zip(values, column, strict=True) if v > 0 and a > 0)
        features = {
            **(held[number] if held else {}),
            **fullness,
            "balance": balance,
            "total": total,
            "covered": len(said & question.roots) / max(1, len(question.roots)),
            "deed": float(bool(said & question.deeds)),
            "close": math.log1p(close),
            "close*several": math.log1p(close) * several,
            "hit": max(fits, default=0.0),
            "fit": fit,
            "fit*several": fit * several,
            "given": math.log1p(sum(e * row[number] for e, row in zip(plus, share, strict=True))),
            "own": min(3.0, nearest),
            "own*several": min(3.0, nearest) * several,
            "strong": math.log1p(sum(strong)),
            "strongest": min(3.0, max(strong, default=0.0)),
            "wins": float(any(wins)),
            "wins*several": float(any(wins)) * several,
            "rivals": float(rivals) * several,
            "silent": float(nearest == 0) * several,
            "hollow": float(minus > bound),
            "questions": min(5, len(questions)) / 3,
            "shared_out": min(4.0, own_best[number]) * several,
            "left_over": float(own_best[number] <= 0.3) * several,
            "sought": likely[number] if likely else 0.0,
            "sought*several": several * likely[number] if likely else 0.0,
        }
        best = None
        if clauses:
            ranks = [(1.0 + 1.5 * a + b) * e for a, b, e in zip(column, fits, plus, strict=True)]
            top = max(range(len(ranks)), key=lambda k: (ranks[k], -k))
            best = top if ranks[top] > 0 else None
        result.append(Look(features, best))
    return result


def answered(model: Model, look: Look, *, several: bool) -> Answered:
    """Whether a question is answered."""
    total = model.question_base + sum(
        model.questions.get(name, 0.0) * value for name, value in look.features.items()
    )
    likely = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
    none, part = SEVERAL if several else SINGLE
    return "no" if likely < none else "part" if likely < part else "yes"
