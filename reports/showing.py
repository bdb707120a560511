"""A frozen report as people read it: cells in words and numbers, for the page and the files.

Everything comes from the snapshot's content; names of agencies, topics, places, events and
colleagues are looked up by their keys.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.directory import Directory, directory_of
from cases.models import MassEvent, ReasonKind
from cases.reasons import reason_name
from cases.workflow import Regime, Status
from reports import wording
from reports.board import CLASSES
from reports.charts import heat_level, spark
from reports.content import unscaled
from reports.definitions import Report, Table
from reports.figures import wilson
from reports.made.all import REPORTS
from reports.metrics import METRICS, Unit
from reports.models import Snapshot
from reports.snapshots import data_of, leads
from reports.tables import COLUMNS, Column
from reports.wording_made import LINES, NOTES, STAGES

_CLASS_TITLES = {code: title for code, title, _kinds in CLASSES}


@dataclass(frozen=True, slots=True)
class Cell:
    """`number`: for a workbook (a share as a fraction); `counts`: what a share is made of."""

    text: str
    number: float | int | None = None
    counts: tuple[int, int] | None = None
    sub: str = ""
    url: str = ""
    spark: dict[str, str] | None = None
    right: bool = False  # in a column of numbers


class Group(NamedTuple):
    title: str
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A table ready to be drawn."""

    table: Table
    columns: list[Column]
    codes: list[str]
    rows: list[list[Cell]]
    keys: list[tuple[Any, ...]]

    @property
    def code(self) -> str:
        return self.table.code

    @property
    def page(self) -> list[list[Cell]]:
        return self.rows[: self.table.first]

    @property
    def classed(self) -> bool:
        """Whether rows stand under their classes."""
        return bool(self.codes) and self.codes[0] == "class"

    @property
    def headings(self) -> list[Column]:
        return self.columns[1:] if self.classed else self.columns

    @property
    def groups(self) -> list[Group]:
        return self.grouped(self.page)

    def grouped(self, rows: list[list[Cell]]) -> list[Group]:
        """Class after class; one group without a title where there are none."""
        if not self.classed:
            return [Group("", rows)]
        return [
            Group(title, [row[1:] for row in some])
            for title, some in groupby(rows, key=lambda row: row[0].text)
        ]

    @property
    def hidden(self) -> int:
        return max(0, len(self.rows) - self.table.first)


@dataclass
class Reading:
    """A snapshot as this person reads it: links where he may follow them, people where he leads."""

    snapshot: Snapshot
    user: User
    links: bool = False
    data: dict[str, Any] = field(init=False)
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.data = data_of(self.snapshot)
        self.report = REPORTS[self.snapshot.report]
        self.links = self.links and holds_anywhere(self.user, (Right.VIEW_CASES,))

    @cached_property
    def directory(self) -> Directory:
        return directory_of(self.user)

    @cached_property
    def leads(self) -> bool:
        return leads(self.user, self.snapshot)

    @cached_property
    def events(self) -> dict[int, MassEvent]:
        keys = {row[0] for row in self._raw("events")}
        return MassEvent.objects.only("title", "decision").in_bulk(keys) if keys else {}

    @cached_property
    def people(self) -> dict[int, User]:
        keys = {row[0] for row in self._raw("executors")}
        return User.objects.in_bulk(keys) if keys else {}

    def _raw(self, code: str) -> list[list[Any]]:
        rows: list[list[Any]] = self.data["tables"].get(code, {"rows": []})["rows"]
        return rows

    @property
    def period(self) -> tuple[date, date]:
        return _days(self.data["period"])

    @property
    def before(self) -> tuple[date, date]:
        return _days(self.data["before"])

    @property
    def notes(self) -> list[str]:
        return [str(NOTES[code]) for code in self.data["notes"] if code in NOTES]

    def tables(self) -> list[Shown]:
        return [
            self.table(table)
            for table in self.report.tables
            if table.code in self.data["tables"] and (not table.heads_only or self.leads)
        ]

    def table(self, table: Table) -> Shown:
        raw = self.data["tables"][table.code]
        codes = [code for code in raw["columns"] if code in COLUMNS]
        columns = [COLUMNS[code] for code in codes]
        show = [_SHOW.get(column.kind, _number) for column in columns]
        rows, keys = [], []
        for row in raw["rows"]:
            seen = _Row(self, dict(zip(raw["columns"], row, strict=True)))
            rows.append(
                [
                    replace(draw(seen, code, column), right=column.is_number)
                    for draw, code, column in zip(show, codes, columns, strict=True)
                ]
            )
            keys.append(seen.key)
        if table.heads_only:  # people stand by name, never by their figures
            pairs = sorted(zip(rows, keys, strict=True), key=lambda pair: pair[0][0].text)
            rows, keys = [row for row, _key in pairs], [key for _row, key in pairs]
        return Shown(table, columns, codes, rows, keys)


def _days(pair: Sequence[str]) -> tuple[date, date]:
    return date.fromisoformat(pair[0]), date.fromisoformat(pair[1])


@dataclass(slots=True)
class _Row:
    reading: Reading
    values: dict[str, Any]

    @property
    def key(self) -> tuple[Any, ...]:
        """What the row is of: the same key in another snapshot is the same row."""
        names = (
            *("metric", "class", "agency", "topic", "territory", "case", "event", "person"),
            *("day", "stage", "line", "target", "ground", "check", "cause", "basis", "regime"),
            "status",
        )
        return tuple(self.values.get(name) for name in names if name in self.values)

    def rows_of(self, metric: str, *, before: bool = False, which: str = "num") -> str:
        """Address of the rows behind a figure of this row, as they are today."""
        reading = self.reading
        if not reading.links or metric not in METRICS or not METRICS[metric].opens:
            return ""
        first, last = reading.before if before else reading.period
        day = self.values.get("day")
        given: dict[str, Any] = {"set": which, "from": day or first, "to": day or last}
        agency = self.values.get("agency", reading.snapshot.agency_id)
        for name, value in (
            ("agency", agency),
            ("topic", self.values.get("topic")),
            ("territory", self.values.get("territory")),
        ):
            if value:
                given[name] = value
        return reverse("metric-rows", args=[metric]) + "?" + urlencode(given)


Draw = Callable[[_Row, str, Column], Cell]


def _number(row: _Row, code: str, column: Column) -> Cell:
    value = row.values[code]
    if value is None:
        return Cell("—")
    url = row.rows_of(column.metric) if column.metric and value else ""
    return Cell(wording.number(value), value, url=url)


def _before(row: _Row, code: str, column: Column) -> Cell:
    value = row.values[code]
    url = row.rows_of(column.metric, before=True) if value else ""
    return Cell(wording.number(value), value, url=url)


def _figure_cell(metric: str, cell: Sequence[Any], url: str) -> Cell:
    value = unscaled(metric, cell)
    if value is None:
        return Cell("—")
    sub = ""
    share = METRICS[metric].unit is Unit.SHARE
    if not cell[3]:
        sub = _("few: %(n)s") % {"n": wording.number(cell[2])}
    elif share:
        sub = wording.interval(*wilson(cell[1], cell[2]))
    counts = (cell[1], cell[2]) if share else None
    return Cell(wording.worded(metric, value), value, counts, sub=sub, url=url)


def _leads(metric: str, cell: Sequence[Any]) -> bool:
    """There is something behind the figure: rows, or the figures a value is made of."""
    return bool(cell[1]) or (bool(METRICS[metric].parts) and cell[0] is not None)


def _figure(row: _Row, code: str, column: Column) -> Cell:
    cell = row.values[code]
    url = row.rows_of(column.metric) if _leads(column.metric, cell) else ""
    return _figure_cell(column.metric, cell, url)


def _of_metric(row: _Row, code: str, column: Column) -> Cell:
    metric = row.values["metric"]
    cell = row.values[code]
    url = row.rows_of(metric, before=code == "before") if _leads(metric, cell) else ""
    return _figure_cell(metric, cell, url)


def _share(row: _Row, code: str, column: Column) -> Cell:
    over, under = row.values[code]
    if not under:
        return Cell("—")
    text = f"{wording.number(100 * over / under, 1)}\N{NO-BREAK SPACE}%"
    return Cell(text, over / under, (over, under), sub=wording.interval(*wilson(over, under)))


def _any_figure(row: _Row, code: str, column: Column) -> Cell:
    _value, over, under, _enough = row.values[code]
    if not under:
        return Cell("—")
    return Cell(
        f"{wording.number(100 * over / under, 1)}\N{NO-BREAK SPACE}%", over / under, (over, under)
    )


def _rate(row: _Row, code: str, column: Column) -> Cell:
    count, residents = row.values[code]
    if not residents:
        return Cell("—")
    return Cell(wording.per_thousand(1000 * count / residents), 1000 * count / residents)


def _tenths(row: _Row, code: str, column: Column) -> Cell:
    value = row.values[code]
    return Cell("—") if value is None else Cell(wording.number(value / 10, 1), value / 10)


def _goal(row: _Row, code: str, column: Column) -> Cell:
    value = row.values[code]
    return Cell("—") if value is None else Cell(f"{value}\N{NO-BREAK SPACE}%")


def _named(kind: str) -> Draw:
    def draw(row: _Row, code: str, column: Column) -> Cell:
        key = row.values[code]
        found = getattr(row.reading.directory, kind).get(key)
        if found is None:
            return Cell(f"№\N{NO-BREAK SPACE}{key}" if key else "—")
        return Cell(getattr(found, "short_name", "") or found.name)

    return draw


def _worded(words: Callable[[Any], Any]) -> Draw:
    def draw(row: _Row, code: str, column: Column) -> Cell:
        value = row.values[code]
        return Cell(str(words(value)) if value not in (None, "") else "—")

    return draw


def _day(row: _Row, code: str, column: Column) -> Cell:
    value = row.values[code]
    if not value:
        return Cell("—")
    text = date_format(date.fromisoformat(value), "j E Y").replace(" ", "\N{NO-BREAK SPACE}")
    return Cell(text)


def _case(row: _Row, code: str, column: Column) -> Cell:
    number = row.values[code]
    url = reverse("case-detail", kwargs={"number": number}) if row.reading.links else ""
    return Cell(f"№\N{NO-BREAK SPACE}{number}", url=url)


def _event(row: _Row, code: str, column: Column) -> Cell:
    found = row.reading.events.get(row.values[code])
    return Cell(found.title if found else f"№\N{NO-BREAK SPACE}{row.values[code]}")


def _person(row: _Row, code: str, column: Column) -> Cell:
    found = row.reading.people.get(row.values[code])
    return Cell(str(found) if found else "—")


def _where(row: _Row, code: str, column: Column) -> Cell:
    places = row.reading.directory.territories
    parts = [
        f"{places[pk].name}, {wording.number(count)}"
        for pk, count in row.values[code]
        if pk in places
    ]
    return Cell("; ".join(parts[:3]) or "—")


def _weeks(row: _Row, code: str, column: Column) -> Cell:
    values = row.values[code]
    words = _("from %(first)s to %(last)s") % {
        "first": wording.number(values[0]), "last": wording.number(values[-1]),
    }  # fmt: skip
    return Cell(words, spark=spark(values))


def check_title(code: str) -> str:
    """Words of a check stand in an upper room: templates reach them through its tags."""
    return " ".join(render_to_string("reports/_check.txt", {"code": code}).split())


_SHOW: dict[str, Draw] = {
    "number": _number,
    "before": _before,
    "figure": _figure,
    "of_metric": _of_metric,
    "share": _share,
    "any_figure": _any_figure,
    "rate": _rate,
    "tenths": _tenths,
    "times": _tenths,
    "goal": _goal,
    "agency": _named("agencies"),
    "topic": _named("topics"),
    "territory": _named("territories"),
    "class": _worded(lambda code: _CLASS_TITLES.get(code, code)),
    "metric": _worded(lambda code: METRICS[code].title if code in METRICS else code),
    "status": _worded(lambda code: Status(code).label),
    "regime": _worded(lambda code: Regime(code).label),
    "stage": _worded(lambda code: STAGES.get(code, code)),
    "line": _worded(lambda code: LINES.get(code, code)),
    "cause": _worded(lambda code: LINES.get(code, code)),
    "ground": _worded(lambda code: LINES.get(code) or reason_name(ReasonKind.RETURN, code)),
    "check": _worded(check_title),
    "yes": lambda row, code, column: Cell(_("yes") if row.values[code] else _("no")),
    "day": _day,
    "case": _case,
    "event": _event,
    "person": _person,
    "where": _where,
    "weeks": _weeks,
}


def matrix(shown: Shown, raw: Iterable[list[Any]], directory: Directory) -> dict[str, Any]:
    """Topics by territories out of [topic, territory, count, [count, residents]]: the largest."""
    counts = {(topic, place): (count, pair[1]) for topic, place, count, pair in raw}
    topics: dict[int, int] = {}
    places: dict[int, int] = {}
    for (topic, place), (count, _residents) in counts.items():
        topics[topic] = topics.get(topic, 0) + count
        places[place] = places.get(place, 0) + count
    lines = sorted(topics, key=lambda pk: (-topics[pk], pk))[:14]
    columns = sorted(places, key=lambda pk: (-places[pk], pk))[:8]

    def rate(key: tuple[int, int]) -> float:
        count, residents = counts.get(key, (0, 0))
        return 1000 * count / residents if residents else 0.0

    highest = max((rate((t, p)) for t in lines for p in columns), default=0)
    urls = dict(zip(shown.keys, ((row[2].url) for row in shown.rows), strict=True))
    return {
        "columns": [directory.territories[pk] for pk in columns if pk in directory.territories],
        "rows": [
            {
                "topic": directory.topics[topic],
                "cells": [
                    {
                        "text": wording.per_thousand(rate((topic, place))),
                        "count": counts.get((topic, place), (0, 0))[0],
                        "level": heat_level(rate((topic, place)), highest),
                        "url": urls.get((topic, place), ""),
                        "place": directory.territories[place],
                    }
                    for place in columns
                    if place in directory.territories
                ],
            }
            for topic in lines
            if topic in directory.topics
        ],
        "highest": wording.number(highest, 2),
    }
