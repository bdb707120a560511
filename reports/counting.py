"""The triggers that keep the counters equal to the facts, made from the table of measures."""

from reports.measures import DURATIONS, MARGIN, MEASURES, STEPS, Measure

_SPANS = {
    "reports_agencycount": (
        "(values ('d', f.day, f.agency_id), ('m', date_trunc('month', f.day)::date, f.agency_id),"
        " ('d', f.day, -1), ('m', date_trunc('month', f.day)::date, -1))"
        " as c(span, start, agency_id)",
        "span, agency_id, start",
    ),
    "reports_topiccount": (
        "(values ('d', f.day), ('m', date_trunc('month', f.day)::date)) as s(span, start)"
        " cross join lateral (select f.topic_id, f.territory_id, s.span, s.start) as c",
        "span, start, topic_id, territory_id",
    ),
}
DURATION_SPAN = _SPANS["reports_agencycount"][0]


def held(measure: Measure, fact: str = "f") -> str:
    """SQL: the fact belongs to the measure."""
    signs = f" and {fact}.signs & {int(measure.signs)} = {int(measure.signs)}"
    return f"{fact}.kind = {int(measure.kind)}" + (signs if measure.signs else "")


def bucket_of(column: str) -> str:
    return f"floor(ln(greatest({column}, 0) + 1.0::float8) / ln(2::float8) * {STEPS})::smallint"


def sums(*, signed: bool) -> str:
    """The select list of all measures over facts `f`; `signed`: each times `f.s`."""
    parts = []
    for name, measure in MEASURES.items():
        value = f"coalesce(f.{measure.value}, 0)" if measure.value else "1"
        value += " * f.s" if signed else ""
        parts.append(f"coalesce(sum({value}) filter (where {held(measure)}), 0) as {name}")
    return ", ".join(parts)


def columns(table: str) -> list[str]:
    """DDL of the measures' columns."""
    return [
        f"alter table {table} add column if not exists {name}"
        f" {'bigint' if measure.value else 'integer'} not null default 0"
        for name, measure in MEASURES.items()
    ]


def _add(table: str, source: str) -> str:
    lateral, key = _SPANS[table]
    update = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in MEASURES)
    keys = ", ".join(f"c.{name.strip()}" for name in key.split(","))
    return (
        f"insert into {table} as t ({key}, {', '.join(MEASURES)})"
        f" select {keys}, {sums(signed=True)} from ({source}) as f cross join lateral {lateral}"
        f" group by {keys} order by {keys} on conflict ({key}) do update set {update};"
    )


def durations(source: str, *, signed: bool) -> str:
    """Buckets of all durations over facts."""
    parts = " union all ".join(
        f"select f.day, f.agency_id, {'f.s' if signed else '1'} as s, '{name}' as duration,"
        f" {bucket_of('f.' + measure.value)} as bucket from ({source}) as f"
        f" where {held(measure)} and f.{measure.value} is not null"
        for name, measure in DURATIONS.items()
    )
    return (
        "select c.span, c.agency_id, f.duration, c.start, f.bucket, sum(f.s) as n"
        f" from ({parts}) as f cross join lateral {DURATION_SPAN}"
        " group by 1, 2, 3, 4, 5"
    )


def _add_durations(source: str) -> str:
    key = "span, agency_id, duration, start, bucket"
    return (
        f"insert into reports_durationcount as t ({key}, n)"
        f" {durations(source, signed=True)} having sum(f.s) <> 0 order by 1, 2, 3, 4, 5"
        f" on conflict ({key}) do update set n = t.n + excluded.n;"
    )


def margins(source: str, *, signed: bool) -> str:
    """What came by topic, and by territory: the edges of the table of both.

    Facts are added up first: what a change leaves where it was is nothing before it is spread.
    """
    return (
        "select c.span, c.start, k.side, k.key, sum(f.n) as n from ("
        f"select f.day, f.topic_id, f.territory_id, sum({'f.s' if signed else '1'}) as n"
        f" from ({source}) as f where {held(MARGIN)}"
        f" group by 1, 2, 3 having sum({'f.s' if signed else '1'}) <> 0) as f cross join lateral"
        " (values ('d', f.day), ('m', date_trunc('month', f.day)::date)) as c(span, start)"
        " cross join lateral (values ('topic', f.topic_id), ('place', f.territory_id))"
        " as k(side, key) group by 1, 2, 3, 4"
    )


def _add_margins(source: str) -> str:
    key = "span, start, side, key"
    return (
        f"insert into reports_margincount as t ({key}, n)"
        f" {margins(source, signed=True)} having sum(f.n) <> 0 order by 1, 2, 3, 4"
        f" on conflict ({key}) do update set n = t.n + excluded.n;"
    )


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


def install(*, with_margins: bool = True) -> list[str]:
    """Statements that make the columns and the triggers; they may run again.

    `with_margins`: False before there is a table of them.
    """
    statements = [*columns("reports_agencycount"), *columns("reports_topiccount")]
    for event, source in _SOURCES.items():
        body = "\n".join(
            [
                _add("reports_agencycount", source),
                _add("reports_topiccount", source),
                _add_durations(source),
                *([_add_margins(source)] if with_margins else []),
            ]
        )
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
