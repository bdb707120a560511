"""Reading figures: the few doors pages, API, reports and exports use.

    scope = Scope.of(user)                      # agencies the person may count
    figures = figures_of(CODES, scope, period)  # code -> Figure
    by_agency(CODES, scope, period)             # agency id -> code -> Figure
    by_topic(scope, period, "received")         # (topic id, territory id) -> number
    series("brush_off_share", scope, periods)   # a Figure for each period
    rows(METRICS["repeat_share"], "numerator", user, period)  # the facts behind it

All but `rows` read kept counters: their cost does not grow with the number of cases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median
from typing import Any, Literal, Self

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from reports.measures import MEASURES, NAMES, Kind, bucket_middle
from reports.metrics import METRICS, RATING_WEIGHTS, Metric, Statistic
from reports.models import TOTAL, Fact
from reports.periods import DAY, Period, region_today

Sums = Mapping[str, int]
Buckets = Mapping[str, Mapping[int, int]]  # duration -> bucket -> how many
_Z = 1.96
_WHOLE_DAYS = (Kind.DUE, Kind.PROMISE)
_NOTHING: Sums = dict.fromkeys(NAMES, 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """Agencies that are counted; None: all, with cases no agency has yet."""

    ids: frozenset[int] | None

    @classmethod
    def of(cls, user: User, right: str = Right.VIEW_STATES) -> Self:
        return cls(granted_agency_ids(user, right))

    def narrowed(self, ids: Iterable[int]) -> Self:
        """Only these of them."""
        wanted = frozenset(ids)
        return type(self)(wanted if self.ids is None else self.ids & wanted)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value`: None without data; a share between 0 and 1 with its 95 % interval (Wilson).

    `enough`: the denominator reaches the metric's minimum, it may be compared.
    """

    code: str
    numerator: int
    denominator: int
    value: float | None
    low: float | None = None
    high: float | None = None
    enough: bool = True


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share; (0, 1) without data."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = share + square / (2 * of)
    reach = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The value below which that share lies, by the middle of its bucket."""
    total = sum(buckets.values())
    passed = 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if passed >= share * total > 0:
            return bucket_middle(bucket)
    return None


def _sum(name: str) -> str:
    whole = MEASURES[name].kind in _WHOLE_DAYS
    return f"coalesce(sum({name}){' filter (where start < %(today)s)' if whole else ''}, 0)"


def _agencies(scope: Scope, *, apart: bool) -> str:
    if scope.ids is not None:
        return "agency_id = any(%(ids)s)"
    return f"agency_id <> {TOTAL}" if apart else f"agency_id = {TOTAL}"


def _read(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _needed(codes: Iterable[str]) -> list[str]:
    """Measures these metrics are made of."""
    found: dict[str, None] = {}
    for code in codes:
        metric = METRICS[code]
        found |= dict.fromkeys((*metric.numerator, *metric.denominator))
        found |= dict.fromkeys(_needed(metric.parts))
    return list(found) or ["received"]


def sums(
    scope: Scope, period: Period, names: Sequence[str] = NAMES, today: date | None = None
) -> Sums:
    """Measures over the period (one query)."""
    return _sums_of_periods(scope, [period], names, today or region_today())[0]


def sums_by_agency(
    scope: Scope, period: Period, names: Sequence[str] = NAMES, today: date | None = None
) -> dict[int, Sums]:
    """Agency -> its measures (one query); agencies without a fact are left out."""
    found = _series(scope, [period], names, today or region_today(), apart=True)
    return {agency: sums for agency, (sums,) in found.items()}


def by_topic(
    scope: Scope, period: Period, name: str = "received", today: date | None = None
) -> dict[tuple[int, int], int]:
    """(topic, territory) -> the measure, 0 standing for none (one query).

    Part of the region is counted from its own facts, which are few.
    """
    today = today or region_today()
    if scope.ids is None:
        found = _read(
            f"select c.topic_id, c.territory_id, {_sum(name)} from {_STRETCHES}"
            " join reports_topiccount c on c.span = p.span and c.start between p.a and p.b"
            f" group by 1, 2 having sum({name}) <> 0",
            {**_stretches([period], today), "today": today},
        )
    else:
        measure = MEASURES[name]
        last = period.last
        if measure.kind in _WHOLE_DAYS:
            last = min(last, today - DAY)
        value = f"sum({measure.value})" if measure.value else "count(*)"
        found = _read(
            f"select topic_id, territory_id, {value} from reports_fact"
            " where agency_id = any(%(ids)s) and kind = %(kind)s"
            " and day between %(first)s and %(last)s and signs & %(signs)s = %(signs)s"
            " group by 1, 2",
            {
                "ids": sorted(scope.ids), "kind": int(measure.kind), "first": period.first,
                "last": last, "signs": int(measure.signs),
            },
        )  # fmt: skip
    return {(topic, territory): int(count or 0) for topic, territory, count in found}


def _buckets(
    scope: Scope, period: Period, kinds: Sequence[str], today: date, *, apart: bool
) -> dict[int, dict[str, dict[int, int]]]:
    """Agency (or TOTAL) -> duration -> bucket -> how many (one query, none without kinds)."""
    if not kinds:
        return {}
    who = "c.agency_id" if apart else str(TOTAL)
    found: dict[int, dict[str, dict[int, int]]] = {}
    for agency, kind, bucket, count in _read(
        f"select {who}, c.duration, c.bucket, sum(c.n) from {_STRETCHES}"
        " join reports_durationcount c on c.span = p.span and c.start between p.a and p.b"
        f" and c.duration = any(%(kinds)s) and {_agencies(scope, apart=apart)} group by 1, 2, 3",
        {
            **_stretches([period], today),
            "kinds": list(kinds),
            "ids": sorted(scope.ids or ()),
        },
    ):
        found.setdefault(agency, {}).setdefault(kind, {})[bucket] = int(count)
    return found


def _durations(codes: Iterable[str]) -> list[str]:
    return sorted({METRICS[code].duration for code in codes if METRICS[code].duration})


def make_figure(metric: Metric, sums: Sums, buckets: Buckets) -> Figure:
    """The figure out of measures and histograms; no query."""
    hits = sum(sums[name] for name in metric.numerator)
    of = sum(sums[name] for name in metric.denominator)
    if metric.statistic is Statistic.COUNT:
        return Figure(metric.code, hits, 0, hits)
    if metric.statistic is Statistic.RATING:
        return _rating(metric, sums, buckets)
    if metric.statistic in (Statistic.NONE, Statistic.DEVIATION) or not of:
        return Figure(metric.code, hits, of, None, enough=False)
    enough = of >= metric.minimum
    if metric.statistic is Statistic.SHARE:
        return Figure(metric.code, hits, of, hits / of, *wilson(hits, of), enough)
    if metric.statistic is Statistic.MEAN:
        return Figure(metric.code, hits, of, hits / of, enough=enough)
    share = 0.5 if metric.statistic is Statistic.MEDIAN else 0.9
    value = quantile(buckets.get(metric.duration, {}), share)
    return Figure(metric.code, hits, of, value, enough=enough)


def _rating(metric: Metric, sums: Sums, buckets: Buckets) -> Figure:
    parts = {code: make_figure(METRICS[code], sums, buckets) for code in metric.parts}
    known = {code: part for code, part in parts.items() if part.value is not None}
    weight = sum(RATING_WEIGHTS[code] for code in known)
    of = max((part.denominator for part in known.values()), default=0)
    if not weight or of < metric.minimum:
        return Figure(metric.code, 0, of, None, enough=False)
    points = 0.0
    for code, part in known.items():
        assert part.value is not None
        good = part.value if METRICS[code].better > 0 else 1 - part.value
        points += RATING_WEIGHTS[code] * good
    return Figure(metric.code, 0, of, 100 * points / weight)


def figures_of(
    codes: Sequence[str], scope: Scope, period: Period, today: date | None = None
) -> dict[str, Figure]:
    """The figures of these metrics (a query for counts, one for durations, some for today's)."""
    today = today or region_today()
    counted = sums(scope, period, _needed(codes), today)
    buckets = _buckets(scope, period, _durations(codes), today, apart=False).get(TOTAL, {})
    found: dict[str, Figure] = {}
    for code in codes:
        metric = METRICS[code]
        if metric.now:
            found[code] = _standing(metric, scope, today)
        elif metric.statistic is Statistic.DEVIATION:
            found[code] = _deviation(metric, scope, period)
        else:
            found[code] = make_figure(metric, counted, buckets)
    return found


def by_agency(
    codes: Sequence[str], scope: Scope, period: Period, today: date | None = None
) -> dict[int, dict[str, Figure]]:
    """Agency -> its figures (two queries whatever their number)."""
    today = today or region_today()
    buckets = _buckets(scope, period, _durations(codes), today, apart=True)
    return {
        agency: {
            code: make_figure(METRICS[code], counted, buckets.get(agency, {})) for code in codes
        }
        for agency, counted in sums_by_agency(scope, period, _needed(codes), today).items()
    }


def series(
    code: str, scope: Scope, periods: Sequence[Period], today: date | None = None
) -> list[Figure]:
    """A figure for each period (one query, another one for durations)."""
    return series_of([code], scope, periods, today)[code]


def series_of(
    codes: Sequence[str], scope: Scope, periods: Sequence[Period], today: date | None = None
) -> dict[str, list[Figure]]:
    """The same for several metrics."""
    today = today or region_today()
    counted = _sums_of_periods(scope, periods, _needed(codes), today)
    buckets = _buckets_of_periods(scope, periods, _durations(codes), today)
    return {
        code: [
            make_figure(METRICS[code], values, of_period)
            for values, of_period in zip(counted, buckets, strict=True)
        ]
        for code in codes
    }


def _stretches(periods: Sequence[Period], today: date) -> dict[str, Any]:
    """Arrays of (nth period, span, first, last): every period as rows of counters."""
    found = [
        (nth, span, first, last)
        for nth, period in enumerate(periods)
        for span, first, last in period.spans(today)
    ]
    nths, spans, firsts, lasts = zip(*found, strict=True)
    return {"nth": list(nths), "span": list(spans), "first": list(firsts), "last": list(lasts)}


_STRETCHES = (
    "unnest(%(nth)s::int[], %(span)s::text[], %(first)s::date[], %(last)s::date[])"
    " as p(nth, span, a, b)"
)


def _sums_of_periods(
    scope: Scope, periods: Sequence[Period], names: Sequence[str], today: date
) -> list[Sums]:
    return _series(scope, periods, names, today, apart=False).get(TOTAL, [_NOTHING] * len(periods))


def _series(
    scope: Scope, periods: Sequence[Period], names: Sequence[str], today: date, *, apart: bool
) -> dict[int, list[Sums]]:
    """Agency (or TOTAL) -> measures of each period (one query)."""
    who = "c.agency_id" if apart else str(TOTAL)
    rows = _read(
        f"select {who}, p.nth, {', '.join(map(_sum, names))} from {_STRETCHES}"
        " join reports_agencycount c on c.span = p.span and c.start between p.a and p.b"
        f" and {_agencies(scope, apart=apart)} group by 1, 2",
        {**_stretches(periods, today), "today": today, "ids": sorted(scope.ids or ())},
    )
    found: dict[int, list[Sums]] = {}
    for agency, nth, *values in rows:
        whole = found.setdefault(agency, [_NOTHING] * len(periods))
        whole[nth] = dict(zip(names, map(int, values), strict=True))
    return found


def _buckets_of_periods(
    scope: Scope, periods: Sequence[Period], kinds: Sequence[str], today: date
) -> list[dict[str, dict[int, int]]]:
    """Histograms of each period (one query, none without kinds)."""
    found: list[dict[str, dict[int, int]]] = [{} for _ in periods]
    if not kinds:
        return found
    for nth, kind, bucket, count in _read(
        f"select p.nth, c.duration, c.bucket, sum(c.n) from {_STRETCHES}"
        " join reports_durationcount c on c.span = p.span and c.start between p.a and p.b"
        f" and c.duration = any(%(kinds)s) and {_agencies(scope, apart=False)} group by 1, 2, 3",
        {
            **_stretches(periods, today),
            "kinds": list(kinds),
            "ids": sorted(scope.ids or ()),
        },
    ):
        found[nth].setdefault(kind, {})[bucket] = int(count)
    return found


def series_by_agency(
    code: str, scope: Scope, periods: Sequence[Period], today: date | None = None
) -> dict[int, list[Figure]]:
    """Agency -> a figure for each period, of metrics without durations (one query)."""
    today = today or region_today()
    found = _series(scope, periods, _needed([code]), today, apart=True)
    return {
        agency: [make_figure(METRICS[code], values, {}) for values in of_agency]
        for agency, of_agency in found.items()
    }


def _standing(metric: Metric, scope: Scope, today: date) -> Figure:
    """Of the open cases: what is past by days from the counters, today's from its few facts."""
    agencies = _agencies(scope, apart=False)
    values: dict[str, Any] = {"today": today, "ids": sorted(scope.ids or ())}
    if metric.code == "open_now":
        (row,) = _read(
            "select coalesce(sum(open), 0), coalesce(sum(open_unassigned), 0)"
            f" from reports_agencycount where span = 'm' and {agencies}",
            values,
        )
    elif metric.code == "due_today":
        (row,) = _read(
            "select coalesce(sum(open_due), 0), coalesce(sum(open_due_unassigned), 0)"
            f" from reports_agencycount where span = 'd' and start = %(today)s and {agencies}",
            values,
        )
    else:
        (row,) = _read(
            "select coalesce(sum(open_due), 0), 0 from reports_agencycount"
            f" where {agencies} and (span = 'm' and start < date_trunc('month', %(today)s::date)"
            " or span = 'd' and start >= date_trunc('month', %(today)s::date)"
            " and start < %(today)s)",
            values,
        )
        passed = _passed_today(scope, today)
        return Figure(metric.code, int(row[0]) + passed, 0, int(row[0]) + passed)
    return Figure(metric.code, int(row[0]), int(row[1]), int(row[0]))


def _passed_today(scope: Scope, today: date) -> int:
    facts = Fact.objects.filter(kind=Kind.OPEN_DUE, day=today, case__due_at__lt=timezone.now())
    if scope.ids is not None:
        facts = facts.filter(agency_id__in=sorted(scope.ids))
    return facts.count()


def ageing(scope: Scope, edges: Sequence[int], today: date | None = None) -> list[int]:
    """Open cases by the days since they came: up to the first edge, to the next …, beyond."""
    today = today or region_today()
    counted = _read(
        "select width_bucket(%(today)s::date - start, %(edges)s), sum(open)"
        f" from reports_agencycount where span = 'd' and open <> 0"
        f" and {_agencies(scope, apart=False)} group by 1",
        {"today": today, "edges": [edge + 1 for edge in edges], "ids": sorted(scope.ids or ())},
    )
    found = {bucket: int(count) for bucket, count in counted}
    return [found.get(at, 0) for at in range(len(edges) + 1)]


def _deviation(metric: Metric, scope: Scope, period: Period) -> Figure:
    days = [Period(day, day) for day in (period.last - 7 * n * DAY for n in range(9))]
    counts = [values["received"] for values in _sums_of_periods(scope, days, ["received"], DAY_0)]
    usual = median(counts[1:])
    value = counts[0] / usual if usual else None
    return Figure(metric.code, counts[0], int(usual), value, enough=counts[0] >= _MINIMUM_ALARM)


DAY_0 = date(1970, 1, 1)  # the count of arrivals knows no unfinished day
_MINIMUM_ALARM = 10


def rows(
    metric: Metric,
    which: Literal["numerator", "denominator"],
    user: User,
    period: Period,
    *,
    today: date | None = None,
    scope: Scope | None = None,
) -> "QuerySet[Fact]":
    """The facts a figure counts, of cases `user` may read; newest first is their order."""
    today = today or region_today()
    names = metric.numerator if which == "numerator" else metric.denominator
    if not names:
        return Fact.objects.none()
    wanted = Q()
    for name in names:
        bits = int(MEASURES[name].signs)
        wanted |= Q(signs__isnull=False) if not bits else Q(**{f"has_{bits}": bits})
    facts = Fact.objects.filter(kind=MEASURES[names[0]].kind)
    for bits in {int(MEASURES[name].signs) for name in names} - {0}:
        facts = facts.alias(**{f"has_{bits}": F("signs").bitand(bits)})
    reach = Scope.of(user, Right.VIEW_CASES)
    if scope is not None and scope.ids is not None:
        reach = reach.narrowed(scope.ids)
    if reach.ids is not None:
        facts = facts.filter(agency_id__in=sorted(reach.ids))
    facts = facts.filter(wanted)
    if metric.now:
        return _rows_now(metric, facts, today)
    seen = period.until(today) if metric.whole_days else period
    if seen is None:
        return facts.none()
    return facts.filter(day__range=(seen.first, seen.last))


def _rows_now(metric: Metric, facts: "QuerySet[Fact]", today: date) -> "QuerySet[Fact]":
    if metric.code == "due_today":
        return facts.filter(day=today)
    if metric.code == "overdue_now":
        return facts.filter(Q(day__lt=today) | Q(day=today, case__due_at__lt=timezone.now()))
    return facts


def fact_value(metric: Metric, fact: Fact) -> int | None:
    """The duration of a row that the metric sums or ranks; None where it only counts."""
    name = metric.duration or next(
        (MEASURES[n].value for n in metric.numerator if MEASURES[n].value), ""
    )
    found: int | None = getattr(fact, name) if name else None
    return found


__all__ = [
    *("METRICS", "Figure", "Scope", "Unit", "ageing", "by_agency", "by_topic", "fact_value"),
    *("figures_of", "make_figure", "rows", "series", "series_by_agency", "series_of"),
    *("sums", "sums_by_agency", "wilson"),
]
