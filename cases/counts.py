"""Counts of a list's views in one statement, each exact up to a cap."""

from collections.abc import Mapping
from typing import Any

from django.db import connections

from cases.querysets import COUNT_CAP, CaseQuerySet


def capped_counts(views: Mapping[str, CaseQuerySet]) -> dict[str, int]:
    """Rows of each queryset, counted to COUNT_CAP + 1 («1000+») in one round trip."""
    parts: list[str] = []
    params: list[Any] = []
    for cases in views.values():
        # The pk as a number, not the full row: the index alone can answer.
        sql, values = cases.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"(select count(*) from ({sql}) counted)")
        params.extend(values)
    if not parts:
        return {}
    with connections["default"].cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        return dict(zip(views, cursor.fetchone(), strict=True))
