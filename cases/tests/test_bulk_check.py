"""Many texts looked up at once are told the same as one by one."""

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

import quality
from cases import reuse
from cases.models import Reply
from cases.reuse import Asked, Found
from cases.workflow import Status
from quality import DEFAULT, edits
from quality.masks import masked
from quality.prints import PER_KEY, Print, prints_of, vote, vote_many
from quality.reuse import compare
from tests import factories

SET = Path(quality.__file__).parent / "tests" / "dev_set.jsonl"


def replies() -> list[str]:
    return [json.loads(line)["reply_text"] for line in SET.read_text("utf-8").splitlines()]


def variants(texts: Sequence[str], dice: random.Random) -> list[str]:
    made = []
    for at, text in enumerate(texts):
        other = texts[at - 1]
        made += [
            edits.change_slots(text, dice),
            edits.edit_words(text, dice.choice((0.05, 0.1, 0.2, 0.3)), dice),
            edits.shuffle_sentences(text, dice),
            edits.half_copied(text, other * 2, dice),
        ]
    return made


def test_votes_for_many_are_the_votes_for_each() -> None:
    dice = random.Random(5)
    texts = replies()
    stored = prints_of([masked(text) for text in (*texts, *variants(texts, dice))])
    rows = [(key, number) for number, own in enumerate(stored) for key in own.keys]
    members: dict[int, list[int]] = {}
    for key, number in rows:
        members.setdefault(key, []).append(number)
    members = {key: sorted(numbers)[:PER_KEY] for key, numbers in members.items()}
    asked: list[Print] = prints_of([masked(t) for t in variants(texts, dice)], probe=True)
    asked += prints_of([masked(""), masked("Спасибо"), masked("ъ " * 50)], probe=True)
    dice.shuffle(rows)
    found = vote_many(asked, [key for key, _ in rows], [number for _, number in rows])
    assert found == [vote(own, members) for own in asked]
    assert sum(map(bool, found)) > 500
    assert vote_many([], [], []) == []
    assert vote_many(asked[:2], [], []) == [[], []]


def told(asked: Sequence[Asked], looked: Sequence[Found]) -> list[Any]:
    return [
        (found, compare(one.text, found.earlier, DEFAULT, found.approved, found.formulas))
        for one, found in zip(asked, looked, strict=True)
    ]


@pytest.mark.django_db
def test_a_bulk_check_tells_what_single_checks_tell() -> None:
    factories.load_reference()
    agencies = list(factories.make_region().values())[1:4]
    texts, dice = replies(), random.Random(7)
    now = timezone.now()
    cases = [factories.make_case(Status.IN_WORK, agency) for agency in agencies]
    sources = [*texts[::2], *variants(texts[:24:2], dice)]
    stored = Reply.objects.bulk_create(
        Reply(
            case=cases[at % 3],
            agency=cases[at % 3].agency,
            author=cases[at % 3].executor,
            version=at + 10,
            text=text,
            state=Reply.State.WITHDRAWN,
            submitted_at=now - timedelta(days=1 + at % 40),
        )
        for at, text in enumerate(sources)
    )
    reuse.add(stored)
    asking = [factories.make_case(Status.IN_WORK, agency) for agency in agencies]
    asked = [
        Asked(asking[at % 3], text, (None, now, now - timedelta(days=20))[at % 3])
        for at, text in enumerate([*texts, *variants(texts[:60], dice)])
    ]
    bulk = told(asked, reuse.look_up(asked, DEFAULT))
    single = told(asked, [found for one in asked for found in reuse.look_up([one], DEFAULT)])
    assert bulk == single
    assert sum(found.reuse is not None for _, found in bulk) > 150
    assert sum(found.reuse is None for _, found in bulk) > 50
