"""Every state × move × role × regime against a table written by hand (life_cycle.txt).

What the code says stands in `workflow.MOVES` and `agencies.roles`; what the regulations say
stands in the text file. The screen, the API and the frame of moves ask the former.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from agencies.models import Agency, User
from agencies.roles import Role
from cases.actions.replies import may_withdraw
from cases.doors import DOORS, ensure_open, open_doors
from cases.errors import MoveNotAllowed, RightMissing
from cases.models import Case, Reply
from cases.workflow import MOVES, Regime, Status

TABLE = Path(__file__).parent / "life_cycle.txt"
# What a case may have besides its state.
VARIANTS = (
    "final",
    "interim",
    "planned",
    "rejecting",
    "primary",
    "promise",
    "asked",
    "given",
    "waiting",
    "controlled",
    "proposed",
)

AT = datetime(2026, 6, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    move: str
    states: frozenset[str]
    regimes: frozenset[str]
    roles: frozenset[str]
    when: str

    def open_to(self, status: str, regime: str, role: str, variant: str) -> bool:
        return (
            status in self.states
            and regime in self.regimes
            and role in self.roles
            and self.has(variant)
        )

    def has(self, variant: str) -> bool:
        if self.when.startswith("not "):
            return variant != self.when[4:]
        return self.when in ("", variant)


def _set(words: str, everything: list[str]) -> frozenset[str]:
    return frozenset(everything if words == "all" else words.split())


def read_table() -> list[Row]:
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        move, states, regimes, roles, when = (part.strip() for part in line.split("|"))
        rows.append(
            Row(
                move,
                _set(states, Status.values),
                _set(regimes, Regime.values),
                frozenset(roles.split()),
                when,
            )
        )
    return rows


ROWS = read_table()


def person(role: str) -> User:
    """Holds one role on agency 1; no database is asked."""
    user = User(pk=900, username=role)
    vars(user)["_role_reach"] = {role: frozenset({1})}
    return user


def prepared(status: str, regime: str, variant: str) -> tuple[Case, Reply]:
    agency = Agency(pk=1, publish_own=False)
    case = Case(pk=1, status=status, regime=regime, agency=agency)
    case.rejection_by_id = 901 if variant == "rejecting" else None
    vars(case)["awaits_first_response"] = variant == "primary"
    case.controlled_by_id = 903 if variant in ("controlled", "proposed") else None
    vars(case)["lifting_proposed"] = variant == "proposed"
    vars(case)["has_open_promise"] = variant == "promise"
    case.waiting_until = AT if variant == "waiting" else None
    vars(case)["has_asked_part"] = variant == "asked"
    vars(case)["has_given_part"] = variant == "given"
    kind = variant if variant in ("interim", "planned") else "final"
    return case, Reply(pk=1, kind=kind, author_id=902, risk=0.1)


def test_the_table_names_every_move_a_person_makes() -> None:
    assert sorted(row.move for row in ROWS) == sorted(DOORS)
    assert sorted(name for name, move in MOVES.items() if move.system) == [
        "close_unmarked",
        "promise_broken",
        "promise_due",
        "waiting_over",
    ]
    # Made where its maker sees no more of the case than his part.
    assert [name for name, move in MOVES.items() if move.part] == ["give_part"]


def test_the_table_speaks_of_states_regimes_and_roles_that_exist() -> None:
    for row in ROWS:
        assert row.states <= set(Status.values), row.move
        assert row.regimes <= set(Regime.values), row.move
        assert row.roles <= set(Role.values), row.move


PEOPLE = {role: person(role) for role in Role.values}


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_role_is_offered_in_each_state_and_regime_what_the_table_says(variant: str) -> None:
    """16 states × 6 regimes × 11 roles × 44 moves in each variant."""
    final = variant if variant in ("interim", "planned") else "final"
    wrong: list[str] = []
    for status, regime in product(Status.values, Regime.values):
        case, latest = prepared(status, regime, variant)
        for role, user in PEOPLE.items():
            offered = {door.name for door in open_doors(case, user, latest)}
            wanted = {
                row.move
                for row in ROWS
                if row.open_to(status, regime, role, variant)
                or (row.when == "final" and row.open_to(status, regime, role, final))
            }
            if offered != wanted:
                wrong.append(f"{role} on {regime}/{status}: {sorted(offered ^ wanted)}")
    assert wrong == []


def test_a_move_is_refused_in_a_regime_or_state_that_has_it_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """409 to who holds the right, 403 to who does not, whatever the case is: 46,464 of them."""

    def refuse(_case: Case, name: str) -> MoveNotAllowed:
        return MoveNotAllowed("move_not_allowed", move=name)

    monkeypatch.setattr("cases.doors.refuse", refuse)
    wrong: list[str] = []
    for status, regime in product(Status.values, Regime.values):
        case, latest = prepared(status, regime, "final")
        # Whose reply it is: an author withdraws his own (cases/tests/test_withdrawal.py).
        monkeypatch.setattr(
            "cases.doors.may_withdraw",
            lambda case, user, reply=None, latest=latest: may_withdraw(case, user, latest),
        )
        for row, (role, user) in product(ROWS, PEOPLE.items()):
            if role not in row.roles:
                wanted: Any = RightMissing
            else:
                wanted = None if status in row.states and regime in row.regimes else MoveNotAllowed
            got = _refusal(row.move, case, user)
            if got is not wanted:
                wrong.append(f"{row.move} by {role} on {regime}/{status}: {got}, not {wanted}")
    assert wrong == []


def _refusal(name: str, case: Case, user: User) -> Any:
    try:
        ensure_open(DOORS[name], case, user)
    except (RightMissing, MoveNotAllowed) as error:
        return type(error)
    return None
