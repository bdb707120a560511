"""The quality panel: an assessment, live or stored, as the screen shows it to this reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agencies.models import User
from agencies.roles import Right
from cases.checking import as_json, thresholds
from cases.masking import mask_text
from cases.models import Case, CaseEvent, Finding, Reply
from cases.querysets import may
from cases.reuse import COUNTED, visible_sources
from cases.screens import Piece, marked
from cases.workflow import Status
from quality import DEFAULT, Assessment, points

LETTERS = "АБВГД"
GOOD = 60


@dataclass(slots=True)
class Source:
    """An earlier reply: with its case where the reader may open it, else without a name.

    `is_event`: not a reply, but a text approved for another event. `pieces`: the earlier text
    with its copied passages, empty where the reader may not see it.
    """

    letter: str
    share: int
    similarity: int
    reply: Reply | None
    is_event: bool = False
    spans: list[list[int]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Panel:
    score: int
    band: str  # brush_off, weak, good
    flagged: bool
    similarity: int
    sources: list[Source]
    hidden: int
    others: int  # replies with the copied text beside the sources shown
    is_many: bool  # there are more of them than were counted
    is_short: bool  # too short for a claim: only counted
    this_month: int
    questions: list[dict[str, Any]]
    must: list[Any]  # findings that block or return
    advice: list[Any]
    praise: list[Any]
    pieces: list[Piece]
    personal: int


def band_of(score: int, flagged: bool) -> str:
    """The word beside the score; it never contradicts the flag."""
    return "brush_off" if flagged else "weak" if score < GOOD else "good"


def panel_of(found: Assessment | Reply, user: User, text: str | None = None) -> Panel | None:
    """One query for the sources, in the reader's scope; None while a reply is unchecked."""
    if isinstance(found, Reply):
        if found.risk is None:
            return None
        data, findings = found.assessment, list(found.findings.all())
        risk, flagged, body = found.risk, found.flagged, found.text
        if not may(user, Right.VIEW_CONTACTS, found.case):
            # Questions are the citizen's own words.
            name = found.case.citizen.hidden_name
            asked = data.get("questions", [])
            data = {**data, "questions": [{**q, "text": mask_text(q["text"], name)} for q in asked]}
    else:
        data = as_json(found)
        findings = [
            Finding(
                code=item.code,
                severity=str(item.severity),
                spans=[list(span) for span in item.spans],
                params=dict(item.params),
            )
            for item in found.findings
        ]
        risk, flagged, body = found.risk, found.flagged, text or ""
    reuse = data.get("reuse") or {"similarity": 0, "containment": 0, "sources": []}
    shown, hidden = _sources(reuse["sources"], user)
    score = points(risk)
    is_short = data.get("stems", DEFAULT.short_stems) < DEFAULT.short_stems
    spans = [
        (span[0], span[1], f"source-{source.letter}")
        for source in (() if is_short else shown)
        for span in source.spans
    ]
    spans += [(start, end, "formula") for start, end in data.get("formulas", ())]
    spans += [
        (span[0], span[1], finding.severity)
        for finding in findings
        if finding.severity in ("block", "return")
        for span in finding.spans
    ]
    return Panel(
        score=score,
        band=band_of(score, flagged),
        flagged=flagged,
        similarity=round(100 * max(reuse["similarity"], reuse["containment"])),
        sources=shown,
        hidden=hidden,
        others=max(0, reuse.get("times", 0) - sum(not source.is_event for source in shown)),
        is_many=reuse.get("times", 0) >= COUNTED,
        is_short=is_short,
        this_month=reuse.get("this_month", 0),
        questions=data.get("questions", []),
        must=[item for item in findings if item.severity in ("block", "return")],
        advice=[item for item in findings if item.severity == "warn"],
        praise=[item for item in findings if item.severity == "praise"],
        pieces=marked(body, spans),
        personal=round(100 * data.get("personal_share", 1)),
    )


def _sources(found: list[dict[str, Any]], user: User) -> tuple[list[Source], int]:
    """Sources with letters; those of other agencies lose number, agency and text."""
    ids = [int(item["key"]) for item in found if item["key"].isdigit()]
    visible = visible_sources(user, ids) if ids else {}
    shown: list[Source] = []
    hidden = 0
    for item in found:
        is_event = not item["key"].isdigit()
        reply = None if is_event else visible.get(int(item["key"]))
        hidden += reply is None and not is_event
        if len(shown) == len(LETTERS):
            continue
        source = Source(
            letter=LETTERS[len(shown)],
            share=round(100 * item["share"]),
            similarity=round(100 * item["similarity"]),
            reply=reply,
            is_event=is_event,
            spans=[list(span) for span in item["spans"]],
        )
        if reply is not None:
            mark = f"source-{source.letter}"
            source.pieces = marked(reply.text, [(span[2], span[3], mark) for span in source.spans])
        shown.append(source)
    return shown, hidden


def own_pieces(text: str, source: Source) -> list[Piece]:
    """The reply with what one source has of it."""
    mark = f"source-{source.letter}"
    return marked(text, [(span[0], span[1], mark) for span in source.spans])


def text_pieces(
    text: str, latest: Reply | None, sees_contacts: bool, name: str = ""
) -> list[Piece]:
    """The citizen's words with the questions found in them numbered, masked where no right."""
    if not sees_contacts:
        # Masking moves positions: without the right the text is shown without marks.
        return [Piece(mask_text(text, name))]
    questions = (latest.assessment or {}).get("questions", []) if latest else []
    return marked(text, [(q["start"], q["end"], f"question-{q['number']}") for q in questions])


def flag_threshold() -> int:
    """Points under which a reply goes to the review desk."""
    limits, _row = thresholds()
    return points(limits.flag_in_force())


def overridden(case: Case, events: Sequence[CaseEvent], sees_contacts: bool) -> str:
    """Why the reply that waits for a decision was sent in spite of a blocking finding.

    Masked for who sees no contacts: people write into it whom they called.
    """
    if case.status not in (Status.APPROVAL, Status.REVIEW):
        return ""
    sent = next((one for one in events if one.move == "submit_reply"), None)
    words = str(sent.data.get("override", "")) if sent and sent.data.get("blocking") else ""
    return words if sees_contacts else mask_text(words, case.citizen.hidden_name)
