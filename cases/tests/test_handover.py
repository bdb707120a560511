"""Handing over: who may, what passes, each case by itself; what has nobody is found and told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Agency, Deputy, User
from agencies.roles import Role
from cases import handover, orphans, tabs
from cases.actions import hand_over, save_draft
from cases.errors import BadChange, CaseError, RightMissing
from cases.handover import Plan
from cases.models import (
    Assignment,
    Case,
    CaseEvent,
    Clock,
    DraftCopy,
    Handover,
    HandoverRow,
    News,
    Orphan,
)
from cases.orphans import reason_of
from cases.workflow import MOVES, Status
from notices.kinds import Kind
from notices.models import Notice
from notices.telling import of_events, of_news, tell
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(region: Any) -> User:
    return factories.make_person(
        Role.EXECUTOR, region["own"], first_name="Анна", last_name="Серова"
    )


@pytest.fixture
def olga(region: Any) -> User:
    return factories.make_person(
        Role.EXECUTOR, region["own"], first_name="Ольга", last_name="Лапина"
    )


@pytest.fixture
def curator(region: Any) -> User:
    return factories.make_person(Role.CURATOR, region["own"])


@pytest.fixture
def admin(region: Any) -> User:
    return factories.make_person(Role.ADMINISTRATOR, region["region"])


def held(case: Case, executor: User, due: Any) -> Clock:
    """The case is held by the executor with a term of his own."""
    row = Assignment.objects.filter(case=case, until=None).first()
    if row is None:
        row = Assignment.objects.create(
            case=case, agency=case.agency, executor=executor, at=timezone.now() - timedelta(days=1)
        )
    Clock.objects.filter(case=case, kind=Clock.Kind.EXECUTOR).delete()
    return Clock.objects.create(
        case=case,
        kind=Clock.Kind.EXECUTOR,
        code="SN-FIRST",
        assignment=row,
        agency=case.agency,
        started_at=timezone.now() - timedelta(days=1),
        due_at=due,
    )


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize("status", sorted(MOVES["hand_over"].sources))
def test_a_case_in_any_open_state_passes_to_another_executor(
    region: Any, anna: User, olga: User, curator: User, status: str
) -> None:
    case = factories.make_case(status, region["own"], executor=anna)
    hand_over(case, actor=curator, executor=olga, reason="Увольнение", holder=anna.pk)
    now = fresh(case)
    assert now.executor == olga
    assert now.status == (Status.IN_WORK if status == Status.ROUTED else status)
    event = CaseEvent.objects.get(case=case, move="hand_over")
    assert (event.data["before"], event.data["executor"]) == (anna.pk, olga.pk)
    assert Assignment.objects.get(case=case, until=None).executor == olga


def test_terms_run_on(region: Any, anna: User, olga: User, curator: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    due = timezone.now() + timedelta(hours=5)
    old = held(case, anna, due)
    main = list(Clock.objects.exclude(kind=Clock.Kind.EXECUTOR).filter(case=case).values("due_at"))
    hand_over(case, actor=curator, executor=olga)
    old.refresh_from_db()
    assert old.stopped_at is not None
    new = Clock.objects.get(case=case, kind=Clock.Kind.EXECUTOR, stopped_at=None)
    assert (new.due_at, new.assignment.executor) == (due, olga)
    others = Clock.objects.exclude(kind=Clock.Kind.EXECUTOR).filter(case=case)
    assert list(others.values("due_at")) == main
    assert Assignment.objects.get(pk=old.assignment_id).ended_by == "hand_over"


def test_a_case_goes_to_another_agency_which_names_the_executor(
    region: Any, anna: User, curator: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    hand_over(case, actor=curator, executor=None, agency=region["below"], reason="Реорганизация")
    now = fresh(case)
    assert (now.agency, now.executor, now.status) == (region["below"], None, Status.ROUTED)
    assert "agency" in now.touched
    data = CaseEvent.objects.get(case=case, move="hand_over").data
    assert (data["from"], data["agency_name"]) == (region["own"].pk, str(region["below"]))


def test_the_draft_of_who_leaves_goes_along(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    save_draft(case, actor=anna, text="Осмотрели двор")
    hand_over(case, actor=curator, executor=olga)
    copy = DraftCopy.objects.get()
    assert (copy.author, copy.text) == (olga, "Осмотрели двор")


def test_an_administrator_hands_over_what_he_cannot_read(
    region: Any, anna: User, olga: User, admin: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    assert client_of(admin).get(case.get_absolute_url()).status_code == 404
    hand_over(case, actor=admin, executor=olga)
    assert fresh(case).executor == olga


def test_who_may_not(region: Any, anna: User, olga: User, curator: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    for role in (Role.EXECUTOR, Role.APPROVER, Role.HEAD_OFFICE, Role.AUDITOR):
        actor = factories.make_person(role, region["own"])
        with pytest.raises(RightMissing):
            hand_over(case, actor=actor, executor=olga)
    stranger = factories.make_person(Role.CURATOR, region["other"])
    with pytest.raises(CaseError, match="case_not_found"):
        hand_over(case, actor=stranger, executor=olga)
    # A curator gives nothing to an agency beyond his own.
    with pytest.raises(RightMissing):
        hand_over(case, actor=curator, executor=None, agency=region["other"])
    assert not CaseEvent.objects.filter(move="hand_over").exists()


def test_refusals(region: Any, anna: User, olga: User, curator: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)

    def refused(**given: Any) -> str:
        with pytest.raises(BadChange) as error:
            hand_over(case, **{"actor": curator, "executor": olga, **given})
        return error.value.code

    outsider = factories.make_person(Role.EXECUTOR, region["other"])
    assert refused(executor=outsider) == "executor_may_not_answer"
    assert refused(executor=anna) == "nothing_handed_over"
    assert refused(executor=None) == "nothing_handed_over"
    assert refused(holder=olga.pk) == "handed_over_meanwhile"
    User.objects.filter(pk=olga.pk).update(is_active=False)
    olga.refresh_from_db()
    assert refused() == "executor_may_not_answer"
    Agency.objects.filter(pk=region["below"].pk).update(is_active=False)
    region["below"].refresh_from_db()
    assert refused(agency=region["below"], executor=None) == "agency_inactive"
    disputed = factories.make_case(Status.REDIRECT_ASKED, region["own"], executor=anna)
    Agency.objects.filter(pk=region["below"].pk).update(is_active=True)
    region["below"].refresh_from_db()
    with pytest.raises(BadChange, match="handover_in_dispute"):
        hand_over(disputed, actor=curator, executor=None, agency=region["below"])


def test_several_share_the_cases_evenly_by_their_terms(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    third = factories.make_person(Role.EXECUTOR, region["own"])
    now = timezone.now()
    cases = [
        factories.make_case(
            Status.IN_WORK, region["own"], executor=anna, due_at=now + timedelta(hours=hours)
        )
        for hours in (5, 1, 3)
    ]
    made = handover.start(curator, Plan(anna, None, executors=[olga, third]), reason="Отпуск")
    rows = list(made.rows.values_list("case_id", "executor_id"))
    assert rows == [
        (cases[1].pk, olga.pk),
        (cases[2].pk, third.pk),
        (cases[0].pk, olga.pk),
    ]


def test_each_case_is_decided_by_itself_and_once(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    cases = [factories.make_case(Status.IN_WORK, region["own"], executor=anna) for _ in range(3)]
    made = handover.start(curator, Plan(anna, None, executors=[olga]), reason="Увольнение")
    # Meanwhile one case ends and one goes to somebody else.
    Case.objects.filter(pk=cases[0].pk).update(status=Status.CLOSED, closed_at=timezone.now())
    other = factories.make_person(Role.EXECUTOR, region["own"])
    Case.objects.filter(pk=cases[1].pk).update(executor=other)
    assert handover.carry_out(made, 1) == 1
    assert handover.carry_out(made) == 2
    assert handover.carry_out(made) == 0
    states = {row.case_id: (row.state, row.refusal) for row in made.rows.all()}
    assert states == {
        cases[0].pk: ("refused", "handover_ended"),
        cases[1].pk: ("refused", "handed_over_meanwhile"),
        cases[2].pk: ("done", ""),
    }
    assert CaseEvent.objects.filter(move="hand_over").count() == 1
    assert tabs.differences() == 0


def test_a_right_lost_meanwhile_stops_the_rest(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    made = handover.start(curator, Plan(anna, None, executors=[olga]), reason="Увольнение")
    User.objects.filter(pk=curator.pk).update(is_active=False)
    handover.carry_out(made)
    row = made.rows.get()
    assert (row.state, row.refusal) == ("refused", "handover_out_of_reach")


def test_through_the_pages_preview_then_result(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    client, url = client_of(curator), f"/handover/plan/?person={anna.username}"
    assert "1 открытое обращение" in client.get(url).content.decode().replace("\u00a0", " ")
    given = {"executors": [olga.username], "reason": "Увольнение"}
    now = timezone.now()
    Deputy.objects.create(
        person=olga, deputy=curator, starts_at=now, ends_at=now + timedelta(days=1)
    )
    page = client.post(url, {**given, "step": "preview"}).content.decode()
    assert case.number in page
    assert page.count("сейчас отсутствует") == 1
    assert "Ольга Лапина" in page
    assert not Handover.objects.exists()
    answer = client.post(url, {**given, "step": "do"})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "передано" in page
    assert fresh(case).executor == olga
    assert "Серова передал" not in page
    history = client.get(case.get_absolute_url()).content.decode()
    assert f"Обращение передано, {curator}: Ольга Лапина" in history


def test_more_than_a_page_of_cases_is_left_to_the_worker(
    region: Any, anna: User, olga: User, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.handover.AT_ONCE", 1)
    for _ in range(3):
        factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    answer = client_of(curator).post(
        f"/handover/plan/?person={anna.username}",
        {"executors": [olga.username], "reason": "Увольнение", "step": "do"},
    )
    page = client_of(curator).get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 3s"' in page
    from cases.tasks import resume_handovers

    assert resume_handovers(0) == 2
    page = (
        client_of(curator).get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    )
    assert "hx-trigger" not in page
    assert HandoverRow.objects.filter(state="done").count() == 3


def test_nobody_chosen_is_said_beside_the_field(region: Any, anna: User, curator: User) -> None:
    factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    answer = client_of(curator).post(
        f"/handover/plan/?person={anna.username}", {"reason": "Увольнение", "step": "do"}
    )
    assert answer.status_code == 400
    assert "Выберите новых исполнителей или другое ведомство" in answer.content.decode()


def test_an_administrator_sees_numbers_without_titles(
    region: Any, anna: User, olga: User, admin: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna, title="Тайный двор")
    page = client_of(admin).post(
        f"/handover/plan/?person={anna.username}",
        {"executors": [olga.username], "reason": "Увольнение", "step": "preview"},
    )
    assert case.number in page.content.decode()
    assert "Тайный двор" not in page.content.decode()


def test_by_api(region: Any, anna: User, olga: User, curator: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    given = {"person": anna.username, "executors": [olga.username], "reason": "Увольнение"}
    client = client_of(curator)
    seen = client.post(
        "/api/handovers/", {**given, "preview": True}, content_type="application/json"
    )
    assert seen.json()["cases"][0]["state"] == "planned"
    assert fresh(case).executor == anna
    made = client.post("/api/handovers/", given, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["done"] == 1
    again = client.get(f"/api/handovers/{made.json()['id']}/").json()
    assert again["cases"][0]["case"] == case.number
    assert client.get("/api/handovers/999/").status_code == 404


def test_the_new_executor_and_the_new_agency_hear_of_it(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    first = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    second = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    below = factories.make_person(Role.CURATOR, region["below"])
    hand_over(first, actor=curator, executor=olga)
    hand_over(second, actor=curator, executor=None, agency=region["below"])
    tell(of_events(list(CaseEvent.objects.filter(move="hand_over"))))
    told = set(Notice.objects.values_list("person", "kind"))
    assert told == {(olga.pk, Kind.HANDOVER), (below.pk, Kind.ARRIVED)}


@pytest.mark.parametrize(
    ("works", "active", "may_answer", "anybody", "reason"),
    [
        (True, None, False, True, None),
        (True, None, False, False, "nobody"),
        (True, True, True, True, None),
        (True, True, False, True, "executor_right"),
        (True, False, False, True, "executor_inactive"),
        (False, True, True, True, "agency_inactive"),
        (False, None, False, True, "agency_inactive"),
    ],
)
def test_why_nobody_works_on_it(
    works: bool, active: bool | None, may_answer: bool, anybody: bool, reason: str | None
) -> None:
    executor = None if active is None else User(is_active=active)
    found = reason_of(works=works, executor=executor, may_answer=may_answer, anybody=anybody)
    assert found == reason


def test_orphans_are_found_told_once_and_forgotten(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    factories.make_case(Status.IN_WORK, region["own"], executor=olga)
    factories.make_case(Status.ROUTED, region["own"], executor=None)
    assert orphans.check() == 0
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert orphans.check() == 1
    assert orphans.check() == 0
    orphan = Orphan.objects.get()
    assert (orphan.case, orphan.reason) == (case, "executor_inactive")
    assert News.objects.filter(kind="orphan").count() == 1
    tell(of_news(list(News.objects.all())))
    assert curator.pk in set(Notice.objects.values_list("person", flat=True))
    page = client_of(curator).get("/handover/").content.decode()
    assert case.number in page
    assert f"person={anna.username}" in page
    assert client_of(curator).get("/api/orphans/").json()[0]["case"] == case.number
    hand_over(fresh(case), actor=curator, executor=olga)
    assert case.number not in client_of(curator).get("/handover/").content.decode()
    assert orphans.check() == 0
    assert not Orphan.objects.exists()
    # The same again later is another finding, told again.
    Case.objects.filter(pk=case.pk).update(executor=anna)
    assert orphans.check() == 1
    assert News.objects.filter(kind="orphan").count() == 2


def test_an_agency_that_works_no_more_and_a_lost_right(region: Any, anna: User) -> None:
    first = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    second = factories.make_case(Status.IN_WORK, region["other"], executor=anna)
    third = factories.make_case(Status.ROUTED, region["beside"])
    Agency.objects.filter(pk=region["beside"].pk).update(is_active=False)
    orphans.check()
    found = dict(Orphan.objects.values_list("case", "reason"))
    assert found == {second.pk: "executor_right", third.pk: "agency_inactive"}
    assert first.pk not in found


def test_who_is_told_of_orphans_finds_the_page_in_the_menu(region: Any) -> None:
    for role in (Role.CURATOR, Role.COORDINATOR, Role.ADMINISTRATOR):
        person = factories.make_person(role, region["region"])
        page = client_of(person).get("/handover/")
        assert "/handover/" in [entry.url for entry in page.context["menu"]], role


def test_orphans_of_others_are_not_shown(region: Any, curator: User) -> None:
    gone = factories.make_person(Role.EXECUTOR, region["other"], is_active=False)
    case = factories.make_case(Status.IN_WORK, region["other"], executor=gone)
    orphans.check()
    assert Orphan.objects.exists()
    assert case.number not in client_of(curator).get("/handover/").content.decode()
    assert client_of(curator).get("/api/orphans/").json() == []


def test_who_leaves_is_found_by_name_and_only_within_reach(
    region: Any, anna: User, olga: User, curator: User
) -> None:
    factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    factories.make_case(Status.CLOSED, region["own"], executor=olga)
    far = factories.make_person(Role.EXECUTOR, region["other"], last_name="Дальняя")
    factories.make_case(Status.IN_WORK, region["other"], executor=far)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    client = client_of(curator)
    page = client.get("/handover/")
    assert [(one.pk, vars(one)["open_cases"]) for one in page.context["people"]] == [(anna.pk, 2)]
    assert page.context["agencies"] == [region["own"]]
    assert f"/handover/plan/?person={anna.username}" in page.content.decode()
    assert "2 открытых обращения" in page.content.decode()
    assert client.get("/handover/?q=анна+сер").context["people"] == [anna]
    # A word begins what is found; the search of the whole portal keeps out of it.
    assert client.get("/handover/?q=ерова").context["people"] == []
    assert client.get("/handover/?q=%2Aанна%29").context["people"] == [anna]
    assert client.get("/handover/?q=анна").content.decode().count('value="анна"') == 1
    gone = client.get("/handover/?q=дальняя")
    assert (gone.context["people"], gone.context["agencies"]) == ([], [])
    assert "Нет сотрудника с таким именем" in gone.content.decode()
    # Of many, the first are offered and the rest is found by name.
    for at in range(handover.OFFERED + 1):
        other = factories.make_person(Role.EXECUTOR, region["own"], last_name=f"Ю{at:02}")
        factories.make_case(Status.IN_WORK, region["own"], executor=other)
    page = client.get("/handover/")
    assert len(page.context["people"]) == handover.OFFERED
    assert page.context["people"][0] == anna
    assert "Показаны не все" in page.content.decode()
    assert len(client.get(f"/handover/?q=ю{handover.OFFERED:02}").context["people"]) == 1
