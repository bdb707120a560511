# ruff: noqa: SIM905
"""A chunk of generated cases with their whole history, as COPY lines (see bench/sheets.py)."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agencies.models import Agency, User
from bench.sheets import Sheet, escaped, written
from bench.words import vocabulary
from cases import clocks
from cases.bulk import _SEARCH as SEARCH
from cases.calendar import calendar_stamp
from cases.models import (
    Appeal,
    Assignment,
    Case,
    CaseEvent,
    Channel,
    Citizen,
    Clock,
    Finding,
    MassEvent,
    Message,
    Reply,
    ReplyPrint,
    Territory,
    Topic,
)
from cases.workflow import BEFORE_AGENCY, OPEN, Regime, Status
from quality.prints import make_print

CHUNK = 2000
CITIZENS = CHUNK * 2 // 5
EVENTS = 8  # ids kept for the events of a case; it has seven at most
CLOCKS = 2
SPAN = timedelta(days=600)
NEAR_COPIES = 0.05  # and with their originals 5.5 % of the replies
ORIGINALS = 10  # replies of a chunk that are sent again and again
_NULL = "\\N"
_NAMES = ("Марина Котова", "Олег Сомов", "Ирина", "", "Пётр Лапин")
_WITH_REPLY = {
    Status.APPROVAL: Reply.State.APPROVAL,
    Status.REVIEW: Reply.State.REVIEW,
    Status.REWORK: Reply.State.RETURNED,
}
_WAITING = {
    Status.ROUTED: 25,
    Status.IN_WORK: 37,
    Status.REWORK: 6,
    Status.REVIEW: 8,
    Status.APPROVAL: 10,
    Status.REDIRECT_ASKED: 4,
    Status.RECEIVED: 3,
    Status.MODERATION: 7,
}
# Old cases that still wait do so at an agency.
_OLD = {state: weight for state, weight in _WAITING.items() if state not in BEFORE_AGENCY}
_COLUMNS = (
    "id number regime kind status title channel_id citizen_id topic_id territory_id place severity"
    " agency_id executor_id received_at registered_at assigned_at submitted_at due_at answered_at"
    " closed_at outcome close_reason risk flagged audience controlled_by_id controlled_until"
    " repeat_of_id event_id"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chunk must know; the same in every writing process and after every restart.

    `first`: ids and numbers this load may use begin after these.
    """

    cases: int
    seed: int
    indexed: float
    now: datetime
    first: dict[str, int]


@dataclass(slots=True)
class Made:
    """A case in the making; the fields are the columns of the same names."""

    at: int
    id: int
    status: str
    regime: str
    severity: int
    channel_id: int
    citizen_id: int
    received_at: datetime
    registered_at: datetime
    agency_id: int | None = None
    executor_id: int | None = None
    assigned_at: datetime | None = None
    submitted_at: datetime | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""
    close_reason: str = ""
    risk: float | None = None
    flagged: bool = False
    controlled_by_id: int | None = None
    controlled_until: date | None = None


class Writer:
    """Makes and writes chunks; one object for each process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.words = vocabulary()
        self.rules = clocks.Rules()
        self.stamp = calendar_stamp()
        self.topics = list(Topic.objects.order_by("pk"))
        self.places = list(Territory.objects.order_by("pk").values_list("pk", flat=True))
        self.channels = list(Channel.objects.order_by("pk"))
        self.events = list(MassEvent.objects.order_by("pk").values_list("pk", flat=True))
        self.agencies = list(
            Agency.objects.select_related("calendar")
            .filter(code__startswith="bench-")
            .exclude(kind="region")
            .order_by("pk")
        )
        self.people: dict[int, list[int]] = {}
        for pk, agency in User.objects.order_by("pk").values_list("pk", "agency_id"):
            self.people.setdefault(agency, []).append(pk)
        self.operator = User.objects.get(username="bench-operator").pk
        self.head = User.objects.get(username="bench-head_office").pk
        self._dues: dict[tuple[Any, ...], tuple[Any, datetime, str]] = {}
        self._sheets()

    def _sheets(self) -> None:
        self.citizens = Sheet(Citizen, "id channel_id handle name")
        self.cases = Sheet(Case, _COLUMNS, without=["search"])
        # The text goes with the case into a passing table; the database makes its words.
        self.cases.columns.insert(0, "full_text")
        self.messages = Sheet(
            Message,
            "id case_id channel_id external_id author_id text posted_at received_at fingerprint",
        )
        self.assignments = Sheet(Assignment, "id case_id agency_id executor_id at")
        self.appeals = Sheet(Appeal, "case_id incoming_number received_at registered_at")
        self.clocks = Sheet(
            Clock,
            "id case_id kind rule_id code assignment_id started_at due_at stopped_at missed_at"
            " explanation",
        )
        self.replies = Sheet(
            Reply,
            "id case_id agency_id author_id state outcome text submitted_at published_at"
            " published_by_id risk flagged similarity assessment rules_version",
        )
        self.findings = Sheet(Finding, "id reply_id code severity weight")
        self.prints = Sheet(
            ReplyPrint, "reply_id family agency_id sent_on stems version keys sketch"
        )
        self.log = Sheet(CaseEvent, "id case_id at actor_id move before after")

    def write(self, cursor: Any, number: int) -> int:
        """Make and send one chunk inside the caller's transaction; the number of its cases."""
        size = min(CHUNK, self.plan.cases - number * CHUNK)
        self._make(number, size)
        self.citizens.copy(cursor)
        columns = ", ".join(f'"{column}"' for column in self.cases.columns[1:])
        cursor.execute(
            f"create temp table if not exists incoming_bench on commit delete rows as"
            f" select ''::text as full_text, {columns} from cases_case limit 0"
        )
        self.cases.copy(cursor, table="incoming_bench")
        cursor.execute(
            f"insert into cases_case ({columns}, search) select {columns}, {SEARCH}"
            " from incoming_bench s"
        )
        for sheet in (self.messages, self.appeals, self.assignments, self.clocks, self.replies):
            sheet.copy(cursor)
        for sheet in (self.findings, self.prints, self.log):
            sheet.copy(cursor)
        return size

    def _make(self, number: int, size: int) -> None:
        plan, first = self.plan, self.plan.first
        dice = random.Random(f"{plan.seed}/{number}")
        self._originals: list[str] = []
        roll = dice.random
        authors = range(number * CITIZENS + 1, (number + 1) * CITIZENS + 1)
        for at in authors:
            self.citizens.add(
                str(first["citizen"] + at),
                str(self.channels[at % len(self.channels)].pk),
                f"bench-{plan.seed}-{at}",
                dice.choice(_NAMES),
            )
        for at in range(number * CHUNK, number * CHUNK + size):
            position = at / plan.cases
            received = plan.now - SPAN * (1 - position) - timedelta(minutes=5)
            topic, channel = dice.choice(self.topics), dice.choice(self.channels)
            case = Made(
                at=at,
                id=first["case"] + at + 1,
                status=self._status(dice, position),
                regime=channel.regime,
                severity=topic.severity,
                channel_id=channel.pk,
                citizen_id=first["citizen"] + dice.choice(authors),
                received_at=received,
                registered_at=received + timedelta(minutes=3),
            )
            text = escaped(self.words.message(dice))
            self._message(case, text)
            if case.regime == Regime.LAW59:
                moments = received.isoformat(), case.registered_at.isoformat()
                self.appeals.add(str(case.id), f"В-{first['number'] + at + 1}", *moments)
            self._history(dice, case)
            earlier = at % CHUNK and roll() < 0.03
            self.cases.add(
                text,
                str(case.id),
                f"{received:%y}-{first['number'] + at + 1:06d}",
                case.regime,
                topic.kind,
                case.status,
                escaped(self.words.title(dice)),
                str(case.channel_id),
                str(case.citizen_id),
                str(topic.pk),
                str(dice.choice(self.places)),
                self.words.place(dice),
                str(case.severity),
                written(case.agency_id),
                written(case.executor_id),
                received.isoformat(),
                case.registered_at.isoformat(),
                written(case.assigned_at),
                written(case.submitted_at),
                written(case.due_at),
                written(case.answered_at),
                written(case.closed_at),
                case.outcome,
                case.close_reason,
                written(case.risk),
                "t" if case.flagged else "f",
                str(dice.choice((0, 40, 120, 800))),
                written(case.controlled_by_id),
                written(case.controlled_until),
                str(case.id - 1 - int(roll() * (at % CHUNK))) if earlier else _NULL,
                str(dice.choice(self.events)) if roll() < 0.01 else _NULL,
            )

    def _message(self, case: Made, text: str) -> None:
        moment = case.received_at.isoformat()
        self.messages.add(
            str(self.plan.first["message"] + case.at + 1),
            str(case.id),
            str(case.channel_id),
            f"bench-{self.plan.seed}-{case.at}",
            str(case.citizen_id),
            text,
            moment,
            moment,
            hashlib.sha256(text.encode()).hexdigest(),
        )

    def _status(self, dice: random.Random, position: float) -> str:
        recent = position > 0.96
        if dice.random() < (0.9 if recent else 0.046):
            states = _WAITING if recent else _OLD
            return dice.choices(list(states), list(states.values()))[0].value
        if position > 0.93:
            return Status.ANSWERED.value
        return (Status.REJECTED if dice.random() < 0.03 else Status.CLOSED).value

    def _log(self, case: Made) -> Callable[[datetime, int | None, str, str, str], None]:
        ids = iter(range(self.plan.first["event"] + case.at * EVENTS + 1, 1 << 62))
        own = str(case.id)

        def log(at: datetime, actor: int | None, move: str, before: str, after: str) -> None:
            self.log.add(str(next(ids)), own, at.isoformat(), written(actor), move, before, after)

        return log

    def _history(self, dice: random.Random, case: Made) -> None:
        log = self._log(case)
        at = case.registered_at
        log(at, None, "register", "", "received")
        if case.status == Status.RECEIVED:
            case.due_at = self.plan.now + timedelta(minutes=dice.randint(-600, 600))
            return
        log(at, None, "start_moderation", "received", "moderation")
        is_open = case.status in OPEN
        if case.status in BEFORE_AGENCY:
            if is_open:
                case.due_at = self.plan.now + timedelta(minutes=dice.randint(-600, 600))
            else:
                case.closed_at = at + timedelta(minutes=30)
                log(case.closed_at, self.operator, "reject", "moderation", case.status)
            return
        agency = self.agencies[int(len(self.agencies) * dice.random() ** 1.3)]
        case.agency_id = agency.pk
        case.assigned_at = at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        log(at, self.operator, "route", "moderation", "routed")
        rule, case.due_at, explanation = self._due(case, agency)
        started = at
        if case.status != Status.ROUTED:
            at = self._work(dice, case, at, log)
        if is_open:
            self._open(dice, case)
        else:
            case.answered_at = at = at + timedelta(minutes=40)
            log(at, case.executor_id, "publish", "approval", "answered")
            if case.status == Status.CLOSED:
                case.closed_at = at + timedelta(hours=96)
                case.close_reason = "no-answer"
                log(case.closed_at, None, "close", "answered", "closed")
        held = str(self.plan.first["assignment"] + case.at + 1)
        self.assignments.add(
            held, str(case.id), str(agency.pk), written(case.executor_id), started.isoformat()
        )
        late = case.answered_at is not None and case.answered_at > case.due_at
        facts = (
            started.isoformat(),
            case.due_at.isoformat(),
            written(case.answered_at),
            case.due_at.isoformat() if late else _NULL,
            explanation,
        )
        first = self.plan.first["clock"] + CLOCKS * case.at
        terms = [(clocks.main_kind(case.regime), _NULL)]
        if is_open:
            terms.append((Clock.Kind.EXECUTOR.value, held))
        for place, (kind, assignment) in enumerate(terms, start=1):
            self.clocks.add(
                str(first + place), str(case.id), kind, str(rule.pk), rule.code, assignment, *facts
            )
        if case.answered_at is not None:
            case.due_at = None

    def _work(self, dice: random.Random, case: Made, at: datetime, log: Any) -> datetime:
        """Taken and, in most states, answered; the moment of the last step."""
        assert case.agency_id is not None
        case.executor_id = dice.choice(self.people[case.agency_id])
        at += timedelta(minutes=dice.randint(5, 100))
        log(at, case.executor_id, "take", "routed", "in_work")
        answered = case.status not in OPEN and dice.random() < 0.93
        if answered or case.status in _WITH_REPLY:
            at += timedelta(minutes=dice.randint(30, 400))
            self._reply(dice, case, at)
            log(at, case.executor_id, "submit_reply", "in_work", "approval")
        return at

    def _open(self, dice: random.Random, case: Made) -> None:
        """Open cases are due around the moment of the load, whatever their age."""
        assert case.assigned_at is not None
        wanted = self.plan.now + timedelta(minutes=dice.randint(-1440, 14400))
        case.due_at = max(wanted, case.assigned_at)
        if dice.random() < 0.005:
            case.controlled_by_id = self.head
            case.controlled_until = (self.plan.now + timedelta(days=7)).date()

    def _due(self, case: Made, agency: Agency) -> tuple[Any, datetime, str]:
        """Rule, due moment and stored explanation; cases of one hour share them."""
        start = case.assigned_at
        assert start is not None
        codes = clocks.REPLY_RULES[case.regime]
        key = (codes, case.severity, agency.calendar_id, agency.time_zone, start)
        if key not in self._dues:
            rule = self.rules.pick(codes, severity=case.severity, at=start)
            assert rule is not None
            due = clocks.due_of(rule, start, agency, stamp=self.stamp)
            if len(self._dues) > 20_000:
                self._dues.clear()
            told = escaped(json.dumps(due.as_json(), ensure_ascii=False))
            self._dues[key] = (rule, due.moment, told)
        return self._dues[key]

    def _reply(self, dice: random.Random, case: Made, at: datetime) -> None:
        roll = dice.random
        originals = self._originals
        copied = len(originals) == ORIGINALS and roll() < NEAR_COPIES
        if copied:
            text = self.words.near_copy(dice, dice.choice(originals))
        else:
            text = self.words.reply(dice)
            if len(originals) < ORIGINALS:
                originals.append(text)
        flagged = case.status == Status.REVIEW or bool(copied and roll() < 0.5)
        risk = round(0.6 + 0.4 * roll() if flagged else 0.55 * roll(), 4)
        outcome = dice.choice(("solved", "explained", "postponed"))
        state = _WITH_REPLY.get(Status(case.status))
        if state != Reply.State.RETURNED:
            case.risk, case.flagged, case.outcome = risk, flagged, outcome
            case.submitted_at = at
        pk = self.plan.first["reply"] + case.at + 1
        self.replies.add(
            str(pk),
            str(case.id),
            str(case.agency_id),
            str(case.executor_id),
            state.value if state else "published",
            outcome,
            escaped(text),
            at.isoformat(),
            _NULL if state else (at + timedelta(minutes=40)).isoformat(),
            _NULL if state else str(case.executor_id),
            str(risk),
            "t" if flagged else "f",
            "0",
            '{"questions": [], "reuse": null, "personal_share": 1}',
            "bench",
        )
        self.findings.add(
            str(self.plan.first["finding"] + case.at + 1),
            str(pk),
            dice.choice(("Q12", "Q13", "Q14")),
            "warn",
            "0.2",
        )
        # A returned text is not in the index: no citizen ever got it.
        if roll() < self.plan.indexed and case.status != Status.REWORK:
            made = make_print(text)
            self.prints.add(
                str(pk),
                str(pk),
                str(case.agency_id),
                at.date().isoformat(),
                str(made.stems),
                str(made.version),
                "{" + ",".join(map(str, made.keys)) + "}",
                "\\\\x" + made.sketch.hex(),
            )
