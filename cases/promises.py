"""Interim replies and planned works: what a promised day must be, and how often."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cases.calendar import work_calendar
from cases.errors import BadChange
from cases.models import Case, Clock, Promise, Reply
from cases.term_rules import FINAL_AFTER_INTERIM
from cases.workflow import MOVES, Regime
from deadlines import CalendarGap
from quality.promised import AddWorkdays, Promised, five_day_week, promised

if TYPE_CHECKING:
    from cases.actions.moving import Moving

# The kinds of a reply that are published by a move of their own.
MOVE_OF_KIND: dict[str, str] = {
    Reply.Kind.INTERIM: "give_interim",
    Reply.Kind.PLANNED: "plan",
}


def kinds_of(case: Case) -> list[str]:
    """Kinds of reply that the case's regime knows, for the editor and the form."""
    return [
        kind
        for kind in Reply.Kind.values
        if kind not in MOVE_OF_KIND or case.regime in MOVES[MOVE_OF_KIND[kind]].regimes
    ]


def is_day_off(case: Case, day: date) -> bool:
    """Whether the case's agency is closed on that day; BadChange beyond its calendar."""
    if case.agency is None:
        return False
    try:
        return not work_calendar(case.agency.calendar_id).is_workday(day)
    except CalendarGap:
        raise BadChange("calendar_gap", field="promised_on") from None


def recognised(case: Case, text: str, at: datetime, *, kind: str) -> tuple[Promised, ...]:
    """The days the text promises; replies of a kind that names its day by itself have none."""
    if kind in MOVE_OF_KIND:
        return ()
    return promised(text, _local(case, at).date(), add_workdays=_workdays_of(case))


def _workdays_of(case: Case) -> AddWorkdays:
    """Working days are those of the agency's calendar, while it lasts."""
    if case.agency is None:
        return five_day_week
    calendar_id = case.agency.calendar_id

    def add(day: date, count: int) -> date:
        try:
            calendar = work_calendar(calendar_id)
            last, left = day, count
            while left > 0:
                last += timedelta(days=1)
                left -= calendar.is_workday(last)
        except CalendarGap:
            return five_day_week(day, count)
        return last

    return add


def promised_days(
    case: Case, text: str, at: datetime, *, kind: str, confirmed: Sequence[date] | None
) -> list[dict[str, Any]]:
    """Rows of `Reply.promised`; BadChange for a confirmed day the text does not promise."""
    found = recognised(case, text, at, kind=kind)
    unknown = set(confirmed or ()) - {day.until for day in found}
    if unknown:
        raise BadChange("promise_unknown", field="promises")
    return [
        {
            "until": day.until.isoformat(),
            "what": day.what,
            "start": day.start,
            "end": day.end,
            "confirmed": None if confirmed is None else day.until in confirmed,
        }
        for day in found
    ]


def planned_before(case: Case) -> Promise | None:
    """The planned works the citizen was told of last (one query)."""
    found: Promise | None = (
        case.promises.filter(reply__kind=Reply.Kind.PLANNED).order_by("-id").first()
    )
    return found


def check_promise(step: "Moving", *, kind: str, promised_on: date | None, new_fact: str) -> None:
    """Refuse a kind the regime lacks, a promise without a day, one too many or too late."""
    if kind not in MOVE_OF_KIND:
        return
    if kind not in kinds_of(step.case):
        raise BadChange("kind_not_in_regime", field="kind")
    if promised_on is None:
        raise BadChange("promise_needs_day", field="promised_on")
    if promised_on <= _local(step.case, step.at).date():
        raise BadChange("promise_not_ahead", field="promised_on")
    if kind == Reply.Kind.INTERIM:
        _check_interim(step, promised_on, new_fact)
    else:
        _check_plan(step, promised_on)


def _local(case: Case, at: datetime) -> datetime:
    return at.astimezone(case.agency.zone) if case.agency else at


def _check_interim(step: "Moving", promised_on: date, new_fact: str) -> None:
    case, limits = step.case, step.book.limits
    if case.replies.filter(state=Reply.State.PUBLISHED, kind=Reply.Kind.FINAL).exists():
        raise BadChange("interim_after_final", field="kind")
    if case.interims >= limits.max_interims:
        raise BadChange("interims_limit", field="kind", limit=limits.max_interims)
    if case.interims and not new_fact.strip():
        raise BadChange("interim_needs_fact", field="new_fact")
    last = final_due(step)
    if last is not None and promised_on > _local(case, last).date():
        raise BadChange("promise_beyond_term", field="promised_on")


def final_due(step: "Moving") -> datetime | None:
    """When the final answer is due if an interim reply were given now."""
    case, book = step.case, step.book
    if case.regime == Regime.SOCIAL and case.agency is not None:
        rule = book.rule(FINAL_AFTER_INTERIM, step.at)
        return book.due(rule, step.at, case.agency).moment if rule else None
    return min((c.due_at for c in book.of(Clock.Kind.TOTAL) if not c.warning_only), default=None)


def _check_plan(step: "Moving", promised_on: date) -> None:
    case, limits = step.case, step.book.limits
    before = planned_before(case)
    if before is None:
        kinds = (Clock.Kind.TOTAL, Clock.Kind.REPLY)
        terms = [c.due_at for c in step.book.of(*kinds) if not c.warning_only]
        if terms and promised_on <= _local(case, min(terms)).date():
            raise BadChange("plan_within_term", field="promised_on")
        return
    if promised_on <= before.until_on:
        raise BadChange("plan_not_later", field="promised_on")
    if case.postponements >= limits.max_postponements and case.controlled_by_id is None:
        raise BadChange("postponements_limit", field="kind", limit=limits.max_postponements)
