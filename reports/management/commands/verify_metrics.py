"""Compare the kept facts and counters with what the rows say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import keeping
from reports.measures import Kind


class Command(BaseCommand):
    help = "Verifies kept figures against the rows; fails when anything differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write anew what differs")
        parser.add_argument("--chunk", type=int, default=keeping.CHUNK)

    def handle(self, *args: Any, **options: Any) -> None:
        found = keeping.verify(self._say, chunk=options["chunk"])
        for case, kind in found.facts[:20]:
            self.stderr.write(f"case {case}: {Kind(kind).name.lower()}")
        for table, count in found.counters.items():
            self.stderr.write(f"{table}: {count} rows")
        self.stdout.write(f"cases {found.cases}, differences {found.differences}")
        if found.differences and options["repair"]:
            keeping.repair(found)
            self.stdout.write("repaired")
        elif found.differences:
            raise CommandError("The kept figures differ from the rows; --repair writes them anew.")

    def _say(self, done: int) -> None:
        if done % 100_000 < keeping.CHUNK:
            self.stderr.write(f"{done} cases")
