"""A file may name the regime, the fast track and the registration by 59-FZ."""

from pathlib import Path
from typing import Any

import pytest

from cases.models import Appeal, Case
from cases.workflow import Regime, Status
from intake.tests.command import ROW, bring, files_in, write
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def region(settings: Any, tmp_path: Path) -> dict[str, Any]:
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    return factories.make_region()


def test_rows_of_three_regimes_have_their_terms(tmp_path: Path) -> None:
    facts = ("режим", "ускоренный порядок", "входящий номер")
    rows = [
        {**ROW, "id": "1", **dict(zip(facts, ("", "", ""), strict=True))},
        {**ROW, "id": "2", **dict(zip(facts, ("ПОС", "да", ""), strict=True))},
        {**ROW, "id": "3", **dict(zip(facts, ("59-ФЗ", "", "А-15/26"), strict=True))},
        {**ROW, "id": "4", **dict(zip(facts, ("59-ФЗ", "", ""), strict=True))},
    ]
    assert bring(write(tmp_path / "a.csv", rows))["created"] == 4
    plain, fast, registered, waiting = (
        Case.objects.get(messages__external_id=number) for number in "1234"
    )
    assert (plain.regime, plain.status) == (Regime.SOCIAL, Status.MODERATION)
    assert (fast.regime, fast.fast_track) == (Regime.POS, True)
    assert set(fast.clocks.values_list("code", "kind")) == {("POS-FAST", "total")}
    assert (registered.regime, registered.status) == (Regime.LAW59, Status.MODERATION)
    assert registered.appeal.incoming_number == "А-15/26"
    assert registered.appeal.registered_at == registered.registered_at
    assert set(registered.clocks.values_list("code", "kind")) == {("L59-MAIN", "total")}
    assert (waiting.status, waiting.appeal.registered_at) == (Status.RECEIVED, None)
    assert set(waiting.clocks.values_list("code", "kind")) == {("L59-REG", "stage")}
    assert Appeal.objects.count() == 2
    for case in (plain, fast, registered, waiting):
        assert case.due_at == min(clock.due_at for clock in case.clocks.all())


def test_an_unknown_regime_is_told_and_the_sources_one_taken(tmp_path: Path) -> None:
    bring(write(tmp_path / "a.csv", [{**ROW, "режим": "особый"}]))
    assert Case.objects.get().regime == Regime.SOCIAL
