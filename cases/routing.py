"""Rules + a message's topic, territory and day -> agency: a decision on values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rule:
    """A routing rule as values; `until_on` is inclusive, None everywhere means any."""

    pk: int
    agency_id: int
    topic_id: int | None = None
    group_id: int | None = None
    territory_id: int | None = None
    from_on: date | None = None
    until_on: date | None = None

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """Topic before territory before group before dates; the newest of equals."""
        return (
            (2 if self.topic_id is not None else 1 if self.group_id is not None else 0),
            self.territory_id is not None,
            self.from_on is not None or self.until_on is not None,
            self.pk,
        )


class Router:
    """Picks the most specific rule; built once for many messages."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_key: dict[tuple[int | None, int | None, int | None], list[Rule]] = {}
        for rule in sorted(rules, key=lambda r: r.weight, reverse=True):
            key = (rule.topic_id, rule.group_id, rule.territory_id)
            self._by_key.setdefault(key, []).append(rule)

    def pick(
        self, *, topic_id: int | None, group_id: int | None, territory_id: int | None, on: date
    ) -> Rule | None:
        """The winning rule on that day, or None: then a person routes."""
        keys = dict.fromkeys(
            (t, g, place)
            for t, g in ((topic_id, None), (None, group_id), (None, None))
            for place in (territory_id, None)
        )
        found = [
            rule
            for key in keys
            for rule in self._by_key.get(key, ())
            if (rule.from_on is None or rule.from_on <= on)
            and (rule.until_on is None or on <= rule.until_on)
        ]
        return max(found, key=lambda rule: rule.weight, default=None)


def load_router() -> Router:
    """All rules in force (one query)."""
    from cases.models import RoutingRule  # noqa: PLC0415  keeps the decision importable alone

    return Router(
        Rule(**row)
        for row in RoutingRule.objects.filter(is_active=True).values(
            "pk", "agency_id", "topic_id", "group_id", "territory_id", "from_on", "until_on"
        )
    )
