"""Values the engine takes and gives."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from quality.model import Model

Answered = Literal["yes", "part", "no"]


class Severity(StrEnum):
    """What a finding does to a reply."""

    BLOCK = "block"  # cannot be sent without the head's override
    RETURN = "return"  # goes to the supervisor's desk
    WARN = "warn"  # the author is told and may send
    PRAISE = "praise"


@dataclass(frozen=True, slots=True)
class Situation:
    """A reply and what is known about its case. A missing field switches dependent checks off.

    `kind`: final, interim, forward or refusal. `case_type`: solvable, unsolvable, informational.
    `approved_texts`: texts a supervisor approved for this event; what is taken from them is no
    copying. `sent_this_month`: how often this very text was sent this month. `earlier_texts`: what
    this person was answered before on this matter; `postponements`: how often its promise was
    moved. `work_contacts`: phones and addresses of agencies and officials, allowed in public.
    `outcome`: what the author says came of it; `evidence_faults`: of his
    pictures, «older» (taken before the message) and «reused» (shown in another case).
    """

    message: str
    reply: str
    topic: str | None = None
    channel: str | None = None
    agency: str | None = None
    author: str | None = None
    kind: str | None = None
    case_type: str | None = None
    regime: str | None = None
    assigned_at: datetime | None = None
    replied_at: datetime | None = None
    is_public: bool | None = None
    has_media: bool | None = None
    outcome: str | None = None
    evidence_faults: tuple[str, ...] = ()
    citizen_names: tuple[str, ...] = ()
    citizen_contacts: tuple[str, ...] = ()
    work_contacts: tuple[str, ...] = ()
    place: str | None = None
    approved_texts: tuple[str, ...] = ()
    agency_names: tuple[str, ...] = ()
    earlier_texts: tuple[str, ...] = ()
    postponements: int | None = None
    sent_this_month: int | None = None


@dataclass(frozen=True, slots=True)
class EarlierReply:
    """A reply sent before, a candidate for comparison. `author` is the citizen's identifier.

    `rare`: it shares a passage with the reply that hardly any other stored reply has.
    """

    key: str
    text: str
    agency: str | None = None
    author: str | None = None
    case_message: str | None = None
    sent_at: datetime | None = None
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Settings of the region. All limits are inclusive unless said otherwise."""

    flag: float | None = None  # risk strictly above it is flagged; None: the model's own
    short_stems: int = 20  # below it a copy cannot be told from chance: only counted
    containment: float = 0.30  # share of the reply found in one earlier reply
    passage: int = 8  # and at least so many stems in equal runs
    formula_families: int = 30  # unlike replies that make a sentence a formula
    long_sentence_words: int = 35
    officialese_per_100: float = 8.0
    cliche_per_100: float = 6.0
    minimum_characters: int = 12
    paste_seconds: int = 120
    weights: "Model | None" = None  # other weights than the shipped ones

    def flag_in_force(self) -> float:
        """The risk above which a reply is flagged."""
        if self.flag is not None:
            return self.flag
        from quality.model import default_model

        return (self.weights or default_model()).flag


DEFAULT = Thresholds()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sign. `spans`: code points of the reply, end exclusive. `weight`: added log-odds."""

    code: str
    severity: Severity
    spans: tuple[tuple[int, int], ...] = ()
    params: dict[str, str | int | float] | None = None
    weight: float = 0.0

    def __post_init__(self) -> None:
        if self.params is None:
            object.__setattr__(self, "params", {})


@dataclass(frozen=True, slots=True)
class SourceMatch:
    """`spans`: (start, end, source_start, source_end) of equal passages, ends exclusive."""

    key: str
    similarity: float
    share: float
    spans: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Reuse:
    """Best similarity 0..1 (same words in the same order) and the share of the reply copied.

    `times`: earlier replies with these texts, as far as they were counted; `this_month`: those of
    this month that are this very text.
    """

    similarity: float
    containment: float
    sources: tuple[SourceMatch, ...]
    times: int = 0
    this_month: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question or request of the message; `start`, `end` are its span in the message."""

    number: int
    start: int
    end: int
    text: str
    answered: Answered
    answer_span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause and its evidence: above zero it tells the citizen something. `marks`: why, the
    weightiest first. The span is of the reply's code points."""

    start: int
    end: int
    evidence: float
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """`risk` 0..1, 1 = surely an отписка, calibrated where one reply in five is one.

    `personal_share`: share of the reply's own words. `statements`: what the risk was made of.
    `formulas`: spans of sentences many unlike replies have; they count as nobody's copy.
    `stems`: words that were compared.
    """

    risk: float
    flagged: bool
    findings: tuple[Finding, ...]
    reuse: Reuse | None
    questions: tuple[Question, ...]
    personal_share: float
    rules_version: str
    statements: tuple[Statement, ...] = ()
    formulas: tuple[tuple[int, int], ...] = ()
    stems: int = 0
