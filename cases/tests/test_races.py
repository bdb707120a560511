"""Two people acting on one case at once, on two real connections."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import User
from agencies.roles import HOLDERS, Right
from cases import actions
from cases.actions.arrival import Arrival
from cases.doors import DOORS
from cases.errors import BadChange, CaseError, MoveNotAllowed
from cases.models import Case, Message
from cases.reading import locked_case
from cases.workflow import MOVES, Status
from tests import factories
from tests.move_payloads import MOVES as PAYLOADS
from tests.world import World

# Both start at once; what each does and the state the case is in.
RACES: list[tuple[str, str, str]] = [
    ("take", "take", Status.ROUTED),
    ("publish", "return_to_author", Status.APPROVAL),
    ("accept_reply", "return_for_rework", Status.REVIEW),
    ("route", "merge", Status.MODERATION),
    ("submit_reply", "submit_reply", Status.IN_WORK),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second", "status"), RACES)
def test_of_two_at_once_one_wins_and_the_other_is_told_who_did_what(
    first: str, second: str, status: str
) -> None:
    world = World()
    case = Case.objects.defer("search").get(pk=world.case(status, "own").pk)
    actors = {name: _person(world, name) for name in (first, second)}
    # Routed to their own agency: elsewhere the loser would rightly see no case at all.
    payloads = {**PAYLOADS, "route": lambda w, c: {"agency": w.agencies["own"].code}}
    values = {
        name: DOORS[name].form(payloads[name](world, case), case=case, actor=actors[name])
        for name in {first, second}
    }
    assert all(form.is_valid() for form in values.values())
    names = [first, second]
    people = [actors[first], actors[second] if first != second else _person(world, second)]
    start = threading.Barrier(2)
    outcomes: list[CaseError | None] = [None, None]

    def act(at: int) -> None:
        try:
            start.wait(10)
            DOORS[names[at]].perform(case, actor=people[at], **values[names[at]].cleaned_data)
        except CaseError as error:
            outcomes[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lost = [at for at in range(2) if outcomes[at] is not None]
    assert len(lost) == 1, outcomes
    error, winner = outcomes[lost[0]], people[1 - lost[0]]
    assert isinstance(error, MoveNotAllowed)
    assert error.params["last_actor"] == str(winner)
    assert error.params["last_move"] == names[1 - lost[0]]
    assert case.events.filter(move__in=names).count() == 1


def _person(world: World, name: str) -> User:
    """A new person for each side of a race: the loser must be told the winner's name."""
    roles = HOLDERS[Right(MOVES[name].right)] & HOLDERS[Right.VIEW_CASES]
    return factories.make_person(sorted(roles)[0], world.agencies["own"])


def _at_once(*acts: Callable[[], object]) -> list[Exception | None]:
    """Every act on a thread and connection of its own, all started together; what each raised."""
    start = threading.Barrier(len(acts))
    outcomes: list[Exception | None] = [None] * len(acts)

    def run(at: int) -> None:
        try:
            start.wait(10)
            acts[at]()
        except Exception as error:  # noqa: BLE001  a deadlock is an outcome too
            outcomes[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_opposite_merges_leave_one_main_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds its own case when it reaches for the other: in one order, or in a deadlock."""
    factories.load_reference()
    region = factories.make_region()["region"]
    held = threading.Barrier(2)

    def locked_then_wait(case: Case, actor: User, *right: str) -> Case:
        found = locked_case(case, actor, *right)
        with suppress(threading.BrokenBarrierError):
            held.wait(0.5)
        return found

    monkeypatch.setattr("cases.actions.moving.locked_case", locked_then_wait)
    first, second = factories.make_case(Status.MODERATION), factories.make_case(Status.MODERATION)
    people = [factories.make_person("operator", region) for _ in range(2)]
    outcomes = _at_once(
        lambda: actions.merge(first, actor=people[0], into=second),
        lambda: actions.merge(second, actor=people[1], into=first),
    )
    refused = [error for error in outcomes if error is not None]
    assert [type(error) for error in refused] == [BadChange], outcomes
    assert isinstance(refused[0], BadChange)
    assert refused[0].code == "merge_target_merged"
    merged = Case.objects.get(status=Status.MERGED)
    main = Case.objects.get(pk=merged.merged_into_id)
    assert main.status == Status.MODERATION
    assert main.messages.count() == 2


@pytest.mark.django_db(transaction=True)
def test_three_merges_in_a_ring_leave_no_ring() -> None:
    factories.load_reference()
    region = factories.make_region()["region"]
    ring = [factories.make_case(Status.MODERATION) for _ in range(3)]
    people = [factories.make_person("operator", region) for _ in range(3)]
    outcomes = _at_once(
        *(
            partial(actions.merge, ring[at], actor=people[at], into=ring[(at + 1) % 3])
            for at in range(3)
        )
    )
    assert all(error is None or isinstance(error, BadChange) for error in outcomes), outcomes
    left = Case.objects.exclude(status=Status.MERGED)
    assert left.count() >= 1
    for case in Case.objects.filter(status=Status.MERGED):
        assert case.merged_into is not None
        assert case.merged_into.status != Status.MERGED or case.merged_into.merged_into_id
    assert Message.objects.filter(case__in=left).count() == 3


def _lock_then(case: Case, change: dict[str, Any], actor: User) -> tuple[Case | None, str | None]:
    """What `actor`, who waits for the lock while `change` is made, gets: the case or the code."""
    got: list[Any] = [None, None]
    waiting = threading.Event()

    def wait() -> None:
        try:
            with transaction.atomic():
                waiting.set()
                got[0] = locked_case(case, actor)
        except CaseError as error:
            got[1] = error.code
        finally:
            connection.close()

    thread = threading.Thread(target=wait)
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)
        Case.objects.filter(pk=case.pk).update(**change)
        thread.start()
        waiting.wait(10)
        _until_somebody_waits()
    thread.join(10)
    assert not thread.is_alive()
    return got[0], got[1]


def _until_somebody_waits() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("select 1 from pg_locks where not granted and locktype <> 'relation'")
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_lock_sees_the_case_and_its_agency_as_they_are_now() -> None:
    world = World()
    case = Case.objects.defer("search").get(pk=world.case(Status.IN_WORK, "own").pk)
    other = world.agencies["other"]
    person = factories.make_person("coordinator", world.agencies["region"])
    change = {"agency": other, "version": case.version + 1, "title": "Иначе"}
    found, refusal = _lock_then(case, change, person)
    assert refusal is None
    assert found is not None
    assert (found.agency_id, found.version, found.title) == (other.pk, case.version + 1, "Иначе")
    assert found.agency == other  # read after the lock, not with it


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_a_case_that_left_his_agency_finds_none() -> None:
    world = World()
    case = Case.objects.defer("search").get(pk=world.case(Status.IN_WORK, "own").pk)
    person = factories.make_person("executor", world.agencies["own"])
    change = {"agency": world.agencies["other"]}
    assert _lock_then(case, change, person) == (None, "case_not_found")


@pytest.mark.django_db(transaction=True)
def test_an_event_or_a_message_need_not_wait_for_a_move() -> None:
    world = World()
    case = Case.objects.defer("search").get(pk=world.case(Status.IN_WORK, "own").pk)
    person = factories.make_person("coordinator", world.agencies["region"])
    done: list[bool] = []

    def add() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '3s'")
            case.events.create(move="seen")
            done.append(True)
        finally:
            connection.close()

    with transaction.atomic():
        locked_case(case, person)
        thread = threading.Thread(target=add)
        thread.start()
        thread.join(10)
    assert done


@pytest.mark.django_db(transaction=True)
def test_two_first_messages_of_one_author_at_once_have_one_author() -> None:
    world = World()
    actor = factories.make_person("operator", world.agencies["region"])
    channel = factories.make_channel("hotline", regime="hotline")
    start = threading.Barrier(2)
    arrivals: list[Arrival] = []

    def arrive(number: int) -> None:
        try:
            start.wait(10)
            arrivals.append(
                actions.receive(
                    actor=actor,
                    channel=channel,
                    external_id=f"race-{number}",
                    text=f"Яма {number}",
                    posted_at=timezone.now(),
                    author="the-same",
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=arrive, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(arrivals) == 2
    authors = {arrival.case.citizen_id for arrival in arrivals}
    assert len(authors) == 1
    assert authors == set(
        Case.objects.filter(citizen__handle="the-same").values_list("citizen", flat=True)
    )
