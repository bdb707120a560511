"""Who has a reply open on the review desk: never two reviewers on one unknowingly."""

from datetime import timedelta

from django.utils import timezone

from agencies.models import User
from cases.models import Case, ReviewClaim
from database.rows import planned

LEASE = timedelta(minutes=10)

_CLAIM = (
    "insert into cases_reviewclaim as c (case_id, reviewer_id, until) values (%s, %s, %s)"
    " on conflict (case_id) do update set reviewer_id = excluded.reviewer_id,"
    " until = excluded.until where c.reviewer_id = excluded.reviewer_id or c.until < %s or %s"
    " returning case_id"
)


def claim(case: Case, reviewer: User, *, knowingly: bool = False) -> bool:
    """Say that this reviewer reads the reply, for ten minutes (one statement).

    False where another one does; `knowingly` takes it over from him.
    """
    now = timezone.now()
    return bool(planned(_CLAIM, [case.pk, reviewer.pk, now + LEASE, now, knowingly]))


def claimed_by_others(cases: list[int], reviewer: User) -> dict[int, ReviewClaim]:
    """Who else has which of these cases open (one query)."""
    rows = ReviewClaim.objects.select_related("reviewer").filter(
        case__in=cases, until__gt=timezone.now()
    )
    return {row.case_id: row for row in rows.exclude(reviewer=reviewer)}
