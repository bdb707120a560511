"""Two people acting on one case at once, on two real connections."""

import threading

import pytest
from django.db import connection

from agencies.models import User
from agencies.roles import HOLDERS, Right
from cases.doors import DOORS
from cases.errors import CaseError, MoveNotAllowed
from cases.models import Case
from cases.workflow import MOVES, Status
from tests import factories
from tests.access_payloads import MOVES as PAYLOADS
from tests.world import World

# Both start at once; what each does and the state the case is in.
RACES: list[tuple[str, str, str]] = [
    ("take", "take", Status.ROUTED),
    ("publish", "return_to_author", Status.APPROVAL),
    ("accept_reply", "return_for_rework", Status.REVIEW),
    ("route", "reject", Status.MODERATION),
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
