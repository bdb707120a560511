"""One move for many cases: the preview says what would come, each row is decided by itself."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import Role
from cases import many, tasks
from cases.doors import DOORS
from cases.models import BulkRow, BulkRun, Case, CaseEvent, ReasonKind
from cases.workflow import MOVES, Status
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


def post(client: Client, page: Any, **body: Any) -> Any:
    """Press a button of the preview that `page` shows."""
    given = {"cases": page.context["cases"], "step": "do", **body}
    return client.post(f"/bulk/?{page.wsgi_request.GET.urlencode()}", given)


def test_moves_for_many_are_those_the_table_marks() -> None:
    assert set(many.BULK) == {name for name, move in MOVES.items() if move.bulk}
    assert {"assign", "route", "extend", "set_control", "close"} <= set(many.BULK)
    # A text and what is decided about it are one case's own.
    assert not {"submit_reply", "publish", "accept_reply", "judge_reply"} & set(many.BULK)


def test_the_preview_says_who_can_and_why_not_and_changes_nothing(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    can = factories.make_case(Status.ROUTED, region["own"])
    ended = factories.make_case(Status.CLOSED, region["own"])
    foreign = factories.make_case(Status.ROUTED, region["other"])
    client = client_of(curator)
    numbers = "&".join(f"case={case.number}" for case in (can, ended, foreign))
    page = client.get(f"/bulk/?move=assign&list=queue&{numbers}")
    told = {one.line.case.number: one.line.refusal for one in page.context["lines"]}
    assert told == {ended.number: "bulk_state", can.number: ""}
    assert (page.context["possible"], page.context["impossible"]) == (1, 1)
    assert foreign.number not in page.content.decode()
    assert "В этом состоянии" in page.content.decode()
    assert {curator, official} <= set(page.context["form"].fields["executor"].queryset)
    looked = post(client, page, step="preview", executor=official.username)
    assert looked.context["possible"] == 1
    assert not BulkRun.objects.exists()
    assert reloaded(can).version == can.version


def test_each_row_is_moved_by_the_same_action_and_one_refused_harms_no_other(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    chosen = [factories.make_case(Status.ROUTED, region["own"]) for _ in range(3)]
    client = client_of(curator)
    numbers = "&".join(f"case={case.number}" for case in chosen)
    page = client.get(f"/bulk/?move=assign&{numbers}")
    Case.objects.filter(pk=chosen[1].pk).update(version=7)  # somebody worked on it meanwhile
    answer = post(client, page, executor=official.username)
    made = BulkRun.objects.get()
    assert answer["Location"].startswith(f"/bulk/{made.pk}/?list=case-list")
    states = {row.case_id: (row.state, row.refusal) for row in made.rows.all()}
    assert states == {
        chosen[0].pk: ("done", ""),
        chosen[1].pk: ("refused", "bulk_changed"),
        chosen[2].pk: ("done", ""),
    }
    assert [reloaded(case).executor == official for case in chosen] == [True, False, True]
    events = CaseEvent.objects.filter(case__in=chosen, move="assign")
    assert {(event.case_id, event.actor_id) for event in events} == {
        (chosen[0].pk, curator.pk),
        (chosen[2].pk, curator.pk),
    }
    result = client.get(answer["Location"])
    assert result.context["counts"] == {"waiting": 0, "done": 2, "refused": 1}
    assert result.context["lines"][0].line.case == chosen[1]
    assert "изменилось после того" in result.content.decode()
    assert client_of(official).get(f"/bulk/{made.pk}/").status_code == 404
    again = client.get(f"/bulk/?move=assign&case={result.context['again'][0]}")
    post(client, again, executor=official.username)
    assert reloaded(chosen[1]).executor == official


def test_values_that_suit_one_case_only_are_refused_row_by_row(
    region: dict[str, Agency],
) -> None:
    """The executor of a department may not answer for the ministry above it."""
    curator = factories.make_person(Role.CURATOR, region["own"])
    below = factories.make_person(Role.EXECUTOR, region["below"])
    upper = factories.make_case(Status.ROUTED, region["own"])
    lower = factories.make_case(Status.ROUTED, region["below"])
    client = client_of(curator)
    page = client.get(f"/bulk/?move=assign&case={upper.number}&case={lower.number}")
    assert page.context["possible"] == 2
    assert below in page.context["form"].fields["executor"].queryset
    looked = post(client, page, step="preview", executor=below.username)
    told = {one.line.case.pk: one.why for one in looked.context["lines"]}
    assert told[lower.pk] == ""
    assert "не может отвечать" in told[upper.pk]
    post(client, page, executor=below.username)
    assert reloaded(lower).executor == below
    assert reloaded(upper).executor != below
    assert BulkRow.objects.get(case=upper).state == "refused"


def test_values_that_suit_none_are_a_mistake_of_the_form(
    region: dict[str, Agency], curator: User
) -> None:
    case = factories.make_case(Status.ROUTED, region["own"])
    client = client_of(curator)
    page = client.get(f"/bulk/?move=assign&case={case.number}")
    answer = post(client, page, executor="")
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not BulkRun.objects.exists()


def test_all_that_match_are_those_of_the_list_up_to_a_limit(
    region: dict[str, Agency], curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        factories.make_case(Status.ROUTED, region["own"])
    factories.make_case(Status.IN_WORK, region["own"])
    factories.make_case(Status.ROUTED, region["other"])
    client = client_of(curator)
    address = "/bulk/?move=take&all=1&list=queue&scope=agency&status=routed"
    page = client.get(address)
    assert (page.context["total"], page.context["more"]) == (3, False)
    monkeypatch.setattr(many, "MOST", 2)
    page = client.get(address)
    assert (page.context["total"], page.context["more"]) == (2, True)
    post(client, page)
    assert Case.objects.filter(agency=region["own"], status=Status.IN_WORK).count() == 3


def test_what_a_request_leaves_the_worker_does(
    region: dict[str, Agency], curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.bulk.AT_ONCE", 2)
    chosen = [factories.make_case(Status.ROUTED, region["own"]) for _ in range(5)]
    client = client_of(curator)
    page = client.get("/bulk/?move=take&" + "&".join(f"case={c.number}" for c in chosen))
    answer = post(client, page)
    result = client.get(answer["Location"])
    assert result.context["counts"] == {"waiting": 3, "done": 2, "refused": 0}
    assert "every 2s" in result.content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name = 'cases.bulk_rest'"
        )
        assert cursor.fetchone() == (1,)
    assert tasks.bulk_rest() == 3
    assert tasks.resume_bulk(0) == 0
    assert all(reloaded(case).status == Status.IN_WORK for case in chosen)
    assert "every 2s" not in client.get(answer["Location"]).content.decode()


def test_rights_count_when_the_row_is_decided(region: dict[str, Agency], curator: User) -> None:
    case = factories.make_case(Status.ROUTED, region["own"])
    lines = many.looked_at(DOORS["take"], many.by_number(curator, [case.number]), curator)
    made = many.start(DOORS["take"], lines, curator, {})
    AgencyUserPermission.objects.filter(user=curator).delete()
    assert many.carry_out(made) == 1
    assert BulkRow.objects.get().refusal == "bulk_gone"
    assert reloaded(case).status == Status.ROUTED


def test_a_fault_in_one_row_is_told_there_and_a_fault_of_the_database_leaves_it_waiting(
    region: dict[str, Agency], curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [factories.make_case(Status.ROUTED, region["own"]) for _ in range(2)]
    numbers = [case.number for case in chosen]
    lines = many.looked_at(DOORS["take"], many.by_number(curator, numbers), curator)
    made = many.start(DOORS["take"], lines, curator, {})
    real = many.ensure_open

    def failing(door: Any, case: Case, user: User) -> None:
        if case.pk == chosen[0].pk:
            raise ZeroDivisionError
        raise OperationalError("gone")

    monkeypatch.setattr(many, "ensure_open", failing)
    with pytest.raises(OperationalError):
        many.carry_out(made)
    states = dict(made.rows.values_list("case", "state"))
    assert states == {chosen[0].pk: "refused", chosen[1].pk: "waiting"}
    monkeypatch.setattr(many, "ensure_open", real)
    assert tasks.bulk_rest() == 1
    assert [reloaded(case).status for case in chosen] == [Status.ROUTED, Status.IN_WORK]


@pytest.mark.parametrize("name", many.BULK)
def test_every_move_for_many_has_a_page_for_its_holder(
    region: dict[str, Agency], name: str
) -> None:
    from agencies.roles import HOLDERS, Right

    move = MOVES[name]
    role = sorted(HOLDERS[Right(move.right)])[0]
    person = factories.make_person(role, region["region"])
    facts = {"controlled_by": person} if "lift" in name else {}
    status = sorted(set(move.sources) - {Status.RECEIVED} or move.sources)[0]
    case = factories.make_case(status, region["own"], **facts)
    page = client_of(person).get(f"/bulk/?move={name}&case={case.number}")
    assert page.status_code == 200
    assert page.context["possible"] == 1, page.context["lines"][0].line.refusal
    offered = [door.name for door in many.offered(person)]
    assert name in offered
    stranger = factories.make_person(Role.AUDITOR, region["region"])
    assert client_of(stranger).get(f"/bulk/?move={name}").status_code == 403
    assert many.offered(stranger) == []


def test_a_move_that_is_none_for_many_has_no_page(region: dict[str, Agency], curator: User) -> None:
    for name in ("publish", "submit_reply", "no such", ""):
        assert client_of(curator).get(f"/bulk/?move={name}").status_code == 403


def test_rows_have_boxes_for_who_may_move_them_only(
    region: dict[str, Agency], curator: User
) -> None:
    case = factories.make_case(Status.ROUTED, region["own"])
    box = f'name="case" value="{case.number}"'
    page = client_of(curator).get("/queue/?scope=agency").content.decode()
    assert box in page
    assert 'name="move" value="assign"' in page
    auditor = factories.make_person(Role.AUDITOR, region["own"])
    seen = client_of(auditor).get("/cases/").content.decode()
    assert case.number in seen
    assert "bulk-bar" not in seen
    assert box not in seen


def test_the_preview_of_a_hundred_asks_as_often_as_that_of_one(
    region: dict[str, Agency], curator: User
) -> None:
    chosen = [factories.make_case(Status.ROUTED, region["own"]) for _ in range(20)]
    client = client_of(curator)

    def statements(cases: list[Case]) -> int:
        query = "&".join(f"case={case.number}" for case in cases)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/bulk/?move=assign&{query}").context["possible"] == len(cases)
        return len(caught.captured_queries)

    statements(chosen[:1])
    assert statements(chosen[:1]) == statements(chosen)


def test_the_same_by_api_with_a_key_that_makes_it_once(
    region: dict[str, Agency], curator: User, official: User
) -> None:
    can = factories.make_case(Status.ROUTED, region["own"])
    ended = factories.make_case(Status.CLOSED, region["own"])
    api = APIClient()
    api.force_login(curator)
    body = {
        "move": "assign",
        "cases": [can.number, ended.number],
        "values": {"executor": official.username},
    }
    look = api.post("/api/cases/bulk/", {**body, "preview": True}, format="json").data
    assert (look["id"], look["waiting"], look["refused"]) == (None, 1, 1)
    assert [one["state"] for one in look["cases"]] == ["refused", "possible"]
    assert not BulkRun.objects.exists()
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    made = api.post("/api/cases/bulk/", body, format="json", **key)
    assert (made.status_code, made.data["done"], made.data["refused"]) == (201, 1, 1)
    again = api.post("/api/cases/bulk/", body, format="json", **key)
    assert again.data["id"] == made.data["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert BulkRun.objects.count() == 1
    assert reloaded(can).executor == official
    assert api.get(f"/api/cases/bulk/{made.data['id']}/").data["done"] == 1
    unknown = api.post("/api/cases/bulk/", {**body, "values": {"x": 1}}, format="json")
    assert unknown.status_code == 422
    assert api.post("/api/cases/bulk/", {"move": "assign"}, format="json").status_code == 400
    reason = factories.first_reason(ReasonKind.CLOSING)
    closing = {"move": "close", "cases": [can.number], "values": {"reason": reason}}
    assert api.post("/api/cases/bulk/", closing, format="json").status_code == 403


def test_all_that_match_by_api(region: dict[str, Agency], curator: User) -> None:
    for _ in range(2):
        factories.make_case(Status.ROUTED, region["own"])
    api = APIClient()
    api.force_login(curator)
    body = {
        "move": "take",
        "list": "queue",
        "conditions": {"scope": ["agency"], "status": ["routed"]},
    }
    assert api.post("/api/cases/bulk/", body, format="json").data["done"] == 2
    wrong = {**body, "conditions": {"status": ["?"]}}
    assert api.post("/api/cases/bulk/", wrong, format="json").status_code == 422
