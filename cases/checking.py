"""Fetches what the reply check needs, lets `quality` decide, stores what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb

from agencies.models import Agency, User
from cases import evidence, reuse
from cases.models import Case, Channel, Citizen, Finding, MassEvent, QualitySetting, Reply, Topic
from cases.reuse import Asked, Found
from database.inserts import Insert
from database.rows import Columns, planned
from quality import Assessment, EarlierReply, Model, Situation, Thresholds, assess
from quality import Finding as FoundFinding
from quality.masks import PRINT_VERSION
from quality.prints import make_print

_CITIZEN = Columns(Citizen, "z", only=["name", "kind", "phone", "address", "profile_url"])
_TOPIC = Columns(Topic, "t", only=["name", "photo_required"])
_CHANNEL = Columns(Channel, "n", only=["code", "is_public"])
_EVENT = Columns(
    MassEvent, "e", only=["approved_text", "starts_on", "ends_on", "topic_id", "territory_id"]
)
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
        and a.message_id is null and a.reply_id is null and a.part_id is null
        and a.uploaded_by_id = %s),
    (select array_agg(r.text order by r.version desc) from cases_reply r
        where r.case_id = c.id and r.state in ('accepted', 'published')),
    (select json_build_array(t.id, t.text) from cases_replytemplate t
        where (t.agency_id is null or t.agency_id = c.agency_id) and t.id = coalesce(
            %s::bigint,
            (select d.template_id from cases_draft d where d.case_id = c.id and d.author_id = %s),
            (select u.template_id from cases_templateuse u join cases_reply r on r.id = u.reply_id
                where r.case_id = c.id and r.author_id = %s order by r.version desc limit 1))),
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
    insert into cases_replyprint
        (reply_id, family, agency_id, sent_on, stems, version, keys, sketch)
    select id, coalesce((select p.family from cases_replyprint p where p.reply_id = %s), id),
        %s, %s, %s, {PRINT_VERSION}, %s, %s
    from reply
)
select id from reply
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a check of any text for one case stands on; see `ground_of`.

    `replies`: (id, version, state) of those sent before, oldest first. `files`: ids of what the
    author has attached to the reply he is writing. `sent`: texts this citizen was answered with.
    `faults`: of the pictures among the files (`cases.evidence`). `template`: (id, text) of the one
    the text began from, if the agency may use it.
    """

    case: Case
    message: str
    limits: Thresholds
    replies: list[tuple[int, int, str]]
    files: list[int]
    sent: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    template: tuple[int, str] | None = None

    @property
    def has_media(self) -> bool | None:
        """Whether the reply shows its proof; None where the topic asks for none."""
        if self.files:
            return True
        return False if self.case.topic is not None and self.case.topic.photo_required else None


def ground_of(case: Case, author: User, *, template: int | None = None) -> Ground:
    """The citizen's words, the thresholds in force, the earlier replies, the files (one query).

    Gives the case the rows it points to, as `values_of` and the panel want them. `template`: the
    one the text began from; else that of the draft, or of the author's reply before.
    """
    (row,) = planned(_GROUND, [author.pk, template, author.pk, author.pk, case.pk])
    at = 5
    for name, columns in _RELATED:
        case._state.fields_cache[name] = columns.take(row, at)
        at += columns.width
    limits, _setting = limits_of(_SETTING.take(row, at))
    replies = [(pk, version, state) for pk, version, state in row[1] or ()]
    files = row[2] or []
    faults = evidence.faults_of(case, files)
    began = (row[4][0], row[4][1]) if row[4] else None
    return Ground(case, row[0] or "", limits, replies, files, tuple(row[3] or ()), faults, began)


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


def _contacts(case: Case) -> tuple[str, ...]:
    citizen = case.citizen
    return tuple(filter(None, (citizen.phone, citizen.address, citizen.profile_url)))


def _approved(case: Case, at: datetime | None) -> tuple[str, ...]:
    event = case.event if case.event_id else None
    on = timezone.localtime(at).date()
    return (event.approved_text,) if event and reuse.explains(event, case, on) else ()


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
    found: Found | None = None,
    faults: tuple[str, ...] = (),
) -> Situation:
    """What `quality` needs to know about the case, from loaded rows only (no query).

    `found`: what the index of earlier replies knows of the text.
    """
    found = found or Found(approved=_approved(case, replied_at))
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
        approved_texts=found.approved,
        sent_this_month=found.this_month if found.same else None,
        agency_names=(case.agency.name,) if case.agency else (),
        earlier_texts=tuple(earlier for earlier in sent if earlier != text),
        postponements=case.postponements,
        outcome=outcome or None,
        evidence_faults=faults,
    )


def message_of(case: Case) -> str:
    """The citizen's words: current messages in order (one query)."""
    return "\n\n".join(case.messages.filter(is_current=True).values_list("text", flat=True))


def check(ground: Ground, text: str, **given: Any) -> Assessment:
    """Assess a text for a case against all earlier replies (one to five queries)."""
    found = reuse.look_up_again(Asked(ground.case, text), ground.limits)
    values = values_of(
        ground.case,
        ground.message,
        text,
        has_media=ground.has_media,
        sent=ground.sent,
        faults=ground.faults,
        found=found,
        **given,
    )
    return assessed(values, found, ground.limits)


@lru_cache(maxsize=64)
def _assessed(
    values: Situation,
    earlier: tuple[EarlierReply, ...],
    limits: Thresholds,
    formulas: frozenset[int],
) -> Assessment:
    """The same of equal values: what the editor has just checked is sent unchanged as a rule."""
    return assess(values, earlier, thresholds=limits, formulas=formulas)


def _moment(values: Situation, limits: Thresholds) -> Situation:
    """Without the moment of the reply where none of the checks asks for it any more (Q38 alone)."""
    assigned, replied = values.assigned_at, values.replied_at
    if assigned and replied and (replied - assigned).total_seconds() > limits.paste_seconds:
        return replace(values, replied_at=None)
    return values


def assessed(values: Situation, found: Found, limits: Thresholds) -> Assessment:
    """The assessment, with how many replies have the copied text."""
    told = _assessed(_moment(values, limits), tuple(found.earlier), limits, found.formulas)
    if told.reuse is None:
        return told
    month = found.this_month if found.same else 0
    counted = replace(told.reuse, times=found.counted(told.reuse), this_month=month)
    return replace(told, reuse=counted)


def take_over(reply: Reply, found: Assessment) -> None:
    """Put the assessment onto the reply; nothing is saved."""
    reply.risk = found.risk
    reply.flagged = found.flagged
    reply.similarity = max(found.reuse.similarity, found.reuse.containment) if found.reuse else 0.0
    reply.rules_version = found.rules_version
    reply.assessment = as_json(found)


def store(reply: Reply, found: Assessment) -> None:
    """Write a new reply with its assessment, its findings and its place in the index of texts.

    One statement: the reply, its print and (by the print's trigger) its keys are there together
    or not at all.
    """
    take_over(reply, found)
    made = make_print(reply.text)
    findings = [_finding(item) for item in found.findings]
    attached = reuse.attached_to(found)
    rows = planned(
        _STORE,
        [
            *_INSERT_REPLY.values(reply),
            Jsonb(findings),
            int(attached) if attached else None,
            reply.agency_id,
            timezone.localtime(reply.submitted_at).date(),
            made.stems,
            list(made.keys),
            made.sketch,
        ],
    )
    reply.pk = rows[0][0]
    reply._state.adding = False


def finding_rows(reply: Reply, found: Assessment) -> list[Finding]:
    return [Finding(reply=reply, **_finding(item)) for item in found.findings]


def _finding(item: FoundFinding) -> dict[str, Any]:
    return {
        "code": item.code,
        "severity": str(item.severity),
        "spans": [list(span) for span in item.spans],
        "params": dict(item.params),
        "weight": item.weight,
    }


def as_json(found: Assessment) -> dict[str, Any]:
    return {
        "questions": _plain(found.questions),
        "reuse": _plain(found.reuse),
        "personal_share": found.personal_share,
        "statements": _plain(found.statements),
        "formulas": found.formulas,
        "stems": found.stems,
    }


def _plain(value: Any) -> Any:
    """What `dataclasses.asdict` makes, without the copies of strings and numbers it takes."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    names = getattr(type(value), "__dataclass_fields__", None)
    return value if names is None else {name: _plain(getattr(value, name)) for name in names}
