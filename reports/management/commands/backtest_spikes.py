"""What the alarm of spikes would have done: on a made-up history, or on the counters kept."""

from datetime import date
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.models import Territory, Topic
from reports import backtest, spikes


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--to", dest="last", type=date.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        """With two days: the alarms the kept counters give; without: hits, delay, false alarms."""
        first, last = options["first"], options["last"]
        if (first is None) != (last is None) or (first and last and last < first):
            raise CommandError("give both --from and --to, in their order")
        if first is not None:
            self._kept(first, last)
            return
        told = backtest.run(options["seed"])
        delays = sorted(told.delays or [])
        self.stdout.write(f"spikes planted    {told.spikes}")
        self.stdout.write(f"found             {told.hits} ({100 * told.hits // told.spikes} %)")
        if delays:
            slow = delays[min(len(delays) - 1, 9 * len(delays) // 10)]
            self.stdout.write(f"delay, hours      median {median(delays):.0f}, slow tenth {slow}")
        per = 1000 * told.false / told.watched
        self.stdout.write(f"false alarms      {told.false} ({per:.2f} in 1,000 days of a series)")

    def _kept(self, first: date, last: date) -> None:
        made = spikes.spikes(first, last)
        topics = Topic.objects.in_bulk([one.topic for one in made])
        lands = Territory.objects.in_bulk([one.territory for one in made])
        for one in made:
            name = f"{topics.get(one.topic)}, {lands.get(one.territory)}"
            self.stdout.write(
                f"{one.first} - {one.last}  {one.count:5}  usual up to {one.bound.high:4}  {name}"
            )
        self.stdout.write(f"{len(made)} spikes")
