"""What the dashboard shows: five numbers, the league, topics by territories, ageing, workload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases.directory import Directory
from cases.models import Case
from reports import wording
from reports.charts import bars, heat_level, spark
from reports.figures import (
    Figure,
    Scope,
    ageing,
    by_agency,
    by_topic,
    figures_of,
    series_by_agency,
    series_of,
)  # fmt: skip
from reports.metrics import METRICS
from reports.periods import Period

NUMBERS = ("overdue_now", "due_today", "reply_time", "brush_off_share", "repeat_share")
# Behind a number of today's open cases runs the line of what it grows from.
_LINES = {"overdue_now": "overdue_share", "due_today": "received"}
LEAGUE = (
    "received", "overdue_share", "reply_time", "brush_off_share", "repeat_share", "satisfaction",
)  # fmt: skip
_K = Agency.Kind
CLASSES: tuple[tuple[str, Promise, frozenset[str]], ...] = (
    ("executive", _("Executive bodies of the region"), frozenset({_K.MINISTRY, _K.INSPECTION})),
    ("municipal", _("Local self-government"), frozenset({_K.MUNICIPALITY})),
    ("institutions", _("Departments and institutions"), frozenset({_K.DEPARTMENT, _K.INSTITUTION})),
    (
        "others",
        _("Utilities, federal and other bodies"),
        frozenset({_K.UTILITY, _K.FEDERAL, _K.REGION, _K.CENTRE, _K.GOVERNOR_OFFICE}),
    ),
)
SHOWN, TOPICS, TERRITORIES = 12, 9, 6
AGES = (1, 3, 7, 14, 30)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dashboard is asked for; `links`: the reader may open the rows behind figures."""

    user: User
    scope: Scope
    period: Period
    today: date
    directory: Directory
    agency: int | None = None
    links: bool = False

    def rows(self, code: str, *, which: str = "num", **more: Any) -> str:
        """Address of the rows behind a figure; empty for who reads numbers only."""
        if not self.links or not METRICS[code].has_rows:
            return ""
        given = {"set": which, "from": self.period.first, "to": self.period.last}
        if self.agency is not None:
            given["agency"] = self.agency
        return reverse("metric-rows", args=[code]) + "?" + urlencode({**given, **more})


def numbers(asked: Asked) -> list[dict[str, Any]]:
    """The five numbers: value, what it was before, the line of the periods."""
    now = figures_of((*NUMBERS, "open_now"), asked.scope, asked.period, asked.today)
    compared = [code for code in NUMBERS if not METRICS[code].now]
    before = figures_of(compared, asked.scope, asked.period.previous(), asked.today)
    run = asked.period.run(12 if asked.period.days <= 31 else 6)
    lines = series_of(
        list(dict.fromkeys(_LINES.get(code, code) for code in NUMBERS)),
        asked.scope, run, asked.today,
    )  # fmt: skip
    found = []
    for code in NUMBERS:
        metric, figure = METRICS[code], now[code]
        line_code = _LINES.get(code, code)
        line = [point.value for point in lines[line_code]]
        value, unit = wording.parted(metric, figure.value)
        card: dict[str, Any] = {
            "code": code, "title": metric.title, "value": value, "unit": unit,
            "url": asked.rows(code), "spark": spark(line),
            "spark_words": _line_words(line_code, line),
            "few": figure.denominator if not metric.now and not figure.enough else None,
        }  # fmt: skip
        if code == "overdue_now":
            total = now["open_now"].numerator
            card["unit"] = wording.worded("overdue_share", figure.numerator / total if total else 0)
            card["note"] = _t("of the open cases")
        elif code == "due_today":
            card["unassigned"] = figure.denominator
        else:
            card |= _change(metric.better, figure, before[code])
        found.append(card)
    return found


def _change(better: int, figure: Figure, before: Figure) -> dict[str, Any]:
    if before.value is None:
        return {"note": _t("no figure before")}
    was = _t("was %(value)s") % {"value": wording.worded(before.code, before.value)}
    if figure.value is None or figure.value == before.value:
        return {"note": was}
    up = figure.value > before.value
    good = up is (better > 0)
    return {"note": was, "trend": "up" if up else "down", "tone": "good" if good else "warn"}


def _line_words(code: str, line: Sequence[float | None]) -> str:
    known = [value for value in line if value is not None]
    if len(known) < 2:
        return ""
    return _t("%(title)s over %(count)s periods: from %(first)s to %(last)s") % {
        "title": METRICS[code].title, "count": len(line),
        "first": wording.worded(code, known[0]), "last": wording.worded(code, known[-1]),
    }  # fmt: skip


def league(asked: Asked, whole: bool) -> list[dict[str, Any]]:
    """Agencies by class, the highest share of brush-offs first; too few cases stand behind."""
    found = by_agency(LEAGUE, asked.scope, asked.period, asked.today)
    classes: list[dict[str, Any]] = []
    shown: list[int] = []
    for code, title, kinds in CLASSES:
        rows = [
            (asked.directory.agencies[pk], figures)
            for pk, figures in found.items()
            if pk in asked.directory.agencies and asked.directory.agencies[pk].kind in kinds
        ]
        if not rows:
            continue
        rows.sort(key=_place)
        cut = rows if whole else rows[:SHOWN]
        shown += [agency.pk for agency, _figures in cut]
        classes.append({"code": code, "title": title, "rows": cut, "total": len(rows)})
    run = asked.period.run(12 if asked.period.days <= 31 else 6)
    lines = series_by_agency("brush_off_share", Scope(frozenset(shown)), run, asked.today)
    for one in classes:
        one["rows"] = [
            _row(asked, agency, figures, lines.get(agency.pk, []))
            for agency, figures in one["rows"]
        ]
    return classes


def _place(row: tuple[Agency, dict[str, Figure]]) -> tuple[bool, float, str]:
    agency, figures = row
    share = figures["brush_off_share"]
    return not share.enough, -(share.value or 0) if share.enough else 0, agency.short_name


def _row(
    asked: Asked, agency: Agency, figures: dict[str, Figure], line: list[Figure]
) -> dict[str, Any]:
    values = [figure.value for figure in line]
    cells = [
        {
            "figure": figures[code],
            "url": asked.rows(code, agency=agency.pk),
            "title": METRICS[code].title,
        }
        for code in LEAGUE
    ]
    return {
        "agency": agency, "cells": cells, "spark": spark(values),
        "spark_words": _line_words("brush_off_share", values),
    }  # fmt: skip


def heat_map(asked: Asked, *, per_resident: bool) -> dict[str, Any]:
    """The largest topics by the largest territories; per 1,000 residents or in cases."""
    counts = by_topic(asked.scope, asked.period, today=asked.today)
    topics: dict[int, int] = {}
    places: dict[int, int] = {}
    for (topic, place), count in counts.items():
        topics[topic] = topics.get(topic, 0) + count
        places[place] = places.get(place, 0) + count
    known = asked.directory
    by_size = lambda sizes, names: sorted(  # noqa: E731
        (pk for pk in sizes if pk in names), key=lambda pk: (-sizes[pk], pk)
    )
    columns = by_size(places, known.territories)[:TERRITORIES]
    lines = by_size(topics, known.topics)[:TOPICS]

    def value(topic: int, place: int) -> float | None:
        count = counts.get((topic, place), 0)
        residents = known.territories[place].population
        if not per_resident:
            return count
        return 1000 * count / residents if residents else None

    values = {(t, p): value(t, p) for t in lines for p in columns}
    highest = max((v for v in values.values() if v is not None), default=0)
    return {
        "columns": [known.territories[pk] for pk in columns],
        "rows": [
            {
                "topic": known.topics[topic],
                "cells": [
                    {
                        "text": _cell(values[topic, place], per_resident),
                        "count": counts.get((topic, place), 0),
                        "level": heat_level(values[topic, place] or 0, highest),
                        "url": asked.rows("received", topic=topic, territory=place),
                        "place": known.territories[place],
                    }
                    for place in columns
                ],
            }
            for topic in lines
        ],
        "highest": wording.number(highest, 2 if per_resident else 0),
        "per_resident": per_resident,
        "outside": sum(counts.values())
        - sum(counts.get((t, p), 0) for t in lines for p in columns),
    }


def _cell(value: float | None, per_resident: bool) -> str:
    return "—" if value is None else wording.number(value, 2 if per_resident else 0)


def ages(asked: Asked) -> list[dict[str, Any]]:
    counts = ageing(asked.scope, AGES, asked.today)
    edges = [None, *AGES]
    titles = [
        _t("up to a day"),
        *(
            _t("%(from)s to %(to)s days") % {"from": edges[at], "to": edges[at + 1]}
            for at in range(1, len(AGES))
        ),
        _t("more than %(days)s days") % {"days": AGES[-1]},
    ]
    return [
        {"title": title, "count": count, "width": width}
        for title, count, width in zip(titles, counts, bars(counts), strict=True)
    ]


def workload(asked: Asked) -> dict[str, Any] | None:
    """Open cases by executor, by name, for the head of this agency alone (one query)."""
    led = granted_agency_ids(asked.user, Right.APPROVE_REPLIES)
    pk = asked.agency if asked.agency is not None else asked.user.agency_id
    if led is None or pk is None or pk not in led:
        return None
    rows = (
        Case.objects.visible_to(asked.user, Right.APPROVE_REPLIES)
        .open()
        .filter(agency=pk)
        .values("executor__last_name", "executor__first_name", "executor__patronymic", "executor")
        .annotate(total=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())))
        .order_by("executor__last_name", "executor__first_name", "executor")
    )
    return {"agency": asked.directory.agencies.get(pk), "rows": list(rows)}
