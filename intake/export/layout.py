"""A case -> the cells of its row, by the names of the fields the import reads.

Where the portal keeps no column of its own (cabinet, tags, note, object, engagement, account) the
row says what the file of the case said. Two exports with an import into an empty portal between
them give the same table; what the layout has no place for is in docs/export.md.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from cases.calendar import work_calendar
from cases.masking import mask_text
from cases.models import Case, Citizen
from cases.workflow import BEFORE_AGENCY, Regime, Status
from deadlines import CalendarGap, working_minutes_between
from intake.building import FINISHED
from intake.cells import name as clean_name
from intake.cells import phone as clean_phone
from intake.cells import text as clean_text
from intake.export.columns import KIND_WORDS, OUTCOME_WORDS, REGIME_WORDS, STEP_WORDS
from intake.export.facts import Facts
from intake.fields import MAX_TEXT
from intake.refs import UNKNOWN_AGENCY, References
from intake.sources import CHANNEL_NAMES, author_of, channel_of_url, is_community

Cells = dict[str, Any]

# What a file told and the portal has no column for.
_ONLY_TOLD = ("cabinet", "object_old", "object", "engagement", "tags", "note")
_WORDS_TOLD = frozenset({"tags", "note", "object", "object_old"})  # typed, may name a citizen
# All that is said of the answer; as the file had it while nobody answered here.
_ANSWER = (
    *("first_reply_at", "first_reply_text", "first_reply_elapsed", "first_reply_working"),
    *("executor_reply_at", "first_reaction", "in_time", "approval_sent_at", "approval_elapsed"),
    *("reply_1", "reply_2", "reply_3", "reply_has_media", "account", "satisfaction_at"),
    "survey_sent",
)
# The page of a network, where the address of the post is hidden: the source stays readable.
_HOMES = {
    "vk": "https://vk.com",
    "ok": "https://ok.ru",
    "telegram": "https://t.me",
    "max": "https://max.ru",
    "pos": "https://pos.gosuslugi.ru",
}
_ADDRESS_LIKE = re.compile(r"[a-zа-я.-]{2,}:|[/@#]", re.I)


@dataclass(frozen=True, slots=True)
class Layout:
    """`sees`: whether the contacts of a case of this agency are written."""

    refs: References
    reasons: Mapping[str, str]
    zone_of: Callable[[str], tzinfo]
    sees: Callable[[int | None], bool]
    stamp: tuple[object, ...]

    def row(self, facts: Facts) -> Cells:
        case, told = facts.case, dict(facts.told.values) if facts.told else {}
        seen = self.sees(case.agency_id)
        cells: Cells = {name: told[name] for name in _ONLY_TOLD if name in told}
        if not seen:
            cells |= {n: mask_text(cells[n]) for n in _WORDS_TOLD & cells.keys()}
        region = self.refs.region.name if self.refs.region else ""
        cells.setdefault("cabinet", region)
        cells |= {
            "incident_number": told.get("incident_number") or case.number,
            "step": STEP_WORDS.get(case.status, ""),
            "kind": KIND_WORDS.get(case.kind, ""),
            "outcome": OUTCOME_WORDS.get(case.outcome, "") if case.status in FINISHED else "",
            "region": told.get("region") or region,
            "message_has_media": told.get("message_has_media", facts.message_media),
            "audience": case.audience or None,
            "close_reason": self._close_reason(case),
            **self._what(case, told, seen=seen),
            **self._agency(facts, told),
            **self._message(facts, told, seen=seen),
            **self._further(facts, seen=seen),
        }
        zone = self.zone_of(str(cells.get("territory", "")))
        cells |= self._moments(case, facts, zone)
        cells |= self._answer(facts, told, zone)
        return {name: value for name, value in cells.items() if value not in ("", None)}

    def _close_reason(self, case: Case) -> str:
        reason = case.close_reason or case.rejection_reason
        if case.status not in (Status.CLOSED, Status.REJECTED, Status.CEASED):
            return ""
        return self.reasons.get(reason, reason)[:60]

    def _what(self, case: Case, told: Cells, *, seen: bool) -> Cells:
        """Topic and place; what the file called them where nobody here knows it."""
        cells: Cells = {}
        if case.topic is not None:
            cells = {"topic_group": case.topic.group.name, "topic": case.topic.name}
        elif told.get("topic") or told.get("topic_group"):
            cells = {n: told.get(n, "") for n in ("topic_group", "topic")}
        cells["territory"] = case.territory.name if case.territory else told.get("territory", "")
        place = _place(case, told)
        if not seen:
            place = {n: mask_text(v, case.citizen.hidden_name) for n, v in place.items()}
        return cells | place

    def _agency(self, facts: Facts, told: Cells) -> Cells:
        """The file's own names as long as they mean the agency that has the case now."""
        case = facts.case
        names = {name: told.get(name, "") for name in ("agency", "executor")}
        meant = self.refs.named(names["executor"], names["agency"])
        if case.status in BEFORE_AGENCY or case.agency is None:
            return names
        if facts.agency_name:  # nobody has said yet who that is
            return names if any(names.values()) else {"agency": facts.agency_name}
        if meant is not None and meant.pk == case.agency_id:
            return names
        if case.agency.code == UNKNOWN_AGENCY:
            return {}
        return {"agency": case.agency.name}

    def _message(self, facts: Facts, told: Cells, *, seen: bool) -> Cells:
        case, message = facts.case, facts.message
        code = case.channel.code
        if message is None:
            return {"external_id": case.number, "blog_url": _HOMES.get(code, "")}
        text = _cut(clean_text(message.text)[0])
        blog, profile = told.get("blog_url", ""), case.citizen.profile_url
        cells = {
            "external_id": message.external_id,
            "text": text,
            "url": message.url,
            "blog_url": blog,
            "author_url": profile or told.get("author_url", ""),
        }
        if not seen:
            hidden = _ADDRESS_LIKE.search(message.external_id) is not None
            cells = {
                "external_id": case.number if hidden else message.external_id,
                "text": mask_text(text, case.citizen.hidden_name),
                "blog_url": blog if is_community(blog) else "",
            }
        named = (cells.get(name, "") for name in ("url", "blog_url", "author_url"))
        if next((c for a in named if a and (c := channel_of_url(a))), "") != code:
            cells["blog_url"] = _HOMES.get(code, cells["blog_url"])
        return cells

    def _further(self, facts: Facts, *, seen: bool) -> Cells:
        """What the 47 columns have no place for; written into the wide table only."""
        case, citizen = facts.case, facts.case.citizen
        code = case.channel.code
        cells: Cells = {
            "source": CHANNEL_NAMES.get(code, case.channel.name),
            "author_name": self._name(citizen, seen=seen),
            "lat": case.lat,
            "lon": case.lon,
            "regime": REGIME_WORDS.get(case.regime, ""),
            "fast_track": case.fast_track or None,
        }
        if seen:
            phone = clean_phone(citizen.phone) or citizen.phone
            known = not citizen.handle.startswith(("phone:", "anonymous:"))
            cells |= {"author_id": citizen.handle if known else "", "author_phone": phone}
        if case.regime == Regime.LAW59 and facts.appeal is not None:
            cells |= {
                "incoming_number": facts.appeal.incoming_number,
                "migration": facts.appeal.migration or None,
            }
        return cells

    @staticmethod
    def _name(citizen: Citizen, *, seen: bool) -> str:
        """«Аноним» is no name; the title of a collective stays where the import knows it for one.

        Elsewhere it would come back as a person and be masked as one.
        """
        read = author_of("", "x", citizen.name, "", "")
        if seen or not read.name:
            return read.name
        return citizen.masked_name if read.kind == citizen.kind else ""

    def _moments(self, case: Case, facts: Facts, zone: tzinfo) -> Cells:
        posted, assigned = local(case.received_at, zone), local(case.assigned_at, zone)
        cells = {
            "posted_at": posted,
            # The import takes the arrival where nothing is said.
            "assigned_at": None if assigned == posted else assigned,
            "finished_at": local(case.closed_at, zone),
            "total_elapsed": _passed(case.received_at, case.closed_at),
        }
        if facts.appeal is not None:
            cells["appeal_registered_at"] = local(facts.appeal.registered_at, zone)
        return cells

    def _answer(self, facts: Facts, told: Cells, zone: tzinfo) -> Cells:
        if facts.answered_elsewhere:
            return {name: told[name] for name in _ANSWER if name in told}
        case, published = facts.case, facts.published
        own = [r for r in published if r.agency_id == case.agency_id]
        texts = [_cut(clean_text(reply.text)[0]) for reply in own]
        if case.status in (Status.APPROVAL, Status.REVIEW) and facts.waiting is not None:
            texts.append(_cut(clean_text(facts.waiting.text)[0]))
        first = published[0].published_at if published else None
        if case.first_response_at is not None:
            first = min(first or case.first_response_at, case.first_response_at)
        mine = own[0].published_at if own else None
        sent = case.submitted_at if case.status == Status.APPROVAL else None
        if own and own[0].submitted_at < (mine or own[0].submitted_at):
            sent = sent or own[0].submitted_at
        cells: Cells = {
            "first_reply_at": local(first, zone),
            "first_reply_text": _cut(clean_text(published[0].text)[0]) if published else "",
            "first_reply_elapsed": _passed(case.received_at, first),
            "first_reply_working": self._working(case, first),
            "executor_reply_at": local(mine, zone),
            "first_reaction": _passed(case.assigned_at, mine),
            "in_time": _in_time(facts) if own else None,
            "approval_sent_at": local(sent, zone),
            "approval_elapsed": _passed(sent, mine),
            "reply_has_media": facts.reply_media if published else None,
        }
        return cells | {f"reply_{n}": text for n, text in enumerate(texts[:3], 1)}

    def _working(self, case: Case, end: datetime | None) -> int | None:
        if case.agency is None or end is None or end < case.received_at:
            return None
        try:
            minutes = working_minutes_between(
                case.received_at,
                end,
                calendar=work_calendar(case.agency.calendar_id, self.stamp),
                zone=case.agency.zone,
            )
        except CalendarGap:
            return None
        return minutes * 60


def _cut(text: str) -> str:
    return text[:MAX_TEXT]


def local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """The wall clock of the place, to the second, as the layout has it."""
    if moment is None:
        return None
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _passed(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two moments as they are written; None backwards."""
    if start is None or end is None:
        return None
    start, end = (moment.astimezone(UTC).replace(microsecond=0) for moment in (start, end))
    return int((end - start).total_seconds()) if end >= start else None


def _in_time(facts: Facts) -> bool | None:
    """Whether the last executor kept his own term."""
    clock = facts.clocks[-1] if facts.clocks else None
    if clock is None or clock.stopped_at is None:
        return None
    return clock.missed_at is None and clock.stopped_at <= clock.due_at


def _place(case: Case, told: Cells) -> Cells:
    """Settlement, street and house: the file's cells, or the place cut at its commas."""
    names = ("settlement", "street", "house")
    given = [str(told.get(name, "")) for name in names]
    if "address" not in told and ", ".join(filter(None, given))[:300] == case.place:
        return dict(zip(names, given, strict=True))
    parts = clean_name(case.place)[0].split(", ")
    at = next((n for n, part in enumerate(parts) if n and part[:1].isdigit()), len(parts))
    house = ", ".join(parts[at:])
    street = parts[at - 1] if at else ""
    settlement = ", ".join(parts[: max(at - 1, 0)])
    return {"settlement": settlement[:200], "street": street[:200], "house": house[:60]}
