"""Fetches what the reply check needs, lets `quality` decide, stores what it found.

The fingerprint index lives in two tables of this database and changes in the transaction of
the reply: there is no second index to keep consistent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from agencies.models import Agency, User
from cases.models import (
    Case,
    Channel,
    Citizen,
    Finding,
    MassEvent,
    QualitySetting,
    Reply,
    ReplyKey,
    ReplyPrint,
    Topic,
)
from database.inserts import Insert
from database.rows import Columns, planned
from quality import Assessment, EarlierReply, Model, Situation, Thresholds, assess
from quality.prints import PRINT_VERSION, Print, make_print
from quality.reuse import Sieve

# The rarity-weighted vote over truncated key lists: without OFFSET 0 the planner flattens the
# lateral query and re-runs it for every output row (measured 35 ms instead of 2.8).
_CANDIDATES = """
select p.reply_id, p.words from (
    (select reply_id from cases_replyprint where mask_hash = %s limit 32)
    union
    (select hit.reply_id
    from unnest(%s::int[]) as wanted(h)
    cross join lateral (
        select array_agg(reply_id) as ids, count(*) as n
        from (select reply_id from cases_replykey k where k.h = wanted.h limit 60 offset 0) t
    ) list
    cross join lateral unnest(list.ids) as hit(reply_id)
    group by hit.reply_id
    order by sum(1 / (1 + list.n)::float8) desc, hit.reply_id desc
    limit 32)
) found
join cases_replyprint p on p.reply_id = found.reply_id
"""
_SOURCES = """
select r.id, r.text, r.agency_id, c.citizen_id, r.submitted_at
from cases_reply r join cases_case c on c.id = r.case_id
where r.id = any(%s) and r.case_id <> %s
"""

_CITIZEN = Columns(Citizen, "z", only=["name", "kind", "phone", "address", "profile_url"])
_TOPIC = Columns(Topic, "t", only=["name", "photo_required"])
_CHANNEL = Columns(Channel, "n", only=["code", "is_public"])
_EVENT = Columns(MassEvent, "e", only=["approved_text"])
_AGENCY = Columns(Agency, "a", without=["sort_name"])
_EXECUTOR = Columns(User, "x", only=["username", "first_name", "last_name", "phone"])
_SETTING = Columns(QualitySetting, "q")
_RELATED: tuple[tuple[str, Columns[Any]], ...] = (
    ("citizen", _CITIZEN),
    ("topic", _TOPIC),
    ("channel", _CHANNEL),
    ("event", _EVENT),
    ("agency", _AGENCY),
    ("executor", _EXECUTOR),
)
_GROUND = f"""
select
    (select string_agg(m.text, E'\\n\\n' order by m.posted_at, m.id)
        from cases_message m where m.case_id = c.id and m.is_current),
    (select json_agg(json_build_array(r.id, r.version, r.state) order by r.version)
        from cases_reply r where r.case_id = c.id),
    (select array_agg(a.id) from cases_attachment a where a.case_id = c.id
        and a.message_id is null and a.reply_id is null and a.uploaded_by_id = %s),
    (select array_agg(r.text order by r.version desc) from cases_reply r
        where r.case_id = c.id and r.state in ('accepted', 'published')),
    {", ".join(columns.sql for _name, columns in _RELATED)}, {_SETTING.sql}
from cases_case c
join cases_citizen z on z.id = c.citizen_id
join cases_channel n on n.id = c.channel_id
left join cases_topic t on t.id = c.topic_id
left join cases_massevent e on e.id = c.event_id
left join agencies_agency a on a.id = c.agency_id
left join agencies_user x on x.id = c.executor_id
left join lateral (
    select * from cases_qualitysetting order by created_at desc, id desc limit 1
) q on true
where c.id = %s
"""
_INSERT_REPLY = Insert(Reply)
_STORE = f"""
with reply as ({_INSERT_REPLY.sql} returning id),
findings as (
    insert into cases_finding (reply_id, code, severity, spans, params, weight)
    select reply.id, f.* from reply, jsonb_to_recordset(%s)
        as f(code text, severity text, spans jsonb, params jsonb, weight float8)
),
print as (
    insert into cases_replyprint (reply_id, mask_hash, stems, words, version)
    select id, %s, %s, %s, {PRINT_VERSION} from reply
),
keys as (
    insert into cases_replykey (h, reply_id) select key, id from reply, unnest(%s::int[]) as key
)
select id from reply
"""
_MOST_STEMS = 32767  # of a small integer


@dataclass(frozen=True, slots=True)
class Ground:
    """What a check of any text for one case stands on; see `ground_of`.

    `replies`: (id, version, state) of those sent before, oldest first. `files`: ids of what the
    author has attached to the reply he is writing. `sent`: texts this citizen was answered with.
    """

    case: Case
    message: str
    limits: Thresholds
    replies: list[tuple[int, int, str]]
    files: list[int]
    sent: tuple[str, ...] = ()

    @property
    def has_media(self) -> bool | None:
        """Whether the reply shows its proof; None where the topic asks for none."""
        if self.files:
            return True
        return False if self.case.topic is not None and self.case.topic.photo_required else None


def ground_of(case: Case, author: User) -> Ground:
    """The citizen's words, the thresholds in force, the earlier replies, the files (one query).

    Gives the case the rows it points to, as `values_of` and the panel want them.
    """
    (row,) = planned(_GROUND, [author.pk, case.pk])
    at = 4
    for name, columns in _RELATED:
        case._state.fields_cache[name] = columns.take(row, at)
        at += columns.width
    limits, _setting = limits_of(_SETTING.take(row, at))
    replies = [(pk, version, state) for pk, version, state in row[1] or ()]
    return Ground(case, row[0] or "", limits, replies, row[2] or [], tuple(row[3] or ()))


def limits_of(row: QualitySetting | None) -> tuple[Thresholds, QualitySetting]:
    setting = row or QualitySetting()
    weights = weights_of(setting.pk, setting.weights) if setting.weights else None
    return Thresholds(flag=setting.flag_from, weights=weights, **setting.thresholds), setting


_WEIGHTS: dict[int, Model] = {}


def weights_of(pk: int, data: Mapping[str, Any]) -> Model:
    """Accepted weights; rows never change, so each is read once a process."""
    if pk not in _WEIGHTS:
        _WEIGHTS.clear()
        _WEIGHTS[pk] = Model.from_data(data)
    return _WEIGHTS[pk]


def thresholds() -> tuple[Thresholds, QualitySetting]:
    """The thresholds in force (one query); defaults where nobody has set any."""
    return limits_of(QualitySetting.objects.order_by("-created_at", "-pk").first())


def candidates(
    case: Case, text: str, limits: Thresholds, approved: Sequence[str] = ()
) -> list[EarlierReply]:
    """Earlier replies to other cases this text is like: what `assess` would find, and no others.

    The index answers with up to 64 that share anything; the words of their prints tell which of
    them are worth reading (one query, two when there are any).
    """
    own = make_print(text)
    if not own.keys:
        return []
    sieve = Sieve(text, limits, approved)
    ids = [
        pk
        for pk, words in planned(_CANDIDATES, [own.mask_hash, list(own.keys)])
        if sieve.lets_through(words)
    ]
    if not ids:
        return []
    return [
        EarlierReply(
            key=str(pk),
            text=earlier,
            agency=str(agency),
            author=str(citizen),
            case_message=None,
            sent_at=sent_at,
        )
        for pk, earlier, agency, citizen, sent_at in planned(_SOURCES, [ids, case.pk])
    ]


def _contacts(case: Case) -> tuple[str, ...]:
    citizen = case.citizen
    return tuple(filter(None, (citizen.phone, citizen.address, citizen.profile_url)))


def approved_of(case: Case) -> tuple[str, ...]:
    """Texts a supervisor approved for the case's event: what is taken from them is no copying."""
    return (case.event.approved_text,) if case.event and case.event.approved_text else ()


def values_of(
    case: Case,
    message: str,
    text: str,
    *,
    kind: str = "final",
    outcome: str = "",
    replied_at: datetime | None = None,
    has_media: bool | None = None,
    sent: tuple[str, ...] = (),
) -> Situation:
    """What `quality` needs to know about the case, from loaded rows only (no query)."""
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
        approved_texts=approved_of(case),
        agency_names=(case.agency.name,) if case.agency else (),
        earlier_texts=tuple(earlier for earlier in sent if earlier != text),
        postponements=case.postponements,
    )


def message_of(case: Case) -> str:
    """The citizen's words: current messages in order (one query)."""
    return "\n\n".join(case.messages.filter(is_current=True).values_list("text", flat=True))


def check(ground: Ground, text: str, **given: Any) -> Assessment:
    """Assess a text for a case against all earlier replies (two queries, nothing stored)."""
    case = ground.case
    values = values_of(
        case, ground.message, text, has_media=ground.has_media, sent=ground.sent, **given
    )
    earlier = candidates(case, text, ground.limits, values.approved_texts)
    return assess(values, earlier, thresholds=ground.limits)


def take_over(reply: Reply, found: Assessment) -> None:
    """Put the assessment onto the reply; nothing is saved."""
    reply.risk = found.risk
    reply.flagged = found.flagged
    reply.similarity = found.reuse.similarity if found.reuse else 0.0
    reply.rules_version = found.rules_version
    reply.assessment = as_json(found)


def store(reply: Reply, found: Assessment) -> None:
    """Write a new reply with its assessment, its findings and its place in the index of texts.

    One statement: the reply, its print and its forty keys are there together or not at all.
    """
    take_over(reply, found)
    made = make_print(reply.text)
    findings = [
        {
            "code": item.code,
            "severity": item.severity,
            "spans": item.spans,
            "params": item.params,
            "weight": item.weight,
        }
        for item in finding_rows(reply, found)
    ]
    rows = planned(
        _STORE,
        [
            *_INSERT_REPLY.values(reply),
            Jsonb(findings),
            made.mask_hash,
            min(made.stems, _MOST_STEMS),
            made.words,
            list(made.keys),
        ],
    )
    reply.pk = rows[0][0]
    reply._state.adding = False


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
        "statements": [asdict(statement) for statement in found.statements],
    }


def print_row(reply: Reply, made: Print) -> ReplyPrint:
    return ReplyPrint(
        reply=reply,
        mask_hash=made.mask_hash,
        stems=min(made.stems, _MOST_STEMS),
        words=made.words,
        version=made.version,
    )


def index(replies: Sequence[Reply]) -> None:
    """Put these replies into the index of texts; those indexed before must be forgotten first."""
    prints = [(reply, make_print(reply.text)) for reply in replies]
    ReplyPrint.objects.bulk_create(print_row(reply, made) for reply, made in prints)
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
