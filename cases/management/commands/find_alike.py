"""Find mass events and repeats among what came in the last days: after an update of the portal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cases import gathering


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=gathering.KEPT.days)

    def handle(self, *args: Any, **options: Any) -> None:
        """Killed, it may be run again: what has its print is passed over."""
        self.stdout.write(f"{gathering.gather_all(options['days'])} cases")
