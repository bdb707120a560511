"""A file may name the regime, the fast track and the registration by 59-FZ."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

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
    assert set(fast.clocks.values_list("code", "kind")) == {
        ("POS-FAST", "total"), ("POS-TARGET", "total"),
    }  # fmt: skip
    assert (registered.regime, registered.status) == (Regime.LAW59, Status.MODERATION)
    assert registered.appeal.incoming_number == "А-15/26"
    assert registered.appeal.registered_at == registered.registered_at
    assert set(registered.clocks.values_list("code", "kind")) == {
        ("L59-MAIN", "total"), ("L59-REDIR", "stage"),
    }  # fmt: skip
    assert (waiting.status, waiting.appeal.registered_at) == (Status.RECEIVED, None)
    assert set(waiting.clocks.values_list("code", "kind")) == {("L59-REG", "stage")}
    assert Appeal.objects.count() == 2
    for case in (plain, fast, registered, waiting):
        assert case.due_at == min(c.due_at for c in case.clocks.all() if not c.warning_only)


def test_a_registration_counts_from_its_day_in_the_zone_of_the_file(tmp_path: Path) -> None:
    row = {
        **ROW, "режим": "59-ФЗ", "входящий номер": "А-15/26",
        "дата регистрации обращения": "11.06.2026 09:00",
    }  # fmt: skip
    early = {**row, "id": "2", "дата регистрации обращения": "09.06.2026 09:00"}
    assert bring(write(tmp_path / "a.csv", [row, early]))["created"] == 2
    first, second = Case.objects.order_by("pk")
    assert f"{timezone.localtime(first.registered_at):%d.%m.%Y %H:%M}" == "11.06.2026 09:00"
    assert second.registered_at == second.received_at  # never before it came


def test_an_unknown_regime_is_told_and_the_sources_one_taken(tmp_path: Path) -> None:
    bring(write(tmp_path / "a.csv", [{**ROW, "режим": "особый"}]))
    assert Case.objects.get().regime == Regime.SOCIAL
