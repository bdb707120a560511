"""Rows of a list by their keys, in one planned statement; what they refer to from the directory.

Selecting (scope, filters, order, the page) is the queryset's work and yields keys; here the keys
become cases with everything a row shows. The ORM would compile fifty columns of seven tables
anew for each page and PostgreSQL would plan their joins: ten times the cost of reading them.
"""

from collections.abc import Sequence

from agencies.models import User
from cases.directory import directory_of
from cases.models import Case, Citizen
from database.rows import Columns, planned, set_related

# What a row of a list shows; a column that is not here is loaded when it is asked for.
_CASE = Columns(
    Case,
    "c",
    only=(
        *("number", "status", "is_open", "title", "place", "severity", "received_at", "due_at"),
        *("submitted_at", "risk", "flagged", "controlled_by_id", "repeat_of_id", "event_id"),
        *("channel_id", "citizen_id", "topic_id", "territory_id", "agency_id", "executor_id"),
        *("waiting_until", "rejection_by_id"),
    ),
)
_CITIZEN = Columns(Citizen, "z", only=["name", "kind"])
_EXECUTOR = Columns(User, "e", only=["username", "first_name", "last_name", "phone"])
_WHOLE = Columns(Case, "c", without=["search", "touched"])


def _rows(case: Columns[Case]) -> str:
    return (
        f"select {case.sql}, {_CITIZEN.sql}, {_EXECUTOR.sql} from cases_case c"
        " join cases_citizen z on z.id = c.citizen_id"
        " left join agencies_user e on e.id = c.executor_id"
        " where c.id = any(%s::bigint[])"
    )


_STATEMENTS = {columns: _rows(columns) for columns in (_CASE, _WHOLE)}


def rows_by_key(keys: Sequence[int], reader: User, *, whole: bool = False) -> list[Case]:
    """The cases of `keys` in their order; the keys come from `visible_to` (one query).

    `whole`: with all columns, as the API shows them.
    """
    if not keys:
        return []
    columns = _WHOLE if whole else _CASE
    found: dict[int, Case] = {}
    for row in planned(_STATEMENTS[columns], [list(keys)]):
        case = columns.take(row)
        assert case is not None
        set_related(
            case,
            citizen=_CITIZEN.take(row, columns.width),
            executor=_EXECUTOR.take(row, columns.width + _CITIZEN.width),
        )
        found[case.pk] = case
    cases = [found[key] for key in keys if key in found]
    directory_of(reader).attach(cases)
    return cases
