"""The list of repeats in the reader's scope, and the counts of each agency."""

from dataclasses import dataclass

from django.db.models import Q

from agencies.access import granted_by_any
from agencies.models import Agency, User
from agencies.roles import Right
from cases.models import Case, Message, RepeatPair, RepeatTally, Reply

READERS = (Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES)
JUDGES = (Right.ROUTE_CASES, Right.REVIEW_REPLIES)
PAGE = 20


@dataclass(slots=True)
class Pair:
    """A pair as the page shows it; the earlier case only where the reader may open it."""

    pair: RepeatPair
    text: str
    earlier: Case | None
    earlier_text: str
    reply: Reply | None


def scope_of(user: User) -> frozenset[int] | None:
    return granted_by_any(user, READERS)


def listed(
    user: User, *, state: str, agency: int | None = None, before: int | None = None
) -> tuple[list[Pair], int | None]:
    """A page of pairs, the newest first, with texts and the earlier reply (five queries)."""
    ids = scope_of(user)
    found = RepeatPair.objects.visible_to(user).filter(state=state)
    if ids is not None:
        found = found.filter(agency_id__in=sorted(ids))
    if agency is not None:
        found = found.filter(agency_id=agency)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(
        found.select_related("case__citizen", "case__agency", "case__topic", "decided_by")
        .defer("case__search")
        .order_by("-pk")[: PAGE + 1]
    )
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    rows = rows[:PAGE]
    earlier = (
        Case.objects.visible_to(user)
        .select_related("citizen", "agency", "topic")
        .defer("search")
        .in_bulk([row.earlier_id for row in rows])
    )
    texts: dict[int, str] = {}
    wanted = {*(row.case_id for row in rows), *earlier}
    letters = Message.objects.filter(case__in=wanted, is_current=True).order_by("case", "id")
    for case, text in letters.values_list("case", "text"):
        texts.setdefault(case, text)
    replies = {
        reply.case_id: reply
        for reply in Reply.objects.filter(case__in=earlier, state="published", kind="final")
        .order_by("version")
        .only("case", "text", "published_at")
    }
    return [
        Pair(
            row,
            texts.get(row.case_id, ""),
            earlier.get(row.earlier_id),
            texts.get(row.earlier_id, ""),
            replies.get(row.earlier_id),
        )
        for row in rows
    ], more


def counts_of(user: User, limit: int = 12) -> list[tuple[Agency, int, int, int]]:
    """(agency, counted, to be decided, refused), those with most first (two queries)."""
    ids = scope_of(user)
    found = RepeatTally.objects.filter(Q(counted__gt=0) | Q(found__gt=0) | Q(refused__gt=0))
    if ids is not None:
        found = found.filter(agency_id__in=sorted(ids))
    rows = list(found.order_by("-counted", "agency_id")[:limit])
    agencies = Agency.objects.in_bulk([row.agency_id for row in rows])
    return [
        (agencies[row.agency_id], row.counted, row.found, row.refused)
        for row in rows
        if row.agency_id in agencies
    ]
