"""Every figure is its rows: for each metric and each role; periods; intervals."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import floor, log2
from statistics import median
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right, Role
from cases.demo.load import load_demo
from reports import keeping
from reports.figures import (
    METRICS,
    Figure,
    Scope,
    by_agency,
    counts_by_agency,
    fact_value,
    figures_of,
    lines_by_agency,
    parts_of,
    rows,
    series_of,
    sums,
    sums_by_agency,
    sums_of_periods,
    wilson,
)  # fmt: skip
from reports.heat import heat
from reports.measures import DURATIONS, NAMES, STEPS, Kind, bucket_middle
from reports.metrics import Metric, Statistic
from reports.models import Branch, Fact
from reports.periods import Period, chosen, region_today
from reports.selecting import read
from reports.standing import standing
from reports.tests import planting
from tests import factories

CODES = list(METRICS)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, User]]:
    """The demo, and one person of each role; rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(cases=150, seed=5)
        keeping.catch_up()
        people: dict[str, User] = {}
        for user in User.objects.filter(is_active=True).order_by("pk"):
            from agencies.access import held_roles

            for role, _agency in held_roles(user):
                people.setdefault(role, user)
        region = Agency.objects.get(kind=Agency.Kind.REGION)
        for role in set(Role.values) - set(people):
            people[role] = factories.make_person(role, region)
        yield people
        transaction.set_rollback(True)


def periods(today: date) -> list[Period]:
    return [
        Period.week(today),
        Period.month(today),
        Period.quarter(today),
        Period(today - timedelta(days=100), today - timedelta(days=3)),
    ]


def _bucket(minutes: int) -> int:
    return floor(log2(minutes + 1) * STEPS)


def quantile(buckets: Counter[int], share: float) -> float | None:
    """The value below which that share lies, by the middle of its bucket."""
    passed = 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if passed >= share * buckets.total():
            return bucket_middle(bucket)
    return None


SEEDS = (1, 2, 3)


@pytest.fixture
def planted(demo: dict[str, User], seed: int) -> int:
    """The demo with outcomes, verdicts, marks, promises, terms and repeats drawn by the seed."""
    keeping.refresh(planting.plant(random.Random(seed)))
    return seed


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_is_its_rows(demo: dict[str, User], planted: int) -> None:
    """For each metric, role and period; the seed stands in the name of the test."""
    assert set(demo) == set(Role.values)
    today = region_today()
    _is_something(today)
    spans = random.Random(planted).sample(periods(today), 2)
    for role in Role.values:
        user = User.objects.get(pk=demo[role].pk)
        scope = Scope.of(user, Right.VIEW_CASES)
        for period in spans:
            figures = figures_of(CODES, scope, period, today)
            for code, metric in METRICS.items():
                where = (code, role, period)
                if metric.parts:
                    assert figures[code].value == whole_of_parts(metric, user, period), where
                else:
                    _check(metric, figures[code], user, period, where)


def _check(metric: Metric, figure: Figure, user: User, period: Period, where: object) -> None:
    today = region_today()
    over = list(rows(metric, "numerator", user, period, today=today))
    under = list(rows(metric, "denominator", user, period, today=today))
    if metric.statistic is Statistic.MEAN:
        assert figure.numerator == sum(fact_value(metric, f) or 0 for f in over), where
    else:
        assert figure.numerator == len(over), where
    assert figure.denominator == len(under), where
    if metric.statistic is Statistic.COUNT:
        assert figure.value == len(over), where
    elif metric.statistic is Statistic.NONE or not under:
        assert figure.value is None, where
    elif metric.statistic is Statistic.SHARE:
        assert {f.pk for f in over} <= {f.pk for f in under}, where
        assert figure.value == len(over) / len(under), where
    elif metric.statistic is Statistic.MEAN:
        assert figure.value == figure.numerator / len(under), where
    else:
        kept = Counter(_bucket(v) for f in over if (v := fact_value(metric, f)) is not None)
        share = 0.5 if metric.statistic is Statistic.MEDIAN else 0.9
        assert figure.value == quantile(kept, share), where


def whole_of_parts(metric: Metric, user: User, period: Period) -> Any:
    """A rating or deviation out of the rows its parts open."""
    counts = [
        tuple(
            rows(METRICS[part.code], which, user, part.period, today=region_today()).count()
            for which in ("numerator", "denominator")
        )
        for part in parts_of(metric, period)
    ]
    if metric.code == "deviation":
        last, *before = [over for over, _under in counts]
        assert len(before) == 8
        return last / median(before) if median(before) else None
    (kept, timed), (brushed, reviewed), (good, marks) = counts
    shares = [
        (40, kept / timed if timed else None),
        (40, 1 - brushed / reviewed if reviewed else None),
        (20, good / marks if marks else None),
    ]
    known = [(points, share) for points, share in shares if share is not None]
    if max(timed, reviewed, marks) < 2:
        return None
    whole = sum(points for points, _share in known)
    return pytest.approx(100 * sum(points * share for points, share in known) / whole)


def _is_something(today: date) -> None:
    """What is compared is never nothing with nothing."""
    found = figures_of(CODES, Scope(None), Period(today - timedelta(days=100), today), today)
    assert {code for code, figure in found.items() if not figure.value} == {"incomplete_share"}
    sets = {code for code, one in METRICS.items() if one.denominator}
    assert not {code for code in sets if not found[code].denominator}


@pytest.mark.django_db
def test_agencies_and_topics_add_up_to_the_region(demo: dict[str, User]) -> None:
    today = region_today()
    for period in periods(today):
        whole = figures_of(["received", "overdue_share"], Scope(None), period, today)
        apart = by_agency(["received", "overdue_share"], Scope(None), period, today)
        for code, figure in whole.items():
            assert figure.numerator == sum(row[code].numerator for row in apart.values())
        # Larger than all there are: then the cells, and what has no topic or place, are the whole.
        of_all = heat(Scope(None), period, topics=999, places=999)
        assert of_all.total == whole["received"].numerator
        came = Fact.objects.filter(kind=Kind.RECEIVED, day__range=(period.first, period.last))
        assert of_all.cells == _cells(came)
        # A part of the region is counted from facts: the same, agency by agency.
        some = sorted(agency for agency in apart if agency > 0)[:3]
        part = heat(Scope(frozenset(some)), period, topics=999, places=999)
        assert part.total == sum(apart[a]["received"].numerator for a in some)
        assert part.cells == _cells(came.filter(agency_id__in=some))
        # The largest alone are the same cells.
        for scope, full in ((Scope(None), of_all), (Scope(frozenset(some)), part)):
            cut = heat(scope, period, topics=3, places=2)
            assert cut.total == full.total
            assert list(cut.topics.items()) == list(full.topics.items())[:3]
            assert list(cut.places.items()) == list(full.places.items())[:2]
            assert cut.cells == {
                (topic, place): n
                for (topic, place), n in full.cells.items()
                if topic in cut.topics and place in cut.places
            }


def _days(period: Period) -> list[date]:
    return [period.first + timedelta(days=n) for n in range(period.days)]


def _cells(facts: Any) -> dict[tuple[int, int], int]:
    return dict(
        Counter(
            facts.exclude(topic_id=0)
            .exclude(territory_id=0)
            .values_list("topic_id", "territory_id")
        )
    )


@pytest.mark.django_db
def test_agencies_side_by_side_are_as_each_alone(demo: dict[str, User]) -> None:
    today = region_today()
    codes = [code for code, metric in METRICS.items() if not metric.now and code != "deviation"]
    for period in periods(today):
        run = period.run(4)
        apart = by_agency(codes, Scope(None), period, today)
        lines = lines_by_agency("flag_share", Scope(None), run, today)
        counts = counts_by_agency("flag_share", Scope(None), [period], today)
        assert {agency for agency, *_counts in counts} == set(apart)
        for agency, nth, hits, of in counts:
            alone = figures_of(codes, Scope(frozenset({agency})), period, today)
            assert apart[agency] == alone
            assert (nth, hits, of) == (
                0, alone["flag_share"].numerator, alone["flag_share"].denominator,
            )  # fmt: skip
            line = series_of(["flag_share"], Scope(frozenset({agency})), run, today)["flag_share"]
            assert lines.get(agency, [None] * 4) == [figure.value for figure in line]


@pytest.mark.django_db
def test_a_series_is_its_periods(demo: dict[str, User]) -> None:
    today = region_today()
    run = Period.week(today).run(5)
    found = series_of(["received", "overdue_share"], Scope(None), run, today)
    for at, period in enumerate(run):
        for code, figure in figures_of(list(found), Scope(None), period, today).items():
            assert found[code][at] == figure


@pytest.mark.django_db
@pytest.mark.parametrize("day", [1, 2, 15, 28, 30])
def test_a_month_that_runs_is_its_days(demo: dict[str, User], day: int) -> None:
    """The row of the running month is read whole, terms and promises not over are taken off."""
    now = region_today().replace(day=1) - timedelta(days=1)
    today = now.replace(day=min(day, now.day))
    ids = frozenset(Fact.objects.filter(agency_id__gt=0).values_list("agency_id", flat=True))
    for scope in (Scope(None), Scope(ids), Scope(frozenset(sorted(ids)[:2]))):
        for period in (Period.month(today), Period.quarter(today), Period.month(today).run(3)[0]):
            days = [Period(at, at) for at in _days(period)]
            apart = sums_of_periods(scope, days, NAMES, today)
            whole = sums(scope, period, today=today)
            assert whole == {name: sum(of[name] for of in apart) for name in NAMES}
            if scope.ids:
                each = sums_by_agency(scope, period, today=today).values()
                assert whole == {name: sum(of[name] for of in each) for name in NAMES}
    assert whole["received"] > 0


@pytest.mark.django_db
def test_a_reader_of_subtrees_counts_each_of_their_agencies_once(demo: dict[str, User]) -> None:
    """Some agencies by sums of subtrees are the same agencies one by one, for any set of them."""
    today, dice = region_today(), random.Random(11)
    below: dict[int, set[int]] = {}
    for agency, above in Branch.objects.values_list("agency_id", "above_id"):
        below.setdefault(above, {above}).add(agency)
    known = sorted(Agency.objects.values_list("pk", flat=True))
    trees = sorted(below)
    sets = [set[int](), set(known), *below.values(), below[trees[0]] - {trees[0]}]
    sets += [{*dice.sample(known, 4), *below[dice.choice(trees)]} for _ in range(3)]
    codes = [code for code, metric in METRICS.items() if not metric.now and code != "deviation"]
    covered = 0
    for ids in sets:
        scope = Scope(frozenset(ids))
        keys = read("select unnest(reports_keys(%(ids)s::int[]))", scope.given)
        covered += any(key < -1 for (key,) in keys)
        assert len({key for (key,) in keys}) == len(keys) <= max(1, len(ids))
        for period in (Period.month(today), Period(today - timedelta(days=100), today)):
            apart = sums_by_agency(scope, period, today=today)
            assert set(apart) <= ids
            whole = {name: sum(of[name] for of in apart.values()) for name in NAMES}
            assert sums(scope, period, today=today) == whole
            facts = Fact.objects.filter(agency_id__in=ids, day__range=(period.first, period.last))
            replies = facts.filter(kind=Kind.REPLY).values_list("signs", "worked")
            needed = DURATIONS["worked"].signs
            kept = Counter(_bucket(worked) for signs, worked in replies if signs & needed == needed)
            found = figures_of(codes, scope, period, today)
            assert found["reply_time"].value == quantile(kept, 0.5)
            came = facts.filter(kind=Kind.RECEIVED)
            of_all = heat(scope, period, topics=999, places=999)
            assert (of_all.total, of_all.cells) == (came.count(), _cells(came))
        opened = Fact.objects.filter(kind=Kind.OPEN, agency_id__in=ids).count()
        assert standing(scope, today).opened == opened
    assert covered > len(trees)


@pytest.mark.django_db
def test_open_cases_by_age_are_the_open_cases(demo: dict[str, User]) -> None:
    today = region_today()
    ids = frozenset(Fact.objects.filter(agency_id__gt=0).values_list("agency_id", flat=True))
    for scope in (Scope(None), Scope(ids), Scope(frozenset(sorted(ids)[:2])), Scope(frozenset())):
        facts = Fact.objects.filter(kind=Kind.OPEN)
        if scope.ids is not None:
            facts = facts.filter(agency_id__in=scope.ids)
        days = [(today - day).days for day in facts.values_list("day", flat=True)]
        ages = standing(scope, today).ages((1, 3, 30))
        assert ages == [
            sum(low < day <= high for day in days)
            for low, high in ((-1, 1), (1, 3), (3, 30), (30, 9999))
        ]
        assert sum(ages) == len(days)


@pytest.mark.django_db
def test_an_administrator_counts_and_reads_no_rows(demo: dict[str, User]) -> None:
    user = User.objects.get(pk=demo[Role.ADMINISTRATOR].pk)
    period = Period.month(region_today())
    assert granted_agency_ids(user, Right.VIEW_CASES) == frozenset()
    assert figures_of(["received"], Scope.of(user), period)["received"].numerator > 0
    assert not rows(METRICS["received"], "numerator", user, period).exists()
    assert Fact.objects.exists()


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_an_interval_holds_the_share(hits: int, misses: int) -> None:
    low, high = wilson(hits, hits + misses)
    assert 0 <= low <= high <= 1
    if hits + misses:
        assert low - 1e-9 <= hits / (hits + misses) <= high + 1e-9


def test_an_interval_by_the_book() -> None:
    # Wilson 1927; Brown, Cai, DasGupta 2001: 10 of 100.
    assert wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@given(days, st.integers(0, 500))
def test_spans_cover_each_day_once(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    covered: list[date] = []
    for span, start in period.starts():
        if span == "d":
            covered.append(start)
            continue
        assert start.day == 1
        after = (start + timedelta(days=32)).replace(day=1)
        covered += [start + timedelta(days=n) for n in range((after - start).days)]
    assert covered == _days(period)
    # No day of a whole month is read alone.
    assert len(list(period.starts())) <= 60 + length / 28


@given(days)
def test_periods_run_back_without_a_gap(today: date) -> None:
    for kind in ("week", "month", "quarter"):
        _kind, period = chosen({"period": kind}, today)
        run = period.run(6)
        assert run[-1] == period
        for earlier, later in pairwise(run):
            assert later.first - earlier.last == timedelta(days=1)
            assert kind == "week" or earlier.first.day == 1
