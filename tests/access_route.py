"""What the access test is told of one request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agencies.roles import Right
from cases.models import Case
from cases.workflow import Status
from tests.move_payloads import Body


@dataclass(frozen=True, slots=True)
class Route:
    """One request. `rights`: any one of them opens it; empty means every signed-in person.

    A route with a case takes the right on the case's agency and shows 404 to who may not see
    the case; a route without one takes the right anywhere. `public`: no sign-in at all.
    `status`: state of the case. `refusal`: answer to who lacks the right. `region_wide`: the
    right must reach every agency. `query`: added to the address. `echoes`: shows what was
    asked for, so the marker may stand in the answer (foreign numbers may not). `multipart`: a
    call of the API that takes a form with files, not JSON. `move`: whose
    case it takes (its regime, its kind of reply).
    """

    method: str = "get"
    rights: frozenset[str] = frozenset()
    status: str = ""
    body: Body = field(default=lambda world, case: {})
    # None: the case's number for a route with a case, nothing for one without.
    kwargs: Callable[[Any, Case], Mapping[str, Any]] | None = None
    public: bool = False
    refusal: tuple[int, ...] = (403,)
    region_wide: bool = False
    query: str = ""
    echoes: bool = False
    multipart: bool = False
    move: str = ""


def on_case(*rights: str, **given: Any) -> Route:
    return Route(rights=frozenset(rights), **{"status": Status.IN_WORK, **given})


def anywhere(*rights: str, **given: Any) -> Route:
    return Route(rights=frozenset(rights), **given)


HANDING = (Right.ASSIGN_CASES, Right.ROUTE_CASES, Right.MANAGE_AGENCIES)
PART = lambda world, case: {"pk": world.part.pk}  # noqa: E731
PART_FILE = lambda world, case: {"pk": world.part.pk, "file": world.part_file().pk}  # noqa: E731
FILE = lambda world, case: {"number": case.number, "pk": world.file_of(case).pk}  # noqa: E731
