"""What must hold for any reply: order of risk, sameness under dressing, spans, bounded time."""
# ruff: noqa: E501

import json
import random
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import EarlierReply, Situation, assess

SETS = [Path(__file__).parent / name for name in ("dev_set.jsonl", "hard_set.jsonl")]


@lru_cache(maxsize=1)
def pairs() -> tuple[dict[str, Any], ...]:
    return tuple(
        json.loads(line) for path in SETS for line in path.read_text(encoding="utf-8").splitlines()
    )


def risk(message: str, reply: str) -> float:
    return assess(Situation(message, reply)).risk


some_pair = st.sampled_from(range(198)).map(lambda number: pairs()[number])


@settings(max_examples=80, deadline=None)
@given(
    pair=some_pair,
    fact=st.sampled_from(
        [
            "Работы выполнит бригада Горсвета 14 мая.",
            "Мастер приедет завтра к 10:00.",
            "Устранили вчера, 3 июня.",
            "Ответственный — мастер Олег Пронин, 8 (4842) 55-12-30.",
            "Заменили сегодня утром.",
        ]
    ),
)
def test_a_real_fact_added_never_raises_the_risk(pair: dict[str, Any], fact: str) -> None:
    reply = pair["reply_text"].rstrip()
    if reply[-1] not in ".!?":
        reply += "."
    assert risk(pair["case_text"], f"{reply} {fact}") <= risk(pair["case_text"], reply)


def dress_yo(text: str) -> str:
    return text.replace("ё", "е").replace("Ё", "Е")


def dress_quotes(text: str) -> str:
    return text.replace("«", '"').replace("»", '"')


def dress_lines(text: str) -> str:
    return text.replace(". ", ".\n\n").replace(", ", ",\r\n ")


def dress_emoji(text: str) -> str:
    return "👋 " + text.replace("! ", "! 🙏 ") + " ❤️"


def dress_signature(text: str) -> str:
    return text.rstrip() + " С уважением, администрация города."


def dress_invisible(text: str) -> str:
    return text.replace("о", "о\u200b").replace("й", "и\u0306")


@pytest.mark.parametrize(
    "dress",
    [
        dress_yo, dress_quotes, dress_lines, dress_emoji, dress_signature, dress_invisible,
        str.upper, str.lower,
    ],
)  # fmt: skip
def test_dressing_a_reply_changes_nothing(dress: Any) -> None:
    changed = [
        (pair["id"], pair["reply_text"])
        for pair in pairs()
        if risk(pair["case_text"], dress(pair["reply_text"]))
        != risk(pair["case_text"], pair["reply_text"])
    ]
    assert changed == []


def test_a_greeting_changes_nothing() -> None:
    changed = [
        pair["reply_text"]
        for pair in pairs()
        if "дравствуйте" not in pair["reply_text"]
        and not pair["reply_text"].startswith(("Уважаем", "Добр"))
        and risk(pair["case_text"], "Здравствуйте! " + pair["reply_text"])
        != risk(pair["case_text"], pair["reply_text"])
    ]
    assert changed == []


def test_two_runs_give_the_same() -> None:
    for pair in pairs()[:40]:
        situation = Situation(pair["case_text"], pair["reply_text"])
        assert assess(situation) == assess(situation)


hostile = st.text(
    alphabet=st.characters() | st.sampled_from("абвеёй .,!?\u0306\u200b\u202e\0№«»1234567890"),
    max_size=400,
)


@settings(max_examples=150, deadline=None)
@given(message=hostile, reply=hostile, source=hostile)
def test_any_text_gives_a_risk_and_spans_inside_it(message: str, reply: str, source: str) -> None:
    found = assess(
        Situation(message, reply, is_public=True, citizen_names=(source[:30],)),
        [EarlierReply("1", source), EarlierReply("2", reply)],
    )
    assert 0 <= found.risk <= 1
    for finding in found.findings:
        for start, end in finding.spans:
            assert 0 <= start < end <= len(reply)
    for question in found.questions:
        assert 0 <= question.start <= question.end <= len(message)
    for match in found.reuse.sources if found.reuse else ():
        text = source if match.key == "1" else reply
        for start, end, source_start, source_end in match.spans:
            assert 0 <= start < end <= len(reply)
            assert 0 <= source_start < source_end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "а" * 1_000_000, "слово " * 170_000, "8 " * 400_000, "и\u0306" * 300_000, "\0" * 500_000,
        "федеральный закон от 01.01.2020 № 1 " * 20_000, "иван иванович " * 60_000, "a@" * 300_000,
        "{" * 500_000, "когда ? " * 100_000, "\u202eабв " * 100_000, "проживает по адресу " * 40_000,
    ],
)  # fmt: skip
def test_a_huge_line_takes_bounded_time(text: str) -> None:
    assess(Situation("яма", "засыпали"))  # the dictionary is loaded once a process
    started = time.process_time()
    assess(Situation(text, text, is_public=True), [EarlierReply("1", text)])
    # A second on a quiet machine; what grows with the square of the text takes minutes.
    assert time.process_time() - started < 8


def test_a_hundred_short_replies_take_well_under_thirty_milliseconds_each() -> None:
    candidates = [EarlierReply(str(p["id"]), p["reply_text"]) for p in pairs()[:32]]
    situations = [Situation(p["case_text"], p["reply_text"] + " Ждём.") for p in pairs()[:100]]
    for situation in situations:  # lemmas of a vocabulary are looked up once a process
        assess(situation, candidates)
    random.Random(3).shuffle(situations)
    times = []
    for situation in situations:
        started = time.process_time()
        assess(Situation(situation.message, situation.reply + " Да."), candidates)
        times.append(time.process_time() - started)
    assert sorted(times)[95] < 0.03
