"""What became of the replies that began from a template: share, text kept, returns, marks.

Figures come from the rows written when replies were sent (`cases.models.TemplateUse`), read for
the templates of one page only; the replies they are a share of come from the kept counters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.models import ReplyTemplate, TemplateUse
from reports.figures import Scope, sums_by_agency, wilson
from reports.models import Keeping
from reports.periods import DAY, Period

PAGE = 50
READERS = (
    *(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, Right.APPROVE_REPLIES),
    *(Right.CONTROL_CASES, Right.MANAGE_AGENCIES),
)
# Fewer returned or marked replies than this are shown, but not to be compared.
FEW = 10
STATES = ("", "approved", "waiting", "expiring", "expired", "off")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one template over a period in the reader's agencies.

    `uses`: replies that began from it; `sent`: all replies of the agencies it is offered to;
    `kept`: percent of its words left in them, `own`: percent of the replies that is not its text;
    `returned`: sent back for rework or judged a brush-off; `mark`: the mean of the authors' marks.
    """

    uses: int = 0
    sent: int = 0
    kept: int | None = None
    own: int | None = None
    returned: int = 0
    marks: int = 0
    mark: float | None = None

    @property
    def use_share(self) -> float | None:
        """None without replies, and while the counters are behind the rows."""
        return self.uses / self.sent if self.sent and self.uses <= self.sent else None

    @property
    def return_share(self) -> float | None:
        return self.returned / self.uses if self.uses else None

    @property
    def return_interval(self) -> tuple[float, float] | None:
        return wilson(self.returned, self.uses) if self.uses else None

    @property
    def few(self) -> bool:
        return self.uses < FEW


def seen_by(user: User) -> QuerySet[ReplyTemplate]:
    """Templates a person may look at: common ones, those of his agencies, and his own."""
    rows = ReplyTemplate.objects.select_related("agency", "group", "topic", "owner")
    own = Q(owner=user)
    if not holds_anywhere(user, READERS):
        return rows.filter(own)
    granted = [granted_agency_ids(user, right) for right in READERS]
    if any(ids is None for ids in granted):
        return rows
    mine = sorted(frozenset().union(*(ids or frozenset() for ids in granted)))
    return rows.filter(own | Q(agency=None) | Q(agency__in=mine))


def may_look(user: User) -> bool:
    return holds_anywhere(user, READERS) or ReplyTemplate.objects.filter(owner=user).exists()


def in_state(rows: QuerySet[ReplyTemplate], state: str, today: date) -> QuerySet[ReplyTemplate]:
    match state:
        case "approved":
            return rows.filter(is_active=True, approved_at__isnull=False).exclude(
                expires_on__lt=today
            )
        case "waiting":
            return rows.filter(is_active=True, approved_at=None)
        case "expiring":
            return rows.expiring(today)  # type: ignore[attr-defined,no-any-return]
        case "expired":
            return rows.expired(today)  # type: ignore[attr-defined,no-any-return]
        case "off":
            return rows.filter(is_active=False)
    return rows


def page_of(
    rows: QuerySet[ReplyTemplate], after: tuple[str, int] | None
) -> tuple[list[ReplyTemplate], tuple[str, int] | None]:
    """A page by name, and where the next one begins (one query)."""
    if after is not None:
        name, pk = after
        rows = rows.filter(name__gte=name).filter(Q(name__gt=name) | Q(pk__gt=pk))
    found = list(rows.order_by("name", "pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], (last.name, last.pk) if last else None


def moments(period: Period) -> tuple[datetime, datetime]:
    """[start, end) of the period's days where the region counts them (one query)."""
    zone = Keeping.objects.values_list("zone", flat=True).first()
    where = ZoneInfo(zone) if zone else timezone.get_current_timezone()
    return (
        datetime.combine(period.first, time.min, where),
        datetime.combine(period.last + DAY, time.min, where),
    )


_FIGURES = """
select u.template_id, count(*), round(avg(u.kept)), round(100 - avg(u.share)),
    count(*) filter (where r.state = 'returned' or coalesce(v.back, false)),
    count(m.value), avg(m.value)
from cases_templateuse u
join cases_reply r on r.id = u.reply_id
left join lateral (
    select bool_or(w.returned or w.verdict = 'brush_off') as back
    from cases_review w where w.reply_id = u.reply_id
) v on true
left join cases_mark m on m.reply_id = u.reply_id
where u.template_id = any(%(templates)s) and u.at >= %(first)s and u.at < %(after)s
    and (%(ids)s::bigint[] is null or u.agency_id = any(%(ids)s::bigint[]))
group by 1
"""


def figures_of(
    templates: Sequence[ReplyTemplate], scope: Scope, period: Period, today: date
) -> dict[int, Figures]:
    """Template -> its figures in these agencies (three queries)."""
    if not templates:
        return {}
    first, after = moments(period)
    ids = None if scope.ids is None else sorted(scope.ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _FIGURES,
            {"templates": [t.pk for t in templates], "first": first, "after": after, "ids": ids},
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    sent = {pk: sums["sent"] for pk, sums in sums_by_agency(scope, period, ["sent"], today).items()}
    everywhere = sum(sent.values())
    found = {}
    for template in templates:
        of = everywhere if template.agency_id is None else sent.get(template.agency_id, 0)
        found[template.pk] = _made(rows.get(template.pk), of)
    return found


def _made(row: tuple[Any, ...] | None, sent: int) -> Figures:
    if row is None:
        return Figures(sent=sent)
    uses, kept, own, returned, marks, mark = row
    return Figures(
        uses, sent, int(kept), int(own), returned, marks, None if mark is None else float(mark)
    )


@dataclass(frozen=True, slots=True)
class Use:
    """A reply that began from the template, with what became of it."""

    row: TemplateUse
    verdict: str
    returned: bool
    mark: int | None


def uses_of(
    template: ReplyTemplate, user: User, scope: Scope, period: Period, after: int | None
) -> tuple[list[Use], int | None]:
    """The replies behind the figures the person may read, newest first (three queries).

    `after`: the reply the page before ended with.
    """
    first, end = moments(period)
    rows = TemplateUse.objects.visible_to(user).filter(template=template, at__gte=first, at__lt=end)
    if scope.ids is not None:
        rows = rows.filter(agency__in=sorted(scope.ids))
    if after is not None:
        last = TemplateUse.objects.filter(pk=after, template=template).values_list("at").first()
        if last is not None:
            rows = rows.filter(at__lte=last[0]).filter(Q(at__lt=last[0]) | Q(pk__lt=after))
    found = list(
        rows.select_related("reply", "reply__case", "reply__case__citizen", "agency")
        .prefetch_related("reply__reviews", "reply__marks")
        .defer("reply__case__search", "reply__case__touched", "reply__assessment")
        .order_by("-at", "-pk")[: PAGE + 1]
    )
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    return [_use(row) for row in found[:PAGE]], more


def _use(row: TemplateUse) -> Use:
    reviews: Iterable[Any] = row.reply.reviews.all()
    ordered = sorted(reviews, key=lambda one: one.pk)
    marks = [one.value for one in row.reply.marks.all()]
    back = row.reply.state == "returned" or any(
        one.returned or one.verdict == "brush_off" for one in ordered
    )
    verdict = ordered[-1].get_verdict_display() if ordered else ""
    return Use(row, str(verdict), back, marks[0] if marks else None)
