"""Build all facts anew; killed, it goes on where it was with --resume (so does the worker)."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reports import keeping
from reports.models import Keeping


class Command(BaseCommand):
    help = "Builds the facts and counters of all cases anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--resume", action="store_true", help="go on where it was stopped")
        parser.add_argument("--chunk", type=int, default=keeping.CHUNK)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        if not (options["resume"] and Keeping.objects.filter(pk=1).exists()):
            keeping.begin_building()
        done = 0
        while Keeping.objects.get(pk=1).built_to is not None:
            done += keeping.build_some(options["chunk"])
            if done % 50_000 < options["chunk"]:
                self.stderr.write(f"{done} cases, {time.monotonic() - began:.0f} s")
        self.stdout.write(f"cases {done}, {time.monotonic() - began:.1f} s")
