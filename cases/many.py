"""One move for many chosen cases: what would become of each, then each by itself.

The same form, the same action and the same refusals as on the page of one case. A row is decided
in a transaction of its own together with its move: killed or run twice, each case is moved once,
and a case that is refused harms no other.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db import InterfaceError, OperationalError, transaction
from django.http import QueryDict
from django.utils import timezone

from agencies.access import holds_anywhere
from agencies.models import User
from cases import handover, lists, undoing
from cases.doors import DOORS, Door, ensure_open, why_shut
from cases.errors import BadChange, CaseError, RightMissing, StaleChange
from cases.forms import MoveForm
from cases.listing import rows_by_key
from cases.lists import Conditions
from cases.models import BulkRow, BulkRun, Case
from cases.reading import case_by_key
from cases.refusals import REFUSALS

log = logging.getLogger(__name__)
MOST = 1000  # cases of one choice
AT_ONCE = 100  # so many are moved in the request; the rest by the worker
LOOKED_AT = 100  # so many are tried with the values of the form before anything is done
SHOWN = 200
KEPT = timedelta(days=90)
Values = Mapping[str, Sequence[str]]

# The order in which lists offer them.
_ORDER = (
    *("assign", "take", "route", "redirect", "extend", "set_control", "return_for_rework"),
    *("close", "start_moderation", "merge", "reject", "recall_routing", "resume"),
    *("propose_lifting", "lift_control", "add_note"),
)
_PLACE = {name: at for at, name in enumerate(_ORDER)}
BULK: tuple[str, ...] = tuple(
    sorted(
        (name for name, door in DOORS.items() if door.move.bulk),
        key=lambda name: _PLACE.get(name, len(_PLACE)),
    )
)


def offered(user: User) -> list[Door]:
    """Moves this person may make for many cases somewhere (no query beyond his rights)."""
    return [DOORS[name] for name in BULK if holds_anywhere(user, DOORS[name].move.rights)]


def door_of(name: str, user: User) -> Door:
    """RightMissing where the person holds the move nowhere, or it is no move for many."""
    for door in offered(user):
        if door.name == name:
            return door
    raise RightMissing("right_missing", move=name)


def by_number(user: User, numbers: Iterable[str]) -> list[Case]:
    """The cases of these numbers that `user` sees, in that order, MOST at most (two queries)."""
    wanted = list(dict.fromkeys(numbers))[:MOST]
    found = dict(
        Case.objects.visible_to(user).filter(number__in=wanted).values_list("number", "pk")
    )
    return rows_by_key([found[one] for one in wanted if one in found], user, whole=True)


def matching(user: User, name: str, conditions: Conditions) -> tuple[list[Case], bool]:
    """The first MOST cases of a list under its conditions, and whether there are more."""
    cases = lists.chosen(name, user, conditions)
    if cases is None:
        raise BadChange("export_conditions", field="conditions")
    keys = cases.only("pk")[: MOST + 1].ordered_keys()
    return rows_by_key(keys[:MOST], user, whole=True), len(keys) > MOST


@dataclass(slots=True)
class Line:
    """A chosen case and what keeps it from the move: a code of refusals or a sentence."""

    case: Case
    refusal: str = ""
    row: BulkRow | None = None

    @property
    def possible(self) -> bool:
        return not self.refusal


def looked_at(door: Door, cases: Sequence[Case], user: User) -> list[Line]:
    """Right, state and use of the move for each case (no query)."""
    return [Line(case, why_shut(door, case, user)) for case in cases]


def form_of(
    door: Door, lines: Sequence[Line], user: User, values: Values | None = None
) -> MoveForm:
    """The one form for all, with the choices of all possible cases."""
    possible = [line.case for line in lines if line.possible] or [line.case for line in lines]
    form = door.form(None if values is None else _data(values), case=possible[0], actor=user)
    if door.name == "assign":
        agencies = {case.agency_id: case.agency for case in possible if case.agency}
        people = handover.possible_executors(agencies.values())
        field = form.fields["executor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            User.objects.filter(pk__in=[person.pk for person in people])
            .select_related("agency")
            .order_by("last_name", "first_name", "pk")
        )
    return form


def _data(values: Values) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, some in values.items():
        data.setlist(name, list(some))
    return data


def values_of(door: Door, given: QueryDict | Mapping[str, Any]) -> dict[str, list[str]]:
    """What the form of the move takes, out of a page's or the API's body, as a page sends it."""
    values: dict[str, list[str]] = {}
    for name in door.form.base_fields:
        if name not in given:
            continue
        value = given.getlist(name) if isinstance(given, QueryDict) else given[name]
        some = value if isinstance(value, list) else [value]
        values[name] = [_as_text(one) for one in some]
    return values


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def try_values(door: Door, lines: Sequence[Line], user: User, values: Values) -> None:
    """Put the refusal of the form beside each of the first LOOKED_AT possible cases."""
    data = _data(values)
    for line in [one for one in lines if one.possible][:LOOKED_AT]:
        form = door.form(data, case=line.case, actor=user)
        if not form.is_valid():
            line.refusal = _sentence(form)


def _sentence(form: MoveForm) -> str:
    said = []
    for name, errors in form.errors.items():
        field = form.fields.get(name)
        if isinstance(field, forms.ModelChoiceField) and name == "executor":
            said.append(str(REFUSALS["executor_may_not_answer"]))
            continue
        label = f"{field.label}: " if field is not None and field.label else ""
        said.append(label + " ".join(str(error) for error in errors))
    return " ".join(said)[:300]


@transaction.atomic
def start(door: Door, lines: Sequence[Line], user: User, values: Values) -> BulkRun:
    """Write down what is to be done, and at once what cannot be. Versions are those looked at."""
    made = BulkRun.objects.create(actor=user, move=door.name, values=dict(values))
    state = BulkRow.State
    BulkRow.objects.bulk_create(
        (
            BulkRow(
                run=made,
                case=line.case,
                version=line.case.version,
                state=state.WAITING if line.possible else state.REFUSED,
                refusal=line.refusal,
            )
            for line in lines
        ),
        batch_size=500,
    )
    return made


def carry_out(made: BulkRun, limit: int | None = None) -> int:
    """Decide what waits; how many rows that were."""
    done = 0
    while (limit is None or done < limit) and _next(made):
        done += 1
    return done


@transaction.atomic
def _next(made: BulkRun) -> bool:
    row = (
        BulkRow.objects.filter(run=made, state=BulkRow.State.WAITING)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")
        .first()
    )
    if row is None:
        return False
    try:
        with transaction.atomic():
            refusal = _undo(made, row) if made.undoes_id else _move(made, row)
    except (OperationalError, InterfaceError):
        raise  # the database, not the case: the row waits
    except CaseError as error:
        refusal = _CODES.get(error.code, error.code)
    except Exception:
        log.exception("bulk move %s failed for case %s", made.pk, row.case_id)
        refusal = "bulk_failed"
    row.state = BulkRow.State.REFUSED if refusal else BulkRow.State.DONE
    row.refusal = refusal
    row.save(update_fields=["state", "refusal", "after"])
    return True


# What the frame of moves refuses, as said in a row.
_CODES = {
    "case_not_found": "bulk_gone",
    "right_missing": "bulk_right",
    "move_not_allowed": "bulk_state",
    "no_such_move": "bulk_regime",
    "stale_change": "bulk_changed",
}


def _move(made: BulkRun, row: BulkRow) -> str:
    """Make the move with the rights its person has now; what the form says against it."""
    actor = _actor(made)
    if actor is None:
        return "bulk_right"
    door = DOORS[made.move]
    case = case_by_key(actor, row.case_id)
    if row.version is not None and case.version != row.version:
        return "bulk_changed"
    ensure_open(door, case, actor)
    form = door.form(_data(made.values), case=case, actor=actor)
    if not form.is_valid():
        return _sentence(form)
    row.after = door.perform(case, actor=actor, version=row.version, **form.cleaned_data).version
    return ""


def _actor(made: BulkRun) -> User | None:
    """With the rights he has now; None where he may no longer sign in."""
    actor = User.objects.select_related("agency").get(pk=made.actor_id)
    return actor if actor.is_active else None


def _undo(made: BulkRun, row: BulkRow) -> str:
    actor = _actor(made)
    if actor is None:
        return "bulk_right"
    try:
        row.after = undoing.take_back(made, case_by_key(actor, row.case_id), row, actor).version
    except StaleChange:
        return "undo_touched"
    return ""


def waiting() -> list[BulkRun]:
    """Runs the worker has still to carry out."""
    rows = BulkRow.objects.filter(state=BulkRow.State.WAITING)
    return list(BulkRun.objects.filter(pk__in=rows.values("run")).order_by("pk"))


def forget() -> None:
    """Old runs; what they did stands in the history of each case."""
    BulkRun.objects.filter(at__lt=timezone.now() - KEPT).delete()


def results_of(user: User, pk: int) -> tuple[BulkRun, dict[str, int], list[Line]] | None:
    """One's own run with what became of its cases, those not done first (four queries)."""
    made = BulkRun.objects.select_related("undoes").filter(pk=pk, actor=user).first()
    if made is None:
        return None
    counts = dict.fromkeys(BulkRow.State.values, 0)
    for state in made.rows.order_by().values_list("state", flat=True):
        counts[state] += 1
    seen = made.rows.filter(case__in=Case.objects.visible_to(user))
    rows = {row.case_id: row for row in seen.order_by("-state", "id")[:SHOWN]}
    cases = rows_by_key(list(rows), user)
    return made, counts, [Line(case, rows[case.pk].refusal, rows[case.pk]) for case in cases]
