"""Who else has a case open or is writing on it: one statement for each beat of a page."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from agencies.models import User
from cases.errors import CaseNotFound
from cases.models import Presence
from cases.reading import IN_SCOPE, scope_of
from database.rows import planned

# A page beats every ten seconds while it is in sight; who has not beaten for a minute is gone.
GONE_AFTER = 60
# So long after the last letter a person is said to write.
WRITES_FOR = 25
_BEAT = f"""
with here as (
    select c.id from cases_case c where c.number = %s and {IN_SCOPE}
), beat as (
    insert into cases_presence as p (case_id, person_id, seen_at, wrote_at)
    select here.id, %s::bigint, clock_timestamp(),
           case when %s::boolean then clock_timestamp() end from here
    on conflict (case_id, person_id) do update
    set seen_at = excluded.seen_at, wrote_at = coalesce(excluded.wrote_at, p.wrote_at),
        left_page = ''
    where p.left_page = '' or p.left_page <> %s::text
)
select here.id, (
    select json_agg(json_build_array(
        u.id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username),
        coalesce(p.wrote_at > clock_timestamp() - interval '{WRITES_FOR} seconds', false))
        order by u.last_name, u.id)
    from cases_presence p join agencies_user u on u.id = p.person_id
    where p.case_id = here.id and p.person_id <> %s::bigint and p.left_page = ''
        and p.seen_at > clock_timestamp() - interval '{GONE_AFTER} seconds'
) from here
"""  # noqa: S608  constants of our own, never a value


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else at the case."""

    pk: int
    name: str
    writes: bool


@dataclass(frozen=True, slots=True)
class Company:
    case_id: int
    others: list[Other]

    @property
    def writing(self) -> list[Other]:
        return [other for other in self.others if other.writes]


_LEAVE = f"""
insert into cases_presence (case_id, person_id, seen_at, left_page)
select c.id, %s::bigint, clock_timestamp(), %s::text from cases_case c
where c.number = %s and {IN_SCOPE}
on conflict (case_id, person_id) do update set left_page = excluded.left_page
returning case_id
"""  # noqa: S608  constants of our own, never a value


def beat(number: str, user: User, *, writes: bool, page: str = "") -> Company:
    """Say that `user` has the case open, and hear who else has; CaseNotFound as for its page.

    `page`: names the page that beats, so that a beat overtaken by its leaving is dropped.
    """
    values: list[Any] = [number, *scope_of(user), user.pk, writes, page, user.pk]
    rows = planned(_BEAT, values)
    if not rows:
        raise CaseNotFound("case_not_found")
    case_id, found = rows[0]
    return Company(case_id, [Other(*row) for row in found or ()])


def leave(number: str, user: User, *, page: str) -> None:
    """The page was left: nobody waits for the minute to pass (one statement)."""
    planned(_LEAVE, [user.pk, page, number, *scope_of(user)])


def forget_gone() -> int:
    """Delete the rows of who is gone; how many there were."""
    old = Presence.objects.filter(seen_at__lt=timezone.now() - timedelta(hours=1))
    return int(old.delete()[0])
