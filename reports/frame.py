"""What a report is asked of: whose cases, which days, as of when; shared reads are done once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from cases.directory import Directory
from reports.content import Row, scaled
from reports.figures import Figure, Sums, by_agency, figures_of, sums, sums_by_agency
from reports.measures import MEASURES, Kind, Sign
from reports.periods import Period, region_zone
from reports.selecting import Scope, counters, read, stretches


@dataclass
class Frame:
    """`today`, `at`: as of when; a report built again is given the same ones."""

    scope: Scope
    period: Period
    today: date
    at: datetime
    directory: Directory

    @cached_property
    def previous(self) -> Period:
        return self.period.previous()

    @cached_property
    def zone(self) -> ZoneInfo:
        return region_zone()

    @cached_property
    def sums(self) -> Sums:
        return sums(self.scope, self.period, today=self.today)

    @cached_property
    def agency_sums(self) -> dict[int, Sums]:
        return sums_by_agency(self.scope, self.period, today=self.today)

    def figures(self, codes: Sequence[str], *, before: bool = False) -> dict[str, Figure]:
        return figures_of(codes, self.scope, self.previous if before else self.period, self.today)

    def pairs(self, codes: Sequence[str]) -> list[Row]:
        """Rows [metric, figure, figure before]."""
        now, before = self.figures(codes), self.figures(codes, before=True)
        return [[code, scaled(now[code]), scaled(before[code])] for code in codes]

    def agencies(
        self, codes: Sequence[str], *, before: bool = False
    ) -> dict[int, dict[str, Figure]]:
        """Figures of the agencies that are known by name."""
        period = self.previous if before else self.period
        found = by_agency(codes, self.scope, period, self.today)
        return {pk: figures for pk, figures in found.items() if pk in self.directory.agencies}

    def topics(self, measure: str, periods: Sequence[Period]) -> dict[tuple[int, int], list[int]]:
        """(topic, territory) -> the measure in each period (one query)."""
        values: dict[str, Any] = {**stretches(periods, self.today), "today": self.today}
        if self.scope.ids is None:
            sql = (
                f"select c.topic_id, c.territory_id, p.nth, sum(c.{measure}) from "
                + counters("reports_topiccount", ["topic_id", "territory_id", measure])
                + f" where c.{measure} <> 0 group by 1, 2, 3"
            )
        else:
            one = MEASURES[measure]
            values = {
                "nth": list(range(len(periods))),
                "a": [period.first for period in periods],
                "b": [period.last for period in periods],
                "ids": sorted(self.scope.ids), "kind": int(one.kind), "signs": int(one.signs),
            }  # fmt: skip
            sql = (
                "select f.topic_id, f.territory_id, p.nth, count(*)"
                " from unnest(%(nth)s::int[], %(a)s::date[], %(b)s::date[]) as p(nth, a, b)"
                " join reports_fact f on f.day between p.a and p.b and f.kind = %(kind)s"
                " and f.agency_id = any(%(ids)s) and f.signs & %(signs)s = %(signs)s"
                " group by 1, 2, 3"
            )
        found: dict[tuple[int, int], list[int]] = {}
        for topic, territory, nth, count in read(sql, values):
            found.setdefault((topic, territory), [0] * len(periods))[nth] = int(count)
        return found

    def facts(
        self,
        select: str,
        kind: Kind,
        joins: str = "",
        where: str = "",
        tail: str = "",
        **values: Any,
    ) -> list[tuple[Any, ...]]:
        """Over the facts `f` of a kind in the period, within the scope (one query)."""
        return self.ask(
            f"select {select} from reports_fact f {joins}"
            f" where f.kind = {int(kind)} and f.day between %(first)s and %(last)s"
            f"{self.within('f.agency_id')}{' and ' + where if where else ''} {tail}",
            **values,
        )

    def within(self, column: str) -> str:
        """SQL: and the agency is one of the scope's."""
        return "" if self.scope.ids is None else f" and {column} = any(%(ids)s)"

    def ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        return read(
            sql,
            {
                "first": self.period.first, "last": self.period.last, "today": self.today,
                "ids": sorted(self.scope.ids or ()), "at": self.at, "zone": str(self.zone),
                **values,
            },
        )  # fmt: skip

    def agency_key(self, pk: int) -> tuple[str, int]:
        """Order of agencies by name."""
        agency = self.directory.agencies.get(pk)
        return (agency.sort_name if agency is not None else "", pk)


def has(sign: Sign, fact: str = "f") -> str:
    """SQL: the fact carries the sign."""
    return f"{fact}.signs & {int(sign)} = {int(sign)}"
