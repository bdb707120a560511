"""The API through HTTP: what a client of another system sees."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from rest_framework.authtoken.models import Token
from rest_framework.serializers import Serializer

from agencies.roles import Role
from cases import clocks
from cases.directory import directory_of
from cases.models import Case, Message, Reply
from cases.workflow import Status
from portal.api.serializers import CaseRowSerializer
from portal.tests.calling import message
from quality import points
from tests import factories

pytestmark = pytest.mark.django_db


def test_without_sign_in_the_api_answers_401_as_problem_details(api: Any) -> None:
    answer = api(None, "get", "cases/")
    assert answer.status_code == 401
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["status"] == 401


@pytest.mark.parametrize(
    ("path", "status"), [("nothing/", 404), ("cases/?q=%00", 400), ("cases/?agency=none", 400)]
)
def test_whatever_refuses_a_call_answers_with_problem_details_in_russian(
    region: Any, api: Any, path: str, status: int
) -> None:
    answer = api(factories.make_person(Role.EXECUTOR, region["own"]), "get", path)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["status"] == status
    assert re.search("[а-я]", answer.json()["title"])


def test_the_address_of_the_api_leads_to_its_description(client: Client) -> None:
    assert client.get("/api/", follow=True).status_code == 200


def test_the_list_shows_own_cases_with_filters_in_three_queries(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    mine = [factories.make_case(Status.IN_WORK, region["own"]) for _ in range(3)]
    factories.make_case(Status.ROUTED, region["below"])
    factories.make_case(Status.IN_WORK, region["other"])
    api(person, "get", "cases/")  # reference rows are read once a process
    with CaptureQueriesContext(connection) as queries:
        answer = api(person, "get", "cases/?status=in_work")
    assert answer.status_code == 200
    assert {row["number"] for row in answer.json()["results"]} == {c.number for c in mine}
    assert len(queries) - 1 == 3  # one more for the test's own look-up of the token


def test_a_filter_that_makes_no_sense_is_an_error_and_not_the_whole_list(
    region: Any, api: Any
) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    answer = api(person, "get", "cases/?status=nonsense")
    assert answer.status_code == 400
    assert "status" in answer.json()["errors"]
    answer = api(person, "get", "cases/?statuss=in_work")
    assert answer.status_code == 400
    assert "statuss" in answer.json()["errors"]


def test_the_list_goes_on_by_cursor(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    made = {factories.make_case(Status.IN_WORK, region["own"]).number for _ in range(5)}
    seen: list[str] = []
    path = "cases/?page_size=2"
    while path:
        page = api(person, "get", path).json()
        seen += [row["number"] for row in page["results"]]
        path = (page["next"] or "").partition("/api/")[2]
    assert sorted(seen) == sorted(made)


def test_a_case_is_shown_whole_with_its_etag_in_three_queries(region: Any, api: Any) -> None:
    person = factories.make_person(Role.CURATOR, region["own"])
    case = factories.make_case(Status.REWORK, region["own"])
    api(person, "get", "cases/")  # reference rows are read once a process
    with CaptureQueriesContext(connection) as queries:
        answer = api(person, "get", f"cases/{case.number}/")
    assert answer.status_code == 200, answer.content
    assert answer["ETag"] == f'"{case.version}"'
    data = answer.json()
    assert data["messages"][0]["text"].startswith("Во дворе яма")
    assert data["replies"][0]["state"] == Reply.State.RETURNED
    assert data["citizen"]["full_name"] == "Марина Кузнецова"
    assert "submit_reply" in {move["name"] for move in data["moves"]}
    assert len(queries) - 1 == 3, "\n".join(q["sql"][:150] for q in queries)


def test_contacts_are_masked_for_who_may_not_see_them(region: Any, api: Any) -> None:
    person = factories.make_person(Role.AUDITOR, region["region"])
    case = factories.make_case(
        Status.IN_WORK, region["own"], text="Звоните +7 912 345-67-89, кв. 12, vk.com/marina"
    )
    body = api(person, "get", f"cases/{case.number}/").content.decode()
    listed = api(person, "get", "cases/").content.decode()
    for secret in ("345-67", "кв. 12", "marina", "Кузнецова", case.citizen.handle, "vk.example"):
        assert secret not in body
        assert secret not in listed
    assert "Марина К." in body


def test_anothers_case_does_not_exist(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.IN_WORK, region["other"])
    answer = api(person, "get", f"cases/{case.number}/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_move_takes_if_match_and_refuses_a_stale_one(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.ROUTED, region["own"])
    Token.objects.create(user=person)
    stale = api(person, "post", f"cases/{case.number}/take/", {}, **{"If-Match": '"99"'})
    assert stale.status_code == 412
    with CaptureQueriesContext(connection) as queries:
        done = api(person, "post", f"cases/{case.number}/take/", {}, **{"If-Match": '"1"'})
    assert done.status_code == 200, done.content
    assert done["ETag"] == '"2"'
    assert done.json()["status"] == Status.IN_WORK
    assert len(queries) - 1 <= 14
    again = api(person, "post", f"cases/{case.number}/take/", {})
    assert again.status_code == 409
    assert person.last_name in again.json()["title"]


def test_a_reply_is_sent_within_its_query_limit(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.IN_WORK, region["own"])
    Token.objects.create(user=person)
    # Rules and calendars are read once a process.
    now = timezone.now()
    rule = clocks.standing().rules.pick(["SN-APPR"], severity=1, at=now)
    clocks.due_of(rule, now, region["own"])
    directory_of(person)
    with CaptureQueriesContext(connection) as queries:
        answer = api(
            person, "post", f"cases/{case.number}/submit-reply/", {"text": factories.REPLY}
        )
    assert answer.status_code == 200, answer.content
    assert answer.json()["reply"] == case.replies.get().pk
    assert len(queries) - 1 <= REPLY_QUERIES, "\n".join(q["sql"][:100] for q in queries)


# With the check against all earlier replies and its index, and the approver's term; two of them
# are the savepoint.
REPLY_QUERIES = 11


def test_mistakes_of_a_move_name_their_fields(region: Any, api: Any) -> None:
    person = factories.make_person(Role.COORDINATOR, region["region"])
    case = factories.make_case(Status.MODERATION)
    path = f"cases/{case.number}/route/"
    missing = api(person, "post", path, {})
    assert missing.status_code == 422
    assert set(missing.json()["errors"]) == {"agency"}
    unknown = api(person, "post", path, {"agency": "own", "color": "red"})
    assert set(unknown.json()["errors"]) == {"color"}
    nested = api(person, "post", path, {"agency": {"code": "own"}})
    assert set(nested.json()["errors"]) == {"agency"}
    assert api(person, "post", path, [1]).status_code == 400
    assert api(person, "post", path, {"agency": "own"}).status_code == 200


def test_a_refusal_of_the_action_names_its_field(region: Any, api: Any) -> None:
    person = factories.make_person(Role.CURATOR, region["own"])
    case = factories.make_case(Status.IN_WORK, region["own"])
    answer = api(
        person,
        "post",
        f"cases/{case.number}/dispute-competence/",
        {"reason": factories.first_reason("redirect"), "proposed": "own"},
    )
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"proposed"}


def test_a_message_becomes_a_case_once(region: Any, api: Any) -> None:
    person = factories.make_person(Role.IMPORT_SERVICE, region["region"])
    first = api(person, "post", "messages/", message())
    assert first.status_code == 201, first.content
    again = api(person, "post", "messages/", message())
    assert again.status_code == 200
    assert again.json() == {**first.json(), "result": "unchanged"}
    assert Case.objects.count() == 1
    edited = api(person, "post", "messages/", message(text="Яму засыпали, спасибо"))
    assert edited.status_code == 200
    assert edited.json()["result"] == "updated"
    assert edited.json()["message_version"] == 2
    case = Case.objects.get()
    assert case.version == 2
    assert Message.objects.filter(case=case).count() == 2
    assert case.messages.get(is_current=True).text == "Яму засыпали, спасибо"
    assert case.due_at is not None


def test_a_message_is_refused_without_the_right_and_with_bad_values(region: Any, api: Any) -> None:
    executor = factories.make_person(Role.EXECUTOR, region["region"])
    assert api(executor, "post", "messages/", message()).status_code == 403
    partial = factories.make_person(Role.IMPORT_SERVICE, region["own"])
    assert api(partial, "post", "messages/", message()).status_code == 403
    person = factories.make_person(Role.IMPORT_SERVICE, region["region"])
    tomorrow = (timezone.now() + timezone.timedelta(days=1)).isoformat()
    for field, value in {
        "posted_at": tomorrow,
        "text": "  ",
        "channel": "nowhere",
        "topic": "nothing",
        "external_id": "",
        "author_url": "javascript:alert(1)",
    }.items():
        answer = api(person, "post", "messages/", message(**{field: value}))
        assert answer.status_code == 422, (field, answer.content)
        assert set(answer.json()["errors"]) == {field}
    assert Case.objects.count() == 0


def test_anonymous_messages_share_no_author(region: Any, api: Any) -> None:
    person = factories.make_person(Role.IMPORT_SERVICE, region["region"])
    for number in ("a", "b"):
        api(person, "post", "messages/", message(external_id=number, author="", author_name=""))
    assert len(set(Case.objects.values_list("citizen_id", flat=True))) == 2


def test_the_check_says_what_the_page_says_and_stores_nothing(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.IN_WORK, region["own"])
    answer = api(person, "post", f"cases/{case.number}/check/", {"text": "Ваше мнение важно."})
    assert answer.status_code == 200, answer.content
    data = answer.json()
    assert data["score"] == points(data["risk"])
    assert not case.replies.exists()
    assert not case.drafts.exists()
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    refused = api(supervisor, "post", f"cases/{case.number}/check/", {"text": "Текст"})
    assert refused.status_code == 403


def test_reference_lists_and_ones_own_roles_are_open_to_every_person(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    factories.make_topic()
    factories.make_territory()
    for path in ("agencies/", "topics/", "territories/", "reasons/?kind=return"):
        answer = api(person, "get", path)
        assert answer.status_code == 200
        assert answer.json(), path
    me = api(person, "get", "me/").json()
    assert me["roles"] == [{"role": "executor", "agency": "own"}]
    assert "answer_cases" in me["rights"]
    assert "approve_replies" not in me["rights"]


def test_a_token_is_given_for_name_and_password(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    person.set_password("a long enough one")
    person.save()
    wrong = api(None, "post", "token/", {"username": person.username, "password": "no"})
    assert wrong.status_code == 400
    given = api(
        None, "post", "token/", {"username": person.username, "password": "a long enough one"}
    )
    assert given.json()["token"] == Token.objects.get(user=person).key


def test_a_token_is_refused_after_too_many_attempts_and_says_for_how_long(
    region: Any, api: Any, settings: Any
) -> None:
    settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 3
    person = factories.make_person(Role.EXECUTOR, region["own"])
    person.set_password("a long enough one")
    person.save()
    given = {"username": person.username, "password": "no"}
    answers = [api(None, "post", "token/", given) for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [400, 400]
    locked = api(None, "post", "token/", given | {"password": "a long enough one"})
    assert (locked.status_code, locked["Retry-After"]) == (429, "900")
    assert not Token.objects.filter(user=person).exists()


def test_the_committed_schema_is_up_to_date() -> None:
    """Renew it: script/manage spectacular --lang en --file docs/openapi.yaml"""
    from drf_spectacular.renderers import OpenApiYamlRenderer

    from portal.api.schema import Generator

    with translation.override("en"):
        made = Generator().get_schema(request=None, public=True)
        fresh = OpenApiYamlRenderer().render(made, renderer_context={}).decode()
    committed = Path(__file__).parents[2] / "docs" / "openapi.yaml"
    assert committed.read_text(encoding="utf-8").strip() == fresh.strip()


@pytest.mark.parametrize("role", [Role.EXECUTOR, Role.AUDITOR])
def test_a_row_written_by_hand_is_what_its_fields_say(role: str, region: Any) -> None:
    reader = factories.make_person(role, region["own"])
    request = Client().get("/api/cases/").wsgi_request
    request.user = reader
    full = factories.make_case(
        Status.ANSWERED,
        region["own"],
        controlled_by=reader,
        closed_at=timezone.now(),
        outcome="solved",
    )
    bare = factories.make_case(Status.RECEIVED, topic=None, territory=None, executor=None)
    bare.repeat_of = full
    for case in (full, bare):
        serializer = CaseRowSerializer(case, context={"request": request})
        by_hand = serializer.to_representation(case)
        assert by_hand == Serializer.to_representation(serializer, case)
        assert list(by_hand) == list(serializer.fields)


def test_a_list_and_a_case_ask_as_often_for_much_as_for_little(region: Any, api: Any) -> None:
    reader = factories.make_person(Role.EXECUTOR, region["own"])
    citizen = factories.make_citizen()
    case = factories.make_case(Status.REVIEW, region["own"], citizen=citizen)

    def asked(path: str) -> int:
        api(reader, "get", path)
        with CaptureQueriesContext(connection) as caught:
            assert api(reader, "get", path).status_code == 200
        return len(caught) - 1  # the test's own look for the token

    few = asked("cases/"), asked(f"cases/{case.number}/")
    for _ in range(4):
        factories.make_case(Status.IN_WORK, region["own"], citizen=citizen)
        factories.make_reply(case, Reply.State.RETURNED)
    assert (asked("cases/"), asked(f"cases/{case.number}/")) == few == (3, 3)
