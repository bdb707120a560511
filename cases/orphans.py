"""Open cases nobody living works on: found by the worker, told once."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from agencies.access import Directory, granted_agency_ids, reach_of_many
from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases import news
from cases.models import News, Orphan

# So many are told in one pass; the next one goes on.
MOST = 2000
_PAIRS = """
select agency_id, executor_id from cases_case
where is_open and agency_id is not null group by agency_id, executor_id
"""
_DROP = """
delete from cases_orphan o where not exists (
    select from cases_case c
    join unnest(%(agencies)s::bigint[], %(executors)s::bigint[], %(reasons)s::text[])
        as bad (agency_id, executor_id, reason)
        on bad.agency_id = c.agency_id and bad.executor_id is not distinct from c.executor_id
    where c.id = o.case_id and c.is_open and bad.reason = o.reason
        and o.agency_id = c.agency_id and o.executor_id is not distinct from c.executor_id
)
"""
_FIND = """
insert into cases_orphan (case_id, agency_id, executor_id, reason, found_at)
select c.id, c.agency_id, c.executor_id, bad.reason, now()
from unnest(%(agencies)s::bigint[], %(executors)s::bigint[], %(reasons)s::text[])
    as bad (agency_id, executor_id, reason)
join cases_case c on c.agency_id = bad.agency_id and c.is_open
    and c.executor_id is not distinct from bad.executor_id
where not exists (select from cases_orphan o where o.case_id = c.id)
order by c.due_at, c.id
limit %(most)s
on conflict (case_id) do nothing
returning id, case_id, reason
"""

Pair = tuple[int, int | None]


def reason_of(
    *, works: bool, executor: User | None, may_answer: bool, anybody: bool
) -> Orphan.Reason | None:
    """Why cases of one agency and executor have nobody; None where they have somebody.

    `may_answer`: the executor for this agency; `anybody`: somebody active for this agency.
    """
    if not works:
        return Orphan.Reason.AGENCY_INACTIVE
    if executor is None:
        return None if anybody else Orphan.Reason.NOBODY
    if not executor.is_active:
        return Orphan.Reason.EXECUTOR_INACTIVE
    return None if may_answer else Orphan.Reason.EXECUTOR_RIGHT


def _bad(pairs: Iterable[Pair]) -> dict[Pair, Orphan.Reason]:
    """Pairs without a living executor (five queries)."""
    known = list(pairs)
    people = User.objects.in_bulk({executor for _agency, executor in known if executor})
    reach_of_many(people.values())
    works = dict(Agency.objects.values_list("pk", "is_active"))
    directory = Directory()
    bad: dict[Pair, Orphan.Reason] = {}
    for agency, executor in known:
        person = people.get(executor) if executor else None
        ids = granted_agency_ids(person, Right.ANSWER_CASES) if person else frozenset()
        reason = reason_of(
            works=works[agency],
            executor=person,
            may_answer=ids is None or agency in ids,
            anybody=any(directory.near(r, agency) for r in HOLDERS[Right.ANSWER_CASES]),
        )
        if reason is not None:
            bad[agency, executor] = reason
    return bad


@transaction.atomic
def check() -> int:
    """Find new orphans and tell of each once, forget what is one no more; how many were found."""
    with connection.cursor() as cursor:
        # One check at a time: each tells only of rows it has made itself.
        cursor.execute("select pg_advisory_xact_lock(hashtext('cases.orphans'))")
        cursor.execute(_PAIRS)
        bad = _bad(cursor.fetchall())
        values = {
            "agencies": [agency for agency, _executor in bad],
            "executors": [executor for _agency, executor in bad],
            "reasons": [str(reason.value) for reason in bad.values()],
            "most": MOST,
        }
        cursor.execute(_DROP, values)
        if not bad:
            return 0
        cursor.execute(_FIND, values)
        found = cursor.fetchall()
    now = timezone.now()
    news.tell_all(
        [
            News(
                kind="orphan",
                key=f"orphan:{pk}",
                case_id=case,
                at=now,
                data={"reason_code": reason},
            )
            for pk, case, reason in found
        ]
    )
    return len(found)
