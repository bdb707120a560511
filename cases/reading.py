"""One case as a move needs it: its own row and nothing joined, plain or under its lock.

The ORM's statement for a case page joins eleven tables: writing and planning it cost more than
the whole move. A joined row would also be wrong under the lock: who waited for it gets the
case as it is now, but the other tables as they were when he asked (tests in test_races).
"""

from typing import Any

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from agencies.stamps import came_with_stamps
from cases.directory import directory_of
from cases.errors import CaseNotFound
from cases.models import Case
from database.rows import Columns, planned

_CASE = Columns(Case, "c", without=["search"])
# The scope of CaseQuerySet.visible_to as a condition; null means every agency.
IN_SCOPE = "(%s::bigint[] is null or c.agency_id = any(%s::bigint[]))"
_PLAIN = f"select {_CASE.sql} from cases_case c where c.number = %s and {IN_SCOPE}"
_BY_KEY = f"select {_CASE.sql} from cases_case c where c.id = %s and {IN_SCOPE}"
# Not «for update»: who adds a message or an event to the case need not wait.
_LOCKED = (
    f"select {_CASE.sql} from cases_case c where c.id = %s and {IN_SCOPE} for no key update of c"
)


# The same for who is asked for a part of the case: this part alone opens the door.
_LOCKED_FOR_PART = (
    f"select {_CASE.sql} from cases_case c where c.id = %s and exists (select from"
    " cases_participation p where p.id = %s and p.case_id = c.id and (%s::bigint[] is null"
    " or p.agency_id = any(%s::bigint[]))) for no key update of c"
)


def scope_of(user: User | None, right: str = Right.VIEW_CASES) -> list[list[int] | None]:
    """The two values IN_SCOPE takes; without a user the portal itself, which sees everything."""
    if user is None:
        return [None, None]
    ids = granted_agency_ids(user, right)
    return [None, None] if ids is None else [sorted(ids)] * 2


def _one(sql: str, key: Any, user: User | None, right: str = Right.VIEW_CASES) -> Case:
    return _taken(sql, [key, *scope_of(user, right)], user)


def _taken(sql: str, values: list[Any], user: User | None) -> Case:
    rows = planned(sql, values)
    found = _CASE.take(rows[0]) if rows else None
    if found is None:
        raise CaseNotFound("case_not_found")
    if came_with_stamps(user):
        directory_of(user).attach([found])
    return found


def visible_case(user: User, number: str) -> Case:
    """The case by its number, if `user` may see it at all; else CaseNotFound (404)."""
    return _one(_PLAIN, number, user)


def locked_for_part(case: Case, part: int, user: User) -> Case:
    """The locked case for a move on one part of it, if `user` is asked for that part."""
    values = [case.pk, part, *scope_of(user, Right.CONTRIBUTE)]
    return _taken(_LOCKED_FOR_PART, values, user)


def case_by_key(user: User, key: int) -> Case:
    """The same by its key."""
    return _one(_BY_KEY, key, user)


def locked_case(case: Case, user: User | None, right: str = Right.VIEW_CASES) -> Case:
    """The case as it stands once its row lock is ours, if `user` may see it; else CaseNotFound.

    The lock is held to the end of the transaction. Agency, topic, channel come from memory by
    the keys the locked row has, or are read when asked for: never in the statement of the lock.
    """
    return _one(_LOCKED, case.pk, user, right)
