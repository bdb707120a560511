"""Telling people of what is no change of a case: the row is written with what it is about."""

from collections.abc import Iterable
from typing import Any

from agencies.models import User
from cases.models import Case, News, Touched


def tell(
    kind: str, *, key: str, case: Case | None = None, person: User | None = None, **data: Any
) -> None:
    """Write the news, once for ever by its `key`; who is told is the rule of its kind.

    `data` holds codes, numbers and moments: never the words of a citizen.
    """
    tell_all([News(kind=kind, key=key, case=case, person=person, data=data)])


def tell_all(news: list[News]) -> None:
    """The same for many (one statement a thousand)."""
    News.objects.bulk_create(news, ignore_conflicts=True, batch_size=1000)


def is_told(key: str) -> bool:
    """One query by the unique key."""
    return News.objects.filter(key=key).exists()


def touched(cases: Iterable[int]) -> None:
    """Say that these cases changed in a way no event tells of: kept figures follow."""
    Touched.objects.bulk_create([Touched(case_id=pk) for pk in cases], batch_size=5000)
