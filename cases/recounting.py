"""Passes over all running terms: every night, and whenever calendars or rules were changed.

Whoever changes a calendar, a rule, an agency's zone or calendar needs to start nothing: the
minute's task compares what terms are counted by (`basis`) with the last pass. A pass keeps its
place after every batch and goes on from there, in whatever process.
"""

from collections.abc import Iterable
from datetime import datetime, time
from hashlib import md5
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cases.actions.recounting import Counter, agency_of, countable, counter, recount
from cases.models import Case, Clock, Recount
from cases.term_rules import PROMISE

BATCH = 5000
_CASES_AT_ONCE = 200
NIGHT = time(2, 30)
_BASIS = """
select (select value from agencies_stamp where name = 'calendars'),
       (select value from agencies_stamp where name = 'rules'),
       (select count(*) from cases_deadlinerule where covers_running and in_force_from <= %s),
       (select coalesce(sum(hashtextextended(id || ':' || calendar_id || ':' || time_zone, 0)), 0)
        from agencies_agency)
"""
_WALK = """
select id, case_id, rule_id, code, started_at, due_at, agency_id,
       explanation ->> 'started_at', explanation ->> 'zone',
       explanation ? 'extended', explanation ? 'bound_to'
from cases_clock
where stopped_at is null and (due_at, id) > (%s, %s)
order by due_at, id limit %s
"""
_FIRST = datetime(1900, 1, 1, tzinfo=ZoneInfo("UTC"))


def basis(now: datetime) -> str:
    """What due moments are counted by, as a short value (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_BASIS, [timezone.localdate(now)])
        row = cursor.fetchone()
    return md5(repr(row).encode(), usedforsecurity=False).hexdigest()


def tick(now: datetime | None = None, *, seconds: float = 20) -> int:
    """Begin a pass where one is needed, go on with the one that runs; how many terms moved."""
    moment = now or timezone.now()
    pass_ = Recount.objects.filter(finished_at=None).first() or _begin(moment)
    return go_on(pass_, seconds=seconds) if pass_ is not None else 0


def _begin(now: datetime) -> Recount | None:
    based = basis(now)
    last = Recount.objects.order_by("-pk").first()
    if last is None or last.basis != based:
        return _new(Recount.Cause.CHANGE, f"change:{now:%Y-%m-%dT%H:%M:%S.%f}", based)
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    key = f"night:{local:%Y-%m-%d}"
    if local.time() >= NIGHT and not Recount.objects.filter(key=key).exists():
        return _new(Recount.Cause.NIGHT, key, based)
    return None


def _new(cause: str, key: str, based: str) -> Recount | None:
    expected = Clock.objects.running().count()
    try:
        with transaction.atomic():
            return Recount.objects.create(cause=cause, key=key, basis=based, expected=expected)
    except IntegrityError:
        return None  # another worker has begun one this moment


def go_on(pass_: Recount, *, seconds: float = 20) -> int:
    """Walk on for so long at most; the place is kept after every batch."""
    until = monotonic() + seconds
    counts = counter()
    moved = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_WALK, [pass_.after_due or _FIRST, pass_.after_id, BATCH])
            rows = cursor.fetchall()
        cases, terms = _move(_differing(rows, counts), pass_, counts)
        moved += terms
        pass_.seen += len(rows)
        pass_.changed += terms
        pass_.cases += cases
        if rows:
            pass_.after_id, pass_.after_due = rows[-1][0], rows[-1][5]
        if len(rows) < BATCH:
            pass_.finished_at = timezone.now()
        pass_.save()
        if pass_.finished_at is not None or monotonic() > until:
            return moved


def _differing(rows: Iterable[tuple[Any, ...]], counts: Counter) -> list[int]:
    """Cases with a term that would end at another moment; asked without any lock."""
    rows = list(rows)
    # Not dict(): a queryset of cases has a method `keys` of its own.
    older = Case.objects.filter(pk__in=[row[1] for row in rows if row[6] is None])
    holders = {pk: agency for pk, agency in older.values_list("pk", "agency_id")}  # noqa: C416
    found: dict[int, None] = {}
    known: dict[tuple[str, int, datetime], datetime | None] = {}
    for _id, case, rule, code, started, due_at, agency, counted, zone, extended, bound in rows:
        if bound:
            continue
        agency = agency or agency_of(holders.get(case), zone, counts)
        if not countable(rule=rule, extended=extended, promise=code == PROMISE, agency=agency):
            continue
        start = datetime.fromisoformat(counted) if counted else started
        key = (code, agency, start)
        if key not in known:
            new = counts.due(code, start, agency)
            known[key] = new[1].moment if new else None
        moment = known[key]
        if moment is not None and max(moment, started) != due_at:
            found[case] = None
    return list(found)


def _move(cases: list[int], pass_: Recount, counts: Counter) -> tuple[int, int]:
    moved, terms = 0, 0
    for at in range(0, len(cases), _CASES_AT_ONCE):
        some = recount(cases[at : at + _CASES_AT_ONCE], cause=pass_.cause, by=counts)
        moved, terms = moved + some[0], terms + some[1]
    return moved, terms
