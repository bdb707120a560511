"""What stands below whom: counters are summed by subtree too, and follow a moved agency.

`reports_branch` holds a pair for each agency and each one above it. Its region is left out: who
holds a role there reads the row of all. Under the key −1 − id (`branch_key`) the counters hold
the sums of all that stands below an agency, without its own. A trigger on the agencies keeps the
pairs, and with them these sums, in the statement that moves an agency; writers of facts wait for
it, so each fact is added by the tree it is committed under.
"""

from collections.abc import Sequence

from django.db import connection

from reports.measures import MARGIN, NAMES

_CLIMB = (
    " union select up.id, a.parent_id from up join agencies_agency a on a.id = up.parent_id"
    ") select distinct up.id as agency_id, a.id as above_id"
    " from up join agencies_agency a on a.id = up.parent_id where a.kind <> 'region'"
)
TREE = f"with recursive up(id, parent_id) as (select id, parent_id from agencies_agency{_CLIMB}"
"""SQL: the pairs the tree of agencies has."""
_NEW = f"with recursive up(id, parent_id) as (select id, parent_id from new_rows{_CLIMB}"

_DIFFERENT = (
    f"select agency_id, above_id, 1 as s from ({TREE}) t"
    " where not exists (select from reports_branch b"
    " where b.agency_id = t.agency_id and b.above_id = t.above_id)"
    " union all"
    " select b.agency_id, b.above_id, -1 from reports_branch b"
    f" left join ({TREE}) t using (agency_id, above_id) where t.agency_id is null"
)


def branch_key(column: str) -> str:
    """SQL: the key under which counters hold what stands below this agency."""
    return f"-1 - {column}"


def keys(agency: str) -> str:
    """SQL: the agency's own key, that of all, and those of the subtrees it stands in."""
    return (
        f"(select {agency} union all select -1 union all select {branch_key('b.above_id')}"
        f" from reports_branch b where b.agency_id = {agency}) as k(key)"
    )


def _moved(table: str, key: Sequence[str], values: Sequence[str]) -> str:
    """Add to the sums of subtrees what came below, take off what went.

    `key`: columns of the key beside the agency.
    """
    added = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in values)
    names, sums = (
        ", ".join(f"c.{name}" for name in key),
        (f"sum(c.{name} * m.s)" for name in values),
    )
    return (
        f"insert into {table} as t (agency_id, {', '.join([*key, *values])})"
        f" select {branch_key('m.above_id')}, {names}, {', '.join(sums)}"
        " from reports_branch_changed m cross join (values ('d'), ('m')) as p(span)"
        f" cross join lateral (select * from {table}"
        " where span = p.span and agency_id = m.agency_id offset 0) c"
        f" group by m.above_id, {names}"
        f" on conflict (agency_id, {', '.join(key)}) do update set {added};"
    )


_CAME = (
    "select m.above_id, date_trunc('month', f.day)::date as start, f.topic_id, f.territory_id,"
    " sum(m.s) as n from reports_branch_changed m cross join lateral ("
    "select day, topic_id, territory_id from reports_fact"
    f" where agency_id = m.agency_id and kind = {int(MARGIN.kind)} offset 0) f"
    " group by 1, 2, 3, 4"
)
_TOPICS_MOVED = (
    f"with came as materialized ({_CAME}), cells as ("
    "insert into reports_branchtopic as t (above_id, start, topic_id, territory_id, n)"
    " select * from came on conflict (above_id, start, topic_id, territory_id)"
    " do update set n = t.n + excluded.n)"
    " insert into reports_branchmargin as t (above_id, start, side, key, n)"
    " select c.above_id, c.start, k.side, k.key, sum(c.n) from came c cross join lateral"
    " (values ('topic', c.topic_id), ('place', c.territory_id)) as k(side, key)"
    " group by 1, 2, 3, 4 on conflict (above_id, start, side, key)"
    " do update set n = t.n + excluded.n;"
)

# Renames change no pair and wait for nobody. What differs is looked for once more under the
# lock, for the tree may have been changed meanwhile.
# Who changes the tree waits for who is changing it: an agency put below one that is being moved
# would climb the tree as it was. What is read after the lock sees what was committed before it.
_ONE_BY_ONE = "perform pg_advisory_xact_lock(hashtextextended('reports.tree', 0));"
_FOLLOW = f"""
create or replace function reports_follow_tree() returns trigger language plpgsql as $$ begin
{_ONE_BY_ONE}
if not exists ({_DIFFERENT}) then return null; end if;
lock table reports_fact in share row exclusive mode;
create temporary table reports_branch_changed on commit drop as {_DIFFERENT};
delete from reports_branch b using reports_branch_changed m
    where m.s < 0 and b.agency_id = m.agency_id and b.above_id = m.above_id;
insert into reports_branch (agency_id, above_id)
    select agency_id, above_id from reports_branch_changed where s > 0;
{_moved("reports_agencycount", ["span", "start"], NAMES)}
{_moved("reports_durationcount", ["span", "duration", "start", "bucket"], ["n"])}
{_TOPICS_MOVED}
drop table reports_branch_changed;
return null; end $$
"""
# Nothing can have been counted for an agency that is new.
_JOIN = f"""
create or replace function reports_join_tree() returns trigger language plpgsql as $$ begin
{_ONE_BY_ONE}
insert into reports_branch (agency_id, above_id) {_NEW} on conflict do nothing;
return null; end $$
"""
# Whole subtrees by the sums of what stands below, the rest one by one.
_COVER = f"""
create or replace function reports_keys(ids int[]) returns int[] language sql stable as $$
with given as (select distinct unnest(ids) as id),
whole as (
    select b.above_id as id from reports_branch b left join given g on g.id = b.agency_id
    group by 1 having count(*) = count(g.id)
),
top as (
    select id from whole w where not exists (
        select from reports_branch b join whole o on o.id = b.above_id where b.agency_id = w.id)
)
select array(
    select {branch_key("id")} from top
    union all
    select id from given g where not exists (
        select from reports_branch b join top t on t.id = b.above_id where b.agency_id = g.id)
) $$
"""


def install() -> list[str]:
    """Statements that make the functions and the triggers on the agencies; they may run again."""
    return [
        _COVER,
        _FOLLOW,
        _JOIN,
        "create or replace trigger follow_tree after update of parent_id, kind or delete"
        " on agencies_agency for each statement execute function reports_follow_tree()",
        "create or replace trigger join_tree after insert on agencies_agency"
        " referencing new table as new_rows for each statement"
        " execute function reports_join_tree()",
    ]


def remove() -> list[str]:
    return [
        "drop trigger follow_tree on agencies_agency",
        "drop trigger join_tree on agencies_agency",
        "drop function reports_follow_tree()",
        "drop function reports_join_tree()",
        "drop function reports_keys(int[])",
    ]


def differences() -> int:
    """Pairs that are not what the tree of agencies says."""
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from ({_DIFFERENT}) d")
        wrong: int = cursor.fetchone()[0]
    return wrong


def renew() -> None:
    """All pairs anew; the counters are the caller's matter (`keeping.recount`)."""
    with connection.cursor() as cursor:
        cursor.execute("delete from reports_branch")
        cursor.execute(f"insert into reports_branch (agency_id, above_id) {TREE}")
