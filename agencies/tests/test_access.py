"""Which agencies a role reaches: subtree, region, agencies beside the hierarchy, changes."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.access import granted_agency_ids, held_roles, holds
from agencies.actions import grant_role, revoke_role
from agencies.models import Agency, User
from agencies.roles import Right, Role
from cases.models import Case
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Agency]:
    return factories.make_region()


def again(person: User) -> User:
    """The person as the next request loads him."""
    return User.objects.get(pk=person.pk)


def reach(person: User, right: str = Right.VIEW_CASES) -> set[str] | None:
    ids = granted_agency_ids(again(person), right)
    return (
        None
        if ids is None
        else set(Agency.objects.filter(pk__in=ids).values_list("code", flat=True))
    )


def test_a_role_covers_its_agency_and_all_below(tree: Any) -> None:
    deepest = factories.make_agency("deepest", tree["below"])
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    assert reach(person) == {"own", "below", "deepest"}
    assert reach(factories.make_person(Role.EXECUTOR, deepest)) == {"deepest"}


def test_a_role_on_the_region_reaches_also_agencies_beside_the_hierarchy(tree: Any) -> None:
    person = factories.make_person(Role.COORDINATOR, tree["region"])
    assert reach(person) is None
    assert holds(again(person), Right.ROUTE_CASES, tree["beside"].pk)
    assert holds(again(person), Right.ROUTE_CASES, None)


def test_a_role_on_an_agency_does_not_reach_cases_without_an_agency(tree: Any) -> None:
    person = factories.make_person(Role.OPERATOR, tree["own"])
    assert not holds(again(person), Right.MODERATE_CASES, None)
    factories.make_case(Status.RECEIVED)
    assert not Case.objects.visible_to(again(person)).exists()


def test_a_role_gives_its_own_rights_only(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    assert reach(person, Right.ANSWER_CASES) == {"own", "below"}
    assert reach(person, Right.APPROVE_REPLIES) == set()


def test_roles_on_different_agencies_add_up_by_right(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["below"])
    factories.hold(person, Role.APPROVER, tree["other"])
    assert reach(person) == {"below", "other"}
    assert reach(person, Right.APPROVE_REPLIES) == {"other"}
    factories.hold(person, Role.AUDITOR, tree["region"])
    assert reach(person) is None
    assert reach(person, Right.APPROVE_REPLIES) == {"other"}


def test_a_moved_agency_is_reached_from_its_new_superior_at_once(tree: Any) -> None:
    old = factories.make_person(Role.CURATOR, tree["own"])
    new = factories.make_person(Role.CURATOR, tree["other"])
    tree["below"].parent = tree["other"]
    tree["below"].save()
    assert reach(old) == {"own"}
    assert reach(new) == {"other", "below"}


def test_a_revoked_role_is_gone_on_the_next_request(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    case = factories.make_case(Status.IN_WORK, tree["own"])
    client = Client()
    client.force_login(person)
    path = f"/api/cases/{case.number}/"
    assert client.get(path).status_code == 200
    assert revoke_role(person, Role.EXECUTOR, tree["own"])
    assert client.get(path).status_code == 404
    assert grant_role(person, Role.EXECUTOR, tree["own"])
    assert client.get(path).status_code == 200


def test_a_switched_off_account_holds_nothing(tree: Any) -> None:
    person = factories.make_person(Role.COORDINATOR, tree["region"])
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert reach(person) == set()
    assert granted_agency_ids(AnonymousUser(), Right.VIEW_CASES) == frozenset()


def test_a_superuser_flag_gives_no_case(tree: Any) -> None:
    person = factories.make_person(is_superuser=True, is_staff=True)
    assert reach(person) == set()


def test_all_rights_of_a_person_cost_one_query(tree: Any) -> None:
    person = factories.make_person(Role.CURATOR, tree["own"])
    factories.hold(person, Role.APPROVER, tree["other"])
    person = again(person)
    with CaptureQueriesContext(connection) as queries:
        for right in Right:
            granted_agency_ids(person, right)
            holds(person, right, tree["below"].pk)
    assert len(queries) == 1


def test_held_roles_are_told_with_their_agencies(tree: Any) -> None:
    person = factories.make_person(Role.CURATOR, tree["own"])
    factories.hold(person, Role.APPROVER, tree["other"])
    assert held_roles(person) == [("approver", "other"), ("curator", "own")]
