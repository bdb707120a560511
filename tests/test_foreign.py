"""What a foreign case gives away by its refusals: nothing, not even that it exists."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from agencies.actions import revoke_role
from agencies.models import User
from agencies.roles import HOLDERS, Right, Role
from cases.models import Case
from cases.workflow import Status
from tests import factories
from tests.access_payloads import ROUTES
from tests.admin_payloads import ADMIN_MODELS
from tests.test_access import WALKED, body_text
from tests.world import MARKER, World

pytestmark = pytest.mark.django_db

MISSING = "26-999999"
PHONE = "345-67-89"
_CSRF = re.compile(r"[A-Za-z0-9]{64}")
OF_A_CASE = [name for name in WALKED if ROUTES[name].status]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def refusal(world: World, name: str, number: str, case: Case, **headers: str) -> tuple[Any, ...]:
    """Status, headers and body of a request about `number`, without what differs each time."""
    route = ROUTES[name]
    kwargs = {"number": number}
    if route.kwargs is not None:
        kwargs = {**route.kwargs(world, case), "number": number}
    body = route.body(world, case)
    extra: dict[str, Any] = {"data": body} if body else {}
    if name.startswith("api-") and route.method == "post" and not route.multipart:
        extra = {"data": json.dumps(body), "content_type": "application/json"}
    client = world.clients[Role.CURATOR]
    answer = getattr(client, route.method)(reverse(name, kwargs=kwargs), headers=headers, **extra)
    said = _CSRF.sub("", body_text(answer).replace(number, "№"))
    kept = {k: v for k, v in answer.headers.items() if k not in ("Set-Cookie", "Content-Length")}
    return answer.status_code, kept, said


@pytest.mark.parametrize("name", OF_A_CASE)
def test_a_foreign_case_is_refused_as_a_missing_one(world: World, name: str) -> None:
    foreign = world.case(ROUTES[name].status, "other")
    with transaction.atomic():
        there = refusal(world, name, foreign.number, foreign)
        nowhere = refusal(world, name, MISSING, foreign)
        transaction.set_rollback(True)
    if name == "review-one":
        assert there[0] == nowhere[0] == 404
        return
    assert there == nowhere
    assert there[0] == 404


@pytest.mark.parametrize("version", ['"1"', '"999"', "x", "*"])
@pytest.mark.parametrize("move", ["take", "route", "add-note", "publish"])
def test_an_etag_tells_nothing_about_a_foreign_case(world: World, move: str, version: str) -> None:
    name = f"api-case-{move}"
    foreign = world.case(ROUTES[name].status, "other")
    said = [
        refusal(world, name, number, foreign, **{"If-Match": version})
        for number in (foreign.number, MISSING)
    ]
    assert said[0] == said[1]
    assert said[0][0] == 404


@pytest.mark.parametrize(
    "path", ["/search/?q={}", "/cases/?q={}", "/queue/?scope=agency&q={}", "/api/cases/?q={}"]
)
def test_a_foreign_number_is_found_as_little_as_a_missing_one(world: World, path: str) -> None:
    said = []
    for number in (world.case(Status.IN_WORK, "other").number, MISSING):
        answer = world.clients[Role.EXECUTOR].get(path.format(number))
        said.append((answer.status_code, _CSRF.sub("", body_text(answer).replace(number, "№"))))
    assert said[0] == said[1]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_foreign_case_cannot_be_named_in_a_move(world: World, prefix: str) -> None:
    """The number of the main case and the executor's name: no answer tells which exist."""
    own = world.case(Status.MODERATION, "own")
    client = world.clients[Role.OPERATOR]
    foreign = world.case(Status.IN_WORK, "other")
    assert foreign.executor is not None
    for move, field, there, nowhere in (
        ("merge", "into", foreign.number, MISSING),
        ("assign", "executor", foreign.executor.username, "nobody-at-all"),
    ):
        if move == "assign":
            own, client = world.case(Status.IN_WORK, "own"), world.clients[Role.CURATOR]
        said = []
        for value in (there, nowhere):
            path = f"{prefix}/cases/{own.number}/{move}/"
            kind = {"content_type": "application/json"} if prefix else {}
            with transaction.atomic():
                answer = client.post(path, {field: value}, **kind)
                transaction.set_rollback(True)
            said.append((answer.status_code, _CSRF.sub("", body_text(answer).replace(value, "№"))))
        assert said[0] == said[1], move
        assert said[0][0] == 422


@pytest.mark.parametrize(
    ("name", "there", "nowhere"),
    [("agency", "other", "nowhere"), ("executor", "foreign", "nobody-at-all")],
)
@pytest.mark.parametrize("path", ["/cases/", "/api/cases/"])
def test_a_foreign_value_of_a_filter_is_an_unknown_one(
    world: World, path: str, name: str, there: str, nowhere: str
) -> None:
    if there == "foreign":
        executor = world.case(Status.IN_WORK, "other").executor
        assert executor is not None
        there = executor.username
    said = []
    for value in (there, nowhere):
        answer = world.clients[Role.EXECUTOR].get(path, {name: value})
        said.append((answer.status_code, _CSRF.sub("", body_text(answer).replace(value, "№"))))
    assert said[0] == said[1]
    assert said[0][0] == 400


def test_a_file_of_a_foreign_case_is_not_reached_through_an_own_one(world: World) -> None:
    own, foreign = world.case(Status.IN_WORK, "own"), world.case(Status.IN_WORK, "other")
    file = world.file_of(foreign)
    for path in ("/cases/{}/files/{}/", "/api/cases/{}/attachments/{}/"):
        answer = world.clients[Role.EXECUTOR].get(path.format(own.number, file.pk))
        assert answer.status_code == 404


# Lookups Django's admin would take from the address: each would be a question about words,
# contacts or scores the reader is not shown.
LOOKUPS = [
    f"citizen__phone__contains={PHONE}",
    "citizen__name__startswith=Марина",
    "title__contains=яма",
    "title__startswith=Я",
    "control_reason__contains=а",
    "messages__text__contains=яма",
    "replies__text__contains=яма",
    "case__title__contains=яма",
    "case__citizen__phone__contains=9",
    "text__contains=яма",
    "data__contains=а",
    "person__password__startswith=pbkdf2",
    "password__startswith=pbkdf2",
    "risk__gt=0.5",
]


@pytest.mark.parametrize("model", sorted(ADMIN_MODELS))
def test_an_admin_list_answers_no_question_its_filters_do_not_ask(world: World, model: str) -> None:
    mistakes = []
    for who in ("region-administrator", "region-quality_supervisor", "region-auditor"):
        path = reverse(f"admin:{model}_changelist")
        if world.clients[who].get(path).status_code != 200:
            continue
        for lookup in LOOKUPS:
            answer = world.clients[who].get(f"{path}?{lookup}")
            if answer.status_code == 200:
                mistakes.append(f"{who} {lookup}")
    assert mistakes == []


@pytest.mark.parametrize("role", [r for r in Role.values if r != Role.IMPORT_SERVICE])
def test_contacts_are_not_found_by_words_without_the_right(world: World, role: str) -> None:
    with transaction.atomic():
        case = factories.make_case(
            Status.IN_WORK,
            world.agencies["own"],
            text=f"Звоните +7 912 {PHONE}, Марина Кузнецова",
        )
        found = world.clients[Role.OPERATOR].get("/search/", {"q": "звоните"})
        assert [row.case.pk for row in found.context["rows"]] == [case.pk]
        knows = role in HOLDERS[Right.VIEW_CONTACTS]
        for words in (PHONE, "912", "Кузнецова"):
            page = world.clients[role].get("/search/", {"q": words})
            # Who sees names finds authors by them, though not by words of the text.
            by_name = words == "Кузнецова" and knows
            assert bool(page.context["rows"]) == by_name, words
        transaction.set_rollback(True)


def _person(world: World) -> User:
    return User.objects.get(pk=world.people[Role.EXECUTOR].pk)


def test_a_revoked_role_ends_page_api_and_token_at_once(world: World) -> None:
    person, number = _person(world), world.case(Status.IN_WORK, "own").number
    with transaction.atomic():
        token = Token.objects.create(user=person).key
        page, caller = Client(), Client(headers={"Authorization": f"Token {token}"})
        page.force_login(person)
        paths = [(page, f"/cases/{number}/"), (caller, f"/api/cases/{number}/")]
        assert [client.get(path).status_code for client, path in paths] == [200, 200]
        revoke_role(person, Role.EXECUTOR, world.agencies["own"])
        assert [client.get(path).status_code for client, path in paths] == [404, 404]
        transaction.set_rollback(True)


def test_a_switched_off_account_is_signed_out_everywhere(world: World) -> None:
    person, number = _person(world), world.case(Status.IN_WORK, "own").number
    with transaction.atomic():
        token = Token.objects.create(user=person).key
        page, caller = Client(), Client(headers={"Authorization": f"Token {token}"})
        page.force_login(person)
        User.objects.filter(pk=person.pk).update(is_active=False)
        assert page.get(f"/cases/{number}/").status_code == 302
        assert page.get(f"/api/cases/{number}/").status_code == 401
        assert caller.get(f"/api/cases/{number}/").status_code == 401
        transaction.set_rollback(True)


def test_a_new_password_ends_sessions_and_tokens(world: World) -> None:
    person, number = _person(world), world.case(Status.IN_WORK, "own").number
    with transaction.atomic():
        token = Token.objects.create(user=person).key
        page, caller = Client(), Client(headers={"Authorization": f"Token {token}"})
        page.force_login(person)
        path = reverse("admin:auth_user_password_change", args=[person.pk])
        new = {"password1": "a-new-long-pass-9", "password2": "a-new-long-pass-9"}
        answer = world.clients["region-administrator"].post(
            path, {**new, "usable_password": "true"}
        )
        assert answer.status_code == 302
        assert page.get(f"/cases/{number}/").status_code == 302
        assert caller.get(f"/api/cases/{number}/").status_code == 401
        transaction.set_rollback(True)


def test_an_expired_session_reads_nothing(world: World) -> None:
    person, number = _person(world), world.case(Status.IN_WORK, "own").number
    with transaction.atomic():
        page = Client()
        page.force_login(person)
        session = page.session
        session.set_expiry(-1_000_000)
        session.save()
        answer = page.get(f"/cases/{number}/")
        assert answer.status_code == 302
        assert MARKER not in answer["Location"]
        live = page.get(f"/cases/{number}/", headers={"HX-Request": "true"}, follow=True)
        assert live.status_code == 401
        assert "id_password" not in live.content.decode()
        transaction.set_rollback(True)


def test_a_moved_agency_takes_its_cases_with_it_at_once(world: World) -> None:
    number = world.case(Status.IN_WORK, "below").number
    curator = world.clients[Role.CURATOR]
    with transaction.atomic():
        assert curator.get(f"/cases/{number}/").status_code == 200
        below = world.agencies["below"]
        type(below).objects.filter(pk=below.pk).update(parent=world.agencies["other"])
        assert curator.get(f"/cases/{number}/").status_code == 404
        assert curator.post(f"/api/cases/{number}/take/").status_code == 404
        assert number not in curator.get("/cases/").content.decode()
        transaction.set_rollback(True)
