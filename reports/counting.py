"""The triggers that keep the counters equal to the facts, made from the table of measures."""

from reports.branches import keys
from reports.measures import DURATIONS, MARGIN, MEASURES, STEPS, Measure

_SPANS = "(values ('d', a.day), ('m', date_trunc('month', a.day)::date)) as s(span, start)"
_ALONE = "(values (a.agency_id), (-1)) as k(key)"  # before there were subtrees
_TOPIC_KEY = "span, start, topic_id, territory_id"


def held(measure: Measure, fact: str = "f") -> str:
    """SQL: the fact belongs to the measure."""
    signs = f" and {fact}.signs & {int(measure.signs)} = {int(measure.signs)}"
    return f"{fact}.kind = {int(measure.kind)}" + (signs if measure.signs else "")


def bucket_of(column: str) -> str:
    return f"floor(ln(greatest({column}, 0) + 1.0::float8) / ln(2::float8) * {STEPS})::smallint"


def sums(*, signed: bool, fact: str = "f") -> str:
    """The select list of all measures over facts; `signed`: each times their `s`."""
    parts = []
    for name, measure in MEASURES.items():
        value = f"coalesce({fact}.{measure.value}, 0)" if measure.value else "1"
        value += f" * {fact}.s" if signed else ""
        parts.append(f"coalesce(sum({value}) filter (where {held(measure, fact)}), 0) as {name}")
    return ", ".join(parts)


def columns(table: str) -> list[str]:
    """DDL of the measures' columns."""
    return [
        f"alter table {table} add column if not exists {name}"
        f" {'bigint' if measure.value else 'integer'} not null default 0"
        for name, measure in MEASURES.items()
    ]


def agencies(source: str, *, signed: bool, branches: bool = True) -> str:
    """The measures by agency, of all, and of the subtrees an agency stands in.

    Facts are added up by day and agency first, then spread.
    """
    added = ", ".join(
        f"sum(a.{name}{'' if measure.value else '::int'}) as {name}"
        for name, measure in MEASURES.items()
    )
    return (
        f"select s.span, k.key, s.start, {added}"
        f" from (select f.day, f.agency_id, {sums(signed=signed)} from ({source}) as f"
        f" group by 1, 2) as a cross join lateral {_SPANS}"
        f" cross join lateral {keys('a.agency_id') if branches else _ALONE} group by 1, 2, 3"
    )


def topics(source: str, *, signed: bool) -> str:
    """The measures by topic and territory."""
    return (
        f"select s.span, s.start, a.topic_id, a.territory_id, {sums(signed=signed, fact='a')}"
        f" from ({source}) as a cross join lateral {_SPANS} group by 1, 2, 3, 4"
    )


def _add(table: str, key: str, rows: str) -> str:
    update = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in MEASURES)
    return (
        f"insert into {table} as t ({key}, {', '.join(MEASURES)}) {rows}"
        f" order by {', '.join(str(at + 1) for at in range(key.count(',') + 1))}"
        f" on conflict ({key}) do update set {update};"
    )


def durations(source: str, *, signed: bool, branches: bool = True) -> str:
    """Buckets of all durations over facts."""
    parts = " union all ".join(
        f"select f.day, f.agency_id, {'f.s' if signed else '1'} as s, '{name}' as duration,"
        f" {bucket_of('f.' + measure.value)} as bucket from ({source}) as f"
        f" where {held(measure)} and f.{measure.value} is not null"
        for name, measure in DURATIONS.items()
    )
    return (
        "select s.span, k.key, a.duration, s.start, a.bucket, sum(a.n) as n"
        " from (select f.day, f.agency_id, f.duration, f.bucket, sum(f.s) as n"
        f" from ({parts}) as f group by 1, 2, 3, 4 having sum(f.s) <> 0) as a"
        f" cross join lateral {_SPANS}"
        f" cross join lateral {keys('a.agency_id') if branches else _ALONE}"
        " group by 1, 2, 3, 4, 5"
    )


def _add_small(table: str, key: str, rows: str) -> str:
    """The same of a table that counts `n` alone; `rows` is grouped and names its sum `a.n`."""
    return _upsert(table, key, f"{rows} having sum(a.n) <> 0") + ";"


def _upsert(table: str, key: str, rows: str) -> str:
    return (
        f"insert into {table} as t ({key}, n) {rows}"
        f" order by {', '.join(str(at + 1) for at in range(key.count(',') + 1))}"
        f" on conflict ({key}) do update set n = t.n + excluded.n"
    )


def _came(source: str, day: str, by: str, *, signed: bool) -> str:
    """What came, added up: what a change leaves where it was is nothing before it is spread."""
    n = f"sum({'f.s' if signed else '1'})"
    return (
        f"(select {day} as day, {by}, {n} as n from ({source}) as f where {held(MARGIN)}"
        f" group by {day}, {by} having {n} <> 0) as a"
    )


def margins(source: str, *, signed: bool) -> str:
    """What came by topic, and by territory: the edges of the table of both."""
    return (
        "select s.span, s.start, k.side, k.key, sum(a.n) as n"
        f" from {_came(source, 'f.day', 'f.topic_id, f.territory_id', signed=signed)}"
        f" cross join lateral {_SPANS} cross join lateral"
        " (values ('topic', a.topic_id), ('place', a.territory_id)) as k(side, key)"
        " group by 1, 2, 3, 4"
    )


def branch_topics(source: str, *, signed: bool) -> str:
    """What came in a month below an agency, by topic and territory."""
    month, by = "date_trunc('month', f.day)::date", "f.agency_id, f.topic_id, f.territory_id"
    return (
        "select b.above_id, a.day as start, a.topic_id, a.territory_id, sum(a.n) as n"
        f" from {_came(source, month, by, signed=signed)}"
        " join reports_branch b on b.agency_id = a.agency_id group by 1, 2, 3, 4"
    )


def branch_margins(source: str, *, signed: bool) -> str:
    """The same by topic, and by territory."""
    return _edges(f"({branch_topics(source, signed=signed)})")


def _edges(cells: str) -> str:
    return (
        f"select a.above_id, a.start, k.side, k.key, sum(a.n) as n from {cells} as a"
        " cross join lateral (values ('topic', a.topic_id), ('place', a.territory_id))"
        " as k(side, key) group by 1, 2, 3, 4"
    )


def _add_branches(source: str) -> str:
    """Both at once, of what came added up once."""
    topics, edges = BRANCH_KEYS
    return (
        f"with came as materialized ({branch_topics(source, signed=True)} having sum(a.n) <> 0),"
        f" cells as ({_upsert('reports_branchtopic', topics, 'select * from came')})"
        f" {_upsert('reports_branchmargin', edges, _edges('came') + ' having sum(a.n) <> 0')};"
    )


BRANCH_KEYS = ("above_id, start, topic_id, territory_id", "above_id, start, side, key")


_SOURCES = {
    "insert": "select 1 as s, n.* from new_rows n",
    "delete": "select -1 as s, o.* from old_rows o",
    "update": "select 1 as s, n.* from new_rows n union all select -1, o.* from old_rows o",
}
_REFERENCING = {
    "insert": "new table as new_rows",
    "delete": "old table as old_rows",
    "update": "old table as old_rows new table as new_rows",
}


def _body(source: str, *, margined: bool, branches: bool) -> str:
    """What a trigger does, statement by statement."""
    parts = [
        _add(
            "reports_agencycount",
            "span, agency_id, start",
            agencies(source, signed=True, branches=branches),
        ),
        _add("reports_topiccount", _TOPIC_KEY, topics(source, signed=True)),
        _add_small(
            "reports_durationcount",
            "span, agency_id, duration, start, bucket",
            durations(source, signed=True, branches=branches),
        ),
    ]
    if margined:
        rows = margins(source, signed=True)
        parts.append(_add_small("reports_margincount", "span, start, side, key", rows))
    if branches:
        parts.append(_add_branches(source))
    return "\n".join(parts)


def install(*, with_margins: bool = True, with_branches: bool = True) -> list[str]:
    """Statements that make the columns and the triggers; they may run again.

    `with_margins`, `with_branches`: False before there are tables of them.
    """
    statements = [*columns("reports_agencycount"), *columns("reports_topiccount")]
    for event, source in _SOURCES.items():
        body = _body(source, margined=with_margins, branches=with_branches)
        table = "old_rows" if event == "delete" else "new_rows"
        statements += [
            f"create or replace function reports_count_{event}() returns trigger"
            f" language plpgsql as $$ begin\nif not exists (select from {table})"
            f" then return null; end if;\n{body}\nreturn null; end $$",
            f"create or replace trigger count_{event} after {event} on reports_fact"
            f" referencing {_REFERENCING[event]} for each statement"
            f" execute function reports_count_{event}()",
        ]
    return statements
