"""Deputies: what they reach and when, who may name them, whom they stand in for."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.absence import (
    BadAbsence,
    Held,
    covers,
    days_of,
    end_deputy,
    led_by,
    may_name,
    name_deputy,
    possible_deputies,
    standing_now,
)
from agencies.access import (
    acting_for,
    granted_agency_ids,
    holds,
    persons_of,
    stands_in_for,
)
from agencies.models import AccountEvent, Agency, Deputy, User
from agencies.roles import Right, Role
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def tree() -> dict[str, Agency]:
    return factories.make_region()


def again(person: User) -> User:
    """The person as the next request loads him."""
    return User.objects.get(pk=person.pk)


def stand(person: User, deputy: User, *, since: int = -1, until: int = 1) -> Deputy:
    now = timezone.now()
    return Deputy.objects.create(
        person=person,
        deputy=deputy,
        starts_at=now + timedelta(days=since),
        ends_at=now + timedelta(days=until),
    )


def name(person: User, deputy: User, actor: User, **given: Any) -> Deputy:
    values = {"first": TODAY, "last": TODAY + timedelta(days=7), "reason": "leave", **given}
    return name_deputy(person, deputy, actor=again(actor), **values)


def test_a_deputy_reaches_what_both_reach(tree: Any) -> None:
    absent = factories.make_person(Role.APPROVER, tree["other"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stand(absent, deputy)
    someone = again(deputy)
    assert granted_agency_ids(someone, Right.VIEW_CASES) == {
        tree["own"].pk,
        tree["below"].pk,
        tree["other"].pk,
    }
    assert granted_agency_ids(someone, Right.APPROVE_REPLIES) == {tree["other"].pk}
    assert persons_of(someone) == [deputy.pk, absent.pk]
    assert acting_for(someone, [Right.APPROVE_REPLIES], tree["other"].pk) == absent.pk
    assert acting_for(someone, [Right.ANSWER_CASES], tree["own"].pk) is None
    # The absent one keeps his own.
    assert holds(again(absent), Right.APPROVE_REPLIES, tree["other"].pk)


def test_the_region_is_reached_through_an_absent_person_too(tree: Any) -> None:
    absent = factories.make_person(Role.COORDINATOR, tree["region"])
    deputy = factories.make_person(Role.OPERATOR, tree["own"])
    stand(absent, deputy)
    assert granted_agency_ids(again(deputy), Right.DECIDE_DISPUTES) is None
    assert acting_for(again(deputy), [Right.DECIDE_DISPUTES], None) == absent.pk


@pytest.mark.parametrize(("since", "until"), [(-5, -1), (1, 5)])
def test_before_and_after_the_days_nothing_is_reached(tree: Any, since: int, until: int) -> None:
    absent = factories.make_person(Role.APPROVER, tree["other"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stand(absent, deputy, since=since, until=until)
    assert not stands_in_for(again(deputy))
    assert not holds(again(deputy), Right.VIEW_CASES, tree["other"].pk)


def test_standing_in_goes_one_step_and_ends_with_the_account(tree: Any) -> None:
    first = factories.make_person(Role.APPROVER, tree["other"])
    second = factories.make_person(Role.EXECUTOR, tree["own"])
    third = factories.make_person(Role.EXECUTOR, tree["below"])
    stand(first, second)
    stand(second, third)
    assert not holds(again(third), Right.VIEW_CASES, tree["other"].pk)
    assert holds(again(third), Right.VIEW_CASES, tree["own"].pk)
    User.objects.filter(pk=first.pk).update(is_active=False)
    assert not holds(again(second), Right.VIEW_CASES, tree["other"].pk)


def test_accounts_and_imports_are_stood_in_by_nobody(tree: Any) -> None:
    absent = factories.make_person(Role.ADMINISTRATOR, tree["region"])
    factories.hold(absent, Role.IMPORT_SERVICE, tree["region"])
    factories.hold(absent, Role.AUDITOR, tree["other"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stand(absent, deputy)
    assert not holds(again(deputy), Right.MANAGE_AGENCIES, tree["own"].pk)
    assert not holds(again(deputy), Right.IMPORT_MESSAGES, None)
    assert holds(again(deputy), Right.VIEW_AUDIT, tree["other"].pk)


R = Role


@pytest.mark.parametrize(
    ("leader", "role", "leads"),
    [
        (R.CURATOR, R.EXECUTOR, True),
        (R.CURATOR, R.CURATOR, True),
        (R.CURATOR, R.APPROVER, False),
        (R.APPROVER, R.APPROVER, True),
        (R.APPROVER, R.COORDINATOR, False),
        (R.APPROVER, R.ADMINISTRATOR, False),
        (R.COORDINATOR, R.OPERATOR, True),
        (R.COORDINATOR, R.HEAD_OFFICE, False),
        (R.ADMINISTRATOR, R.HEAD_OFFICE, True),
        (R.EXECUTOR, R.EXECUTOR, False),
        (R.AUDITOR, R.EXECUTOR, False),
    ],
)
def test_who_leads_whom(leader: str, role: str, *, leads: bool) -> None:
    assert covers({leader: frozenset({1})}, [Held(role, 1)]) is leads
    assert covers({leader: None}, [Held(role, 7)]) is leads
    assert not covers({leader: frozenset({1})}, [Held(role, 2)])


def test_one_role_beyond_the_namer_is_enough_to_refuse(tree: Any) -> None:
    curator = factories.make_person(Role.CURATOR, tree["own"])
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    assert may_name(again(curator), person)
    assert [one.pk for one in led_by(again(curator))] == [person.pk]
    factories.hold(person, Role.APPROVER, tree["below"])
    assert not may_name(again(curator), person)
    assert led_by(again(curator)) == []


def test_who_stands_in_names_nobody_in_the_absent_leaders_place(tree: Any) -> None:
    head = factories.make_person(Role.APPROVER, tree["own"])
    executor = factories.make_person(Role.EXECUTOR, tree["own"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stand(head, deputy)
    assert may_name(again(head), executor)
    assert not may_name(again(deputy), executor)


def test_naming_is_written_down_and_has_whole_days_of_the_persons_zone(tree: Any) -> None:
    Agency.objects.filter(pk=tree["own"].pk).update(time_zone="Asia/Yakutsk")
    person = again(factories.make_person(Role.EXECUTOR, tree["own"]))
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    first, last = TODAY + timedelta(days=3), TODAY + timedelta(days=9)
    row = name(person, deputy, person, first=first, last=last)
    zone = ZoneInfo("Asia/Yakutsk")
    assert row.starts_at == datetime(first.year, first.month, first.day, tzinfo=zone)
    assert row.ends_at - row.starts_at == timedelta(days=7)
    assert days_of(row) == (first, last)
    event = AccountEvent.objects.get(action="name_deputy")
    assert (event.person, event.actor) == (person, person)
    assert event.data["deputy"] == deputy.username


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": TODAY, "last": TODAY - timedelta(days=1)}, "absence_backwards"),
        ({"first": date(2020, 1, 1), "last": date(2020, 2, 1)}, "absence_over"),
        ({"last": TODAY + timedelta(days=800)}, "absence_too_long"),
    ],
)
def test_days_that_cannot_be(tree: Any, given: dict[str, Any], code: str) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    with pytest.raises(BadAbsence) as refused:
        name(person, deputy, person, **given)
    assert refused.value.code == code
    assert not Deputy.objects.exists()


def test_only_a_working_colleague_can_stand_in(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["below"])
    fits = [
        factories.make_person(Role.EXECUTOR, tree["below"]),
        factories.make_person(Role.CURATOR, tree["own"]),
        factories.make_person(Role.COORDINATOR, tree["region"]),
    ]
    unfit = [
        person,
        factories.make_person(Role.EXECUTOR, tree["other"]),
        factories.make_person(None, tree["below"]),
        factories.make_person(Role.EXECUTOR, tree["below"], is_active=False),
        factories.make_person(Role.IMPORT_SERVICE, tree["below"]),
    ]
    assert {p.pk for p in possible_deputies([person.agency_id])} == {
        person.pk,
        *(p.pk for p in fits),
    }
    for one in unfit:
        with pytest.raises(BadAbsence, match="deputy_unfit"):
            name(person, one, person)
    for one in fits:
        name(person, one, person)


def test_the_same_two_have_one_period_at_a_time(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    name(person, deputy, person)
    with pytest.raises(BadAbsence, match="deputy_already"):
        name(person, deputy, person, first=TODAY + timedelta(days=7))
    name(person, deputy, person, first=TODAY + timedelta(days=8), last=TODAY + timedelta(days=9))
    with pytest.raises(BadAbsence, match="deputy_away"):
        name(deputy, person, deputy)  # each for the other: both would be away


def test_a_stranger_names_and_ends_nothing(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stranger = factories.make_person(Role.APPROVER, tree["other"])
    with pytest.raises(PermissionDenied):
        name(person, deputy, stranger)
    row = name(person, deputy, person)
    with pytest.raises(PermissionDenied):
        end_deputy(row, actor=again(stranger))
    assert holds(again(deputy), Right.ANSWER_CASES, tree["own"].pk)


def test_ending_takes_effect_at_once_and_what_never_began_is_taken_back(tree: Any) -> None:
    person = factories.make_person(Role.APPROVER, tree["other"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    running, coming = stand(person, deputy), stand(person, deputy, since=5, until=9)
    assert end_deputy(running, actor=deputy)
    assert not holds(again(deputy), Right.VIEW_CASES, tree["other"].pk)
    assert not end_deputy(running, actor=deputy)
    assert end_deputy(coming, actor=person)
    assert list(Deputy.objects.all()) == [running]
    assert AccountEvent.objects.filter(action="end_deputy").count() == 2


def test_who_stands_in_at_this_moment(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    deputy = factories.make_person(Role.EXECUTOR, tree["own"])
    stand(person, deputy)
    stand(person, factories.make_person(Role.EXECUTOR, tree["own"]), since=2, until=3)
    assert standing_now([person.pk, deputy.pk]) == {person.pk: [deputy.pk]}
    User.objects.filter(pk=deputy.pk).update(is_active=False)
    assert standing_now([person.pk]) == {}


def test_nobody_stands_in_for_himself_in_the_database(tree: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, tree["own"])
    with pytest.raises(IntegrityError), transaction.atomic():
        stand(person, person)
    with pytest.raises(IntegrityError), transaction.atomic():
        stand(person, factories.make_person(), since=2, until=1)
