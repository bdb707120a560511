"""The admin as every role: lists, cards and their forms stay within the access scope."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from agencies.models import Agency, User
from agencies.roles import Right, Role
from cases.models import Case, CaseEvent, Reply
from cases.workflow import Status
from tests.admin_payloads import ADMIN_MODELS, ADMIN_PAGES
from tests.snapshot import changed, snapshot
from tests.test_access import body_text
from tests.world import MARKER, World

pytestmark = pytest.mark.django_db

MODELS = {
    f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def objects(world: World, name: str) -> dict[str, Any]:
    """An own and a foreign row of the model; a model without agencies has one row or none."""
    own, other = world.case(Status.ANSWERED, "own"), world.case(Status.ANSWERED, "other")
    match name:
        case "cases_case" | "cases_casestate":
            return {"own": own.pk, "other": other.pk}
        case "cases_reply":
            return {
                s: Reply.objects.get(case=c).pk for s, c in {"own": own, "other": other}.items()
            }
        case "cases_caseevent":
            return {
                s: CaseEvent.objects.filter(case=c)[0].pk
                for s, c in {"own": own, "other": other}.items()
            }
        case "agencies_agency":
            return {s: world.agencies[s].pk for s in ("own", "other")}
        case "agencies_user":
            return {
                "own": world.people[Role.EXECUTOR].pk,
                "other": User.objects.filter(agency=world.agencies["other"])[0].pk,
            }
    row = MODELS[name]._default_manager.first()
    return {"own": row.pk} if row else {}


def test_every_model_of_the_admin_is_registered_here_with_its_rights() -> None:
    assert sorted(MODELS) == sorted(ADMIN_MODELS)


@pytest.mark.parametrize("name", sorted(ADMIN_MODELS))
def test_a_list_opens_for_the_rights_holder_only(world: World, name: str) -> None:
    rights, region_wide = ADMIN_MODELS[name]
    holders = world.holders(rights)
    path = reverse(f"admin:{name}_changelist")
    before = snapshot()
    mistakes = []
    for who in world.clients:
        regional = who.startswith("region-")
        role = who.removeprefix("region-")
        wanted = role in holders and (regional or not region_wide)
        for query in ("", "?q=яма"):
            answer = world.clients[who].get(path + query)
            text = body_text(answer)
            ok = answer.status_code == 200 or (bool(query) and answer.status_code == 302 and wanted)
            if ok != wanted:
                mistakes.append(f"{who}{query}: {answer.status_code}, wanted {wanted}")
            if not regional and MARKER in text.lower():
                mistakes.append(f"{who}{query}: a foreign case's text is shown")
            if not regional and (shown := [n for n in world.foreign_numbers if n in text]):
                mistakes.append(f"{who}{query}: foreign cases {shown}")
    assert changed(before) == []
    assert mistakes == []


@pytest.mark.parametrize("name", sorted(ADMIN_MODELS))
@pytest.mark.parametrize("page", ADMIN_PAGES[1:])
def test_a_page_shows_nothing_foreign_and_a_refused_one_changes_nothing(
    world: World, name: str, page: str
) -> None:
    """By GET as everyone; by POST (also «yes, delete») as everyone without the right."""
    rights, region_wide = ADMIN_MODELS[name]
    holders = world.holders(rights)
    rows = {"": None} if page == "add" else objects(world, name)
    before = snapshot()
    mistakes = []
    for who in world.people:
        for scope, pk in rows.items():
            try:
                path = reverse(f"admin:{name}_{page}", args=[] if pk is None else [pk])
            except NoReverseMatch:
                continue
            allowed = who in holders and not region_wide and scope != "other"
            for method, data in (("get", {}), ("post", {"post": "yes"})):
                if method == "post" and allowed:
                    continue
                with transaction.atomic():
                    answer = getattr(world.clients[who], method)(path, data)
                    text = body_text(answer)
                    said = f"{who} {method} {page} {scope}: {answer.status_code}"
                    if answer.status_code >= 500:
                        mistakes.append(said)
                    if not allowed and answer.status_code == 200:
                        mistakes.append(f"{said}, wanted a refusal")
                    if tables := changed(before):
                        mistakes.append(f"{said}, but {tables} changed")
                    if MARKER in text.lower():
                        mistakes.append(f"{said}: a foreign case's text is shown")
                    transaction.set_rollback(True)
    assert mistakes == []


# Headings of columns and filters, labels of fields; a row's own heading is data.
NAMES = re.compile(r"<(th|label|summary|legend)\b(?![^>]*field-)[^>]*>(.*?)</\1>", re.S)


def test_every_field_of_the_admin_has_a_russian_name(world: World) -> None:
    """Django makes a name of the field's own when the model gives none."""
    english = []
    for name in MODELS:
        for page in ("changelist", "add"):
            try:
                path = reverse(f"admin:{name}_{page}")
            except NoReverseMatch:
                continue
            answer = world.clients["region-administrator"].get(path)
            if answer.status_code != 200:
                continue
            for _tag, inner in NAMES.findall(body_text(answer)):
                words = re.sub(r"<[^>]+>|&\w+;", " ", inner).strip()
                if re.search("[A-Za-z]{3}", words) and not re.search("[А-Яа-я]", words):
                    english.append(f"{name} {page}: {words}")
    assert english == []


def test_the_first_page_opens_for_who_has_something_to_do_there(world: World) -> None:
    rights = {right for rights, _wide in ADMIN_MODELS.values() for right in rights}
    mistakes = []
    for who in world.people:
        answer = world.clients[who].get(reverse("admin:index"))
        if (answer.status_code == 200) != (who in world.holders(frozenset(rights))):
            mistakes.append((who, answer.status_code))
        assert MARKER not in body_text(answer)
    assert mistakes == []


def test_autocomplete_finds_nothing_foreign(world: World) -> None:
    """For every model and field that Django's autocomplete would serve."""
    for app, model, field in (
        ("cases", "case", "agency"),
        ("cases", "case", "executor"),
        ("agencies", "user", "agency"),
        ("cases", "routingrule", "agency"),
    ):
        for who in world.people:
            answer = world.clients[who].get(
                reverse("admin:autocomplete"),
                {"term": "other", "app_label": app, "model_name": model, "field_name": field},
            )
            if answer.status_code == 200:
                found = [row["text"] for row in answer.json()["results"]]
                assert not [text for text in found if "other" in text], (who, app, model, field)


def test_nobody_sets_a_foreign_persons_password(world: World) -> None:
    stranger = User.objects.filter(agency=Agency.objects.get(code="other"))[0]
    path = reverse("admin:auth_user_password_change", args=[stranger.pk])
    before = snapshot()
    for who in world.people:
        new = {"password1": "a-new-long-pass-9", "password2": "a-new-long-pass-9"}
        answer = world.clients[who].post(path, {**new, "usable_password": "true"})
        assert answer.status_code in (302, 403, 404)
        assert changed(before) == [], who


def test_the_admin_counts_no_foreign_case(world: World) -> None:
    person = User.objects.get(pk=world.people[Role.QUALITY_SUPERVISOR].pk)
    answer = world.clients[Role.QUALITY_SUPERVISOR].get(reverse("admin:cases_case_changelist"))
    assert answer.status_code == 200
    mine = Case.objects.visible_to(person, Right.VIEW_CASES).count()
    assert answer.context["cl"].result_count == mine
