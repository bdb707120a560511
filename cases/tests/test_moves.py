"""Every move of the life cycle: where it starts, who makes it, what it leaves behind."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from agencies.models import User
from agencies.roles import HOLDERS, Right
from cases.actions import moving as moving_module
from cases.doors import DOORS
from cases.errors import CaseNotFound, MoveNotAllowed, RightMissing, StaleChange
from cases.models import Case, Clock, Reply
from cases.workflow import MOVES, Status
from database.rows import planned
from tests import factories
from tests.move_payloads import MOVES as PAYLOADS
from tests.snapshot import changed, snapshot
from tests.world import World

pytestmark = pytest.mark.django_db

# What is made for many has its own tests (test_handover), what takes a task of the review desk
# too (test_review_desk), and what is done from the page of a part (test_parts).
ON_TASKS = ["judge_reply", "undo_verdict"]
WORKING = [
    name
    for name, move in MOVES.items()
    if not (move.system or move.many or move.part) and name not in ON_TASKS
]
FROM_EACH = [(name, source) for name in WORKING for source in sorted(MOVES[name].sources)]
# Moves whose next state the action decides.
DECIDED = {
    ("assign", Status.ROUTED): {Status.IN_WORK},
    ("submit_reply", Status.IN_WORK): {Status.APPROVAL, Status.REVIEW},
    ("submit_reply", Status.REWORK): {Status.APPROVAL, Status.REVIEW},
    ("submit_reply", Status.INTERIM): {Status.APPROVAL, Status.REVIEW},
    ("keep_promise", Status.PLANNED): {Status.IN_WORK},
    ("record_mark", Status.ANSWERED): {Status.REWORK},
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def holder(world: World, name: str) -> User:
    """A person who may make the move on `own` and see its cases; a fresh object, as a request's."""
    roles = HOLDERS[Right(MOVES[name].right)] & HOLDERS[Right.VIEW_CASES]
    return User.objects.get(pk=world.people[sorted(roles)[0]].pk)


def fresh(world: World, status: str, scope: str = "own", move: str = "") -> Case:
    return Case.objects.defer("search").get(pk=world.case(status, scope, move).pk)


def make(world: World, name: str, case: Case, actor: User, **given: Any) -> Any:
    """The move through its form, as a page makes it."""
    door = DOORS[name]
    form = door.form(PAYLOADS[name](world, case), case=case, actor=actor)
    assert form.is_valid(), form.errors
    return door.perform(case, actor=actor, **form.cleaned_data, **given)


@pytest.mark.parametrize(("name", "source"), FROM_EACH)
def test_a_move_works_from_each_of_its_states_and_writes_its_event(
    world: World, name: str, source: str
) -> None:
    case, actor = fresh(world, source, move=name), holder(world, name)
    events = case.events.count()
    make(world, name, case, actor)
    now = Case.objects.get(pk=case.pk)
    target = MOVES[name].target
    wanted = DECIDED.get((name, Status(source)), {target or source})
    assert now.status in wanted
    assert now.version == case.version + 1
    assert case.events.count() == events + 1
    event = case.events.first()
    assert (event.move, event.actor, event.before, event.after) == (
        name,
        actor,
        source,
        now.status,
    )


@pytest.mark.parametrize("name", WORKING)
def test_a_move_is_refused_in_every_other_state(world: World, name: str) -> None:
    actor = holder(world, name)
    before = snapshot()
    for status in set(Status.values) - MOVES[name].sources:
        with pytest.raises(MoveNotAllowed) as refused:
            make(world, name, fresh(world, status, move=name), actor)
        assert refused.value.status == 409
    assert changed(before) == []


@pytest.mark.parametrize("name", WORKING)
def test_a_move_is_refused_without_its_right(world: World, name: str) -> None:
    source = sorted(MOVES[name].sources)[0]
    case = fresh(world, source, move=name)
    held = frozenset().union(*(HOLDERS[Right(right)] for right in MOVES[name].rights))
    roles = HOLDERS[Right.VIEW_CASES] - held
    before = snapshot()
    for role in roles:
        actor = User.objects.get(pk=world.people[role].pk)
        with pytest.raises(RightMissing):
            make(world, name, case, actor)
    assert roles
    assert changed(before) == []


@pytest.mark.parametrize("name", WORKING)
def test_a_foreign_case_does_not_exist_for_a_move(world: World, name: str) -> None:
    source = sorted(MOVES[name].sources)[0]
    case, actor = fresh(world, source, "other", name), holder(world, name)
    before = snapshot()
    # The action itself refuses: values are those of one's own case, whose form is valid.
    own = fresh(world, source, move=name)
    form = DOORS[name].form(PAYLOADS[name](world, own), case=own, actor=actor)
    assert form.is_valid(), form.errors
    with pytest.raises(CaseNotFound):
        DOORS[name].perform(case, actor=actor, **form.cleaned_data)
    assert changed(before) == []


@pytest.mark.parametrize("name", WORKING)
def test_a_stale_version_changes_nothing(world: World, name: str) -> None:
    case, actor = fresh(world, sorted(MOVES[name].sources)[0], move=name), holder(world, name)
    before = snapshot()
    with pytest.raises(StaleChange):
        make(world, name, case, actor, version=case.version + 1)
    assert changed(before) == []


class Crash(Exception):
    """Stands for the power going out inside a move."""


@pytest.mark.parametrize("name", WORKING)
def test_a_move_that_fails_inside_leaves_nothing(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case is saved with its event at the end of a move: all that was written is undone."""

    def crash(sql: str, values: list[Any]) -> None:
        assert "cases_caseevent" in sql
        planned(sql, values)
        raise Crash

    case, actor = fresh(world, sorted(MOVES[name].sources)[0], move=name), holder(world, name)
    before = snapshot()
    monkeypatch.setattr(moving_module, "planned", crash)
    with pytest.raises(Crash):
        make(world, name, case, actor)
    assert changed(before) == []


def test_every_working_move_has_a_page_an_api_route_and_a_form() -> None:
    assert sorted(DOORS) == sorted([*WORKING, *ON_TASKS])
    for door in DOORS.values():
        for prefix in ("", "api-"):
            try:
                path = reverse(f"{prefix}case-{door.slug}", kwargs={"number": "26-000001"})
            except NoReverseMatch:
                pytest.fail(f"{door.name} has no route {prefix}case-{door.slug}")
            assert path.endswith(f"/cases/26-000001/{door.slug}/")


def test_every_state_can_be_reached_and_left_or_is_an_end() -> None:
    reached = {move.target for move in MOVES.values() if move.target} | {
        Status.RECEIVED,
        Status.REVIEW,
        Status.APPROVAL,
    }
    assert reached == set(Status)


def test_a_flagged_reply_goes_to_review_and_an_unflagged_one_to_approval(world: World) -> None:
    actor = holder(world, "submit_reply")
    case = fresh(world, Status.IN_WORK)
    reply: Reply = DOORS["submit_reply"].perform(case, actor=actor, text=factories.REPLY)
    assert (reply.state == Reply.State.REVIEW) is reply.flagged
    assert Case.objects.get(pk=case.pk).status == reply.state


def test_a_published_reply_stays_when_a_supervisor_returns_it(world: World) -> None:
    case = fresh(world, Status.ANSWERED)
    published = case.replies.get()
    make(world, "return_for_rework", case, holder(world, "return_for_rework"))
    kept = Reply.objects.get(pk=published.pk)
    assert (kept.state, kept.text) == (Reply.State.PUBLISHED, published.text)


def test_only_the_moment_of_publication_stops_the_reply_clock(world: World) -> None:
    case = fresh(world, Status.APPROVAL)
    clock = case.clocks.exclude(kind=Clock.Kind.PART).get()
    assert clock.stopped_at is None
    make(world, "publish", case, holder(world, "publish"))
    clock.refresh_from_db()
    assert clock.stopped_at == case.replies.get().published_at
