"""Terms counted again after a change: those that differ, an event each, from anywhere on."""

from datetime import date, timedelta
from typing import Any

import pytest

from agencies.models import CalendarDay
from cases import actions, recounting
from cases.models import Case, CaseEvent, Clock, DeadlineRule, Recount
from cases.tests.month import Month, due, moment
from cases.workflow import Status
from tests.acting import reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(monkeypatch)


def in_work(month: Month, channel: str = "vk", words: str = "06-01 10:00") -> Case:
    month.at(words)
    case = month.arrive(channel)
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    return reloaded(case)


def holiday(month: Month, day: str, **facts: Any) -> CalendarDay:
    """A regional day off in the agency's own calendar."""
    return CalendarDay.objects.create(
        calendar=month.own.calendar, day=moment(f"{day} 00:00").date(), kind="regional", **facts
    )


def events(case: Case) -> list[dict[str, Any]]:
    found = CaseEvent.objects.filter(case=case, move="recount").order_by("pk")
    return [event.data for event in found]


def settle(at: Any) -> None:
    """The first pass after the reference was loaded finds nothing to move."""
    assert recounting.tick(at) == 0


def test_a_new_day_off_moves_what_it_touches_with_an_event_each(month: Month) -> None:
    case = in_work(month)  # due on Tuesday 2 June, 10:00
    later = in_work(month, words="06-01 17:00")
    settle(month.at("06-01 17:05"))
    holiday(month, "06-02", title="День республики")
    moved = recounting.tick(month.at("06-01 17:06"))
    assert moved == 4  # reply and executor's of both
    for one, until in ((case, "06-03 10:00"), (later, "06-03 17:00")):
        assert reloaded(one).due_at == moment(until)
        assert due(one, "SN-FIRST", "executor") == moment(until)
        (data,) = events(one)
        assert data["cause"] == "change"
        assert {term["code"] for term in data["terms"]} == {"SN-FIRST"}
    assert recounting.tick(month.at("06-01 17:07")) == 0
    assert Recount.objects.filter(cause="change").count() == 2
    assert reloaded(case).version == case.version


def test_every_night_once_and_only_what_differs(month: Month) -> None:
    case = in_work(month)
    settle(month.at("06-01 17:05"))
    zone = {"TIME_ZONE": "Asia/Yakutsk"}
    from django.test import override_settings

    with override_settings(**zone):
        recounting.tick(month.at("06-02 02:29"))
        assert not Recount.objects.filter(cause="night").exists()
        for words in ("06-02 02:31", "06-02 02:40", "06-02 23:00"):
            recounting.tick(month.at(words))
        assert Recount.objects.filter(cause="night").count() == 1
        Clock.objects.filter(case=case, kind="reply").update(due_at=moment("06-02 09:00"))
        recounting.tick(month.at("06-03 02:31"))
    assert len(events(case)) == 1
    assert due(case, "SN-FIRST", "reply") == moment("06-02 10:00")


def test_a_killed_pass_goes_on_where_it_was(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [in_work(month) for _n in range(6)]
    settle(month.at("06-01 17:05"))
    holiday(month, "06-02")
    at = month.at("06-01 17:06")
    monkeypatch.setattr(recounting, "BATCH", 5)
    real, calls = recounting.recount, []

    def die(ids: Any, **facts: Any) -> Any:
        calls.append(len(ids))
        if len(calls) == 2:
            raise SystemExit
        return real(ids, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(recounting, "recount", die)
        with pytest.raises(SystemExit):
            recounting.tick(at)
    half = Recount.objects.get(finished_at=None)
    assert 0 < half.seen < 12
    recounting.tick(month.at("06-01 17:08"))
    assert [len(events(case)) for case in cases] == [1] * 6
    assert all(reloaded(case).due_at == moment("06-03 10:00") for case in cases)
    half.refresh_from_db()
    assert half.finished_at is not None


def test_what_was_moved_by_hand_and_promises_stay(month: Month) -> None:
    case = in_work(month)
    actions.extend(
        reloaded(case), actor=month.coordinator, until=moment("06-04 12:00"), reason="Нужен выезд"
    )
    planned = in_work(month)
    month.reply(planned, kind="planned", promised_on=date(2026, 6, 9))
    actions.plan(reloaded(planned), actor=month.approver, url="https://vk.example/wall1_4")
    settle(month.at("06-01 17:05"))
    for day in ("06-02", "06-03", "06-08", "06-09"):
        holiday(month, day)
    assert recounting.tick(month.at("06-01 17:06")) == 0
    assert reloaded(case).due_at == moment("06-04 12:00")
    assert reloaded(planned).due_at == moment("06-09 23:59:59")


def test_the_agencys_zone_and_calendar_matter(month: Month) -> None:
    case = in_work(month, words="06-01 17:30")
    settle(month.at("06-01 17:35"))
    assert reloaded(case).due_at == moment("06-02 17:30")
    month.own.time_zone = "Asia/Vladivostok"
    month.own.save()
    assert recounting.tick(month.at("06-01 17:36")) == 2
    # There it was half past six: the eight hours are those of Tuesday, to 18:00 of Vladivostok.
    assert reloaded(case).due_at == moment("06-02 17:00")


def test_a_redirect_keeps_the_first_agencys_hours(month: Month) -> None:
    month.other.time_zone = "Europe/Moscow"
    month.other.save()
    case = in_work(month)
    settle(month.at("06-01 17:05"))
    actions.dispute_competence(
        reloaded(case), actor=month.curator, reason="other-owner", proposed=month.other
    )
    actions.redirect(reloaded(case), actor=month.coordinator, agency=month.other)
    before = list(Clock.objects.filter(case=case).order_by("pk").values_list("due_at", flat=True))
    holiday(month, "06-20")
    assert recounting.tick(month.at("06-01 17:06")) == 0
    after = list(Clock.objects.filter(case=case).order_by("pk").values_list("due_at", flat=True))
    assert before == after


@pytest.mark.parametrize(("covers", "until"), [(True, "06-01 13:00"), (False, "06-02 10:00")])
def test_a_new_version_holds_for_running_terms_where_it_says_so(
    month: Month, covers: bool, until: str
) -> None:
    case = in_work(month)
    settle(month.at("06-01 10:05"))
    old = DeadlineRule.objects.get(code="SN-FIRST")
    old.pk, old._state.adding = None, True
    old.in_force_from, old.amount, old.covers_running = date(2026, 6, 2), 3, covers
    old.save()
    recounting.tick(month.at("06-01 10:06"))
    assert reloaded(case).due_at == moment("06-02 10:00")  # not in force yet
    recounting.tick(month.at("06-02 09:30"))
    assert reloaded(case).due_at == moment(until)


def test_an_executor_bound_to_the_citizens_term_follows_it(month: Month) -> None:
    case = in_work(month, "portal")  # eight working days
    settle(month.at("06-01 17:05"))
    holiday(month, "06-03")
    recounting.tick(month.at("06-01 17:06"))
    total, executor = due(case, "PORTAL-8", "total"), due(case, "PORTAL-8", "executor")
    assert total == executor == reloaded(case).due_at
    assert len(events(case)) == 1
    assert len(events(case)[0]["terms"]) == 2


def test_a_term_that_had_not_passed_is_not_missed_after_all(month: Month) -> None:
    from cases import reminding

    case = in_work(month)
    at = month.at("06-02 10:30")
    settle(at)
    reminding.watch(at)
    assert Case.objects.missed_a_term().filter(pk=case.pk).exists()
    holiday(month, "06-02")
    recounting.tick(month.at("06-02 10:31"))
    assert reloaded(case).due_at == moment("06-03 10:00")
    assert not Clock.objects.filter(case=case).exclude(missed_at=None).exists()
    assert Clock.objects.filter(case=case, stopped_at=None, remind_at=None).count() == 2
    reminding.watch(at + timedelta(minutes=2))


def test_terms_of_earlier_releases_go_by_the_cases_agency_where_its_zone_fits(
    month: Month,
) -> None:
    """They do not say by whose hours they were counted."""
    case = in_work(month)
    foreign = in_work(month)
    Clock.objects.update(agency=None)
    for clock in Clock.objects.filter(case=foreign):
        clock.explanation = {**clock.explanation, "zone": "Europe/Moscow"}
        clock.save()
    settle(month.at("06-01 17:05"))
    holiday(month, "06-02")
    assert recounting.tick(month.at("06-01 17:06")) == 2
    assert reloaded(case).due_at == moment("06-03 10:00")
    assert reloaded(foreign).due_at == moment("06-02 10:00")


def test_ended_cases_are_left_alone(month: Month) -> None:
    case = in_work(month)
    month.reply(case)
    month.publish(case)
    settle(month.at("06-01 17:05"))
    holiday(month, "06-02")
    assert recounting.tick(month.at("06-01 17:06")) == 0
    assert reloaded(case).status == Status.ANSWERED
