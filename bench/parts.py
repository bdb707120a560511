"""What the scope of cases would cost with «or a part of it», and what the list of parts costs.

Makes a part of each of the oldest 30,000 cases in a transaction that is rolled back: the cases
stay as they are. Buffers are what a loaded machine does not change.
`BENCH_ADMIN_URL=… python -m bench.parts` on a database of `bench.load`.
"""

import os
import sys
from collections.abc import Iterator

import psycopg

_PARTS = """
create temporary table part on commit drop as
select row_number() over () as id, c.id as case_id,
       (array(select id from agencies_agency order by id))[
           1 + (c.id * 7919) % (select count(*) from agencies_agency)] as agency_id,
       case when c.is_open then 'asked' else 'given' end as state,
       coalesce(c.due_at, c.received_at) as due_at
from cases_case c where c.id < 30000;
create index on part (agency_id, due_at, id) where state = 'asked';
create index on part (case_id);
create index on part (case_id, agency_id);
analyze part;
"""
# So many agencies: one, a ministry with its departments.
_SOME = "select id from agencies_agency where kind <> 'region' order by id desc limit %s"
_SCOPE = "c.agency_id = any(%(ids)s)"
_OR_PART = (
    f"({_SCOPE} or exists (select from part p"
    " where p.case_id = c.id and p.agency_id = any(%(ids)s)))"
)
_ASKED = {
    "list, newest first": (
        "select c.id from cases_case c where {scope} order by received_at desc, id desc limit 51"
    ),
    "queue, nearest term first": (
        "select c.id from cases_case c where {scope} and is_open order by due_at, id limit 51"
    ),
    "count to 1001": (
        "select count(*) from (select from cases_case c where {scope} and is_open limit 1001) x"
    ),
}
_OWN = (
    "select p.*, c.number, c.title from part p join cases_case c on c.id = p.case_id"
    " where p.agency_id = any(%(ids)s) and p.state = 'asked' order by p.due_at, p.id limit 51"
)
_OF_CASE = (
    "select to_json(array(select json_build_array(p.id, p.agency_id, p.state) from part p"
    " where p.case_id = %(case)s order by p.id))"
)


def _read(cursor: psycopg.Cursor, sql: str, values: dict[str, object]) -> tuple[float, int]:
    """(milliseconds, buffers) of the quickest of five runs after one that warms up."""
    found = []
    for _run in range(6):
        cursor.execute(f"explain (analyze, buffers, format json) {sql}", values)  # type: ignore[arg-type]
        row = cursor.fetchone()
        assert row is not None
        told = row[0][0]
        names = ("Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks", "Local Read Blocks")
        found.append((told["Execution Time"], sum(told["Plan"].get(name, 0) for name in names)))
    return min(found[1:])


def _measured(cursor: psycopg.Cursor) -> Iterator[str]:
    for name, count in (("1 agency", 1), ("10 agencies", 10)):
        cursor.execute(_SOME, [count])
        values = {"ids": [pk for (pk,) in cursor.fetchall()]}
        for what, sql in _ASKED.items():
            for kind, scope in (("agencies alone", _SCOPE), ("or a part", _OR_PART)):
                took, buffers = _read(cursor, sql.format(scope=scope), values)
                yield f"| {name} | {what} | {kind} | {took:.2f} | {buffers} |"
        took, buffers = _read(cursor, _OWN, values)
        yield f"| {name} | list of parts | parts alone | {took:.2f} | {buffers} |"
    cursor.execute("select case_id from part limit 1")
    ((case,),) = cursor.fetchall()
    took, buffers = _read(cursor, _OF_CASE, {"case": case})
    yield f"| | parts of a case page | | {took:.2f} | {buffers} |"


def main() -> None:
    with psycopg.connect(os.environ["BENCH_ADMIN_URL"]) as connection:
        cursor = connection.cursor()
        cursor.execute(_PARTS)
        cursor.execute("select count(*), count(*) filter (where state = 'asked') from part")
        sys.stdout.write(f"parts, awaited ones: {cursor.fetchone()}\n")
        for line in _measured(cursor):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        connection.rollback()


if __name__ == "__main__":
    main()
