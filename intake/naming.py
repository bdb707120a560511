"""Whose cases are those of an agency a file calls by a name nobody here knows."""

from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency, User
from intake.models import AgencyName, AwaitingAgency

# What waited under the name goes to the agency with its replies; each case gets its event.
_HAND_OVER = """
with moved as (
    update cases_case c set agency_id = %(agency)s, version = version + 1
    from intake_awaitingagency w
    where w.case_id = c.id and w.name_id = %(name)s and c.agency_id = %(placeholder)s
    returning c.id, c.status
), texts as (
    update cases_reply r set agency_id = %(agency)s
    from moved where r.case_id = moved.id and r.agency_id = %(placeholder)s
)
insert into cases_caseevent (case_id, at, actor_id, move, before, after, data)
select id, %(at)s, %(actor)s, 'agency_named', status, status,
       jsonb_build_object('agency', %(agency)s, 'agency_name', %(agency_name)s::text,
                          'name', %(called)s::text)
from moved
"""


@transaction.atomic
def name_agencies(decisions: Mapping[AgencyName, Agency | None], *, actor: User) -> int:
    """Say once for all files whose name is whose; how many cases were handed over.

    None: the agency is none of ours, its history stays where it is and the name is not asked
    about again.
    """
    from intake.refs import UNKNOWN_AGENCY  # noqa: PLC0415  refs reads the whole region

    placeholder = Agency.objects.filter(code=UNKNOWN_AGENCY).values_list("pk", flat=True).first()
    now = timezone.now()
    moved = 0
    for name, agency in decisions.items():
        name.agency, name.decided_by, name.decided_at = agency, actor, now
        name.save(update_fields=["agency", "decided_by", "decided_at"])
        if agency is None or placeholder is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                _HAND_OVER,
                {
                    "agency": agency.pk,
                    "name": name.pk,
                    "agency_name": str(agency),
                    "called": name.name,
                    "placeholder": placeholder,
                    "at": now,
                    "actor": actor.pk,
                },
            )
            moved += cursor.rowcount
        AwaitingAgency.objects.filter(name=name).delete()
    return moved
