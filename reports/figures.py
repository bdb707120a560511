"""Reading figures: the few doors pages, API, reports and exports use.

    scope = Scope.of(user)                      # agencies the person may count
    figures = figures_of(CODES, scope, period)  # code -> Figure
    by_agency(CODES, scope, period)             # agency id -> code -> Figure
    run_of(CODES, scope, period.run(12))        # the same of each period
    series("brush_off_share", scope, periods)   # a Figure for each period
    rows(METRICS["repeat_share"], "numerator", user, period)  # the facts behind it

All but `rows` read kept counters: their cost does not grow with the number of cases.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import sqrt
from statistics import median
from typing import Literal, NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agencies.models import User
from agencies.roles import Right
from reports.expected import WEEKS
from reports.measures import MEASURES, NAMES, bucket_middle
from reports.metrics import METRICS, RATING_WEIGHTS, Metric, Statistic
from reports.models import TOTAL, Fact
from reports.periods import DAY, Period, region_today
from reports.selecting import Scope, agencies_of, counted, counters, stretches, summed
from reports.standing import Standing, standing

Sums = Mapping[str, int]
Quantiles = dict[tuple[str, Statistic], float]  # of (duration, statistic)
SHARES = {Statistic.MEDIAN: 0.5, Statistic.SLOW_TENTH: 0.9}
_Z = 1.96
_NOTHING: Sums = dict.fromkeys(NAMES, 0)


class Figure(NamedTuple):
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
    return sums_of_periods(scope, [period], names, today or region_today())[0]


def sums_by_agency(
    scope: Scope, period: Period, names: Sequence[str] = NAMES, today: date | None = None
) -> dict[int, Sums]:
    """Agency -> its measures (one query); agencies without a fact are left out."""
    found = _series(scope, [period], names, today or region_today(), apart=True)
    return {agency: sums for agency, (sums,) in found.items()}


def _durations(codes: Iterable[str]) -> list[str]:
    return sorted({METRICS[code].duration for code in codes if METRICS[code].duration})


def make_figure(metric: Metric, sums: Sums, quantiles: Quantiles) -> Figure:
    """The figure out of measures and quantiles; no query."""
    hits = _added(sums, metric.numerator)
    of = _added(sums, metric.denominator)
    if metric.statistic is Statistic.COUNT:
        return Figure(metric.code, hits, 0, hits)
    if metric.statistic is Statistic.RATING:
        return _rating(metric, sums, quantiles)
    if metric.statistic in (Statistic.NONE, Statistic.DEVIATION) or not of:
        return Figure(metric.code, hits, of, None, enough=False)
    enough = of >= metric.minimum
    if metric.statistic is Statistic.SHARE:
        return Figure(metric.code, hits, of, hits / of, *wilson(hits, of), enough)
    if metric.statistic is Statistic.MEAN:
        return Figure(metric.code, hits, of, hits / of, enough=enough)
    value = quantiles.get((metric.duration, metric.statistic))
    return Figure(metric.code, hits, of, value, enough=enough)


def _added(sums: Sums, names: tuple[str, ...]) -> int:
    """Most metrics are of one measure over another."""
    return sums[names[0]] if len(names) == 1 else sum([sums[name] for name in names])


def _rating(metric: Metric, sums: Sums, quantiles: Quantiles) -> Figure:
    parts = {code: make_figure(METRICS[code], sums, quantiles) for code in metric.parts}
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
    """The figures of these metrics (a query for counts, one for durations, one for today's)."""
    return run_of(codes, scope, [period], today)[-1]


def run_of(
    codes: Sequence[str],
    scope: Scope,
    periods: Sequence[Period],
    today: date | None = None,
    now: Standing | None = None,
) -> list[dict[str, Figure]]:
    """The figures of these metrics in each period; how things stand now, in the last one alone.

    `now`: what `standing` has told already.
    """
    today = today or region_today()
    found: list[dict[str, Figure]] = [{} for _ in periods]
    over = [METRICS[code] for code in codes if not METRICS[code].now]
    usual = [metric for metric in over if metric.statistic is not Statistic.DEVIATION]
    if usual:
        names = [metric.code for metric in usual]
        for code, figures in series_of(names, scope, periods, today).items():
            for of_period, figure in zip(found, figures, strict=True):
                of_period[code] = figure
    for metric in over:
        if metric.statistic is Statistic.DEVIATION:
            found[-1][metric.code] = _deviation(metric, scope, periods[-1])
    if len(over) < len(codes):
        now = now or standing(scope, today)
        for code in codes:
            if METRICS[code].now:
                count, of = now.count(code)
                found[-1][code] = Figure(code, count, of, count)
    return [{code: row[code] for code in codes if code in row} for row in found]


def by_agency(
    codes: Sequence[str], scope: Scope, period: Period, today: date | None = None
) -> dict[int, dict[str, Figure]]:
    """Agency -> its figures (two queries whatever their number)."""
    today = today or region_today()
    quantiles = _quantiles(scope, [period], _durations(codes), today, apart=True)
    metrics, none = [METRICS[code] for code in codes], Quantiles()
    return {
        agency: {
            metric.code: make_figure(metric, values, quantiles.get((agency, 0), none))
            for metric in metrics
        }
        for agency, values in sums_by_agency(scope, period, _needed(codes), today).items()
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
    values_of = sums_of_periods(scope, periods, _needed(codes), today)
    quantiles = _quantiles(scope, periods, _durations(codes), today, apart=False)
    return {
        code: [
            make_figure(METRICS[code], values, quantiles.get((TOTAL, nth), {}))
            for nth, values in enumerate(values_of)
        ]
        for code in codes
    }


def sums_of_periods(
    scope: Scope, periods: Sequence[Period], names: Sequence[str], today: date
) -> list[Sums]:
    """Measures of each period (one query)."""
    return _series(scope, periods, names, today, apart=False).get(TOTAL, [_NOTHING] * len(periods))


def _series(
    scope: Scope, periods: Sequence[Period], names: Sequence[str], today: date, *, apart: bool
) -> dict[int, list[Sums]]:
    """Agency (or TOTAL) -> measures of each period (one query)."""
    who = "c.agency_id" if apart else str(TOTAL)
    columns = ["agency_id", *dict.fromkeys(names)]
    rows = counted(
        f"select {who}, p.nth, {', '.join(map(summed, names))}"
        f" from {counters('reports_agencycount', columns, agencies_of(scope, apart=apart))}"
        " group by 1, 2",
        {**stretches(periods, today, names), **scope.given},
    )
    found: dict[int, list[Sums]] = {}
    for agency, nth, *values in rows:
        whole = found.setdefault(agency, [_NOTHING] * len(periods))
        whole[nth] = dict(zip(names, map(int, values), strict=True))
    return found


def _quantiles(
    scope: Scope, periods: Sequence[Period], kinds: Sequence[str], today: date, *, apart: bool
) -> dict[tuple[int, int], Quantiles]:
    """(agency or TOTAL, nth period) -> its median and slow tenth (one query, or none).

    The value below which that share lies, by the middle of its bucket; told by the database, for
    of thousands of buckets two are wanted.
    """
    found: dict[tuple[int, int], Quantiles] = {}
    if not kinds:
        return found
    who = "c.agency_id" if apart else str(TOTAL)
    columns = ["agency_id", "duration", "bucket", "n"]
    where = f"duration = any(%(kinds)s) and {agencies_of(scope, apart=apart)}"
    reached = ", ".join(
        f"min(bucket) filter (where passed > 0 and passed >= {share}::float8 * total)"
        for share in SHARES.values()
    )
    for agency, nth, kind, *buckets in counted(
        f"select agency, nth, duration, {reached} from ("
        " select agency, nth, duration, bucket,"
        " sum(n) over (w order by bucket)::float8 as passed, sum(n) over w::float8 as total"
        f" from (select {who} as agency, p.nth, c.duration, c.bucket, sum(c.n) as n"
        f" from {counters('reports_durationcount', columns, where)} group by 1, 2, 3, 4) b"
        " window w as (partition by agency, nth, duration)) b group by 1, 2, 3",
        {**stretches(periods, today), **scope.given, "kinds": list(kinds)},
    ):
        for statistic, bucket in zip(SHARES, buckets, strict=True):
            if bucket is not None:
                of_agency = found.setdefault((agency, nth), {})
                of_agency[kind, statistic] = bucket_middle(bucket)
    return found


def counts_by_agency(
    code: str, scope: Scope, periods: Sequence[Period], today: date | None = None
) -> list[tuple[int, int, int, int]]:
    """Agency, nth period, numerator and denominator of a share (one query)."""
    today = today or region_today()
    metric = METRICS[code]
    names = (*metric.numerator, *metric.denominator)
    over, under = (" + ".join(map(summed, of)) for of in (metric.numerator, metric.denominator))
    where = agencies_of(scope, apart=True)
    return counted(  # type: ignore[return-value]
        f"select c.agency_id, p.nth, ({over})::int8, ({under})::int8"
        f" from {counters('reports_agencycount', ['agency_id', *names], where)} group by 1, 2",
        {**stretches(periods, today, names), **scope.given},
    )


def lines_by_agency(
    code: str, scope: Scope, periods: Sequence[Period], today: date | None = None
) -> dict[int, list[float | None]]:
    """Agency -> a share in each period, without its interval (one query)."""
    found: dict[int, list[float | None]] = {}
    for agency, nth, hits, of in counts_by_agency(code, scope, periods, today):
        if of:
            found.setdefault(agency, [None] * len(periods))[nth] = hits / of
    return found


class Part(NamedTuple):
    """A figure another one is made of; `weight`: of a rating, in points."""

    code: str
    period: Period
    weight: int = 0


def parts_of(metric: Metric, period: Period) -> list[Part]:
    """The figures this one is made of, each with rows of its own; empty for most metrics."""
    if metric.statistic is Statistic.DEVIATION:
        days = [period.last - 7 * n * DAY for n in range(1 + WEEKS)]
        return [Part(code, Period(day, day)) for code in metric.parts for day in days]
    return [Part(code, period, RATING_WEIGHTS.get(code, 0)) for code in metric.parts]


def figures_of_parts(
    metric: Metric, scope: Scope, period: Period, today: date
) -> list[tuple[Part, Figure]]:
    """`parts_of` with their figures (two queries whatever their number)."""
    parts = parts_of(metric, period)
    periods = list(dict.fromkeys(part.period for part in parts))
    found = series_of(metric.parts, scope, periods, today)
    return [(part, found[part.code][periods.index(part.period)]) for part in parts]


def _deviation(metric: Metric, scope: Scope, period: Period) -> Figure:
    days = [part.period for part in parts_of(metric, period)]
    counts = [values["received"] for values in sums_of_periods(scope, days, ["received"], DAY_0)]
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
    *("METRICS", "Figure", "Part", "Scope", "by_agency", "counts_by_agency", "fact_value"),
    *(
        "figures_of",
        "figures_of_parts",
        "lines_by_agency",
        "make_figure",
        "parts_of",
        "rows",
        "run_of",
        "series",
        "series_of",
        "sums",
        "sums_by_agency",
    ),
    *("sums_of_periods", "wilson"),
]
