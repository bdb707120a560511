"""What an author may add to get past the check, and what must not count against him."""

import random
import time
from collections.abc import Callable

import pytest

from quality import Situation, assess
from quality.fit import MATERIAL
from quality.tests.hostile import hostile_text

ATTACKS: dict[str, Callable[[str, str], str]] = {
    "restating": lambda m, r: f"На Ваше обращение о том, что {m} сообщаем следующее. {r}",
    "registration": lambda m, r: (
        f"Ваше обращение от 12.05.2026 № 118-О рассмотрено. {r} Исполнитель: Иванов И. И."
    ),
    "law": lambda m, r: (
        f"{r} Согласно статье 12 Федерального закона от 06.10.2003 № 131-ФЗ вопросы местного "
        "значения решаются органами местного самоуправления."
    ),
    "date of something else": lambda m, r: f"{r} Приглашаем на субботник 25 апреля в 10:00.",
    "statistics": lambda m, r: (
        f"{r} Всего за 2025 год в районе выполнено 1 240 работ на сумму 84,6 млн рублей."
    ),
    "splitting": lambda m, r: r.replace(", ", ". "),
}
DRESSES: dict[str, Callable[[str], str]] = {
    "clichés": lambda r: (
        "В соответствии с действующим законодательством Ваше обращение рассмотрено. "
        f"{r} Вопрос на контроле. Надеемся на понимание."
    ),
    "warmth": lambda r: (
        f"Ох, как мы вас понимаем, сами переживаем! {r} Спасибо за неравнодушие, "
        "пусть всё будет хорошо, обнимаем!"
    ),
}


def rows(label: str) -> list[dict[str, str]]:
    import json

    with MATERIAL.open(encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["label"] == label]


def flags(label: str, change: Callable[[str, str], str]) -> int:
    return sum(
        assess(Situation(r["case_text"], change(r["case_text"], r["reply_text"]))).flagged
        for r in rows(label)
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_leaves_recall_where_it_was(name: str) -> None:
    before = flags("brush_off", lambda _m, r: r)
    after = flags("brush_off", ATTACKS[name])
    # Stops instead of commas change what belongs together: the widest loss, 4 %.
    assert after >= before - 0.04 * len(rows("brush_off"))


@pytest.mark.parametrize("name", DRESSES)
def test_style_around_a_good_reply_is_not_held_against_it(name: str) -> None:
    before = flags("good", lambda _m, r: r)
    after = flags("good", lambda _m, r: DRESSES[name](r))
    assert after - before <= 0.02 * len(rows("good"))


@pytest.mark.parametrize("label", ["good", "borderline", "brush_off"])
def test_a_real_term_of_action_never_makes_a_reply_worse(label: str) -> None:
    facts = (
        "Работы выполнит бригада Горсвета 14 мая.",
        "Устранили вчера, 3 июня.",
        "Мастер приедет завтра к 10:00.",
    )
    for number, row in enumerate(rows(label)):
        reply = row["reply_text"].rstrip()
        reply += "" if reply[-1] in ".!?" else "."
        before = assess(Situation(row["case_text"], reply)).risk
        more = f"{reply} {facts[number % len(facts)]}"
        assert assess(Situation(row["case_text"], more)).risk <= before, row["id"]


def fuzz(count: int, seed: int) -> list[float]:
    """CPU seconds of each assessment of a hostile text; raises what the engine raises."""
    dice = random.Random(seed)
    assess(Situation("яма", "засыпали"))
    times = []
    for _ in range(count):
        message, reply = hostile_text(dice), hostile_text(dice)
        started = time.thread_time()
        found = assess(Situation(message, reply, is_public=True, kind="final"))
        times.append(time.thread_time() - started)
        assert 0 <= found.risk <= 1
        for finding in found.findings:
            for start, end in finding.spans:
                assert 0 <= start < end <= len(reply)
    return sorted(times)


def test_hostile_texts_raise_nothing() -> None:
    fuzz(300, 1)


@pytest.mark.slow
def test_a_hundred_thousand_hostile_texts_take_bounded_time() -> None:
    times = fuzz(100_000, 2)
    assert times[int(0.999 * len(times))] <= 0.2
