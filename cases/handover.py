"""Handing over all open cases of a person or an agency: plan, carry out, each case by itself."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from agencies.access import granted_agency_ids, holds, holds_anywhere, reach_of_many
from agencies.models import Agency, User
from agencies.roles import Right
from cases.actions.handing import RIGHTS, hand_over
from cases.errors import CaseError
from cases.models import Case, Handover, HandoverRow, Orphan
from cases.querysets import CaseQuerySet
from cases.refusals import REFUSALS
from cases.workflow import MOVES

# So many are carried out in the request; the rest by the worker.
AT_ONCE = 25
SHOWN = 200
# So many people and agencies are offered; the rest is found by name.
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose cases go where. `executors` share them evenly, the nearest term first."""

    person: User | None
    agency: Agency | None
    to_agency: Agency | None = None
    executors: Sequence[User] = ()


def may_open(user: User) -> bool:
    return holds_anywhere(user, RIGHTS)


def reachable(user: User) -> CaseQuerySet:
    """Open cases of agencies where `user` may hand over; states and numbers, not yet texts."""
    if not may_open(user):
        raise PermissionDenied
    cases = Case.objects.visible_to(user, Right.VIEW_STATES).open().filter(agency__isnull=False)
    reach: set[int] = set()
    for right in RIGHTS:
        ids = granted_agency_ids(user, right)
        if ids is None:
            return cases
        reach |= ids
    return cases.filter(agency__in=sorted(reach))


def _named(words: str, *fields: str) -> Q:
    """Every word begins one of a field: «мин» is no «администрация»."""
    found = Q()
    for word in re.findall(r"\w+", words)[:5]:
        found &= reduce(or_, (Q(**{f"{field}__iregex": rf"\m{word}"}) for field in fields))
    return found


def holders(user: User, words: str = "") -> list[User]:
    """Who holds cases `user` may hand over, by parts of the name: those first who sign in no more.

    OFFERED + 1 at most, `open_cases` beside each (two queries).
    """
    reach = reachable(user)
    people = list(
        User.objects.filter(
            _named(words, "last_name", "first_name", "patronymic", "username"),
            Exists(reach.filter(executor=OuterRef("pk"))),
        )
        .select_related("agency")
        .order_by("is_active", "last_name", "first_name", "pk")[: OFFERED + 1]
    )
    counted = dict(
        reach.filter(executor__in=people)
        .order_by()
        .values_list("executor")
        .annotate(total=Count("pk"))
    )
    for person in people:
        vars(person)["open_cases"] = counted.get(person.pk, 0)
    return people


def holding_agencies(user: User, words: str = "") -> list[Agency]:
    """Agencies with cases `user` may hand over, by parts of the name, closed ones first."""
    return list(
        Agency.objects.filter(
            _named(words, "name", "short_name", "code"),
            Exists(reachable(user).filter(agency=OuterRef("pk"))),
        ).order_by("is_active", "sort_name")[: OFFERED + 1]
    )


def cases_of(user: User, plan: Plan) -> CaseQuerySet:
    """What the plan takes, the nearest term first."""
    cases = reachable(user).filter(status__in=[str(s) for s in MOVES["hand_over"].sources])
    if plan.person is not None:
        cases = cases.filter(executor=plan.person)
    if plan.agency is not None:
        cases = cases.filter(agency=plan.agency)
    return cases.order_by("due_at", "id")


def possible_agencies(user: User) -> list[Agency]:
    """Working agencies the actor may give cases to."""
    found = Agency.objects.active().order_by("sort_name")
    return [agency for agency in found if any(holds(user, right, agency.pk) for right in RIGHTS)]


def possible_executors(agencies: Iterable[Agency]) -> list[User]:
    """Active people of these agencies and of those above them who may answer there."""
    wanted = {agency.pk for agency in agencies}
    line: set[int] = set()
    for agency in agencies:
        node: Agency | None = agency
        while node is not None and node.pk not in line:
            line.add(node.pk)
            node = node.parent
    people = list(
        User.objects.filter(is_active=True, agency__in=line)
        .select_related("agency")
        .order_by("last_name", "first_name", "pk")
    )
    reach_of_many(people)
    able = []
    for person in people:
        ids = granted_agency_ids(person, Right.ANSWER_CASES)
        if ids is None or wanted & ids:
            able.append(person)
    return able


@dataclass(slots=True)
class Planned:
    case: Case
    to: User | None


def shared(cases: Sequence[Case], executors: Sequence[User]) -> list[Planned]:
    """One after another: who gets the first gets the next after all others had theirs."""
    if not executors:
        return [Planned(case, None) for case in cases]
    return [Planned(case, executors[at % len(executors)]) for at, case in enumerate(cases)]


@transaction.atomic
def start(user: User, plan: Plan, *, reason: str) -> Handover:
    """Write down what is to be handed over: every open case of the plan, once."""
    keys = list(cases_of(user, plan).values_list("pk", flat=True))
    made = Handover.objects.create(
        actor=user,
        person=plan.person,
        agency=plan.agency if plan.person is None else None,
        to_agency=plan.to_agency,
        reason=reason,
    )
    people = plan.executors
    HandoverRow.objects.bulk_create(
        (
            HandoverRow(
                handover=made, case_id=key, executor=people[at % len(people)] if people else None
            )
            for at, key in enumerate(keys)
        ),
        batch_size=2000,
    )
    return made


def carry_out(made: Handover, limit: int | None = None) -> int:
    """Hand over what waits, each case in a transaction with its row: killed or run twice, each
    is handed over once. How many rows were decided."""
    done = 0
    while (limit is None or done < limit) and _next(made):
        done += 1
    return done


@transaction.atomic
def _next(made: Handover) -> bool:
    row = (
        HandoverRow.objects.filter(handover=made, state=HandoverRow.State.WAITING)
        .select_related("executor", "case")
        .defer("case__search")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")
        .first()
    )
    if row is None:
        return False
    try:
        with transaction.atomic():
            hand_over(
                row.case,
                actor=User.objects.get(pk=made.actor_id),
                executor=row.executor,
                agency=made.to_agency,
                reason=made.reason,
                holder=made.person_id,
                handover=made.pk,
            )
        row.state = HandoverRow.State.DONE
    except CaseError as error:
        row.state = HandoverRow.State.REFUSED
        row.refusal = error.code if error.code in REFUSALS else _CODES.get(error.code, error.code)
    row.save(update_fields=["state", "refusal"])
    return True


# What the frame of moves refuses, as said in a row.
_CODES = {
    "case_not_found": "handover_out_of_reach",
    "right_missing": "handover_out_of_reach",
    "move_not_allowed": "handover_ended",
}


def waiting() -> list[Handover]:
    """Handovers the worker has still to carry out."""
    rows = HandoverRow.objects.filter(state=HandoverRow.State.WAITING)
    return list(Handover.objects.filter(pk__in=rows.values("handover")).order_by("pk"))


def orphans_of(user: User) -> "list[Orphan]":
    """Cases without a living executor that `user` may hand over, as they stand now.

    A case handed over since the check is not among them (two queries).
    """
    cases = reachable(user)
    found = (
        Orphan.objects.filter(case__in=cases)
        .select_related("case__agency", "case__executor", "case__citizen", "agency", "executor")
        .defer("case__search")
        .order_by("agency__sort_name", "executor_id", "case__due_at", "pk")
    )
    return [
        one
        for one in found[: SHOWN * 5]
        if (one.agency_id, one.executor_id) == (one.case.agency_id, one.case.executor_id)
    ]
