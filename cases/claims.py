"""Who has a reply open on the review desk: never two reviewers on one unknowingly."""

from datetime import timedelta

from django.utils import timezone

from agencies.models import User
from cases.models import Case, ReviewClaim
from database.rows import Columns, planned, set_related

LEASE = timedelta(minutes=10)
_CLAIM_ROW = Columns(ReviewClaim, "c")
_REVIEWER = Columns(User, "u", only=["username", "first_name", "last_name"])

_CLAIM = (
    "insert into cases_reviewclaim as c (case_id, reviewer_id, until) values (%s, %s, %s)"
    " on conflict (case_id) do update set reviewer_id = excluded.reviewer_id,"
    " until = excluded.until where c.reviewer_id = excluded.reviewer_id or c.until < %s or %s"
    " returning case_id"
)

_OTHERS = (
    f"select {_CLAIM_ROW.sql}, {_REVIEWER.sql} from cases_reviewclaim c"  # noqa: S608
    " join agencies_user u on u.id = c.reviewer_id"
    " where c.case_id = any(%s::bigint[]) and c.until > %s and c.reviewer_id <> %s"
)


def claim(case: Case, reviewer: User, *, knowingly: bool = False) -> bool:
    """Say that this reviewer reads the reply, for ten minutes (one statement).

    False where another one does; `knowingly` takes it over from him.
    """
    now = timezone.now()
    return bool(planned(_CLAIM, [case.pk, reviewer.pk, now + LEASE, now, knowingly]))


def claimed_by_others(cases: list[int], reviewer: User) -> dict[int, ReviewClaim]:
    """Who else has which of these cases open (one query)."""
    found: dict[int, ReviewClaim] = {}
    for row in planned(_OTHERS, [cases, timezone.now(), reviewer.pk]):
        taken = _CLAIM_ROW.take(row)
        assert taken is not None
        set_related(taken, reviewer=_REVIEWER.take(row, _CLAIM_ROW.width))
        found[taken.case_id] = taken
    return found
