"""Counts of a list's views in one statement, each exact up to a cap."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections

from cases.querysets import COUNT_CAP, CaseQuerySet


def capped_counts(views: Mapping[str, CaseQuerySet]) -> dict[str, int]:
    """Rows of each queryset, counted to COUNT_CAP + 1 («1000+») in one round trip."""
    parts: list[str] = []
    params: list[Any] = []
    counts = dict.fromkeys(views, 0)
    asked: list[str] = []
    for name, cases in views.items():
        # The pk as a number, not the full row: the index alone can answer.
        query = cases.order_by().values("pk")[: COUNT_CAP + 1].query
        try:
            sql, values = query.sql_with_params()
        except EmptyResultSet:  # no agency in reach: Django knows without asking
            continue
        asked.append(name)
        parts.append(f"(select count(*) from ({sql}) counted)")  # noqa: S608  Django's own SQL
        params.extend(values)
    if parts:
        with connections["default"].cursor() as cursor:
            cursor.execute("select " + ", ".join(parts), params)
            counts.update(zip(asked, cursor.fetchone(), strict=True))
    return counts
