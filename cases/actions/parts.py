"""Contributions of other agencies: asked for, withdrawn, given, returned.

What was asked and given stands in the history of the case; who is asked sees his part alone.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from agencies.access import acting_for, granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases import clocks
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Case, Clock, Participation

MOST_ASKED = 12
_LONGEST = timedelta(days=366)
State = Participation.State


def ask_part(
    case: Case,
    *,
    actor: User,
    agency: Agency,
    task: str,
    person: User | None = None,
    until: date | None = None,
    photos: bool = False,
    version: int | None = None,
) -> Case:
    """Ask an agency, or a person of it, to contribute; without a day by the rule of the regime."""
    with moving(case, "ask_part", actor, version=version) as step:
        if agency.pk == step.case.agency_id and person is None:
            raise BadChange("part_own_agency", field="agency")
        made = make_part(
            step, agency=agency, task=task, person=person, until=until, photos=photos, actor=actor
        )
        step.data = said_of(made) | {"what": made.task}
    return step.case


def make_part(
    step: Moving,
    *,
    agency: Agency,
    task: str,
    actor: User,
    person: User | None = None,
    until: date | None = None,
    photos: bool = False,
) -> Participation:
    """The part with its running term; the caller's event tells of it."""
    task = task.strip()
    if not task:
        raise BadChange("part_task_empty", field="task")
    if not agency.is_active:
        raise BadChange("agency_inactive", field="agency")
    if person is not None:
        ids = granted_agency_ids(person, Right.CONTRIBUTE)
        if not person.is_active or (ids is not None and agency.pk not in ids):
            raise BadChange("part_person_unfit", field="person")
    asked = step.case.parts.filter(state=State.ASKED)
    if asked.count() >= MOST_ASKED:
        raise BadChange("parts_limit", field="agency", limit=MOST_ASKED)
    if asked.filter(agency=agency, person=person).exists():
        raise BadChange("part_asked_already", field="agency")
    clock = _start(step, agency, until)
    return Participation.objects.create(
        case=step.case,
        agency=agency,
        person=person,
        task=task,
        photos=photos,
        asked_by=actor,
        asked_at=step.at,
        due_at=clock.due_at,
        clock=clock,
    )


def said_of(part: Participation) -> dict[str, Any]:
    """What every event of a part says: numbers, moments, names of colleagues."""
    data: dict[str, Any] = {
        "part": part.pk,
        "asked": part.agency_id,
        "asked_name": str(part.agency),
        "due_at": part.due_at.isoformat(),
    }
    if part.person is not None:
        data |= {"person": part.person.pk, "person_name": str(part.person)}
    return data


def _start(step: Moving, agency: Agency, until: date | None) -> Clock:
    """The part's own term, by the asked agency's calendar; written at once."""
    if until is not None:
        rule, due, explanation = None, *_named(step, agency, until)
        code = clocks.PART[0]
    else:
        codes = clocks.PART_RULES.get(step.case.regime, clocks.PART)
        rule = step.book.rule(codes, step.at)
        if rule is None:
            raise BadChange("part_needs_day", field="until")
        counted = step.book.due(rule, step.at, agency)
        due, explanation, code = counted.moment, counted.as_json(), rule.code
    number = Clock.objects.filter(case=step.case, kind=Clock.Kind.PART).count() + 1
    return Clock.objects.create(
        case=step.case,
        kind=Clock.Kind.PART,
        code=f"{code}{clocks.PART_MARK}{number}",
        rule=rule,
        started_at=step.at,
        due_at=due,
        explanation=explanation,
        agency=agency,
    )


def _named(step: Moving, agency: Agency, until: date) -> tuple[datetime, dict[str, Any]]:
    """The end of a day that was named, where the asked agency is."""
    due = datetime.combine(until, time(23, 59, 59), tzinfo=agency.zone)
    if due <= step.at:
        raise BadChange("part_day_past", field="until")
    if due > step.at + _LONGEST:
        raise BadChange("extension_too_far", field="until")
    return due, {"named": until.isoformat()}


def _stop(step: Moving, part: Participation) -> None:
    """End the part's term; that it had passed stays on record."""
    clock = part.clock
    if clock is None or clock.stopped_at is not None:
        return
    clock.stopped_at = step.at
    if step.at > clock.due_at and clock.missed_at is None:
        clock.missed_at = clock.due_at
    clock.save(update_fields=["stopped_at", "missed_at"])


def _locked(step: Moving, part: Participation | int, *states: str) -> Participation:
    """The part of this case as it is under the case's lock; BadChange in another state."""
    pk = part if isinstance(part, int) else part.pk
    found: Participation | None = (
        step.case.parts.filter(pk=pk, state__in=states)
        .select_related("agency", "person", "clock")
        .first()
    )
    if found is None:
        raise BadChange("part_went_on", field="part")
    return found


def withdraw_part(
    case: Case, *, actor: User, part: Participation, reason: str, version: int | None = None
) -> Case:
    """Nobody waits for it any more; what was asked stays in the history."""
    with moving(case, "withdraw_part", actor, version=version) as step:
        found = _locked(step, part, State.ASKED)
        _stop(step, found)
        found.state = State.WITHDRAWN
        found.save(update_fields=["state"])
        step.data = said_of(found) | {"reason": reason.strip()}
    return step.case


def return_part(
    case: Case,
    *,
    actor: User,
    part: Participation,
    remark: str,
    until: date | None = None,
    version: int | None = None,
) -> Case:
    """Ask again with a remark: a term anew; the text stays where its giver mends it."""
    with moving(case, "return_part", actor, version=version) as step:
        found = _locked(step, part, State.GIVEN)
        found.clock = _start(step, found.agency, until)
        found.due_at = found.clock.due_at
        found.state = State.ASKED
        found.remark = remark.strip()
        found.returns += 1
        found.save(update_fields=["clock", "due_at", "state", "remark", "returns"])
        step.data = said_of(found) | {"remark": found.remark, "to": found.given_by_id}
    return step.case


def give_part(part: Participation, *, actor: User, text: str) -> Participation:
    """Give what was asked for; who is not asked for the part has no such case (404)."""
    text = text.strip()
    if not text:
        raise BadChange("part_empty", field="text")
    with moving(part.case, "give_part", actor, part=part.pk) as step:
        found = _locked(step, part, State.ASKED)
        step.behalf = acting_for(actor, [Right.CONTRIBUTE], found.agency_id)
        _stop(step, found)
        found.state = State.GIVEN
        found.text, found.given_by, found.given_at = text, actor, step.at
        found.save(update_fields=["state", "text", "given_by", "given_at"])
        late = found.clock is not None and found.clock.missed_at is not None
        step.data = said_of(found) | {"text": text, "by": found.asked_by_id}
        if late:
            step.data["part_late"] = True
    return found
