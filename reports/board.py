"""What the dashboard shows: five numbers, the league, topics by territories, ageing, workload."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
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
from cases.models import Case, Territory
from reports import wording
from reports.charts import bars, heat_level, spark
from reports.figures import (
    Figure,
    Scope,
    by_agency,
    counts_by_agency,
    lines_by_agency,
    run_of,
)  # fmt: skip
from reports.heat import heat
from reports.metrics import METRICS
from reports.periods import DAY, Period
from reports.standing import YOUNG, Standing, standing

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
_CLASS_OF = {kind: code for code, _title, kinds in CLASSES for kind in kinds}
CLASS_CODES = frozenset(_CLASS_OF.values())
SHOWN, WHOLE, TOPICS, TERRITORIES = 12, 250, 9, 6
AGES = (1, 3, 7, 14, YOUNG)


@dataclass(frozen=True)
class Asked:
    """What a dashboard is asked for; `links`: the reader may open the rows behind figures."""

    user: User
    scope: Scope
    period: Period
    today: date
    directory: Directory
    agency: int | None = None
    links: bool = False

    @cached_property
    def standing(self) -> Standing:
        return standing(self.scope, self.today)

    def rows(self, code: str, *, which: str = "num", **more: Any) -> str:
        """Address of the rows behind a figure; empty for who reads numbers only."""
        if not self.links or not METRICS[code].opens:
            return ""
        given = {"set": which, "from": self.period.first, "to": self.period.last}
        if self.agency is not None:
            given["agency"] = self.agency
        return reverse("metric-rows", args=[code]) + "?" + urlencode({**given, **more})

    def aged(self, newest: int, oldest: int | None) -> str:
        """Address of the open cases that came so many days ago; empty for who reads numbers.

        The figure counts days of the region, a list those of its reader's zone.
        """
        if not self.links:
            return ""
        given = {"open": "true", "received_until": self.today - newest * DAY}
        if oldest is not None:
            given["received_from"] = self.today - oldest * DAY
        return self.case_list(**given)

    def case_list(self, **given: Any) -> str:
        if self.agency is not None:
            given["agency"] = self.directory.agencies[self.agency].code
        return reverse("case-list") + "?" + urlencode(given)


def numbers(asked: Asked) -> list[dict[str, Any]]:
    """The five numbers: value, what it was before, the line of the periods."""
    codes = dict.fromkeys((*NUMBERS, *_LINES.values(), "open_now"))
    run = run_of(list(codes), asked.scope, _run(asked.period), asked.today, asked.standing)
    now, before = run[-1], run[-2]
    found = []
    for code in NUMBERS:
        metric, figure = METRICS[code], now[code]
        line_code = _LINES.get(code, code)
        line = [figures[line_code].value for figures in run]
        value, unit = wording.parted(metric, figure.value)
        card: dict[str, Any] = {
            "code": code, "title": metric.title, "value": value, "unit": unit,
            "url": asked.rows(code), "spark": spark(line),
            "spark_words": line_words(line_code, line),
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


def _run(period: Period) -> list[Period]:
    """The periods of a line; the one before the last is what the last is compared with."""
    return period.run(12 if period.days <= 31 else 6)


def _change(better: int, figure: Figure, before: Figure) -> dict[str, Any]:
    if before.value is None:
        return {"note": _t("no figure before")}
    was = _t("was %(value)s") % {"value": wording.worded(before.code, before.value)}
    if figure.value is None or figure.value == before.value:
        return {"note": was}
    up = figure.value > before.value
    good = up is (better > 0)
    return {"note": was, "trend": "up" if up else "down", "tone": "good" if good else "warn"}


def line_words(code: str, line: Sequence[float | None]) -> str:
    return line_writer(code)(line)


def line_writer(code: str) -> Callable[[Sequence[float | None]], str]:
    """`line_words` for many lines of one metric."""
    said = _t("%(title)s over %(count)s periods: from %(first)s to %(last)s")
    title, write = str(METRICS[code].title), wording.writer(code)

    def words(line: Sequence[float | None]) -> str:
        known = [value for value in line if value is not None]
        if len(known) < 2:
            return ""
        return said % {
            "title": title, "count": len(line), "first": write(known[0]), "last": write(known[-1]),
        }  # fmt: skip

    return words


@dataclass(frozen=True, slots=True)
class Ranked:
    """An agency of the league; `line`: its share of brush-offs over the periods before."""

    agency: Agency
    figures: dict[str, Figure]
    line: list[float | None]


@dataclass(frozen=True, slots=True)
class AgencyClass:
    """A class of the league: `rows` are those from `first` on, `total` all of the class."""

    code: str
    title: Promise
    rows: list[Ranked]
    total: int
    first: int = 0

    @property
    def before(self) -> int | None:
        """The page before; None on the first."""
        return self.first // WHOLE if self.first else None

    @property
    def after(self) -> int | None:
        """The page after; None on the last."""
        return self.first // WHOLE + 2 if self.total > self.first + WHOLE else None

    @property
    def last(self) -> int:
        return self.first + len(self.rows)


def league(asked: Asked, whole: bool, only: str = "", page: int = 1) -> list[AgencyClass]:
    """Agencies by class, the highest share of brush-offs first; too few cases stand behind.

    `whole`: a page of each class, or that `page` of the one class `only`. Two counts tell the
    order; the other figures are read of the agencies shown.
    """
    placed = _placed(asked)
    first = WHOLE * (_within(page, len(placed.get(only, ()))) - 1) if whole and only else 0
    cut = {
        code: rows[first : first + (WHOLE if whole else SHOWN)]
        for code, rows in placed.items()
        if only in ("", code)
    }
    if not any(cut.values()):
        return []
    shown = asked.scope.narrowed(agency.pk for rows in cut.values() for agency in rows)
    found = by_agency(LEAGUE, shown, asked.period, asked.today)
    lines = lines_by_agency("brush_off_share", shown, _run(asked.period), asked.today)
    return [
        AgencyClass(
            code,
            title,
            [
                Ranked(agency, found[agency.pk], lines.get(agency.pk, []))
                for agency in cut[code]
                if agency.pk in found
            ],
            len(placed[code]),
            first,
        )
        for code, title, _kinds in CLASSES
        if cut.get(code)
    ]


def _within(page: int, total: int) -> int:
    """The page asked for, or the nearest one there is."""
    return max(1, min(page, -(-total // WHOLE)))


def _placed(asked: Asked) -> dict[str, list[Agency]]:
    """Class -> its agencies in their order."""
    least, known = METRICS["brush_off_share"].minimum, asked.directory.agencies
    rows: dict[str, list[tuple[bool, float, str, int]]] = {code: [] for code in _CLASS_OF.values()}
    named = asked.scope.narrowed(known)
    for pk, _nth, hits, of in counts_by_agency(
        "brush_off_share", named, [asked.period], asked.today
    ):
        agency, few = known[pk], of < least
        rows[_CLASS_OF[agency.kind]].append((few, 0 if few else -hits / of, agency.short_name, pk))
    return {code: [known[pk] for *_place, pk in sorted(of)] for code, of in rows.items()}


def links(asked: Asked) -> dict[str, str]:
    """Metric of the league -> address of the rows behind it, an agency's key to be put after it."""
    return {code: url + "&agency=" if (url := asked.rows(code)) else "" for code in LEAGUE}


def heat_map(asked: Asked, *, per_resident: bool) -> dict[str, Any]:
    """The largest topics by the largest territories; per 1,000 residents or in cases."""
    counted = heat(asked.scope, asked.period, topics=TOPICS, places=TERRITORIES)
    known, counts = asked.directory, counted.cells
    columns = [known.territories[pk] for pk in counted.places if pk in known.territories]
    lines = [known.topics[pk] for pk in counted.topics if pk in known.topics]

    def value(topic: int, place: Territory) -> float | None:
        count = counts.get((topic, place.pk), 0)
        if not per_resident:
            return count
        return 1000 * count / place.population if place.population else None

    values = {(t.pk, p.pk): value(t.pk, p) for t in lines for p in columns}
    highest = max((v for v in values.values() if v is not None), default=0)
    url = asked.rows("received")
    return {
        "columns": columns,
        "rows": [
            {
                "topic": topic,
                "cells": [
                    {
                        "text": _cell(values[topic.pk, place.pk], per_resident),
                        "count": counts.get((topic.pk, place.pk), 0),
                        "level": heat_level(values[topic.pk, place.pk] or 0, highest),
                        "url": url and f"{url}&topic={topic.pk}&territory={place.pk}",
                        "place": place,
                    }
                    for place in columns
                ],
            }
            for topic in lines
        ],
        "highest": wording.number(highest, 2 if per_resident else 0),
        "per_resident": per_resident,
        "outside": counted.total - sum(counts.get(key, 0) for key in values),
    }


def _cell(value: float | None, per_resident: bool) -> str:
    if value is None:
        return "—"
    return wording.per_thousand(value) if per_resident else wording.number(value)


def ages(asked: Asked) -> list[dict[str, Any]]:
    counts = asked.standing.ages(AGES)
    edges = [None, *AGES]
    titles = [
        _t("up to a day"),
        *(
            _t("%(from)s to %(to)s days") % {"from": edges[at], "to": edges[at + 1]}
            for at in range(1, len(AGES))
        ),
        _t("more than %(days)s days") % {"days": AGES[-1]},
    ]
    newest = (0, *(edge + 1 for edge in AGES))
    return [
        {"title": title, "count": count, "width": width, "url": asked.aged(since, until)}
        for title, count, width, since, until in zip(
            titles, counts, bars(counts), newest, (*AGES, None), strict=True
        )
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
        .values(
            "executor__last_name",
            "executor__first_name",
            "executor__patronymic",
            "executor",
            "executor__username",
        )
        .annotate(total=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())))
        .order_by("executor__last_name", "executor__first_name", "executor")
    )
    agency, found = asked.directory.agencies[pk], list(rows)
    for row in found if asked.links else ():
        if row["executor"] is not None:
            given = {"agency": agency.code, "executor": row["executor__username"], "open": "true"}
            row["url"] = reverse("case-list") + "?" + urlencode(given)
    return {"agency": agency, "rows": found}
