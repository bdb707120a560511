"""The only pause: a question to the citizen, recorded, shown, limited, never silent."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Session, User
from agencies.roles import Role
from cases import actions, keeping
from cases.actions.recounting import recount
from cases.errors import BadChange, MoveNotAllowed
from cases.models import Case, Clock, DeadlineRule, WorkflowSetting
from cases.workflow import Status
from portal.wording_deadlines import explain_clock
from tests import factories
from tests.acting import MOSCOW, NOW, reloaded

pytestmark = pytest.mark.django_db

URL = "https://vk.example/wall-1_7"


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own", factories.make_agency("region", kind="region"))


@pytest.fixture
def executor(agency: Agency) -> User:
    return factories.make_person(Role.EXECUTOR, agency)


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=MOSCOW)


def taken(agency: Agency, executor: User) -> Case:
    """Routed at noon: eight working hours until 13:00 of Tuesday, lunch between."""
    region = Agency.objects.get(code="region")
    operator = factories.make_person(Role.OPERATOR, region)
    case = factories.make_case(Status.MODERATION, due_at=None)
    routed = actions.route(case, actor=operator, agency=agency)
    return actions.take(routed, actor=executor)


def ask(case: Case, executor: User, **facts: Any) -> Case:
    return actions.ask_citizen(
        reloaded(case), actor=executor, **{"question": "Какой подъезд?", "url": URL, **facts}
    )


def test_a_question_moves_the_terms_by_what_is_waited_and_says_so(
    at: Any, agency: Agency, executor: User
) -> None:
    case = taken(agency, executor)
    assert case.due_at == moscow(9, 12)  # 12-13, 14-18, 9-12
    at(NOW + timedelta(hours=2))  # 14:00: one hour has passed, seven are left
    case = ask(case, executor)
    assert case.status == Status.IN_WORK
    waiting = case.waitings.get()
    assert (waiting.started_at, waiting.ended_at) == (NOW + timedelta(hours=2), None)
    # Three working days: to the end of a short Thursday; then seven hours, Friday is a day off.
    assert case.waiting_until == waiting.until == moscow(11, 17)
    assert case.due_at == moscow(15, 17)
    running = Clock.objects.running().filter(case=case)
    assert {clock.due_at for clock in running} == {moscow(15, 17)}
    told = explain_clock(running.get(kind="reply").explanation)
    assert "14:00" in told
    assert "17:00" in told
    assert case.events.first().move == "ask_citizen"


def test_an_answer_gives_back_what_was_not_waited(at: Any, agency: Agency, executor: User) -> None:
    case = taken(agency, executor)
    at(NOW + timedelta(hours=2))
    ask(case, executor)
    at(moscow(9, 10))
    answered = actions.citizen_answered(reloaded(case), actor=executor, answer="Третий")
    # Seven hours from ten o'clock: lunch between.
    assert answered.due_at == moscow(9, 18)
    assert answered.waiting_until is None
    waiting = case.waitings.get()
    assert (waiting.ended_at, waiting.ended_by, waiting.answer) == (
        moscow(9, 10),
        "answer",
        "Третий",
    )
    told = explain_clock(Clock.objects.get(case=case, kind="reply").explanation)
    assert "10:00" in told
    with pytest.raises(BadChange, match="not_waiting"):
        actions.citizen_answered(reloaded(case), actor=executor, answer="Третий")


def test_the_limit_ends_it_by_itself_and_only_then(at: Any, agency: Agency, executor: User) -> None:
    case = taken(agency, executor)
    at(NOW + timedelta(hours=2))
    due = ask(case, executor).due_at
    at(moscow(11, 16, 59))
    assert keeping.end_waitings() == 0
    with pytest.raises(BadChange, match="too_early"):
        actions.waiting_over(reloaded(case))
    at(moscow(11, 17, 3))
    assert keeping.end_waitings() == 1
    assert keeping.end_waitings() == 0
    over = reloaded(case)
    assert (over.waiting_until, over.due_at) == (None, due)
    waiting = case.waitings.get()
    assert (waiting.ended_at, waiting.ended_by) == (waiting.until, "limit")
    event = case.events.first()
    assert (event.move, event.actor, event.data["state"]) == ("waiting_over", None, "limit")


def test_a_new_message_of_the_citizen_ends_it(at: Any, agency: Agency, executor: User) -> None:
    case = taken(agency, executor)
    at(NOW + timedelta(hours=2))
    ask(case, executor)
    at(moscow(9, 10))
    message = case.messages.get()
    service = factories.make_person(Role.IMPORT_SERVICE, Agency.objects.get(code="region"))
    actions.receive(
        actor=service, channel=message.channel, external_id=message.external_id,
        text="Яма у третьего подъезда", posted_at=message.posted_at, author="x",
    )  # fmt: skip
    assert case.waitings.get().ended_by == "message"
    assert (reloaded(case).waiting_until, reloaded(case).due_at) == (None, moscow(9, 18))
    assert [e.move for e in case.events.order_by("-pk")[:2]] == ["waiting_over", "message_edited"]


def test_a_merged_message_ends_it_too(at: Any, agency: Agency, executor: User) -> None:
    case = taken(agency, executor)
    ask(case, executor)
    operator = factories.make_person(Role.OPERATOR, Agency.objects.get(code="region"))
    other = factories.make_case(Status.MODERATION, due_at=None)
    actions.merge(other, actor=operator, into=reloaded(case))
    assert case.waitings.get().ended_by == "message"
    assert reloaded(case).waiting_until is None


def test_a_reply_without_waiting_ends_it_with_an_event_of_its_own(
    at: Any, agency: Agency, executor: User
) -> None:
    case = taken(agency, executor)
    ask(case, executor)
    at(moscow(9, 10))
    actions.submit_reply(reloaded(case), actor=executor, text=factories.REPLY, override="да")
    sent = reloaded(case)
    assert sent.waiting_until is None
    assert case.waitings.get().ended_by == "move"
    moves = [e.move for e in case.events.order_by("-pk")[:2]]
    assert moves == ["submit_reply", "waiting_over"]
    # All eight hours were left at noon; from ten on Tuesday they end at eleven on Wednesday.
    reply = Clock.objects.get(case=case, kind="reply")
    assert reply.due_at == moscow(10, 10)


def test_who_is_late_already_wins_no_time(at: Any, agency: Agency, executor: User) -> None:
    case = taken(agency, executor)
    at(moscow(9, 15))
    with pytest.raises(BadChange, match="waiting_overdue"):
        ask(case, executor)
    assert reloaded(case).due_at == moscow(9, 12)
    assert not case.waitings.exists()


def test_only_social_networks_and_only_so_often(at: Any, agency: Agency, executor: User) -> None:
    for regime in ("law59", "pos", "portal", "hotline", "internal"):
        other = factories.make_case(Status.IN_WORK, agency, executor=executor, regime=regime)
        with pytest.raises(MoveNotAllowed):
            ask(other, executor)
    case = taken(agency, executor)
    with pytest.raises(BadChange, match="question_unposted"):
        ask(case, executor, url="")
    ask(case, executor)
    with pytest.raises(BadChange, match="waiting_already"):
        ask(case, executor)
    actions.citizen_answered(reloaded(case), actor=executor, answer="Третий")
    ask(case, executor)
    actions.citizen_answered(reloaded(case), actor=executor, answer="Четвёртый")
    with pytest.raises(BadChange, match="waitings_limit"):
        ask(case, executor)
    WorkflowSetting.objects.create(max_waitings=5, waiting_days=1)
    assert ask(case, executor).waiting_until == moscow(9, 18)


def test_a_term_moved_by_a_waiting_is_not_counted_back_by_the_recount(
    at: Any, agency: Agency, executor: User
) -> None:
    case = taken(agency, executor)
    due = ask(case, executor).due_at
    rule = DeadlineRule.objects.get(code="SN-FIRST")
    rule.pk, rule.amount, rule.covers_running = None, 2, True
    rule.in_force_from = date(2026, 6, 1)
    rule.save()
    recount([case.pk], cause="change")
    assert reloaded(case).due_at == due


def test_it_is_shown_on_the_page_and_found_by_the_filter(agency: Agency, executor: User) -> None:
    case = factories.make_case(Status.IN_WORK, agency, executor=executor)
    other = factories.make_case(Status.IN_WORK, agency, executor=executor)
    client = Client()
    client.force_login(executor)
    Session.objects.update(expire_date=timezone.now() + timedelta(days=3650))
    body = {"question": "Какой подъезд?", "url": URL}
    assert client.post(f"{case.get_absolute_url()}ask-citizen/", body).status_code == 302
    assert client.get("/queue/").content.decode().count("Ждём жителя") == 1
    page = client.get(case.get_absolute_url()).content.decode()
    assert "Какой подъезд?" in page
    assert "citizen-answered" in page
    assert "ask-citizen" not in page
    found = client.get("/cases/?waiting=true").content.decode()
    assert case.number in found
    assert other.number not in found
    rest = client.get("/cases/?waiting=false").content.decode()
    assert case.number not in rest
