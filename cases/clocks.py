"""Terms of a case: what starts and stops them, what the case's own due moment is.

Kinds. `total`: the citizen's whole term; `reply`: the first reply on a social network; neither
is ever reset by a redirect. `executor`: the agency's own term, from each assignment anew.
`approval`: the decision on a reply that was sent. `part`: a co-executor's, no term of the case
itself. `stage`: registration, moderation, redirection,
dispute, rework, a promised date, the survey.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db.models import F
from django.utils import timezone
from psycopg.types.json import Jsonb

from agencies.models import Agency
from cases.bulk import fresh
from cases.errors import BadChange
from cases.limits import Limits
from cases.models import Assignment, Case, Clock, DeadlineRule, Regime
from cases.term_rules import (
    APPROVAL,
    DISPUTE,
    EXECUTOR,
    FINAL_AFTER_INTERIM,
    MODERATION_RULES,
    PART,
    PART_MARK,
    PART_RULES,
    PASS_ON,
    PRIMARY,
    PROMISE,
    REDIRECTION,
    REPLY_RULES,
    REWORK_RULES,
    STANDING,
    SURVEY,
    Rules,
    Standing,
    due_of,
    from_json,
    main_codes,
    main_kind,
    standing,
    standing_of,
    term_of,
)
from cases.workflow import OPEN, Status
from database.rows import planned, set_related
from deadlines import CalendarGap, Due

# Moves name a rule and start its term: both are read from here.
__all__ = [
    "APPROVAL",
    "Book",
    "DISPUTE",
    "EXECUTOR",
    "FINAL_AFTER_INTERIM",
    "Kind",
    "MODERATION_RULES",
    "PART",
    "PART_MARK",
    "PART_RULES",
    "PASS_ON",
    "PRIMARY",
    "PROMISE",
    "REDIRECTION",
    "REPLY_RULES",
    "REWORK_RULES",
    "Rules",
    "SURVEY",
    "Standing",
    "binding_due",
    "due_of",
    "is_promise",
    "main_codes",
    "main_kind",
    "mark_missed",
    "standing",
    "start_clock",
    "start_executor",
    "start_main",
    "start_promise",
    "term_of",
]

Kind = Clock.Kind


def is_promise(clock: Clock) -> bool:
    return clock.kind == Kind.STAGE and clock.code.startswith(PROMISE)


_RUNNING = """,
       (select jsonb_agg(to_jsonb(k) order by k.id) from cases_clock k
        where k.case_id = %s and k.stopped_at is null and k.kind <> 'part')
"""
_LOAD = STANDING.rstrip() + _RUNNING
# Each one shape for any number of clocks, so that the statement of a move is planned once.
_INSERT = """
insert into cases_clock (case_id, kind, rule_id, code, assignment_id, agency_id, started_at,
                         due_at, warning_only, explanation)
select k.* from jsonb_to_recordset(%s) as k(
    case_id bigint, kind text, rule_id bigint, code text, assignment_id bigint, agency_id bigint,
    started_at timestamptz, due_at timestamptz, warning_only boolean, explanation jsonb)
returning id
"""
_UPDATE = """
update cases_clock c
set stopped_at = k.stopped_at, missed_at = k.missed_at, due_at = k.due_at,
    agency_id = k.agency_id, explanation = k.explanation
from jsonb_to_recordset(%s) as k(
    id bigint, stopped_at timestamptz, missed_at timestamptz, due_at timestamptz,
    agency_id bigint, explanation jsonb)
where c.id = k.id returning c.id
"""


def _clock_of(row: dict[str, Any]) -> Clock:
    """A running clock out of its row as JSON."""
    for name in ("started_at", "due_at", "missed_at", "remind_at"):
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    clock = fresh(Clock, **row)
    clock._state.adding, clock._state.db = False, "default"
    return clock


def _row_of(clock: Clock, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(clock, name) for name in names}


_MADE = (
    *("case_id", "kind", "rule_id", "code", "assignment_id", "agency_id", "started_at"),
    *("due_at", "warning_only", "explanation"),
)
_MOVED = ("id", "stopped_at", "missed_at", "due_at", "agency_id", "explanation")


def _rows_json(clocks: Iterable[Clock], names: tuple[str, ...]) -> Jsonb:
    return Jsonb(
        [_row_of(clock, names) for clock in clocks],
        dumps=lambda rows: json.dumps(rows, default=datetime.isoformat, ensure_ascii=False),
    )


def binding_due(status: str, running: Iterable[Clock]) -> datetime | None:
    """`Case.due_at`: the nearest term that whoever holds the case in this state owes.

    All running terms that bind, except that the executor's own one rests while somebody else
    holds the case (approver, supervisor, coordinator): the citizen's terms run on there. A term
    that only warns never binds, nor does a co-executor's: he owes it, not the case's holder.
    Nothing is owed once the case is answered or ended.
    """
    if status not in OPEN:
        return None
    elsewhere = status in (Status.APPROVAL, Status.REVIEW, Status.REDIRECT_ASKED)
    return min(
        (
            clock.due_at
            for clock in running
            if not clock.warning_only
            and clock.kind != Kind.PART
            and not (elsewhere and clock.kind == Kind.EXECUTOR)
        ),
        default=None,
    )


class Book:
    """The running clocks of one case within a move: read once, written once.

    BadChange("calendar_gap") where a calendar ends before a term does: no due moment is ever
    guessed.
    """

    def __init__(self, case: Case, at: datetime) -> None:
        self.case = case
        self.at = at
        self._running: list[Clock] | None = None
        self._standing: Standing | None = None
        self._stopped: list[Clock] = []
        self._changed: list[Clock] = []
        self._made: list[Clock] = []

    @property
    def standing(self) -> Standing:
        if self._standing is None:
            self._load()
        assert self._standing is not None
        return self._standing

    def _load(self) -> None:
        """What rules and what runs, in one statement."""
        (row,) = planned(_LOAD, [self.case.pk])
        self._standing = self._standing or standing_of(row)
        if self._running is None:
            self._running = [_clock_of(found) for found in from_json(row[3]) or ()]

    @property
    def limits(self) -> Limits:
        return self.standing.limits

    @property
    def running(self) -> list[Clock]:
        if self._running is None:
            self._load()
        assert self._running is not None
        return self._running

    def assume_none(self) -> None:
        """No clock can run yet: the case was made just now (saves the question)."""
        self._running = []

    def of(self, *kinds: str) -> list[Clock]:
        return [clock for clock in self.running if clock.kind in kinds]

    def coded(self, *codes: str) -> Clock | None:
        return next((clock for clock in self.running if clock.code in codes), None)

    def rule(self, codes: Iterable[str], start: datetime) -> DeadlineRule | None:
        return self.standing.rules.pick(codes, severity=self.case.severity, at=start)

    def due(self, rule: DeadlineRule, start: datetime, agency: Agency) -> Due:
        try:
            return due_of(rule, start, agency, stamp=self.standing.stamp)
        except CalendarGap:
            raise BadChange("calendar_gap") from None

    def start(
        self,
        kind: str,
        codes: Iterable[str],
        *,
        start: datetime,
        agency: Agency,
        assignment: Assignment | None = None,
    ) -> Clock | None:
        """Start a term; None where no rule is in force or the same one runs already."""
        rule = self.rule(codes, start)
        if rule is None or self._runs(kind, rule.code):
            return None
        due = self.due(rule, start, agency)
        return self.add(
            kind,
            rule.code,
            start=start,
            due=due.moment,
            explanation=due.as_json(),
            agency=agency,
            rule=rule,
            assignment=assignment,
        )

    def _runs(self, kind: str, code: str) -> bool:
        return any(clock.kind == kind and clock.code == code for clock in self.running)

    def add(
        self,
        kind: str,
        code: str,
        *,
        start: datetime,
        due: datetime,
        explanation: dict[str, Any],
        agency: Agency,
        rule: DeadlineRule | None = None,
        assignment: Assignment | None = None,
    ) -> Clock:
        clock = fresh(
            Clock,
            case_id=self.case.pk,
            kind=kind,
            rule_id=rule.pk if rule else None,
            code=code,
            started_at=start,
            due_at=due,
            explanation=explanation,
            warning_only=rule.warning_only if rule else False,
            assignment_id=assignment.pk if assignment else None,
            agency_id=agency.pk,
        )
        set_related(clock, case=self.case, rule=rule, assignment=assignment, agency=agency)
        self.running.append(clock)
        self._made.append(clock)
        return clock

    def keep(self, clock: Clock) -> None:
        """A running clock that is written already."""
        self.running.append(clock)

    def drop(self, clock: Clock) -> None:
        """Forget a term that never was one."""
        self._running = [one for one in self.running if one.pk != clock.pk]
        clock.delete()

    def free_code(self, code: str) -> str:
        """The code itself, or with a number where such a term runs or ends with this move."""
        taken = {clock.code for clock in (*self.running, *self._stopped)}
        names = (code, *(f"{code}-{n}" for n in range(2, 100)))
        return next(name for name in names if name not in taken)

    def stop(
        self,
        *kinds: str,
        codes: Iterable[str] = (),
        at: datetime | None = None,
        promises: bool = True,
    ) -> None:
        """Stop the running terms of these kinds or codes; all when neither is given.

        `promises` False leaves the promised days: they outlive an answer.
        """
        wanted = set(codes)
        moment = at or self.at
        for clock in list(self.running):
            if not promises and is_promise(clock):
                continue
            if (kinds or wanted) and clock.kind not in kinds and clock.code not in wanted:
                continue
            # A publication may have been posted before the term began to be counted.
            clock.stopped_at = moment
            if moment > clock.due_at and clock.missed_at is None and not clock.warning_only:
                clock.missed_at = clock.due_at
            self.running.remove(clock)
            if clock in self._made:
                self._made.remove(clock)
            else:
                self._stopped.append(clock)

    def run_on(self, stopped_at: datetime, codes: Iterable[str] | None = None) -> bool:
        """Let the terms run on that stopped at this moment (a publication was recalled); `codes`:
        only those of these rules.

        False when none did (history from an import).
        """
        running = self.running  # read even when none is found: the due moment is set anew
        stopped = Clock.objects.filter(case=self.case, stopped_at=stopped_at)
        found = list(stopped if codes is None else stopped.filter(code__in=list(codes)))
        for clock in found:
            clock.stopped_at = None
            running.append(clock)
            self._changed.append(clock)
        return bool(found)

    def run_on_since(self, since: datetime, codes: Iterable[str]) -> None:
        """Let the term of each of these rules run on that stopped last, at `since` or later.

        Its end is what it was: that it was stopped is no pause.
        """
        stopped = Clock.objects.filter(
            case=self.case, code__in=list(codes), kind=Kind.STAGE, stopped_at__gte=since
        )
        for clock in stopped.order_by("-stopped_at", "-pk"):
            if self._runs(clock.kind, clock.code):
                continue
            clock.stopped_at = None
            self.running.append(clock)
            self._changed.append(clock)

    def move(self, clock: Clock, until: datetime, note: dict[str, Any]) -> None:
        """Give a running term more time; that it had passed already stays on record."""
        if self.at > clock.due_at and clock.missed_at is None and not clock.warning_only:
            clock.missed_at = clock.due_at
        earlier = clock.explanation.get("extended", [])
        clock.explanation = {**clock.explanation, "extended": [*earlier, note]}
        clock.due_at = until
        if clock not in self._made and clock not in self._changed:
            self._changed.append(clock)

    def retell(self, clock: Clock, due: datetime, explanation: dict[str, Any]) -> None:
        """Give a running term another end with what its explanation says of it now."""
        clock.due_at, clock.explanation = due, explanation
        if clock not in self._made and clock not in self._changed:
            self._changed.append(clock)

    def retune(self, agency: Agency) -> None:
        """Count the total terms again by the calendar and zone of the first agency; the start
        stays: before routing they were counted by the centre's calendar."""
        for clock in self.of(Kind.TOTAL):
            if clock.rule_id is None or "extended" in clock.explanation:
                continue
            rule = self.rule([clock.code], clock.started_at)
            if rule is None or rule.pk != clock.rule_id:
                continue
            due = self.due(rule, clock.started_at, agency)
            same = due.moment == clock.due_at and due.zone == clock.explanation.get("zone")
            if same and clock.agency_id == agency.pk:
                continue
            clock.due_at, clock.explanation = due.moment, due.as_json()
            clock.agency = agency
            if clock not in self._made and clock not in self._changed:
                self._changed.append(clock)

    def settled(self) -> list[tuple[str, list[Any]]]:
        """The statements that write what changed (two at most); sets the case's own due moment.

        They may travel in one statement with the case, except that a term is not begun in the
        statement that ends one of its name: what must end first is ended here.
        """
        statements: list[tuple[str, list[Any]]] = []
        ended = {(clock.kind, clock.code) for clock in self._stopped}
        moved = [*self._stopped, *self._changed]
        if ended & {(clock.kind, clock.code) for clock in self._changed}:
            # Another one of its name runs on.
            planned(_UPDATE, [_rows_json(self._stopped, _MOVED)])
            moved = self._changed
        if moved:
            update = (_UPDATE, [_rows_json(moved, _MOVED)])
            if ended & {(clock.kind, clock.code) for clock in self._made}:
                planned(*update)
            else:
                statements.append(update)
        if self._made:
            statements.append((_INSERT, [_rows_json(self._made, _MADE)]))
        if self.case.status not in OPEN:
            self.case.due_at = None
        elif self._running or self._stopped:
            self.case.due_at = binding_due(self.case.status, self._running or [])
        return statements

    def settle(self) -> None:
        """Write what changed, where there is no move to do it."""
        for sql, values in self.settled():
            planned(sql, values)


def start_main(book: Book, agency: Agency, *, start: datetime, migration: bool = False) -> None:
    """The citizen's own term, once: a running one is left alone.

    The platform's target and other terms that only warn run beside it.
    """
    case = book.case
    kind = main_kind(case.regime)
    running = [c for c in book.of(kind) if not c.warning_only and c.code not in PRIMARY]
    if not running:
        codes = main_codes(case.regime, fast_track=case.fast_track, migration=migration)
        book.start(kind, codes, start=start, agency=agency)
    if case.regime == Regime.POS:
        book.start(Kind.TOTAL, ["POS-TARGET"], start=start, agency=agency)


def start_executor(book: Book, agency: Agency, assignment: Assignment | None) -> None:
    """The agency's own term from this assignment.

    Social networks: the hours of the first reply. Elsewhere the end of the citizen's term, but
    never less than the executor's norm: who gets a case late has not made it late.
    """
    case, at = book.case, book.at
    if case.regime == Regime.SOCIAL and not case.interims:
        book.start(
            Kind.EXECUTOR, REPLY_RULES[case.regime], start=at, agency=agency, assignment=assignment
        )
        return
    total = next((clock for clock in book.of(Kind.TOTAL) if not clock.warning_only), None)
    norm = book.rule(EXECUTOR, at)
    due = book.due(norm, at, agency) if norm is not None else None
    if total is not None and total.due_at >= at and (due is None or due.moment <= total.due_at):
        book.add(
            Kind.EXECUTOR,
            total.code,
            start=at,
            due=total.due_at,
            explanation={**total.explanation, "bound_to": total.code},
            agency=agency,
            assignment=assignment,
        )
    elif due is not None and norm is not None:
        book.add(
            Kind.EXECUTOR,
            norm.code,
            start=at,
            due=due.moment,
            explanation=due.as_json(),
            agency=agency,
            rule=norm,
            assignment=assignment,
        )


def start_promise(book: Book, until: date, agency: Agency) -> Clock:
    """A promised day runs to its end where the agency is; written at once."""
    last = datetime.combine(until, time(23, 59, 59), tzinfo=agency.zone)
    clock = Clock.objects.create(
        case=book.case,
        kind=Kind.STAGE,
        code=book.free_code(PROMISE),
        started_at=min(book.at, last),
        due_at=last,
        explanation={"promise": until.isoformat()},
        agency=agency,
    )
    book.keep(clock)
    return clock


def start_clock(
    case: Case,
    codes: Iterable[str],
    *,
    kind: str,
    start: datetime,
    agency: Agency,
) -> Clock | None:
    """One term outside a move; sets `case.due_at`, which the caller saves."""
    book = Book(case, timezone.now())
    clock = book.start(kind, codes, start=start, agency=agency)
    book.settle()
    return clock


def mark_missed(now: datetime, limit: int = 5000) -> int:
    """Put on record which running terms have passed by `now`; how many there were.

    Idempotent: the worker may call it as often as it likes.
    """
    late = (
        Clock.objects.running()
        .filter(due_at__lt=now, missed_at__isnull=True, warning_only=False)
        .order_by("due_at", "id")
        .values_list("pk", flat=True)[:limit]
    )
    return Clock.objects.filter(pk__in=list(late), missed_at__isnull=True).update(
        missed_at=F("due_at")
    )
