"""A person's own notices: how many wait, which may be shown, marking them read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count
from django.utils import timezone

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from cases.models import Case, Participation
from notices.models import Notice

PAGE = 50
# Alike notices of a day from this many on are one row that opens.
ALIKE = 4
# The bell says no more than «99+»; neither is more counted for an API.
MOST_COUNTED = 100


def unread_count(user: User) -> int:
    """How many unread notices the person could read, at most MOST_COUNTED (one query)."""
    rows = (
        Notice.objects.unread()
        .filter(person=user)
        .reachable(user)
        .order_by()
        .values("person")[:MOST_COUNTED]
    )
    return int(rows.count())


# Comes with the person of a request (agencies.people): pairs of agency and number.
UNREAD = "unread_pairs"
UNREAD_PAIRS = """
select json_agg(json_build_array(agency_id, n)) from (
    select agency_id, count(*) as n from (
        select agency_id from notices_notice
        where person_id = u.id and read_at is null limit 1000
    ) unread group by agency_id
) counted
"""


def waiting(user: User) -> int:
    """`unread_count` without a query where the number came with the person."""
    if UNREAD not in vars(user):
        return unread_count(user)
    ids = granted_agency_ids(user, Right.VIEW_CASES)
    pairs = vars(user)[UNREAD] or ()
    total = sum(n for agency, n in pairs if agency is None or ids is None or agency in ids)
    return min(int(total), MOST_COUNTED)


def unread_by_kind(user: User) -> dict[str, int]:
    """Kind -> unread notices the person could read (one query)."""
    rows = Notice.objects.unread().filter(person=user).reachable(user).order_by()
    return dict(rows.values_list("kind").annotate(Count("pk")))


_CASE = (
    *("number", "title", "status", "is_open", "due_at", "agency_id"),
    *("citizen__name", "citizen__kind", "citizen__handle"),
)


@dataclass(slots=True)
class Shown:
    """A notice with its case, which its reader may see at this moment.

    Of a part he is asked for: number and masked heading of the case, and the part's own address.
    """

    notice: Notice
    case: Case | None
    part: Participation | None = None

    @property
    def url(self) -> str:
        """The page it is about; empty where it is about no case."""
        if self.part is not None:
            return self.part.get_absolute_url()
        return self.case.get_absolute_url() if self.case is not None else ""


@dataclass(slots=True)
class Page:
    rows: list[Shown]
    # Where the next page begins; None on the last one.
    before: int | None


def page_of(user: User, *, unread: bool = False, kind: str = "", before: int | None = None) -> Page:
    """Newest first; notices of cases the person may not see are left out (three queries)."""
    found = Notice.objects.filter(person=user).reachable(user)
    if unread:
        found = found.unread()
    if kind:
        found = found.filter(kind=kind)
    if before is not None:
        found = found.filter(pk__lt=before)
    notices = list(found[: PAGE + 1])
    more = len(notices) > PAGE
    notices = notices[:PAGE]
    return Page(with_cases(user, notices), notices[-1].pk if more else None)


def with_cases(user: User, notices: Sequence[Notice]) -> list[Shown]:
    """Those of the notices `user` may see now, with the cases they are about (one query, one
    more where there are parts)."""
    wanted = {notice.case_id for notice in notices if notice.case_id and not notice.part_id}
    asked = {notice.part_id for notice in notices if notice.part_id}
    parts = _parts(user, asked) if asked else {}
    visible = Case.objects.visible_to(user).select_related("citizen").only(*_CASE)
    cases = visible.in_bulk(wanted) if wanted else {}
    shown = []
    for notice in notices:
        if notice.part_id:
            if part := parts.get(notice.part_id):
                shown.append(Shown(notice, part.case, part))
        elif notice.case_id is None or notice.case_id in cases:
            shown.append(Shown(notice, cases.get(notice.case_id)))
    return shown


def _parts(user: User, ids: set[int]) -> dict[int, Participation]:
    names = [f"case__{name}" for name in _CASE]
    visible = Participation.objects.visible_to(user).select_related("case__citizen")
    return visible.only("id", "case_id", "case__citizen_id", *names).in_bulk(ids)


@dataclass(slots=True)
class Group:
    """Neighbouring alike notices; one alone is a group too."""

    kind: str
    unread: bool
    rows: list[Shown]

    @property
    def is_many(self) -> bool:
        return len(self.rows) >= ALIKE


@dataclass(slots=True)
class Day:
    day: date
    groups: list[Group] = field(default_factory=list)


def by_day(rows: Sequence[Shown]) -> list[Day]:
    """Days of the reader's zone, alike notices of a day together where there are many.

    Many alike stand where the newest of them stood; the others keep their places.
    """
    days: list[Day] = []
    for day, some in groupby(rows, key=lambda row: timezone.localtime(row.notice.at).date()):
        days.append(Day(day, _groups(list(some))))
    return days


def _groups(rows: list[Shown]) -> list[Group]:
    alike: dict[tuple[str, bool], list[Shown]] = {}
    for row in rows:
        alike.setdefault((row.notice.kind, row.notice.read_at is None), []).append(row)
    groups: list[Group] = []
    seen: set[tuple[str, bool]] = set()
    for row in rows:
        key = (row.notice.kind, row.notice.read_at is None)
        if len(alike[key]) < ALIKE:
            groups.append(Group(*key, [row]))
        elif key not in seen:
            seen.add(key)
            groups.append(Group(*key, alike[key]))
    return groups


def mark_read(
    user: User,
    *,
    ids: Iterable[int] | None = None,
    case: int | None = None,
    until: int | None = None,
    at: datetime | None = None,
) -> int:
    """Mark the person's notices read: these ids, those of a case (its id), or all up to an id.

    What was read in the portal needs no mail any more. How many were unread.
    """
    found = Notice.objects.unread().filter(person=user)
    if ids is not None:
        found = found.filter(pk__in=list(ids))
    if case is not None:
        found = found.filter(case=case)
    if until is not None:
        found = found.filter(pk__lte=until)
    return int(found.update(read_at=at or timezone.now(), mail_at=None))
