"""Keeping the facts in step with the cases: follow, build, verify.

Facts follow events and touched cases (`cases.following`), each batch in one transaction with the
reader's place: killed anywhere, the next start goes on where the last commit was. Whoever writes
facts holds one lock before he reads the cases, so that nobody overwrites newer facts with older
ones. The counters are the triggers' matter.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, models, transaction

from cases import following, tabs
from cases.models import Case, CaseEvent, Touched
from reports import branches, counting, facts
from reports.facts import COLUMNS, KEY, VALUES
from reports.measures import NAMES
from reports.models import Keeping

READER = "reports"
BATCH = 500
CHUNK = 2000
_LOCK = 0x66616374  # "fact"
_SAME_KEY = " and ".join(f"f.{name} = n.{name}" for name in KEY)
_REMOVE = f"""
delete from reports_fact f where f.case_id = any(%s)
    and not exists (select from reports_fresh n where {_SAME_KEY})
"""
_UPDATE = f"""
update reports_fact f set {", ".join(f"{name} = n.{name}" for name in VALUES)}
from reports_fresh n where {_SAME_KEY} and
    ({", ".join(f"f.{name}" for name in VALUES)})
    is distinct from ({", ".join(f"n.{name}" for name in VALUES)})
"""
_INSERT = f"""
insert into reports_fact ({", ".join(COLUMNS)})
select {", ".join(f"n.{name}" for name in COLUMNS)} from reports_fresh n
where not exists (select from reports_fact f where {_SAME_KEY})
"""
_COMPARE = f"""
select coalesce(f.case_id, n.case_id), coalesce(f.kind, n.kind) from
    (select * from reports_fact where case_id = any(%s)) f
    full join reports_fresh n on {_SAME_KEY}
where f.case_id is null or n.case_id is null
    or ({", ".join(f"f.{name}" for name in VALUES)})
        is distinct from ({", ".join(f"n.{name}" for name in VALUES)})
"""


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def refresh(ids: Sequence[int], zone: str = "") -> int:
    """Bring the facts of these cases up to what the rows say; how many facts changed."""
    if not ids:
        return 0
    _lock()
    facts.compute(ids, zone or facts.region_zone())
    changed = 0
    with connection.cursor() as cursor:
        for statement, values in ((_REMOVE, [list(ids)]), (_UPDATE, None), (_INSERT, None)):
            cursor.execute(statement, values)
            changed += cursor.rowcount
    return changed


def step() -> int:
    """What the worker does every few seconds: build what is not built, else follow."""
    keeping = Keeping.objects.filter(pk=1).first()
    zone = facts.region_zone()
    if keeping is None or (keeping.version, keeping.zone) != (facts.VERSION, zone):
        begin_building(zone)
        return 1
    if keeping.built_to is not None:
        return build_some()
    return follow(zone)


@transaction.atomic
def begin_building(zone: str = "") -> None:
    """Let all facts be built anew, from the first case; what changes meanwhile is followed."""
    for source in (CaseEvent, Touched):
        # The place is taken before the first case is read: no change falls in between.
        following.begin(READER, source)
    _lock()
    Touched.objects.all().delete()
    Keeping.objects.update_or_create(
        pk=1,
        defaults={
            "version": facts.VERSION,
            "zone": zone or facts.region_zone(),
            "built_to": 0,
            "last_case": Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        },
    )
    recount()


@transaction.atomic
def build_some(limit: int = CHUNK) -> int:
    """Facts of the next cases, oldest first; 0 when there are none left."""
    keeping = Keeping.objects.select_for_update().get(pk=1)
    if keeping.built_to is None:
        return 0
    ids = _next_ids(keeping.built_to, keeping.last_case, limit)
    refresh(ids, keeping.zone)
    keeping.built_to = ids[-1] if ids else None
    keeping.save(update_fields=["built_to", "at"])
    return len(ids) or 1


def _next_ids(after: int, last: int, limit: int) -> list[int]:
    rows = Case.objects.filter(pk__gt=after, pk__lte=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def follow(zone: str, limit: int = BATCH) -> int:
    """Read what was committed since the last call; how much was read."""
    read = 0
    if following.waiting(READER, CaseEvent):
        with following.unread(READER, CaseEvent, limit=limit) as ids:
            refresh(sorted(set(_cases_of(CaseEvent, ids))), zone)
            read += len(ids)
    if following.waiting(READER, Touched):
        with following.unread(READER, Touched, limit=limit) as ids:
            refresh(sorted(set(_cases_of(Touched, ids))), zone)
            Touched.objects.filter(pk__in=ids).delete()
            read += len(ids)
    return read


def _cases_of(source: type[models.Model], ids: Sequence[int]) -> list[int]:
    rows = source._default_manager.filter(pk__in=ids).order_by()
    return list(rows.values_list("case_id", flat=True))


def catch_up() -> None:
    """Until nothing waits: for commands and tests."""
    while step():
        pass


def recount() -> None:
    """All counters anew from the facts, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        _lock()
        for table, key in _KEYS.items():
            cursor.execute(f"delete from {table}")
            cursor.execute(f"insert into {table} ({key}, {_VALUES_OF[table]}) {_COUNTED[table]}")


_KEYS = {
    "reports_agencycount": "span, agency_id, start",
    "reports_topiccount": "span, start, topic_id, territory_id",
    "reports_durationcount": "span, agency_id, duration, start, bucket",
    "reports_margincount": "span, start, side, key",
    "reports_branchtopic": counting.BRANCH_KEYS[0],
    "reports_branchmargin": counting.BRANCH_KEYS[1],
}
_VALUES_OF = dict.fromkeys(_KEYS, "n") | dict.fromkeys(
    ("reports_agencycount", "reports_topiccount"), ", ".join(NAMES)
)
_TABS = "cases_tabcount"  # kept by a trigger of their own (`cases.tabs`)
_TREE = "reports_branch"
_COUNTED = {
    table: rows("select * from reports_fact", signed=False)
    for table, rows in {
        "reports_agencycount": counting.agencies,
        "reports_topiccount": counting.topics,
        "reports_durationcount": counting.durations,
        "reports_margincount": counting.margins,
        "reports_branchtopic": counting.branch_topics,
        "reports_branchmargin": counting.branch_margins,
    }.items()
}


@dataclass(slots=True)
class Verified:
    """What did not agree; empty lists after everything was compared mean zero differences."""

    cases: int = 0
    facts: list[tuple[int, int]] = field(default_factory=list)  # case, kind of fact
    counters: dict[str, int] = field(default_factory=dict)  # table -> rows that differ

    @property
    def differences(self) -> int:
        return len(self.facts) + sum(self.counters.values())


def verify(say: Callable[[int], None] = lambda done: None, *, chunk: int = CHUNK) -> Verified:
    """Compute all facts again from the rows and all counters from the facts, and compare.

    What moved while it was looked at is read once more after the reader has caught up.
    """
    catch_up()
    found = Verified()
    zone = facts.region_zone()
    for ids in _all_ids(chunk):
        wrong = _different(ids, zone)
        if wrong:
            catch_up()
            wrong = _different(sorted({case for case, _kind in wrong}), zone)
        found.facts += wrong
        found.cases += len(ids)
        say(found.cases)
    found.counters = {table: count for table in _KEYS if (count := _miscounted(table))}
    if count := branches.differences():
        found.counters[_TREE] = count
    if count := tabs.differences():
        found.counters[_TABS] = count
    return found


def _all_ids(chunk: int) -> Iterator[list[int]]:
    after = 0
    while ids := _next_ids(after, 2**62, chunk):
        yield ids
        after = ids[-1]


@transaction.atomic
def _different(ids: Sequence[int], zone: str) -> list[tuple[int, int]]:
    _lock()
    facts.compute(ids, zone)
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, [list(ids)])
        return list(cursor.fetchall())


@transaction.atomic
def _miscounted(table: str) -> int:
    """Rows of counters that are not what the facts add up to; a missing row counts as zeros."""
    _lock()
    key = _KEYS[table]
    names = _VALUES_OF[table].split(", ")
    wrong = " or ".join(f"coalesce(t.{name}, 0) <> coalesce(c.{name}, 0)" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*) from {table} t full join ({_COUNTED[table]})"
            f" as c({key}, {_VALUES_OF[table]}) using ({key}) where {wrong}"
        )
        count: int = cursor.fetchone()[0]
    return count


def repair(wrong: Verified) -> None:
    """Write the facts that differ anew, and the counters where they do."""
    refresh(sorted({case for case, _kind in wrong.facts}))
    if _TABS in wrong.counters:
        tabs.recount()
    if _TREE in wrong.counters:
        branches.renew()
    if wrong.facts or wrong.counters.keys() - {_TABS}:
        recount()


def as_of() -> datetime | None:
    """When the facts were last built in full; None while they are being built."""
    keeping = Keeping.objects.filter(pk=1).first()
    return keeping.at if keeping is not None and keeping.built_to is None else None
