"""Evidence of a reply: is it older than the message, or was it shown before?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from cases.models import Case, Picture
from cases.pictures import BANDS, NEAR, bands_of, facts_of

# The camera's clock and the author's may differ by so much.
_SLACK = timedelta(minutes=10)
_MINE = """
select a.sha256, p.taken, p.print,
       (select min(m.posted_at) from cases_message m where m.case_id = %(case)s and m.is_current)
from cases_attachment a left join cases_picture p on p.sha256 = a.sha256
where a.id = any(%(files)s)
"""
# Another case's file, or the citizen's own picture sent back to him.
_ELSEWHERE = (
    "exists (select from cases_attachment o where o.sha256 = {sha}"
    " and (o.case_id <> %(case)s or o.message_id is not null)"
    " and not exists (select from cases_paper q where q.attachment_id = o.id))"
)
_SAME = f"select {_ELSEWHERE.format(sha='%(sha)s')}"
_NEAR = f"""
select exists (
    select from cases_picture p
    where ({" or ".join(f"p.band{at} = %(band{at})s" for at in range(BANDS))})
      and p.sha256 <> %(sha)s and bit_count((p.print # %(print)s)::bit(64)) <= {NEAR}
      and {_ELSEWHERE.format(sha="p.sha256")}
)
"""  # noqa: S608  constants only


def remember(digest: str, data: bytes, media_type: str) -> None:
    """Keep what the picture tells, once for the file (one statement, none for other files)."""
    if not media_type.startswith("image/"):
        return
    facts = facts_of(data)
    bands = bands_of(facts.print) if facts.print is not None else [None] * BANDS
    row = Picture(
        sha256=digest,
        taken=facts.taken,
        print=facts.print,
        band0=bands[0],
        band1=bands[1],
        band2=bands[2],
        band3=bands[3],
    )
    Picture.objects.bulk_create([row], ignore_conflicts=True)


def faults_of(case: Case, files: Sequence[int]) -> tuple[str, ...]:
    """«older», «reused» of the files a reply would show; none without files (no query)."""
    if not files:
        return ()
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_MINE, {"case": case.pk, "files": list(files)})
        rows = cursor.fetchall()
        for sha, taken, print_, posted_at in rows:
            if taken and posted_at and _moment(taken, case) < posted_at - _SLACK:
                found.add("older")
            cursor.execute(_SAME, {"case": case.pk, "sha": sha})
            reused = cursor.fetchone()[0]
            if not reused and print_ is not None:
                values = {f"band{at}": band for at, band in enumerate(bands_of(print_))}
                cursor.execute(_NEAR, {"case": case.pk, "sha": sha, "print": print_, **values})
                reused = cursor.fetchone()[0]
            if reused:
                found.add("reused")
    return tuple(sorted(found))


def _moment(taken: str, case: Case) -> datetime:
    moment = datetime.fromisoformat(taken)
    if moment.tzinfo is None:
        zone = case.agency.zone if case.agency else timezone.get_current_timezone()
        moment = moment.replace(tzinfo=zone)
    return moment
