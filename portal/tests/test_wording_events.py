"""Every move of a case stands in its history as a sentence."""

from django.contrib.admin import site

from cases.admin_cases import CaseEventAdmin
from cases.models import CaseEvent
from cases.workflow import MOVES
from portal.wording_events import _SENTENCES


def test_every_move_has_its_sentence() -> None:
    assert sorted(set(MOVES) - set(_SENTENCES)) == []


def test_the_journal_names_everything_that_happens_to_a_case() -> None:
    shown = CaseEventAdmin(CaseEvent, site)
    moves = {key.partition(" ")[0] for key in _SENTENCES}
    assert sorted(move for move in moves if shown.did(CaseEvent(move=move)) == move) == []
