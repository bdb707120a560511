"""Repeats: about the same thing after an answer, by the same person or of the same house."""

from agencies.models import User
from cases.actions.moving import moving
from cases.errors import BadChange
from cases.models import Case, RepeatPair
from database.rows import planned

# The latest case answered before: of this author and topic, or of this house and topic within
# ninety days. A house stands behind the last comma («Заречск, Садовая улица, 5»): a street alone
# would be too wide.
_EARLIER = """
    (select c.id, c.answered_at from cases_case c
     where c.citizen_id = wanted.citizen_id and c.topic_id = wanted.topic_id
       and wanted.author_kind <> 'anonymous'
       and c.id <> wanted.id and c.registered_at <= wanted.registered_at
       and c.answered_at <= wanted.until
       and exists (select from cases_reply r
                   where r.case_id = c.id and r.state = 'published' and r.kind = 'final')
     order by c.answered_at desc limit 1)
    union all
    (select c.id, c.answered_at from cases_case c
     where c.topic_id = wanted.topic_id and c.place = wanted.place and c.place <> ''
       and c.territory_id = wanted.territory_id and wanted.place ~ ',[^,]*\\d[^,]*$'
       and c.id <> wanted.id and c.registered_at <= wanted.registered_at
       and c.answered_at <= wanted.until
       and c.answered_at > wanted.registered_at - interval '90 days'
       and exists (select from cases_reply r
                   where r.case_id = c.id and r.state = 'published' and r.kind = 'final')
     order by c.answered_at desc limit 1)
    order by answered_at desc limit 1
"""
_OF_ONE = """
    select found.id from (
        select %s::bigint as id, %s::bigint as citizen_id, %s::bigint as topic_id,
               %s::bigint as territory_id, %s::text as place, %s::timestamptz as registered_at,
               %s::text as author_kind, now() as until
    ) as wanted cross join lateral (EARLIER) as found
    where not exists (select from cases_repeatpair p
                      where p.case_id = wanted.id and p.state = 'refused')
""".replace("EARLIER", _EARLIER)
# The same for many saved cases (their ids), which find each other too.
OF_MANY = """
    update cases_case target set repeat_of_id = named.earlier from (
        select wanted.id, found.id as earlier from (
            select n.*, z.kind as author_kind, n.registered_at as until from cases_case n
            join cases_citizen z on z.id = n.citizen_id
            where n.id = any(%s) and n.topic_id is not null and n.repeat_of_id is null
                and not exists (select from cases_repeatpair p
                                where p.case_id = n.id and p.state = 'refused')
        ) as wanted cross join lateral (EARLIER) as found
    ) as named where target.id = named.id
""".replace("EARLIER", _EARLIER)


def mark_repeat(case: Case) -> None:
    """Name the latest answered case this one repeats (one query); nothing is saved here.

    A person's own mark stays. Anonymous authors are strangers to one another, and a case
    without a topic repeats nothing yet. Parts of one message repeat nothing of each other: what
    the message repeats is named when it is split. What a person called no repeat stays none.
    """
    if case.repeat_of_id is not None or case.topic_id is None or case.split_part:
        return
    values = [
        *(case.pk, case.citizen_id, case.topic_id, case.territory_id, case.place),
        *(case.registered_at, case.citizen.kind),
    ]
    rows = planned(_OF_ONE, values)
    case.repeat_of_id = rows[0][0] if rows else None


def judge_repeat(case: Case, *, actor: User, confirmed: bool, version: int | None = None) -> Case:
    """Say whether the found pair is a repeat; what is refused is not found again."""
    with moving(case, "judge_repeat", actor, version=version) as step:
        pair = RepeatPair.objects.select_for_update().filter(case=step.case).first()
        if pair is None:
            raise BadChange("no_repeat_pair", field="verdict")
        pair.state = RepeatPair.State.CONFIRMED if confirmed else RepeatPair.State.REFUSED
        pair.decided_at, pair.decided_by = step.at, actor
        pair.counts = confirmed
        pair.save(update_fields=["state", "decided_at", "decided_by", "counts"])
        step.case.repeat_of_id = pair.earlier_id if confirmed else None
        step.data = {"confirmed": confirmed, "earlier": pair.earlier_id}
    return step.case
