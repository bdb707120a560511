"""Reminders and escalation over frozen time: once each, late ones in a summary, none too many."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cases import actions, keeping, reminding
from cases.models import Case, Clock, LadderStep, News, Promise, Reminder
from cases.tests.month import Month, moment
from cases.workflow import Status
from tests import factories
from tests.acting import reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(monkeypatch)


def told(case: Case) -> list[tuple[str, Any]]:
    """Kind and share or level of the case's news, in order."""
    rows = News.objects.filter(case=case).order_by("pk")
    return [(one.kind, one.data.get("share") or one.data.get("level")) for one in rows]


def routed(month: Month, words: str = "06-01 10:00") -> Case:
    month.at(words)
    case = month.arrive("vk")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    return reloaded(case)


def test_the_ladder_of_a_social_message(month: Month) -> None:
    """Eight working hours from Monday 10:00 end on Tuesday 10:00."""
    case = routed(month)
    reminding.watch(month.at("06-01 10:01"))
    assert told(case) == []
    # 50 %: four hours, 10-13 and 14-15.
    reminding.watch(month.at("06-01 14:59"))
    assert told(case) == []
    reminding.watch(month.at("06-01 15:01"))
    assert told(case) == [("term_warning", 50)]
    # 80 %: 6 h 24 min, at 17:24. The term ends at 10:00, two working hours later it is noon.
    reminding.watch(month.at("06-01 17:25"))
    reminding.watch(month.at("06-02 10:01"))
    assert told(case)[1:] == [("term_warning", 80), ("term_due", "curator")]
    assert not Clock.objects.filter(case=case, stopped_at=None, missed_at=None).exists()
    reminding.watch(month.at("06-02 11:59"))
    assert len(told(case)) == 3
    reminding.watch(month.at("06-02 12:01"))
    assert told(case)[3:] == [("escalated", "head")]
    # A working day later, at its end.
    reminding.watch(month.at("06-03 17:59"))
    assert len(told(case)) == 4
    reminding.watch(month.at("06-03 18:01"))
    assert told(case)[4:] == [("escalated", "supervisor")]
    reminding.watch(month.at("06-10 12:00"))
    assert len(told(case)) == 5


def test_running_it_again_tells_nothing_twice(month: Month) -> None:
    case = routed(month)
    for words in ("06-01 15:01", "06-01 17:25", "06-02 10:01"):
        moment_ = month.at(words)
        for _again in range(3):
            Clock.objects.update(remind_at=None)  # as if the plan had been lost
            reminding.watch(moment_)
    assert told(case) == [("term_warning", 50), ("term_warning", 80), ("term_due", "curator")]


def test_a_killed_pass_has_told_nothing_and_the_next_one_tells_all(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = routed(month)

    def die(_clocks: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(reminding, "_write", die)
        with pytest.raises(SystemExit):
            reminding.watch(month.at("06-01 15:01"))
    assert told(case) == []
    assert not Reminder.objects.exists()
    reminding.watch(month.at("06-01 15:02"))
    assert told(case) == [("term_warning", 50)]


def test_after_downtime_one_summary_each_and_no_stale_warnings(month: Month) -> None:
    cases = [routed(month) for _n in range(12)]
    reminding.watch(month.at("06-01 10:05"))
    News.objects.all().delete()
    # The worker is silent until Friday.
    reminding.watch(month.at("06-05 12:00"))
    kinds = Counter(News.objects.values_list("kind", flat=True))
    assert kinds == {"terms_late": 4}
    people = {one.person_id: one.data for one in News.objects.all()}
    assert set(people) == {month.executor.pk, month.curator.pk, month.approver.pk,
                           month.supervisor.pk}  # fmt: skip
    assert people[month.curator.pk]["figures"] == {"due": 12}
    assert people[month.approver.pk]["figures"] == {"escalated": 12}
    states = Counter(Reminder.objects.values_list("state", flat=True))
    assert Reminder.State.LATE not in states
    assert states[Reminder.State.SKIPPED] == 2 * 2 * len(cases)  # reply and executor, 50 and 80 %
    reminding.watch(month.at("06-05 12:01"))
    assert News.objects.count() == 4


def test_a_moved_term_is_reminded_of_again(month: Month) -> None:
    case = routed(month)
    reminding.watch(month.at("06-02 10:01"))
    assert told(case) == [("term_due", "curator")]
    actions.extend(
        reloaded(case), actor=month.coordinator, until=moment("06-03 10:00"), reason="Нужен выезд"
    )
    assert Clock.objects.filter(case=case, stopped_at=None, remind_at=None).count() == 2
    reminding.watch(month.at("06-02 10:05"))
    reminding.watch(month.at("06-03 10:01"))
    assert [kind for kind, _level in told(case)].count("term_due") == 2


def test_a_waiting_approver_is_warned_and_the_executor_left_in_peace(month: Month) -> None:
    case = routed(month)
    month.at("06-01 10:30")
    month.reply(case)
    reminding.watch(month.at("06-01 10:55"))  # 30 minutes, 80 % at 10:54; 50 % is for longer terms
    assert told(case) == [("term_warning", 80)]
    assert News.objects.get().data["level"] == "head"
    reminding.watch(month.at("06-01 11:01"))
    assert told(case)[1:] == [("term_due", "head")]


def test_at_the_desk_operators_and_coordinators_hear_of_it(month: Month) -> None:
    month.at("06-01 10:00")
    case = month.arrive("vk")
    reminding.watch(month.at("06-01 10:49"))
    assert News.objects.get(case=case).data["level"] == "operator"
    reminding.watch(month.at("06-01 11:01"))
    assert told(case)[1:] == [("term_due", "coordinator")]


def test_a_target_only_warns(month: Month) -> None:
    """The platform's eight days: warnings, no end, no ladder, never missed."""
    month.at("06-02 12:00")
    case = month.arrive("pos")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    Clock.objects.filter(case=case).exclude(code="POS-TARGET").delete()
    for day in range(3, 15):
        reminding.watch(month.at(f"06-{day:02} 12:01"))
    assert {kind for kind, _what in told(case)} <= {"term_warning"}
    assert Clock.objects.get(case=case).missed_at is None


def test_a_closed_case_and_an_answered_one_are_silent(month: Month) -> None:
    case = routed(month)
    month.at("06-01 11:00")
    month.reply(case)
    month.publish(case)
    reminding.watch(month.at("06-05 12:00"))
    assert not News.objects.exclude(kind="terms_late").exists()
    assert told(case) == []


def test_an_edited_ladder_holds_for_what_runs(month: Month) -> None:
    case = routed(month)
    reminding.watch(month.at("06-01 10:05"))
    LadderStep.objects.filter(code="head").update(is_active=False)
    LadderStep.objects.create(code="half-hour", after=30, unit="working_minutes", level="head")
    reminding.plan_again()
    reminding.watch(month.at("06-02 10:01"))
    reminding.watch(month.at("06-02 10:31"))
    reminding.watch(month.at("06-02 12:05"))
    assert told(case)[1:] == [("escalated", "head")]


def test_the_scans_use_their_indexes() -> None:
    # Of an empty table any index is as good, by what statistics the server happens to have.
    case, now = factories.make_case(), timezone.now()
    Clock.objects.bulk_create(
        Clock(
            case=case,
            kind=Clock.Kind.STAGE,
            code=f"over-{at}",
            started_at=now,
            due_at=now,
            remind_at=now + timedelta(days=30),
            explanation={},
        )
        for at in range(1000)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze cases_clock")
        cursor.execute("set local enable_seqscan = off")
        for query, index in (
            (reminding._due(timezone.now()), "clock_remind"),
            (reminding._unplanned(), "clock_remind"),
        ):
            assert index in query.explain()


def test_the_survey_closes_only_what_may_close_by_itself(month: Month) -> None:
    def answered() -> Case:
        case = routed(month)
        month.at("06-01 11:00")
        month.reply(case)
        month.publish(case)
        return case

    free, controlled, promised, marked, dropped = (answered() for _n in range(5))
    Case.objects.filter(pk=controlled.pk).update(controlled_by=month.supervisor)
    Promise.objects.create(case=promised, what="Заделать", until_on=moment("06-20 00:00").date())
    actions.record_mark(reloaded(marked), actor=month.operator, value=3)
    actions.correct_reply(reloaded(dropped), actor=month.approver, reason="Опечатка")
    assert keeping.close_surveys(month.at("06-05 10:59")) == 0
    assert keeping.close_surveys(month.at("06-05 11:01")) == 1
    assert keeping.close_surveys(month.at("06-05 11:02")) == 0
    assert reloaded(free).status == Status.CLOSED
    assert reloaded(free).close_reason == "no-answer"
    assert [reloaded(c).status for c in (controlled, promised, marked)] == [Status.ANSWERED] * 3
    assert reloaded(dropped).status not in (Status.CLOSED, Status.ANSWERED)


def planned(month: Month, until: str) -> Case:
    case = routed(month)
    month.at("06-01 12:00")
    month.reply(case, kind="planned", promised_on=moment(f"{until} 00:00").date())
    actions.plan(reloaded(case), actor=month.approver, url="https://vk.example/wall1_4")
    return reloaded(case)


def test_planned_works_come_back_and_their_promise_is_minded(month: Month) -> None:
    case = planned(month, "06-15")
    assert keeping.resume_plans(month.at("06-11 23:00")) == 0
    assert keeping.resume_plans(month.at("06-12 00:30")) == 1
    assert keeping.resume_plans(month.at("06-12 00:40")) == 0
    assert reloaded(case).status == Status.IN_WORK
    assert keeping.mind_promises(month.at("06-15 08:59")) == 0
    assert keeping.mind_promises(month.at("06-15 09:01")) == 1
    assert keeping.mind_promises(month.at("06-15 23:58")) == 0
    assert keeping.mind_promises(month.at("06-16 00:01")) == 1
    assert keeping.mind_promises(month.at("06-16 00:02")) == 0
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves[-2:] == ["promise_due", "promise_broken"]


def test_a_closed_case_is_reopened_by_its_broken_promise(month: Month) -> None:
    case = planned(month, "06-15")
    Case.objects.filter(pk=case.pk).update(status=Status.CLOSED, closed_at=timezone.now())
    keeping.mind_promises(month.at("06-16 09:00"))
    assert reloaded(case).status == Status.REOPENED
    assert Promise.objects.get(case=case).state == Promise.State.BROKEN
    assert keeping.mind_promises(month.at("06-17 09:00")) == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("09-30 12:00", []),
        ("10-01 12:00", [{"code": "calendar_unconfirmed", "year": 2027}]),
    ],
)
def test_the_calendar_of_the_next_year_is_asked_for(
    month: Month, words: str, found: list[Any]
) -> None:
    assert keeping.calendar_warnings(moment(words).date()) == found


def test_a_missing_calendar_is_told_once_a_month(month: Month) -> None:
    from agencies.models import CalendarDay

    CalendarDay.objects.filter(day__year=2027).delete()
    assert keeping.check_calendars(month.at("11-02 04:23")) == 1
    assert keeping.check_calendars(month.at("11-20 04:23")) == 0
    assert keeping.check_calendars(month.at("12-02 04:23")) == 1
    assert News.objects.filter(kind="calendar").count() == 2


Act = Callable[[], Any]


def test_terms_of_other_agencies_keep_their_own_hours(month: Month) -> None:
    """The same hours in Moscow end six hours later than in Yakutsk."""
    month.own.time_zone = "Europe/Moscow"
    month.own.save()
    case = routed(month, "06-01 16:00")  # 10:00 in Moscow
    reminding.watch(month.at("06-01 15:30") + timedelta(hours=5))
    assert told(case) == []
    reminding.watch(month.at("06-01 21:01"))  # 15:01 in Moscow
    assert told(case) == [("term_warning", 50)]


def test_a_reminder_of_one_moment_is_made_once_by_the_database(month: Month) -> None:
    case = routed(month)
    clock = Clock.objects.filter(case=case)[0]
    step = LadderStep.objects.get(code="due")
    at: datetime = clock.due_at
    row = {"clock": clock, "step": step, "due_at": at, "moment": at, "state": "told", "level": ""}
    Reminder.objects.create(**row)
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        Reminder.objects.create(**row)
