"""How well planted mass events and repeats are found (docs/events.md); the same for a seed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cases import planting
from cases.planting import Counted, add


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seeds", type=int, default=3)
        parser.add_argument("--times", type=int, default=2, help="how dense the noise is")

    def handle(self, *args: Any, **options: Any) -> None:
        seeds = range(1, options["seeds"] + 1)
        totals = {tune: (Counted(), Counted()) for tune in (True, False)}
        for seed in seeds:
            planted = planting.stream(seed, times=options["times"])
            groups = planting.groups_in(planted)
            for tune, (events, messages) in totals.items():
                told = planting.judge(planted, groups, tune=tune)
                totals[tune] = (add(events, told.events), add(messages, told.messages))
        for tune, name in ((True, "tuned on"), (False, "not looked at")):
            for what, counted in zip(("events", "messages"), totals[tune], strict=True):
                self._row(f"{what}, {name}", counted)
        repeats = Counted()
        for seed in seeds:
            repeats = add(repeats, planting.repeats_in(seed)[0])
        self._row("repeats by author, place, words", repeats)

    def _row(self, name: str, counted: Counted) -> None:
        self.stdout.write(
            f"{name:34} precision {counted.precision:.2f} ({counted.right}/{counted.found})"
            f"  recall {counted.recall:.2f} ({counted.right}/{counted.there})"
        )
