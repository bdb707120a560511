"""Every route as every role on an own, a subordinate and a foreign case.

The right's holder gets 2xx or 3xx; for everybody else nothing in the database changes and
nothing of a foreign case is ever shown.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right, Role
from cases.doors import DOORS
from cases.models import Case
from cases.workflow import MOVES, Status
from tests.access_payloads import ROUTES, SKIPPED
from tests.access_route import Route
from tests.admin_payloads import ADMIN_MODELS, ADMIN_PAGES
from tests.snapshot import changed, snapshot
from tests.world import MARKER, SCOPES, World

# The world lives in a transaction of its own around those of the single tests.
pytestmark = pytest.mark.django_db


def _routes(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _routes(entry, inner)
        else:
            yield f"{space}{entry.name}", entry


def all_routes() -> list[str]:
    return sorted({name for name, _entry in _routes(get_resolver())})


def is_admin_page(name: str) -> bool:
    """A page of a model in the admin with its row in ADMIN_MODELS: walked in test_admin_access."""
    model, _sep, page = name.removeprefix("admin:").rpartition("_")
    return name.startswith("admin:") and model in ADMIN_MODELS and page in ADMIN_PAGES


WALKED = [name for name in all_routes() if name in ROUTES]


def test_every_route_has_a_registered_request() -> None:
    missing = [
        name
        for name in all_routes()
        if name not in SKIPPED and name not in ROUTES and not is_admin_page(name)
    ]
    assert missing == [], "register these in tests/access_payloads.py"


def test_no_request_is_registered_for_a_route_that_is_gone() -> None:
    assert sorted(set(ROUTES) - set(all_routes())) == []


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for all routes; every request is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def body_text(answer: Any) -> str:
    """What was sent as text; an XLSX is unpacked first."""
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = b"\n".join(packed.read(name) for name in packed.namelist())
    text = raw.decode("utf-8", "replace")
    if "json" in answer.get("Content-Type", ""):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    return text


def send(world: World, name: str, route: Route, who: str, scope: str) -> Any:
    case: Any = world.case(route.status or Status.IN_WORK, scope, route.move)
    case = Case.objects.defer("search").get(pk=case.pk)
    kwargs: dict[str, Any] = {"number": case.number} if route.status else {}
    if route.kwargs is not None:
        kwargs = dict(route.kwargs(world, case))
    path = reverse(name, kwargs=kwargs) + (f"?{route.query}" if route.query else "")
    world.sender = who
    body = route.body(world, case)
    extra: dict[str, Any] = {"data": body} if body else {}
    if name.startswith("api-") and route.method != "get" and not route.multipart:
        extra = {"data": json.dumps(body), "content_type": "application/json"}
    client = world.clients[who]
    cookies = client.cookies.copy()
    answer = getattr(client, route.method)(path, **extra)
    client.cookies = cookies  # signing out forgets them; the session itself is rolled back
    return answer


def expected(route: Route, who: str, scope: str) -> tuple[int, ...]:
    """The allowed answers; (200,) stands for any success."""
    roles = {str(role) for right in route.rights for role in HOLDERS[Right(right)]}
    holds = not route.rights or who in roles
    if not route.status:
        return (200,) if holds and not route.region_wide else route.refusal
    if scope == "other" or who not in HOLDERS[Right.VIEW_CASES]:
        return (404,)
    return (200,) if holds else route.refusal


@pytest.mark.parametrize("name", WALKED)
def test_a_route_opens_for_the_rights_holder_only(world: World, name: str) -> None:
    route = ROUTES[name]
    before = snapshot()
    mistakes: list[str] = []
    for who in world.people:
        for scope in SCOPES if route.status else SCOPES[:1]:
            with transaction.atomic():
                answer = send(world, name, route, who, scope)
                wanted = (200,) if route.public else expected(route, who, scope)
                ok = answer.status_code in range(200, 400)
                text = body_text(answer)
                said = f"{who} on {scope}: {answer.status_code}, wanted {wanted}"
                if wanted == (200,) and not ok:
                    mistakes.append(f"{said}: {text[:300]}")
                if wanted != (200,) and answer.status_code not in wanted:
                    mistakes.append(said)
                if wanted != (200,) and (tables := changed(before)):
                    mistakes.append(f"{said}, but {tables} changed")
                if route.method == "get" and wanted == (200,) and (tables := changed(before)):
                    mistakes.append(f"{said}: reading changed {tables}")
                if not route.echoes and MARKER in text.lower():
                    mistakes.append(f"{said}: a foreign case's text is shown")
                if route.status == "" or scope != "other":
                    shown = [n for n in world.foreign_numbers if n in text]
                    if shown:
                        mistakes.append(f"{said}: foreign cases {shown} are shown")
                transaction.set_rollback(True)
    assert mistakes == []


@pytest.mark.parametrize("name", WALKED)
def test_without_sign_in_a_route_shows_nothing_and_changes_nothing(world: World, name: str) -> None:
    from django.test import Client

    route = ROUTES[name]
    if route.public:
        pytest.skip("open to everyone by design")
    before = snapshot()
    world.clients["stranger"] = Client()
    with transaction.atomic():
        answer = send(world, name, route, "stranger", "own")
        del world.clients["stranger"]
        if name.startswith("api-"):
            assert answer.status_code == 401
        else:
            assert answer.status_code == 302
            assert reverse("sign-in") in answer["Location"]
        assert changed(before) == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("prefix", ["", "api-"])
@pytest.mark.parametrize("move", DOORS)
def test_a_move_in_a_wrong_state_is_a_conflict(world: World, move: str, prefix: str) -> None:
    wrong = [s for s in Status.values if s not in MOVES[move].sources]
    if not wrong:
        pytest.skip("possible in every state")
    name = f"{prefix}case-{DOORS[move].slug}"
    right = MOVES[move].right
    who = sorted(HOLDERS[Right(right)] & HOLDERS[Right.VIEW_CASES])[0]
    before = snapshot()
    with transaction.atomic():
        spec = ROUTES[name]
        route = Route(method="post", rights=spec.rights, status=wrong[0], body=spec.body)
        assert send(world, name, route, who, "own").status_code == 409
        # The page keeps the text that could not be sent, for its author alone.
        kept = ["cases_draftcopy"] if (move, prefix) == ("submit_reply", "") else []
        assert changed(before) == kept
        transaction.set_rollback(True)


@pytest.mark.parametrize("move", DOORS)
def test_the_form_of_a_move_is_shown_to_the_rights_holder_only(world: World, move: str) -> None:
    """Its choices name colleagues and agencies: they are not for everyone who sees the case."""
    name = f"case-{DOORS[move].slug}"
    spec = ROUTES[name]
    route = Route(rights=spec.rights, status=spec.status, move=move)
    got = {who: send(world, name, route, who, "own").status_code for who in world.people}
    assert got == {who: expected(route, who, "own")[0] for who in world.people}
    foreign = {send(world, name, route, who, "other").status_code for who in world.people}
    assert foreign == {404}


@pytest.mark.parametrize("who", [*Role.values, "nobody"])
def test_foreign_words_numbers_and_agencies_find_nothing(world: World, who: str) -> None:
    """Search, filters, and lists by API: no hit, no count, no jump to the case."""
    for words in (MARKER, world.foreign_numbers[0]):
        for name in ("search", "case-list"):
            answer = world.clients[who].get(reverse(name), {"q": words})
            assert answer.status_code == 200
            assert list(answer.context["rows"]) == []
        found = world.clients[who].get(reverse("api-cases"), {"q": words})
        assert found.json()["results"] == []
    other = world.clients[who].get(reverse("api-cases"), {"agency": "other"})
    assert other.status_code == 400
    assert MARKER not in body_text(other)


@pytest.mark.parametrize("who", [*Role.values, "nobody"])
def test_counts_of_lists_leave_foreign_cases_out(world: World, who: str) -> None:
    person = User.objects.get(pk=world.people[who].pk)
    mine = Case.objects.visible_to(person, Right.ANSWER_CASES).open().count()
    answer = world.clients[who].get(reverse("queue"), {"scope": "agency"})
    assert answer.context["tabs"][0]["count"] == mine
    assert mine <= 2 * len(world.foreign_numbers)
    review = world.clients[who].get(reverse("review"))
    if review.status_code == 200:
        seen = [*(c for (*_k, scope), c in world._cases.items() if scope in ("own", "below"))]
        assert review.context["waiting"] == sum(case.status == Status.REVIEW for case in seen)


def test_the_world_holds_a_foreign_case_in_every_state_with_the_marker(world: World) -> None:
    """Guards the walk itself: without planted texts it would prove nothing."""
    foreign = Agency.objects.get(code="other")
    cases = Case.objects.filter(agency=foreign)
    assert set(cases.values_list("status", flat=True)) == set(Status.values)
    # The message of the part's case may be read: the marker is in everything else of it.
    assert all(MARKER in case.title for case in cases.exclude(pk=world.part.case_id))
    assert Case.objects.filter(agency=foreign).matching(MARKER).count() == len(
        world.foreign_numbers
    )
