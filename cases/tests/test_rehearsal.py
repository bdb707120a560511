"""A change of rules or calendars: rehearsed on the last month, taken or dropped, then counted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from agencies.models import CalendarDay, Session
from agencies.roles import Role
from cases import actions, recounting, rehearsal
from cases.models import Case, CaseEvent, DeadlineRule, TermChange
from cases.tests.month import Month, moment
from tests import factories
from tests.acting import reloaded

pytestmark = pytest.mark.django_db
RULE = {
    "amount": "3",
    "unit": "working_hours",
    "roll": "none",
    "cutoff": "",
    "in_force_from": "2026-06-03",
    "covers_running": "on",
}


@pytest.fixture
def month(monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(monkeypatch)


@pytest.fixture
def admin(month: Month) -> Client:
    client = Client()
    client.force_login(factories.make_person(Role.ADMINISTRATOR, month.region))
    # The database keeps its own time: a session of June would be over.
    Session.objects.update(expire_date=datetime(2099, 1, 1, tzinfo=UTC))
    return client


def answered(month: Month, hours: int) -> Case:
    """Routed on Monday at 9:00 and answered so many hours later."""
    month.at("06-01 09:00")
    case = month.arrive("vk")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    month.at(f"06-01 {9 + hours:02}:00")
    month.reply(case)
    month.publish(case)
    return case


def waiting(month: Month) -> Case:
    month.at("06-02 10:00")
    case = month.arrive("vk")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    return reloaded(case)


def test_a_shorter_rule_says_how_many_more_would_be_overdue(month: Month, admin: Client) -> None:
    fast, slow, slower = answered(month, 2), answered(month, 6), answered(month, 8)
    open_one = waiting(month)
    recounting.tick(month.at("06-02 10:30"))
    answer = admin.post("/terms/rules/SN-FIRST/", RULE)
    change = TermChange.objects.get()
    assert answer["Location"] == f"/terms/changes/{change.pk}/"
    assert "Проверяется на обращениях" in admin.get(answer["Location"]).content.decode()
    rehearsal.rehearse()
    change.refresh_from_db()
    assert change.state == TermChange.State.READY
    assert (change.result["more"], change.result["fewer"]) == (2, 0)
    assert {row["case"] for row in change.result["cases"]} == {slow.pk, slower.pk}
    assert change.result["agencies"] == {str(month.own.pk): {"more": 2, "fewer": 0}}
    page = admin.get(answer["Location"]).content.decode()
    assert reloaded(slow).number in page
    assert reloaded(fast).number not in page
    assert "Яма" not in page
    # Nothing has changed yet; taken, it counts what runs from its day on.
    assert DeadlineRule.objects.filter(code="SN-FIRST").count() == 1
    admin.post(f"/terms/changes/{change.pk}/decide/", {"take": "1"})
    recounting.tick(month.at("06-02 10:32"))
    assert reloaded(open_one).due_at == moment("06-03 10:00")
    recounting.tick(month.at("06-03 09:30"))
    assert reloaded(open_one).due_at == moment("06-02 13:00")
    assert CaseEvent.objects.filter(move="recount").count() == 1


def test_a_day_off_is_rehearsed_and_moves_what_runs(month: Month, admin: Client) -> None:
    late = answered(month, 9)  # eight working hours from nine, lunch between: in time at 18:00
    month.at("06-01 09:00")
    overdue = month.arrive("vk")
    actions.start_moderation(reloaded(overdue), actor=month.operator)
    month.route(overdue)
    recounting.tick(month.at("06-02 10:00"))
    address = f"/terms/calendars/{month.own.calendar.code}/2026/"
    days = {"first": "2026-06-01", "kind": "regional", "title": "День республики"}
    admin.post(address, days)
    rehearsal.rehearse()
    change = TermChange.objects.get()
    assert (change.result["more"], change.result["fewer"]) == (0, 1)
    assert [row["case"] for row in change.result["cases"]] == [overdue.pk]
    admin.post(f"/terms/changes/{change.pk}/decide/", {"take": "1"})
    assert CalendarDay.objects.get(calendar=month.own.calendar).title == "День республики"
    recounting.tick(month.at("06-02 10:01"))
    assert reloaded(overdue).due_at == moment("06-02 18:00")
    assert reloaded(late).due_at is None
    page = admin.get(address).content.decode()
    assert "День республики" in page


def test_hours_with_lunch_and_shortened_days(month: Month, admin: Client) -> None:
    address = f"/terms/calendars/{month.own.calendar.code}/2026/"
    hours = {"first": "2026-06-08", "last": "2026-06-10", "kind": "special"}
    assert admin.post(address, hours).status_code == 422
    admin.post(address, {**hours, "intervals": "08:00-12:00, 13:00-15:00, 16:00-17:00"})
    rehearsal.rehearse()
    rehearsal.take(TermChange.objects.get().pk, by=month.supervisor)
    found = CalendarDay.objects.filter(calendar=month.own.calendar).order_by("day")
    assert [len(day.intervals) for day in found] == [3, 3, 3]
    assert "08:00–12:00, 13:00–15:00, 16:00–17:00" in admin.get(address).content.decode()
    # Back to the usual week.
    admin.post(address, {"first": "2026-06-08", "last": "2026-06-10", "kind": ""})
    rehearsal.rehearse()
    rehearsal.take(TermChange.objects.latest("pk").pk, by=month.supervisor)
    assert not CalendarDay.objects.filter(calendar=month.own.calendar).exists()


def test_a_killed_rehearsal_goes_on(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    for _n in range(3):
        answered(month, 6)
    monkeypatch.setattr(rehearsal, "BATCH", 2)
    admin = factories.make_person(Role.ADMINISTRATOR, month.region)
    values: dict[str, Any] = {
        "code": "SN-FIRST",
        "amount": 3,
        "unit": "working_hours",
        "roll": "none",
        "counts_day_zero": False,
        "cutoff": "",
        "covers_running": True,
        "in_force_from": "2026-06-03",
    }
    change = rehearsal.propose("rule", values, by=admin)
    rehearsal.rehearse(seconds=-1)
    change.refresh_from_db()
    assert (change.state, change.seen) == ("rehearsing", 2)
    rehearsal.rehearse()
    change.refresh_from_db()
    assert (change.state, change.result["more"]) == ("ready", 3)


def test_a_dropped_change_changes_nothing_and_is_decided_once(month: Month, admin: Client) -> None:
    admin.post("/terms/rules/SN-FIRST/", RULE)
    change = TermChange.objects.get()
    admin.post(f"/terms/changes/{change.pk}/decide/", {"drop": "1"})
    rehearsal.rehearse()
    change.refresh_from_db()
    assert change.state == TermChange.State.DROPPED
    assert rehearsal.take(change.pk, by=month.supervisor) is False
    assert DeadlineRule.objects.filter(code="SN-FIRST").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("in_force_from", "2026-05-01"), ("amount", "0"), ("roll", "previous"), ("cutoff", "ночь")],
)
def test_what_cannot_be_counted_is_refused(
    month: Month, admin: Client, field: str, value: str
) -> None:
    month.at("06-02 10:00")
    assert admin.post("/terms/rules/SN-FIRST/", {**RULE, field: value}).status_code == 422
    assert not TermChange.objects.exists()


def test_the_pages_open_and_warn(month: Month, admin: Client) -> None:
    month.at("11-02 10:00")
    page = admin.get("/terms/").content.decode()
    assert "Календарь 2027 года предварительный" in page
    assert "SN-FIRST" in page
    year = admin.get("/terms/calendars/production/2026/").content.decode()
    assert year.count('class="year-month"') == 12
    assert "Новый год" in year or "праздник" in year.lower()
    missing = admin.get("/terms/calendars/production/2031/").content.decode()
    assert "Нет производственного календаря на 2031 год" in missing
    assert admin.get("/terms/rules/NO-SUCH/").status_code == 404
