"""Every move of a case stands in its history as a sentence."""

from cases.workflow import MOVES
from portal.wording_events import _SENTENCES


def test_every_move_has_its_sentence() -> None:
    assert sorted(set(MOVES) - set(_SENTENCES)) == []
