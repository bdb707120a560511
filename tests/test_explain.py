"""Plans of the lists on a million cases: indexes only, and a bounded number of rows read.

Runs on the database named by BENCH_DATABASE_URL, filled by `manage.py bench_load`; the planner
chooses by statistics, so a small database proves nothing here.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db.models import F, Q
from django.utils import timezone

from cases.filters import today_bounds
from cases.finding import query_of
from cases.models import Case
from cases.workflow import Status

URL = os.environ.get("BENCH_DATABASE_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(not URL, reason="BENCH_DATABASE_URL names no database of bench_load"),
]
LEAST = 1_000_000
MOST_ROWS = 60_000  # rows of cases_case read for one page, filtered ones included
FREQUENT = "дом"
# A count that ends at its cap may walk: what is frequent is met a thousand times soon, and the
# rows read are bounded below all the same.
CAPPED_WALKS = {"count of a view of a frequent word"}


@pytest.fixture(scope="module")
def bench() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(URL, autocommit=True) as connection:
        found = connection.execute("select count(*) from cases_case").fetchone()
        assert found is not None
        assert found[0] >= LEAST, "bench_load --cases 1000000 first"
        yield connection


def _agency(bench: psycopg.Connection[Any]) -> list[int]:
    row = bench.execute("select min(id) from agencies_agency where code = 'bench-i5'").fetchone()
    assert row is not None
    return [row[0]]


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _scans(child)


def _page(cases: Any, *order: Any) -> Any:
    return cases.order_by(*order).values("pk")[:51]


def _lists() -> dict[str, Callable[[Any], Any]]:
    now = timezone.now()
    start, end = today_bounds()
    mine = Q(executor=5) | Q(executor=None)
    newest = ("-received_at", "-id")
    due = ("due_at", "id")
    return {
        "queue": lambda c: _page(c.open().filter(mine), *due),
        "count of all": lambda c: c.open().filter(mine).order_by().values("pk")[:1001],
        "count of overdue": lambda c: c.open().filter(mine, due_at__lt=now).values("pk")[:1001],
        "count of today": lambda c: (
            c.open().filter(mine, due_at__gte=start, due_at__lt=end).values("pk")[:1001]
        ),
        "count of returned": lambda c: (
            c.open().filter(mine, status=Status.REWORK).values("pk")[:1001]
        ),
        "count of repeats": lambda c: (
            c.open().filter(mine, repeat_of__isnull=False).values("pk")[:1001]
        ),
        "count of control": lambda c: (
            c.open().filter(mine, controlled_by__isnull=False).values("pk")[:1001]
        ),
        "queue of a place and topics": lambda c: _page(
            c.open().filter(mine, status__in=["in_work"], topic__in=range(1, 26), territory=7), *due
        ),
        "approval queue": lambda c: _page(c.filter(status=Status.APPROVAL, is_open=True), *due),
        "count of a view of topics": lambda c: (
            c.open().filter(mine, status="routed", topic__in=range(1, 26)).values("pk")[:1001]
        ),
        "count of a view of a state since a day": lambda c: c.filter(
            status="closed", received_at__gte=now - timedelta(days=30)
        ).values("pk")[:1001],
        "count of a view of a frequent word": lambda c: c.matching(FREQUENT).values("pk")[:1001],
        "count of a view of a rare word": lambda c: c.matching("вгривенький").values("pk")[:1001],
        "all that match": lambda c: (
            c.open().filter(status="routed").order_by(*due).values("pk")[:1001]
        ),
        "chosen by number": lambda c: c.filter(
            number__in=[f"26-{at:06}" for at in range(1000, 1050)]
        ).values("pk"),
        "all cases": lambda c: _page(c, *newest),
        "filter state": lambda c: _page(c.filter(status__in=["in_work"]), *newest),
        "filter regime": lambda c: _page(c.filter(regime__in=["pos"]), *newest),
        "filter kind": lambda c: _page(c.filter(kind__in=["unsolvable"]), *newest),
        "filter source": lambda c: _page(c.filter(channel__in=[2]), *newest),
        "filter executor": lambda c: _page(c.filter(executor__in=[77]), *newest),
        "filter topic": lambda c: _page(c.filter(topic__in=[3]), *newest),
        "filter territory": lambda c: _page(c.filter(territory__in=[3]), *newest),
        "filter overdue": lambda c: _page(c.open().filter(due_at__lt=now), *newest),
        "filter flagged": lambda c: _page(c.filter(flagged=True), *newest),
        "filter control": lambda c: _page(c.filter(controlled_by__isnull=False), *newest),
        "filter repeats": lambda c: _page(c.filter(repeat_of__isnull=False), *newest),
        "filter mass": lambda c: _page(c.filter(event__isnull=False), *newest),
        "filter dates": lambda c: _page(
            c.filter(received_at__gte=now - timedelta(days=90), received_at__lt=now), *newest
        ),
        "search rare": lambda c: _page(c.matching("вгривенький"), *newest),
        "search frequent": lambda c: _page(c.matching(FREQUENT), *newest),
        "search address": lambda c: _page(c.matching("улица Садовая"), *newest),
        "filter author": lambda c: _page(c.filter(citizen__in=range(1000, 1200)), *newest),
        "search author": lambda c: _page(
            c.filter(Q(search=query_of("вгривенький")) | Q(citizen__in=range(1000, 1200))), *newest
        ),
        "search author and frequent": lambda c: _page(
            c.filter(Q(search=query_of(FREQUENT)) | Q(citizen__in=range(1000, 2000))), *newest
        ),
        "routing desk": lambda c: _page(c.in_moderation(), "received_at", "id"),
        "review desk": lambda c: _page(c.in_review(), F("risk").desc(nulls_last=True), "id"),
    }


@pytest.mark.parametrize("scope", ["one agency", "region"])
@pytest.mark.parametrize("name", list(_lists()))
def test_a_list_reads_few_rows_and_none_by_a_walk_over_the_table(
    name: str, scope: str, bench: psycopg.Connection[Any]
) -> None:
    cases = Case.objects.all()
    if scope == "one agency":
        cases = cases.filter(agency__in=_agency(bench))
    sql, params = _lists()[name](cases).query.sql_with_params()
    row = bench.execute(f"explain (analyze, format json) {sql}", params).fetchone()
    assert row is not None
    nodes = [
        node
        for node in _scans(row[0][0]["Plan"])
        if node.get("Relation Name") == "cases_case" and "Scan" in node["Node Type"]
    ]
    assert nodes
    if name not in CAPPED_WALKS:
        assert "Seq Scan" not in {node["Node Type"] for node in nodes}
    read = sum(
        (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Index Recheck", 0)
        )
        * node["Actual Loops"]
        for node in nodes
    )
    assert read <= MOST_ROWS, (name, scope, read)


@pytest.mark.parametrize("name", ["filter overdue", "queue of a place and topics"])
def test_a_list_of_open_cases_is_narrowed_in_the_index(
    name: str, bench: psycopg.Connection[Any]
) -> None:
    """Eleven thousand overdue rows, or all of a group's topics, cost ten times the page."""
    sql, params = _lists()[name](Case.objects.all()).query.sql_with_params()
    row = bench.execute(f"explain (analyze, buffers, format json) {sql}", params).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    heap = [node for node in _scans(plan) if node["Node Type"] == "Bitmap Heap Scan"]
    blocks = sum(
        node.get("Exact Heap Blocks", 0) + node.get("Lossy Heap Blocks", 0) for node in heap
    )
    assert blocks <= 1000, plan
