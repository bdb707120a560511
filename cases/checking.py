"""Fetches what the reply check needs, lets `quality` decide, stores what it found.

The fingerprint index lives in two tables of this database and changes in the transaction of
the reply: there is no second index to keep consistent.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection

from agencies.models import User
from cases.models import Case, Finding, QualitySetting, Reply, ReplyKey, ReplyPrint
from quality import Assessment, EarlierReply, Situation, Thresholds, assess
from quality.prints import make_print

# The rarity-weighted vote over truncated key lists: without OFFSET 0 the planner flattens the
# lateral query and re-runs it for every output row (measured 35 ms instead of 2.8).
_CANDIDATES = """
(select reply_id from cases_replyprint where mask_hash = %(mask)s limit 32)
union
(select hit.reply_id
from unnest(%(keys)s::int[]) as wanted(h)
cross join lateral (
    select array_agg(reply_id) as ids, count(*) as n
    from (select reply_id from cases_replykey k where k.h = wanted.h limit 60 offset 0) t
) list
cross join lateral unnest(list.ids) as hit(reply_id)
group by hit.reply_id
order by sum(1.0 / (1 + list.n)) desc, hit.reply_id desc
limit 32)
"""


def thresholds() -> tuple[Thresholds, QualitySetting]:
    """The thresholds in force (one query); defaults where nobody has set any."""
    row = QualitySetting.objects.order_by("-created_at", "-pk").first() or QualitySetting()
    return Thresholds(flag=row.flag_from, **row.thresholds), row


def candidates(case: Case, text: str) -> list[EarlierReply]:
    """Up to 32 earlier replies to other cases that share text with this one (two queries)."""
    own = make_print(text)
    if not own.keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"keys": list(own.keys), "mask": own.mask_hash})
        ids = [row[0] for row in cursor.fetchall()]
    found = (
        Reply.objects.filter(pk__in=ids)
        .exclude(case_id=case.pk)
        .values_list("pk", "text", "agency_id", "author_id", "case__citizen_id", "submitted_at")
    )
    return [
        EarlierReply(
            key=str(pk),
            text=earlier,
            agency=str(agency),
            author=str(citizen),
            case_message=None,
            sent_at=sent_at,
        )
        for pk, earlier, agency, _author, citizen, sent_at in found
    ]


def _contacts(case: Case) -> tuple[str, ...]:
    citizen = case.citizen
    return tuple(filter(None, (citizen.phone, citizen.address, citizen.profile_url)))


def values_of(
    case: Case,
    message: str,
    text: str,
    *,
    kind: str = "final",
    outcome: str = "",
    replied_at: datetime | None = None,
    has_media: bool | None = None,
) -> Situation:
    """What `quality` needs to know about the case, from loaded rows only (no query)."""
    approved = case.event.approved_text if case.event_id and case.event else ""
    return Situation(
        message=message,
        reply=text,
        topic=case.topic.name if case.topic else None,
        channel=case.channel.code,
        agency=str(case.agency_id),
        author=str(case.citizen_id),
        kind=kind,
        case_type=case.kind,
        regime=case.regime,
        assigned_at=case.assigned_at,
        replied_at=replied_at,
        is_public=case.channel.is_public,
        has_media=has_media,
        citizen_names=tuple(filter(None, (case.citizen.name,))),
        citizen_contacts=_contacts(case),
        place=case.place or None,
        approved_texts=(approved,) if approved else (),
    )


def message_of(case: Case) -> str:
    """The citizen's words: current messages in order (one query)."""
    return "\n\n".join(case.messages.filter(is_current=True).values_list("text", flat=True))


def check(case: Case, text: str, **given: Any) -> Assessment:
    """Assess a text for a case against all earlier replies (five queries, nothing stored)."""
    limits, _ = thresholds()
    values = values_of(case, message_of(case), text, **given)
    return assess(values, candidates(case, text), thresholds=limits)


def store(reply: Reply, found: Assessment) -> None:
    """Write the assessment onto the reply with its findings, and index the text.

    An unsaved reply is inserted (four queries); of a saved one the earlier findings and index
    are replaced.
    """
    fresh = reply.pk is None
    reply.risk = found.risk
    reply.flagged = found.flagged
    reply.similarity = found.reuse.similarity if found.reuse else 0.0
    reply.rules_version = found.rules_version
    reply.assessment = as_json(found)
    if fresh:
        reply.save()
    else:
        reply.save(update_fields=["risk", "flagged", "similarity", "rules_version", "assessment"])
        reply.findings.all().delete()
        forget([reply])
    Finding.objects.bulk_create(finding_rows(reply, found))
    index([reply])


def finding_rows(reply: Reply, found: Assessment) -> list[Finding]:
    return [
        Finding(
            reply=reply,
            code=item.code,
            severity=str(item.severity),
            spans=[list(span) for span in item.spans],
            params=dict(item.params),
            weight=item.weight,
        )
        for item in found.findings
    ]


def as_json(found: Assessment) -> dict[str, Any]:
    return {
        "questions": [asdict(question) for question in found.questions],
        "reuse": asdict(found.reuse) if found.reuse else None,
        "personal_share": found.personal_share,
    }


def index(replies: Sequence[Reply]) -> None:
    """Put these replies into the index of texts; those indexed before must be forgotten first."""
    prints = [(reply, make_print(reply.text)) for reply in replies]
    ReplyPrint.objects.bulk_create(
        ReplyPrint(reply=reply, mask_hash=made.mask_hash, stems=min(made.stems, 32767))
        for reply, made in prints
    )
    ReplyKey.objects.bulk_create(
        ReplyKey(h=key, reply_id=reply.pk) for reply, made in prints for key in set(made.keys)
    )


def forget(replies: Sequence[Reply]) -> None:
    """Take texts that were never sent to a citizen out of the index."""
    ids = [reply.pk for reply in replies]
    ReplyKey.objects.filter(reply_id__in=ids).delete()
    ReplyPrint.objects.filter(reply_id__in=ids).delete()


def visible_sources(user: User, reply_ids: list[int]) -> dict[int, Reply]:
    """Of the earlier replies a text was compared with, those whose case `user` may open."""
    return (
        Reply.objects.visible_to(user).select_related("case", "agency", "author").in_bulk(reply_ids)
    )
