"""What was done to many cases is taken back: each as it was, what somebody went on with stays."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import HOLDERS, Right, Role
from cases import actions, many, tasks, undoing
from cases.errors import RightMissing
from cases.models import Assignment, BulkRun, CaseEvent, Clock, Draft, ReasonKind
from cases.tests.taking_back import done, ordered, states, undone, untaken
from cases.workflow import MOVES, Regime, Status
from notices.kinds import Kind
from notices.models import Notice
from notices.telling import of_events, tell
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(region: dict[str, Agency]) -> User:
    return factories.make_person(Role.OPERATOR, region["region"])


def test_every_inverse_is_a_move_for_many_and_ends_where_that_one_began() -> None:
    assert set(undoing.INVERSES) <= set(many.BULK)
    for name, inverse in undoing.INVERSES.items():
        back = MOVES[inverse.move]
        assert back.target is None or back.target in MOVES[name].sources, name
    # What there is nothing to put back of, or what gave a term anew, is not offered (docs/flow.md).
    assert set(many.BULK) - set(undoing.INVERSES) == {"add_note", "resume", "start_moderation"}


def test_a_routing_of_many_is_recalled_but_for_what_somebody_went_on_with(
    region: dict[str, Agency], operator: User, official: User
) -> None:
    cases = [factories.make_case(Status.MODERATION, None) for _ in range(4)]
    client = client_of(operator)
    made = done(client, "route", cases, agency=region["own"].code)
    assert {reloaded(case).status for case in cases} == {Status.ROUTED}
    actions.take(cases[1], actor=official)
    # A file put to it is no move and leaves the version.
    CaseEvent.objects.create(case=cases[2], actor=official, move="attach", data={})
    page = client.get(f"/bulk/{made.pk}/").content.decode()
    assert 'data-key="KeyU"' in page
    assert "Отозвать направление" in page
    back = undone(client, made, reason="Не то ведомство")
    told = states(back)
    assert [told[case.pk] for case in cases[1:3]] == [("refused", "undo_touched")] * 2
    assert [told[case.pk] for case in (cases[0], cases[3])] == [("done", "")] * 2
    assert reloaded(cases[1]).executor == official
    for case in (cases[0], cases[3]):
        got = reloaded(case)
        assert (got.status, got.agency, got.assigned_at) == (Status.MODERATION, None, None)
        event = CaseEvent.objects.filter(case=case).order_by("-pk")[0]
        assert (event.move, event.actor) == ("recall_routing", operator)
        assert event.data["reason"] == "Не то ведомство"
        ordered(case)
    result = client.get(f"/bulk/{back.pk}/").content.decode()
    assert "Отмена: Направить" in result
    assert cases[1].number in result
    assert "продолжили" in result
    # Once, and a taking back is not taken back itself.
    assert 'data-key="KeyU"' not in result
    assert 'data-key="KeyU"' not in client.get(f"/bulk/{made.pk}/").content.decode()
    assert client.post(f"/bulk/{made.pk}/undo/").status_code == 409
    assert client.post(f"/bulk/{back.pk}/undo/").status_code == 409
    assert BulkRun.objects.count() == 2


def test_an_assignment_of_many_goes_back_to_who_had_each(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    other = factories.make_person(Role.EXECUTOR, region["own"])
    fresh = untaken(region["own"])
    held = factories.make_case(Status.IN_WORK, region["own"], executor=other)
    same = factories.make_case(Status.IN_WORK, region["own"], executor=official)
    written = untaken(region["own"])
    cases = [fresh, held, same, written]
    client = client_of(curator)
    made = done(client, "assign", cases, executor=official.username)
    Draft.objects.create(case=written, author=official, text="Яму засыпали")
    tell(of_events(list(CaseEvent.objects.filter(move="assign"))))
    assert Notice.objects.filter(person=official, case=fresh).exists()
    back = undone(client, made)
    # Who has it no more is not told of it any longer.
    tell(of_events(list(CaseEvent.objects.filter(move="hand_over").order_by("pk"))))
    unread = Notice.objects.filter(person=official, kind=Kind.ASSIGNED, read_at=None)
    assert not unread.filter(case__in=[fresh, held]).exists()
    assert unread.filter(case=written).exists()
    assert states(back) == {
        fresh.pk: ("done", ""),
        held.pk: ("done", ""),
        same.pk: ("refused", "undo_no_way"),
        written.pk: ("refused", "undo_touched"),
    }
    got = reloaded(fresh)
    assert (got.status, got.executor) == (Status.ROUTED, None)
    assert reloaded(held).executor == other
    assert reloaded(written).executor == official
    for case, holder in ((fresh, None), (held, other)):
        assert Assignment.objects.get(case=case, until=None).executor == holder
        ordered(case)
    page = client.get(f"/cases/{fresh.number}/").content.decode()
    assert "Возвращено ведомству, без исполнителя:" in page


def test_who_took_cases_by_mistake_gives_them_back_himself(
    region: dict[str, Agency], official: User
) -> None:
    """He holds no right to hand cases over; this is his own taking."""
    cases = [untaken(region["own"]) for _ in range(2)]
    client = client_of(official)
    made = done(client, "take", cases)
    assert set(states(undone(client, made)).values()) == {("done", "")}
    assert {(reloaded(c).status, reloaded(c).executor_id) for c in cases} == {(Status.ROUTED, None)}
    assigned = factories.make_case(Status.IN_WORK, region["own"], executor=official)
    with pytest.raises(RightMissing):
        actions.hand_over(assigned, actor=official, executor=None)


def test_an_appeal_given_back_may_be_passed_on_again(
    region: dict[str, Agency], operator: User, curator: User, official: User
) -> None:
    """Taken, an appeal is accepted and no longer passed on; not taken after all, it may be."""
    case = factories.make_case(Status.MODERATION, None, regime=Regime.LAW59)
    actions.route(case, actor=operator, agency=region["own"])
    before = set(Clock.objects.filter(case=case, stopped_at=None).values_list("code", "due_at"))
    made = done(client_of(official), "take", [case])
    undone(client_of(official), made)
    running = Clock.objects.filter(case=case, stopped_at=None)
    assert set(running.values_list("code", "due_at")) == before
    ordered(case)


def test_proposed_rejections_are_withdrawn(region: dict[str, Agency], operator: User) -> None:
    factories.make_person(Role.OPERATOR, region["region"])
    case = factories.make_case(Status.MODERATION, None)
    client = client_of(operator)
    made = done(client, "reject", [case], reason=factories.first_reason(ReasonKind.REJECTION))
    assert reloaded(case).rejection_by == operator
    undone(client, made)
    assert reloaded(case).rejection_by is None
    assert reloaded(case).status == Status.MODERATION


def test_control_is_lifted_where_it_was_new_and_set_again_where_it_was_lifted(
    region: dict[str, Agency],
) -> None:
    office = factories.make_person(Role.HEAD_OFFICE, region["region"])
    client = client_of(office)
    new, old = (factories.make_case(Status.IN_WORK, region["own"]) for _ in range(2))
    until = factories.next_workday(9)
    actions.set_control(old, actor=office, reason="Жалоба", until=until, resolution="Доложить")
    back = undone(client, done(client, "set_control", [new, old], reason="Паводок"))
    assert states(back) == {new.pk: ("done", ""), old.pk: ("refused", "undo_no_way")}
    assert reloaded(new).controlled_by is None
    actions.set_control(
        reloaded(old), actor=office, reason="Жалоба", until=until, resolution="Доложить"
    )
    undone(client, done(client, "lift_control", [old], reason="Решено"))
    got = reloaded(old)
    assert (got.controlled_by, got.control_reason, got.controlled_until) == (
        office,
        "Жалоба",
        until,
    )
    assert old.controls.get(lifted_at=None).resolution == "Доложить"


def test_who_sets_control_and_may_not_lift_it_is_not_offered_to(
    region: dict[str, Agency],
) -> None:
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    case = factories.make_case(Status.IN_WORK, region["own"])
    client = client_of(supervisor)
    made = done(client, "set_control", [case], reason="Паводок")
    assert 'data-key="KeyU"' not in client.get(f"/bulk/{made.pk}/").content.decode()
    assert client.post(f"/bulk/{made.pk}/undo/").status_code == 409


def test_returns_for_rework_are_undone_as_one_verdict_is(region: dict[str, Agency]) -> None:
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    author = factories.make_person(Role.EXECUTOR, region["own"])
    cases = [factories.make_case(Status.REVIEW, region["own"], executor=author) for _ in range(2)]
    for case in cases:
        case.replies.update(author=author)
    client = client_of(supervisor)
    ground = factories.first_reason(ReasonKind.RETURN)
    made = done(client, "return_for_rework", cases, grounds=[ground], remark="Нет срока")
    assert {reloaded(case).status for case in cases} == {Status.REWORK}
    Draft.objects.filter(case=cases[1]).update(text="Иначе", saved_at=timezone.now())
    later = timezone.now() + timedelta(minutes=5)  # longer than for one verdict
    with patch.object(timezone, "now", lambda: later):
        back = undone(client, made)
    assert states(back)[cases[1].pk] == ("refused", "undo_touched")
    assert [reloaded(case).status for case in cases] == [Status.REVIEW, Status.REWORK]


def test_it_is_offered_for_a_short_time_to_its_maker_only(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    case = untaken(region["own"])
    client = client_of(curator)
    made = done(client, "assign", [case], executor=official.username)
    assert client_of(official).post(f"/bulk/{made.pk}/undo/").status_code == 404
    BulkRun.objects.filter(pk=made.pk).update(at=timezone.now() - timedelta(minutes=16))
    assert 'data-key="KeyU"' not in client.get(f"/bulk/{made.pk}/").content.decode()
    assert client.post(f"/bulk/{made.pk}/undo/").status_code == 409
    assert reloaded(case).executor == official


def test_rights_count_when_a_row_is_taken_back(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    case = untaken(region["own"])
    made = done(client_of(curator), "assign", [case], executor=official.username)
    back = undoing.start(made, curator, "Ошибка")
    AgencyUserPermission.objects.filter(user=curator).delete()
    assert many.carry_out(back) == 1
    assert states(back) == {case.pk: ("refused", "bulk_gone")}
    assert reloaded(case).executor == official


def test_many_are_taken_back_by_the_worker_and_each_once(
    region: dict[str, Agency], curator: User, official: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [untaken(region["own"]) for _ in range(4)]
    client = client_of(curator)
    made = done(client, "assign", cases, executor=official.username)
    monkeypatch.setattr("cases.views.bulk.AT_ONCE", 1)
    back = undone(client, made)
    assert sorted(state for state, _ in states(back).values()) == ["done", *["waiting"] * 3]
    # While it is under way, neither it nor what it takes back is offered.
    assert client.post(f"/bulk/{made.pk}/undo/").status_code == 409
    assert tasks.bulk_rest() == 3
    assert tasks.resume_bulk(0) == 0
    assert CaseEvent.objects.filter(case__in=cases, move="hand_over").count() == 4


def test_what_is_under_way_is_not_too_late_to_undo(
    region: dict[str, Agency], curator: User, official: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.bulk.AT_ONCE", 1)
    client = client_of(curator)
    cases = [untaken(region["own"]) for _ in range(2)]
    made = done(client, "assign", cases, executor=official.username)
    answer = client.post(f"/bulk/{made.pk}/undo/")
    assert answer.status_code == 409
    assert "Действие ещё выполняется" in answer.content.decode()
    assert tasks.bulk_rest() == 1
    assert set(states(undone(client, made)).values()) <= {("done", ""), ("waiting", "")}


def test_the_offer_asks_as_often_for_many_as_for_one(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    client = client_of(curator)

    def statements(count: int) -> int:
        cases = [untaken(region["own"]) for _ in range(count)]
        made = done(client, "assign", cases, executor=official.username)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/bulk/{made.pk}/").context["undoable"] == count
        return len(caught.captured_queries)

    statements(1)
    assert statements(1) == statements(12)


def test_the_same_over_the_api(region: dict[str, Agency], curator: User, official: User) -> None:
    cases = [untaken(region["own"]) for _ in range(2)]
    api = APIClient()
    api.force_login(curator)
    body = {
        "move": "assign",
        "cases": [case.number for case in cases],
        "values": {"executor": official.username},
    }
    made = api.post("/api/cases/bulk/", body, format="json").data
    assert made["undo_until"] is not None
    actions.add_note(reloaded(cases[0]), actor=official, text="Звонил мастеру")
    address = f"/api/cases/bulk/{made['id']}/undo/"
    key = {"HTTP_IDEMPOTENCY_KEY": "back"}
    back = api.post(address, {"reason": "Не те"}, format="json", **key)
    assert (back.status_code, back.data["done"], back.data["refused"]) == (201, 1, 1)
    assert (back.data["undoes"], back.data["undo_until"]) == (made["id"], None)
    assert back.data["cases"][0]["case"] == cases[0].number
    assert api.post(address, {"reason": "Не те"}, format="json", **key).data == back.data
    assert api.post(address, {}, format="json").status_code == 409
    assert api.get(f"/api/cases/bulk/{made['id']}/").data["undo_until"] is None


@pytest.mark.parametrize("name", sorted(undoing.INVERSES))
def test_whoever_made_it_for_many_holds_its_inverse_or_is_not_offered_it(name: str) -> None:
    """No inverse is an empty promise: some holder of the move holds it too, or it is his own."""
    inverse = undoing.INVERSES[name]
    makers = set(HOLDERS[Right(MOVES[name].right)])
    takers = {role for right in MOVES[inverse.move].rights for role in HOLDERS[Right(right)]}
    assert inverse.own or makers & takers
