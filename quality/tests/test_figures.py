"""Figures on the labelled sets do not fall, and style alone does not decide."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from quality import Situation, assess
from quality.evaluate import auc, load, report

HERE = Path(__file__).parent


@lru_cache(maxsize=2)
def figures(name: str) -> dict[str, Any]:
    return report(load(HERE / name))


@pytest.mark.parametrize("name", ["dev_set.jsonl", "hard_set.jsonl"])
def test_figures_stay_above_their_floors(name: str) -> None:
    found = figures(name)
    assert found["auc_brush_good"] >= 0.96
    assert found["auc_brush_rest"] >= 0.93
    assert found["recall"] >= 0.9
    assert found["precision_against_good"] >= 0.93


def test_every_hard_kind_is_mostly_right() -> None:
    for kind, (right, total) in figures("hard_set.jsonl")["hard_kinds"].items():
        assert right / total >= 0.75, kind


def test_good_replies_wrapped_in_cliches_are_not_flagged() -> None:
    wrapped = []
    for judged in load(HERE / "dev_set.jsonl"):
        if judged.label == "good":
            text = (
                "В соответствии с действующим законодательством Ваше обращение рассмотрено. "
                f"{judged.situation.reply} Вопрос на контроле. Надеемся на понимание."
            )
            wrapped.append(assess(Situation(judged.situation.message, text)).flagged)
    assert sum(wrapped) / len(wrapped) <= 0.05


def test_restating_the_question_saves_no_empty_reply() -> None:
    for judged in load(HERE / "dev_set.jsonl"):
        if judged.label == "brush_off" and judged.found.risk > 0.8:
            s = judged.situation
            text = f"На Ваше обращение о том, что {s.message} сообщаем. {s.reply}"
            assert assess(Situation(s.message, text, topic=s.topic)).risk > 0.6, text


def test_ties_count_half() -> None:
    assert auc([1, 0.5], [0.5, 0]) == 0.875
