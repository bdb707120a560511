"""The limits of the life cycle in force: the newest row the administrator saved, else defaults."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from cases.models import WorkflowSetting


@dataclass(frozen=True, slots=True)
class Limits:
    """See `WorkflowSetting`, whose columns these are."""

    max_interims: int = 2
    max_postponements: int = 2
    max_returns: int = 2
    max_reopenings: int = 2
    rework_mark: int = 2
    answers_before_ceasing: int = 2
    resume_days: int = 3
    waiting_days: int = 3
    max_waitings: int = 2
    sample_percent: int = 5
    second_percent: int = 2
    sample_seed: int = 1


_NAMES = tuple(field.name for field in fields(Limits))


def limits_of(row: dict[str, Any] | None) -> Limits:
    return Limits(**{name: row[name] for name in _NAMES}) if row else Limits()


def current_limits() -> Limits:
    """One query."""
    return limits_of(WorkflowSetting.objects.values(*_NAMES).first())


def limits_at(moment: datetime) -> Limits:
    """Those in force just before `moment` (one query)."""
    before = WorkflowSetting.objects.filter(created_at__lt=moment)
    return limits_of(before.values(*_NAMES).first())
