"""Kept counts of tabs: equal to the rows after whatever happened, added up at any moment."""

import random
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from agencies.access import persons_of
from agencies.models import Agency, Deputy, User
from agencies.roles import Right, Role
from cases import tabs
from cases.counts import desk_counts, queue_counts, queue_views
from cases.demo.load import load_demo
from cases.models import Case, TabCount
from cases.workflow import Status
from tests import factories


def _agree(reader: User) -> None:
    """Every tab of both kinds of queue, and of the desk, says what its page would list."""
    for whole in (True, False):
        cases = Case.objects.visible_to(reader, Right.ANSWER_CASES).open()
        if not whole:
            cases = cases.filter(Q(executor__in=persons_of(reader)) | Q(executor=None))
        listed = {name: cases.filter(v.condition).count() for name, v in queue_views().items()}
        assert queue_counts(reader, Right.ANSWER_CASES, whole=whole) == listed
    waiting = Case.objects.visible_to(reader, Right.MODERATE_CASES)
    assert desk_counts(reader) == {
        "arrivals": waiting.in_moderation().count(),
        "disputes": waiting.filter(status=Status.REDIRECT_ASKED, is_open=True).count(),
        "rejecting": waiting.filter(
            rejection_by__isnull=False, status=Status.MODERATION
        ).count(),
    }  # fmt: skip


def _random_change(dice: random.Random, people: list[User], agencies: list[Agency]) -> None:
    """What a move, an import, its undo or a handover may leave in the rows."""
    some = Case.objects.filter(pk__in=[case.pk for case in dice.sample(list(_all()), 3)])
    now = timezone.now()
    # Near the moments that divide the counts: now, the hour, the ends of today, long ago.
    due = now + dice.choice([timedelta(0), timedelta(hours=1), timedelta(days=1), -timedelta(9)])
    match dice.randrange(8):
        case 0:
            some.update(status=dice.choice([Status.REWORK, Status.IN_WORK, Status.CLOSED]))
        case 1:
            some.update(agency=dice.choice(agencies))
        case 2:
            some.update(executor=dice.choice([None, *people]))
        case 3:
            some.update(due_at=dice.choice([None, due, due.replace(minute=0, second=0)]))
        case 4:
            first = _all()[0].pk
            some.exclude(pk=first).update(repeat_of=dice.choice([None, first]))
        case 5:
            some.update(controlled_by=dice.choice([None, people[0]]))
        case 6:
            state = dice.choice([Status.MODERATION, Status.RECEIVED, Status.REDIRECT_ASKED])
            some.update(status=state, rejection_by=dice.choice([None, people[0]]))
        case _:
            new = factories.make_case(Status.IN_WORK, dice.choice(agencies))
            if dice.random() < 0.5:
                Case.objects.get(pk=new.pk).delete()


def _all() -> Any:
    return Case.objects.only("pk").order_by("pk")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seed", "zone"), [(1, "Europe/Moscow"), (2, "Asia/Yakutsk"), (3, "Asia/Kolkata")]
)
def test_after_a_random_life_every_tab_is_what_its_page_lists(seed: int, zone: str) -> None:
    dice = random.Random(seed)
    factories.load_reference()
    tree = factories.make_region()
    people = [
        factories.make_person(Role.EXECUTOR, tree["own"]),
        factories.make_person(Role.CURATOR, tree["region"]),
        factories.make_person(Role.COORDINATOR, tree["region"]),
    ]
    now = timezone.now()
    Deputy.objects.create(
        person=people[0],
        deputy=factories.make_person(Role.EXECUTOR, tree["other"]),
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=1),
        named_by=people[1],
    )
    people += [factories.make_person(), User.objects.get(pk=Deputy.objects.get().deputy_id)]
    places = [agency for name, agency in tree.items() if name != "region"]
    for _ in range(8):
        factories.make_case(Status.IN_WORK, dice.choice(places))
    with timezone.override(ZoneInfo(zone)):
        for step in range(40):
            _random_change(dice, people, places)
            if dice.random() < 0.2:
                tabs.fold()
            if step % 8 == 0:
                assert tabs.differences() == 0
                for person in people:
                    _agree(User.objects.get(pk=person.pk))
        tabs.fold()
        assert tabs.fold() == tabs.differences() == 0
        for person in people:
            _agree(User.objects.get(pk=person.pk))
    assert not TabCount.objects.filter(folded=False).exists()


@pytest.mark.django_db
def test_all_moves_of_the_demo_keep_the_counts_and_a_wrong_one_is_found_and_mended() -> None:
    load_demo(cases=24, seed=3)
    open_cases = Case.objects.open().count()
    assert tabs.differences() == 0
    assert tabs.fold() > open_cases
    region = TabCount.objects.filter(agency_id=-1)
    assert sum(row.n for row in region) == open_cases > 0
    TabCount.objects.filter(pk=region.first().pk).update(n=F("n") + 1)  # type: ignore[union-attr]
    assert tabs.differences() == 1
    with pytest.raises(CommandError):
        call_command("verify_metrics")
    call_command("verify_metrics", "--repair")
    assert tabs.differences() == 0
    assert sum(row.n for row in TabCount.objects.filter(agency_id=-1)) == open_cases


@pytest.mark.django_db
def test_what_one_statement_makes_or_deletes_is_noted_together() -> None:
    agency = factories.make_agency()
    cases = [factories.make_case(status, agency) for status in (Status.IN_WORK, Status.CLOSED)]
    tabs.fold()
    made = Case.objects.bulk_create(
        Case(**_facts(case) | {"number": f"{case.number}{at}"}) for case in cases for at in range(9)
    )
    notes = TabCount.objects.filter(folded=False)
    assert sorted(notes.values_list("agency_id", "n")) == [(-1, 9), (agency.pk, 9)]
    assert tabs.differences() == 0
    tabs.fold()
    Case.objects.filter(pk__in=[case.pk for case in made]).delete()
    assert sorted(notes.values_list("agency_id", "n")) == [(-1, -9), (agency.pk, -9)]
    assert tabs.differences() == 0


def _facts(case: Case) -> dict[str, Any]:
    fields = (field for field in Case._meta.concrete_fields if not field.generated)
    return {
        f.attname: getattr(case, f.attname) for f in fields if f.attname not in ("id", "search")
    }


@pytest.mark.django_db(transaction=True)
def test_changes_of_one_agency_and_their_adding_up_do_not_wait_for_each_other() -> None:
    factories.load_reference()
    agency = factories.make_agency("own")
    first, second = (factories.make_case(Status.IN_WORK, agency) for _ in range(2))
    tabs.fold()
    with psycopg.connect(**_where()) as other:
        other.execute("set lock_timeout = '2s'")
        other.execute("update cases_case set executor_id = null where id = %s", [first.pk])
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '2s'")
        Case.objects.filter(pk=second.pk).update(executor=None)
        assert tabs.fold() > 0
        assert tabs.differences() == 0
        other.commit()
    assert tabs.differences() == 0
    assert tabs.fold() > 0
    untaken = TabCount.objects.get(agency_id=agency.pk)
    assert (untaken.untaken, untaken.n) == (True, 2)


def _where() -> dict[str, Any]:
    made = connection.get_connection_params()
    return {name: made[name] for name in made.keys() & {"dbname", "user", "password", "host"}}
