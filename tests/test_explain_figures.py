"""Plans of the lists beside the cases: repeats, spikes, families, templates, reports, history.

On a million cases, as tests/test_explain.py. What `bench_load` leaves empty is filled by SQL in
one transaction and rolled back: a plan over an empty table proves nothing. The statements are
those the pages send, for the whole region and for one agency.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.history import changes_of
from agencies.models import Agency, User
from agencies.roles import Role
from cases import events, families, repeat_list
from cases.models import ReplyTemplate, Topic
from reports import board, heat, selecting, snapshots, spikes, template_figures
from reports.figures import Scope, by_agency, lines_by_agency, run_of, sums_by_agency
from reports.periods import Period
from reports.standing import standing
from tests import factories
from tests.test_explain import MOST_ROWS, URL, _scans, bench

__all__ = ["bench"]  # the fixture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(not URL, reason="BENCH_DATABASE_URL names no database of bench_load"),
]
OWN = 98_765_401  # an agency's key nothing else in a statement looks like
TEMPLATE = 98_765_402
BIG = {
    *("cases_case", "cases_reply", "cases_message", "cases_repeatpair", "cases_copiedfamily"),
    *("cases_familyshare", "cases_templateuse", "cases_eventoffer", "reports_snapshot"),
    *("reports_topiccount", "reports_fact", "agencies_change", "reports_agencycount"),
    *("reports_durationcount", "reports_margincount"),
    *("reports_branchmargin", "reports_branchtopic"),
}
MOST_COUNTERS, MOST_DUE = 4_000, 12_000  # rows one statement of a dashboard reads; due today
MOST_OF_MANY = 30_000  # of ninety agencies, each with its own counters: histograms of 12 weeks
# One row in ten a repeat, one in four a copy; a year's reports of two hundred people.
_FILL = """
set local session_replication_role = replica;
insert into cases_repeatpair (case_id, earlier_id, agency_id, counts, words, why, state, found_at,
                              decided_at)
select id, id - 1, agency_id, id % 3 = 0, 0.5, '["words"]',
       case when id % 100 < 20 then 'found' when id % 30 = 0 then 'refused' else 'confirmed' end,
       received_at, case when id % 100 >= 20 then received_at end
from cases_case where id % 10 = 0;
insert into cases_copiedfamily (id, replies, explained, agencies, authors, stems, first_reply_id,
                                first_on, last_on)
select min(id), 4, 0, 2, 3, 40, min(id), min(submitted_at)::date, max(submitted_at)::date
from cases_reply group by id / 16;
insert into cases_familyshare (family_id, agency_id, replies, authors, first_reply_id, first_on,
                               last_on)
select f.id, a.id, 2, 1, f.first_reply_id, f.first_on, f.last_on
from cases_copiedfamily f
join agencies_agency a on a.id in (select id from agencies_agency order by id)
    and a.id % 40 = f.id % 40;
insert into cases_eventoffer (state, reason, made_at, decided_at)
select case when n % 100 = 0 then 'waiting' else 'refused' end, '', now(), now()
from generate_series(1, 20000) n;
insert into cases_templateuse (reply_id, template_id, agency_id, at, kept, share)
select id, 98765402 + id % 60, agency_id, submitted_at, 80, 60 from cases_reply where id % 4 = 0;
insert into reports_snapshot (report, edition, first, last, today, at, scope, state, tables_done,
                              content, sha256, rules, words, made_at)
select 'r' || 1 + n % 14, 2, '2026-01-01', '2026-01-31', '2026-02-01', now(),
       case when n % 3 > 0 then array[(select min(id) from agencies_agency
                                       where code = 'bench-i5') + n % 500]::int[] end,
       'done', 5, repeat('x', 200), repeat('0', 64), '{}', '{}', now()
from generate_series(1, 40000) n;
insert into agencies_change ("table", row_id, kind, fields, at, reason)
select (array['cases_topic', 'agencies_user', 'cases_routingrule'])[1 + n % 3], n % 9000,
       'changed', '{"name": ["а", "б"]}', now(), ''
from generate_series(1, 600000) n;
analyze cases_repeatpair; analyze cases_copiedfamily; analyze cases_familyshare;
analyze cases_templateuse; analyze cases_eventoffer; analyze reports_snapshot;
analyze agencies_change
"""


@pytest.fixture(autouse=True)
def with_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planned statement shows no values; here each is sent with its own."""
    monkeypatch.setattr(selecting, "planned", selecting.read)


@pytest.fixture(scope="module")
def filled(bench: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    with bench.transaction(force_rollback=True):
        for statement in _FILL.split(";"):
            bench.execute(statement)
        yield bench


def _pages(user: User, scope: Scope) -> dict[str, Callable[[], Any]]:
    """What each page asks first; the rows behind are read by key."""
    last = date(2026, 11, 26)
    template = ReplyTemplate(pk=TEMPLATE)
    month = Period(last - timedelta(days=29), last)
    rows = snapshots.visible_to(user).defer("content")
    return {
        "repeats to be confirmed": lambda: repeat_list.listed(user, state="found"),
        "repeats confirmed": lambda: repeat_list.listed(user, state="confirmed"),
        "offers": lambda: events.offers_of(user),
        "spikes": lambda: spikes.spikes(last - timedelta(days=13), last, scope.ids),
        "families of a month": lambda: families.listed(user, days=30),
        "families of a year": lambda: families.listed(user, days=365),
        "uses of templates": lambda: template_figures.figures_of([template], scope, month, last),
        "replies of a template": lambda: template_figures.uses_of(
            template, user, scope, month, None
        ),
        "reports": lambda: list(rows[:15]),
        "reports of a kind": lambda: list(rows.filter(report="r2")[:31]),
        "history of a row": lambda: list(changes_of(Topic(pk=18))[:100]),
    }


NAMES = (
    *("repeats to be confirmed", "repeats confirmed", "offers", "spikes"),
    *("families of a month", "families of a year", "uses of templates"),
    *("replies of a template", "reports", "reports of a kind", "history of a row"),
)


def _person(scope: str) -> User:
    """Holds every right to read, on the region or on the one agency."""
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    agency = region if scope == "region" else factories.make_agency("own", region, id=OWN)
    person = factories.make_person(Role.COORDINATOR, agency)
    for role in (Role.QUALITY_SUPERVISOR, Role.CURATOR):
        factories.hold(person, role, agency)
    return User.objects.get(pk=person.pk)


def _read(plan: dict[str, Any]) -> tuple[dict[str, float], list[str]]:
    """Rows read of each table, those a filter dropped included; tables that were walked."""
    read: dict[str, float] = {}
    walked = []
    for node in _scans(plan):
        table = node.get("Relation Name")
        if table is None or "Scan" not in node["Node Type"]:
            continue
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        rows += node.get("Rows Removed by Index Recheck", 0)
        read[table] = read.get(table, 0) + rows * node["Actual Loops"]
        if node["Node Type"] == "Seq Scan" and table in BIG and node["Actual Loops"]:
            walked.append(table)
    return read, walked


@pytest.mark.parametrize("scope", ["region", "one agency"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_reads_few_rows_and_walks_over_no_table(
    name: str, scope: str, filled: psycopg.Connection[Any]
) -> None:
    user = _person(scope)
    reach = Scope(None) if scope == "region" else Scope(frozenset({OWN}))
    pages = _pages(user, reach)
    assert set(pages) == set(NAMES)
    with CaptureQueriesContext(connection) as caught:
        pages[name]()
    agency = filled.execute("select min(id) from agencies_agency where code = 'bench-i5'")
    (own,) = agency.fetchone() or (0,)
    told = 0
    for query in caught.captured_queries:
        sql = re.sub(rf"\b{OWN}\b", str(own), query["sql"])
        if not any(table in sql for table in BIG):
            continue
        with filled.transaction():
            row = filled.execute(f"explain (analyze, format json) {sql}").fetchone()
        assert row is not None
        read, walked = _read(row[0][0]["Plan"])
        print(name, scope, row[0][0]["Execution Time"], read)
        assert not walked, (walked, sql)
        assert sum(read.values()) <= MOST_ROWS, (read, sql)
        told += 1
    assert told, "nothing of a big table was asked"


def _dashboard(scope: Scope, bench: psycopg.Connection[Any]) -> dict[str, Callable[[], Any]]:
    """The parts of a dashboard over a week and a month that runs; agencies those of the bench."""
    last = date(2026, 11, 26)
    week, month = Period.week(last), Period.month(last)
    keys = [pk for (pk,) in bench.execute("select id from agencies_agency order by id")]
    every = Scope(frozenset(keys)) if scope.ids is None else scope
    shown = Scope(frozenset(keys[:36])) if scope.ids is None else scope
    topics = [pk for (pk,) in bench.execute("select id from cases_topic order by id limit 9")]
    places = [pk for (pk,) in bench.execute("select id from cases_territory order by id limit 6")]
    codes = (*board.NUMBERS, "overdue_share", "received", "open_now")
    names = ("brush_offs", "reviewed")
    return {
        "numbers of a week": lambda: run_of(codes, scope, week.run(12), last),
        "numbers of a month": lambda: run_of(codes, scope, month.run(12), last),
        "order of the league, a week": lambda: sums_by_agency(every, week, names, last),
        "order of the league, a month": lambda: sums_by_agency(every, month, names, last),
        "figures of the league, a week": lambda: by_agency(board.LEAGUE, shown, week, last),
        "figures of the league, a month": lambda: by_agency(board.LEAGUE, shown, month, last),
        "lines of the league": lambda: lines_by_agency(
            "brush_off_share", shown, week.run(12), last
        ),
        "largest topics and places": lambda: heat.heat(scope, week, topics=9, places=6),
        "cells of a quarter": lambda: heat._cells(Period.quarter(last), topics, places),
        "open cases": lambda: standing(scope, last),
    }


@pytest.mark.parametrize(
    ("scope", "most"),
    [
        ("region", MOST_COUNTERS),
        ("one agency", MOST_COUNTERS),
        ("ninety agencies", MOST_OF_MANY),
        ("five subtrees", MOST_OF_MANY),
    ],
)
def test_a_dashboard_reads_few_counters(
    scope: str, most: int, bench: psycopg.Connection[Any]
) -> None:
    found = bench.execute("select id from agencies_agency where code like 'bench-i%' order by id")
    keys = [pk for (pk,) in found][: 1 if scope == "one agency" else 90]
    if scope == "five subtrees":
        heads = "select id from agencies_agency where code like 'bench-m%' order by id limit 5"
        below = f"id in ({heads}) or parent_id in ({heads})"
        found = bench.execute(f"select id from agencies_agency where {below}")
        keys = [pk for (pk,) in found]
    reach = Scope(None if scope == "region" else frozenset(keys))
    for name, part in _dashboard(reach, bench).items():
        with CaptureQueriesContext(connection) as caught:
            part()
        told = 0
        for query in caught.captured_queries:
            if not any(table in query["sql"] for table in BIG):
                continue
            plan = bench.execute(f"explain (analyze, format json) {query['sql']}").fetchone()
            assert plan is not None
            read, walked = _read(plan[0][0]["Plan"])
            print(name, scope, plan[0][0]["Execution Time"], read)
            assert not walked, (walked, query["sql"])
            assert read.pop("cases_case", 0) <= MOST_DUE, query["sql"]
            assert sum(read.values()) <= most, (read, query["sql"])
            told += 1
        assert told, (name, "asked nothing")
