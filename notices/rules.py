"""Who is told of what: one table of rules over values, no database.

A rule names people by their place: the executor, the reply's author, the curators nearest to the
agency. Who of them may see the case is asked afterwards and again whenever it is shown or mailed.
Nobody is told of what he did himself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agencies.roles import Role
from cases.levels import ROLES
from cases.workflow import Status
from notices.kinds import ASKING, Kind


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a case or a piece of news, with what the rules ask about.

    `key` is the cause: a person has one notice of it at most. `name`: the event's move or the
    kind of the news. `author`: of the reply the event is about; `disputant`: who disputed the
    competence last.
    """

    key: str
    name: str
    at: datetime
    actor: int | None = None
    after: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    case: int | None = None
    agency: int | None = None
    executor: int | None = None
    author: int | None = None
    disputant: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Holders of the role nearest to the case's agency, or to another one named here."""

    role: str
    agency: int | None = None


Addressee = int | Near
Audience = Callable[[Happening], list[Addressee]]


@dataclass(frozen=True, slots=True)
class Rule:
    kind: Kind
    to: Audience
    when: Callable[[Happening], bool] = lambda _happening: True
    # Of the part of an agency that is asked, which sees nothing else of the case.
    part: bool = False


def _near(*roles: str) -> Audience:
    return lambda _happening: [Near(role) for role in roles]


def _one(*names: str) -> Audience:
    """People named by the happening's own fields."""
    return lambda h: [pk for name in names if (pk := getattr(h, name)) is not None]


def _both(*parts: Audience) -> Audience:
    return lambda h: [one for part in parts for one in part(h)]


def _executor_or_curators(h: Happening) -> list[Addressee]:
    return [h.executor] if h.executor is not None else [Near(Role.CURATOR)]


def _named_executor(h: Happening) -> list[Addressee]:
    return [h.data["executor"]] if h.data.get("executor") else []


def _proposer(h: Happening) -> list[Addressee]:
    return [h.data["proposed_by"]] if h.data.get("proposed_by") else []


def _named_people(h: Happening) -> list[Addressee]:
    return list(h.data.get("to", ()))


# Up the ladder of an overdue case: who answers for it at each step.
LEVELS: dict[str, Audience] = {
    **{level: _near(role) for level, role in ROLES.items()},
    "executor": _executor_or_curators,
}


def _level(default: str) -> Audience:
    return lambda h: LEVELS.get(h.data.get("level", default), LEVELS[default])(h)


def _due(h: Happening) -> list[Addressee]:
    """At the end of a term its executor hears of it with his curators; elsewhere who holds it."""
    level = h.data.get("level", "curator")
    return _both(_executor_or_curators, _CURATORS)(h) if level == "curator" else _level(level)(h)


def _asked(h: Happening) -> list[Addressee]:
    """Who is asked for a part: the named person, else curators and co-executors there."""
    if h.data.get("person"):
        return [h.data["person"]]
    asked = h.data.get("asked")
    return [Near(Role.CURATOR, asked), Near(Role.CO_EXECUTOR, asked)]


def _part_level(h: Happening) -> list[Addressee]:
    """Up the ladder at the agency that is asked; its supervisor is the region's."""
    level, asked = h.data.get("level", "executor"), h.data.get("asked")
    if level in ("executor", "curator"):
        named = _asked(h)
        return [*named, Near(Role.CURATOR, asked)] if level == "curator" else named
    return [Near(ROLES.get(level, Role.CURATOR), asked)]


def _given_by(h: Happening) -> list[Addressee]:
    return [h.data["to"]] if h.data.get("to") else []


def _asker(h: Happening) -> list[Addressee]:
    return [h.data["by"]] if h.data.get("by") else []


_CURATORS = _near(Role.CURATOR)
_AT_WORK = _both(_one("executor"), _CURATORS)
RULES: dict[str, tuple[Rule, ...]] = {
    # Moves of a case.
    "route": (Rule(Kind.ARRIVED, _CURATORS),),
    "split": (Rule(Kind.ARRIVED, _CURATORS),),
    "split_off": (Rule(Kind.ARRIVED, _CURATORS),),
    "redirect": (
        Rule(Kind.ARRIVED, _CURATORS),
        Rule(Kind.DISPUTE_DECIDED, _one("disputant")),
    ),
    "undo_redirect": (
        Rule(Kind.DISPUTE, _near(Role.COORDINATOR)),
        Rule(Kind.DISPUTE_DECIDED, _one("disputant")),
    ),
    "refuse_redirect": (Rule(Kind.DISPUTE_DECIDED, _one("disputant")),),
    "assign": (Rule(Kind.ASSIGNED, _named_executor),),
    "dispute_competence": (Rule(Kind.DISPUTE, _near(Role.COORDINATOR)),),
    "submit_reply": (
        Rule(
            Kind.REVIEW,
            _near(Role.QUALITY_SUPERVISOR),
            when=lambda h: h.after == "review",
        ),
        Rule(Kind.APPROVAL, _near(Role.APPROVER), when=lambda h: h.after == "approval"),
        Rule(Kind.FLAGGED, _CURATORS, when=lambda h: bool(h.data.get("flagged"))),
    ),
    "accept_reply": (Rule(Kind.APPROVAL, _near(Role.APPROVER)),),
    "return_for_rework": (
        Rule(Kind.RETURNED, _both(_one("author"), _executor_or_curators)),
        Rule(Kind.FLAGGED, _CURATORS),
    ),
    "dispute_return": (Rule(Kind.REVIEW, _near(Role.QUALITY_SUPERVISOR)),),
    "undo_verdict": (
        Rule(Kind.REVIEW, _near(Role.QUALITY_SUPERVISOR), when=lambda h: h.after == "review"),
    ),
    "return_to_author": (Rule(Kind.RETURNED, _one("author", "executor")),),
    "correct_reply": (Rule(Kind.RETURNED, _one("author", "executor")),),
    "recall_publication": (Rule(Kind.APPROVAL, _near(Role.APPROVER)),),
    "publish": (Rule(Kind.PUBLISHED, _one("author")),),
    "give_interim": (Rule(Kind.PUBLISHED, _one("author")),),
    "plan": (Rule(Kind.PUBLISHED, _one("author")),),
    "resume_planned": (Rule(Kind.REOPENED, _AT_WORK),),
    "record_mark": (
        Rule(
            Kind.RETURNED,
            _both(_one("author"), _executor_or_curators),
            when=lambda h: bool(h.data.get("rework")),
        ),
    ),
    "escalate": (Rule(Kind.ESCALATED, _near(Role.APPROVER)),),
    "reject": (
        Rule(
            Kind.REJECTION,
            _near(Role.OPERATOR, Role.COORDINATOR),
            when=lambda h: h.after != "rejected",
        ),
    ),
    "decline_rejection": (Rule(Kind.REJECTION, _proposer),),
    "reopen": (Rule(Kind.REOPENED, _both(_AT_WORK, _near(Role.COORDINATOR))),),
    "resume": (Rule(Kind.REOPENED, _AT_WORK),),
    "set_control": (Rule(Kind.CONTROL, _both(_AT_WORK, _near(Role.APPROVER))),),
    "lift_control": (Rule(Kind.CONTROL, _AT_WORK),),
    "extend": (Rule(Kind.TERM_MOVED, _executor_or_curators),),
    "undo_extend": (Rule(Kind.TERM_MOVED, _executor_or_curators),),
    "extend_appeal": (Rule(Kind.TERM_MOVED, _executor_or_curators),),
    "add_note": (Rule(Kind.MENTION, _named_people),),
    "message_edited": (Rule(Kind.MESSAGE, _executor_or_curators),),
    "citizen_answered": (Rule(Kind.MESSAGE, _executor_or_curators),),
    "waiting_over": (
        Rule(Kind.MESSAGE, _executor_or_curators, when=lambda h: h.data.get("state") == "limit"),
    ),
    "merged_here": (Rule(Kind.MESSAGE, _executor_or_curators),),
    "taken_out": (Rule(Kind.MESSAGE, _executor_or_curators),),
    "hand_over": (
        Rule(Kind.HANDOVER, _named_executor),
        Rule(Kind.ARRIVED, _CURATORS, when=lambda h: not h.data.get("executor")),
    ),
    "ask_part": (Rule(Kind.PART_ASKED, _asked, part=True),),
    "withdraw_part": (Rule(Kind.PART_ASKED, _asked, part=True),),
    "return_part": (Rule(Kind.PART_ASKED, _both(_given_by, _asked), part=True),),
    "give_part": (Rule(Kind.PART_GIVEN, _both(_executor_or_curators, _asker)),),
    # News: a term, a promise, work of the portal.
    "part_term": (
        Rule(Kind.PART_TERM, _part_level, part=True),
        # Who asked hears when it is over: he decides whether to wait.
        Rule(
            Kind.PART_TERM,
            _executor_or_curators,
            when=lambda h: h.data.get("state") == "due",
        ),
    ),
    "term_warning": (Rule(Kind.TERM_WARNING, _level("executor")),),
    "term_due": (Rule(Kind.TERM_DUE, _due),),
    "escalated": (Rule(Kind.ESCALATED, _level("head")),),
    "terms_late": (Rule(Kind.TERMS_LATE, _one("person")),),
    "promise_due": (Rule(Kind.PROMISE_DUE, _executor_or_curators),),
    "promise_broken": (
        Rule(Kind.PROMISE_BROKEN, _both(_AT_WORK, _level("supervisor"))),
        Rule(Kind.REOPENED, _near(Role.COORDINATOR), when=lambda h: h.after == "reopened"),
    ),
    "orphan": (Rule(Kind.ORPHAN, _near(Role.CURATOR, Role.COORDINATOR)),),
    "event_offer": (Rule(Kind.EVENT_OFFER, _near(Role.COORDINATOR)),),
    "spike": (Rule(Kind.SPIKE, _near(Role.COORDINATOR)),),
    "deputy": (Rule(Kind.DEPUTY, _one("person")),),
    "import_finished": (Rule(Kind.IMPORT_FINISHED, _one("person")),),
    "export_ready": (Rule(Kind.EXPORT_READY, _one("person")),),
    "report_ready": (Rule(Kind.REPORT_READY, _one("person")),),
    "day_figures": (Rule(Kind.DAY_FIGURES, _one("person")),),
    "calendar": (Rule(Kind.CALENDAR, _near(Role.ADMINISTRATOR)),),
    "template": (Rule(Kind.TEMPLATE, _one("person")),),
}
# What a move makes needless for this case: a reply that was accepted waits for nobody's review.
_ARRIVAL = frozenset({Kind.ARRIVED, Kind.ORPHAN})
_JUDGED = frozenset({Kind.APPROVAL, Kind.REVIEW})
# Of one part; and of all parts of a case that is answered or ended.
PART_ASKING = frozenset({Kind.PART_ASKED, Kind.PART_TERM})
_ENDED = ASKING | PART_ASKING
_WRITTEN = frozenset({Kind.ASSIGNED, Kind.RETURNED, Kind.REOPENED, Kind.TERM_WARNING}) | _ARRIVAL
SETTLES: dict[str, frozenset[Kind]] = {
    "give_part": PART_ASKING,
    "withdraw_part": PART_ASKING,
    "take": _ARRIVAL,
    "assign": _ARRIVAL,
    "hand_over": _ARRIVAL | {Kind.ASSIGNED},  # who had it has it no more
    "recall_routing": _ENDED,
    "redirect": ASKING,
    "undo_redirect": frozenset({Kind.DISPUTE_DECIDED}),
    "undo_extend": frozenset({Kind.TERM_MOVED}),
    "refuse_redirect": frozenset({Kind.DISPUTE}),
    "submit_reply": _WRITTEN,
    "withdraw_reply": _JUDGED,
    "return_to_author": _JUDGED,
    "accept_reply": _JUDGED,
    "return_for_rework": _JUDGED,
    "dispute_return": frozenset({Kind.RETURNED}),
    # Told of a verdict that was taken back at once: nobody is to act on it.
    "undo_verdict": frozenset({Kind.RETURNED, Kind.APPROVAL, Kind.FLAGGED}),
    "publish": _ENDED,
    "give_interim": ASKING,
    "plan": ASKING,
    "close": ASKING,
    "close_unmarked": ASKING,
    "confirm_rejection": ASKING,
    "decline_rejection": frozenset({Kind.REJECTION}),
    "merge": ASKING,
    "cease": _ENDED,
    "forward_appeal": _ENDED,
    "short_notice": _ENDED,
    "route": frozenset({Kind.REOPENED}),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of notice for one addressee."""

    kind: Kind
    to: Addressee
    part: int | None = None


def told(happening: Happening) -> list[Told]:
    """Who is told of it as what; the first rule that names a person wins over later ones."""
    return [
        Told(rule.kind, one, happening.data.get("part") if rule.part else None)
        for rule in RULES.get(happening.name, ())
        if rule.when(happening)
        for one in rule.to(happening)
    ]


def settled(happening: Happening) -> frozenset[Kind]:
    """Kinds of unread notices of the case that ask for nothing any more."""
    if happening.name == "taken_out" and happening.after == Status.CLOSED:
        return frozenset({Kind.REOPENED})  # what had reopened it has gone
    return SETTLES.get(happening.name, frozenset())
