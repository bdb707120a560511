"""Passes of the worker killed at random statements: in the end all is told and moved once."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from cases import actions, keeping, recounting, reminding
from cases.models import Case, CaseEvent, Clock, News, Reminder
from cases.tests.month import Month, moment
from cases.tests.test_recounting import holiday
from cases.workflow import Status
from tests.acting import reloaded

pytestmark = pytest.mark.django_db
CASES = 24


class Killed(BaseException):
    """As a signal: nothing in the code may catch it."""


def killing(dice: random.Random, work: Callable[[], Any]) -> bool:
    """Run the pass and kill it at a random statement; whether it was killed."""
    left = dice.randrange(1, 60)

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(count):
            work()
    except Killed:
        return True
    return False


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_each_is_told_and_moved_once(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    month = Month(monkeypatch)
    monkeypatch.setattr(reminding, "BATCH", 5)
    monkeypatch.setattr(recounting, "BATCH", 7)
    month.at("06-01 10:00")
    cases = []
    for _n in range(CASES):
        case = month.arrive("vk")
        actions.start_moderation(reloaded(case), actor=month.operator)
        month.route(case)
        month.take(case)
        cases.append(case)
    answered = cases[: CASES // 4]
    month.at("06-01 11:00")
    for case in answered:
        month.reply(case)
        month.publish(case)
    kills = 0
    passes: tuple[Callable[[], Any], ...] = (
        reminding.watch,
        recounting.tick,
        keeping.close_surveys,
        keeping.resume_plans,
    )
    hours = ["06-01 15:01", "06-01 17:25", "06-02 10:01", "06-02 12:01", "06-05 12:00"]
    for words in hours:
        month.at(words)
        if words == "06-02 10:01":
            holiday(month, "06-03")
        for _try in range(8):
            kills += killing(dice, dice.choice(passes))
        for work in passes:
            work()
    assert kills > 5
    assert set(News.objects.values_list("kind", flat=True)) >= {"term_warning", "term_due"}
    keys = Counter(News.objects.values_list("case_id", "kind", "data__share", "data__level"))
    keys.update(News.objects.filter(case=None).values_list("key", "kind", "kind", "kind"))
    assert max(keys.values()) == 1
    steps = Counter(Reminder.objects.values_list("clock_id", "step_id", "due_at"))
    assert max(steps.values()) == 1
    assert not Reminder.objects.filter(state=Reminder.State.LATE).exists()
    for case in cases:
        events = list(CaseEvent.objects.filter(case=case).order_by("pk"))
        moves = [event for event in events if event.before != event.after]
        # Each move begins in the state the one before it left.
        chain = [event.after for event in moves]
        assert [event.before for event in moves[1:]] == chain[:-1]
        assert chain[-1] == reloaded(case).status
        assert sum(event.move == "close_unmarked" for event in events) == (case in answered)
    assert {reloaded(case).status for case in answered} == {Status.CLOSED}
    open_ones = Case.objects.filter(pk__in=[case.pk for case in cases[CASES // 4 :]])
    assert set(open_ones.values_list("due_at", flat=True)) == {moment("06-02 10:00")}
    missed = Clock.objects.filter(case__in=open_ones, missed_at=None, kind="reply")
    assert not missed.exists()
