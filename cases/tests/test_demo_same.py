"""One seed and one moment make one demo from the same empty portal."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, models, transaction

from cases.demo.load import load_demo
from cases.models import Case, CaseEvent, Clock, Message, Reply, ReplyTemplate

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2026, 11, 26, 9, 15, tzinfo=ZoneInfo("Europe/Moscow"))
SHOWN = (Case, Message, Reply, CaseEvent, Clock, ReplyTemplate)


def sequences() -> list[tuple[str, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', schemaname, sequencename), last_value from pg_sequences"
        )
        return cursor.fetchall()


def wind_back(kept: list[tuple[str, int | None]]) -> None:
    """No rollback does it, and numbers of cases and links to posts are made of them."""
    with connection.cursor() as cursor:
        for name, last in kept:
            cursor.execute("select setval(%s, %s, %s)", [name, last or 1, last is not None])


def rows_of(model: type[models.Model]) -> list[str]:
    return [
        json.dumps(row, default=str, sort_keys=True, ensure_ascii=False)
        for row in model._default_manager.order_by("pk").values()
    ]


def loaded(seed: int, kept: list[tuple[str, int | None]]) -> dict[str, list[str]]:
    wind_back(kept)
    with transaction.atomic():
        load_demo(cases=300, seed=seed, now=NOW)
        made = {model.__name__: rows_of(model) for model in SHOWN}
        transaction.set_rollback(True)
    return made


def test_two_loads_with_one_seed_and_moment_are_the_same(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    kept = sequences()
    first, again, other = (loaded(seed, kept) for seed in (1, 1, 2))
    assert all(first.values())
    different = {
        name: next((a, b) for a, b in zip(first[name], again[name], strict=False) if a != b)
        for name in first
        if first[name] != again[name]
    }
    assert different == {}
    assert first["Case"] != other["Case"]
