"""The quality panel: an assessment, live or stored, as the screen shows it to this reader."""

from dataclasses import dataclass, field
from typing import Any

from agencies.models import User
from agencies.roles import Right
from cases.checking import as_json, thresholds, visible_sources
from cases.masking import mask_text
from cases.models import Finding, Reply
from cases.querysets import may
from cases.screens import Piece, marked
from quality import Assessment, points

LETTERS = "АБВГД"
WEAK, GOOD = 40, 60


@dataclass(slots=True)
class Source:
    """An earlier reply: with its case where the reader may open it, else without a name."""

    letter: str
    share: int
    similarity: int
    reply: Reply | None
    spans: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Panel:
    score: int
    band: str  # brush_off, weak, good
    flagged: bool
    similarity: int
    sources: list[Source]
    hidden: int
    questions: list[dict[str, Any]]
    must: list[Any]  # findings that block or return
    advice: list[Any]
    praise: list[Any]
    pieces: list[Piece]
    personal: int


def band_of(score: int) -> str:
    return "brush_off" if score < WEAK else "weak" if score < GOOD else "good"


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
    reuse = data.get("reuse") or {"similarity": 0, "sources": []}
    shown, hidden = _sources(reuse["sources"], user)
    score = points(risk)
    spans = [
        (span[0], span[1], f"source-{source.letter}") for source in shown for span in source.spans
    ]
    spans += [
        (span[0], span[1], finding.severity)
        for finding in findings
        if finding.severity in ("block", "return")
        for span in finding.spans
    ]
    return Panel(
        score=score,
        band=band_of(score),
        flagged=flagged,
        similarity=round(100 * reuse["similarity"]),
        sources=shown,
        hidden=hidden,
        questions=data.get("questions", []),
        must=[item for item in findings if item.severity in ("block", "return")],
        advice=[item for item in findings if item.severity == "warn"],
        praise=[item for item in findings if item.severity == "praise"],
        pieces=marked(body, spans),
        personal=round(100 * data.get("personal_share", 1)),
    )


def _sources(found: list[dict[str, Any]], user: User) -> tuple[list[Source], int]:
    """Sources with letters; those of other agencies lose number, agency and text."""
    ids = [int(item["key"]) for item in found if str(item["key"]).isdigit()]
    visible = visible_sources(user, ids) if ids else {}
    shown: list[Source] = []
    hidden = 0
    for item in found:
        reply = visible.get(int(item["key"])) if str(item["key"]).isdigit() else None
        if reply is None:
            hidden += 1
        if len(shown) < len(LETTERS):
            shown.append(
                Source(
                    letter=LETTERS[len(shown)],
                    share=round(100 * item["share"]),
                    similarity=round(100 * item["similarity"]),
                    reply=reply,
                    spans=[list(span) for span in item["spans"]],
                )
            )
    return shown, hidden


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
