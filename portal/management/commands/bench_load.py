"""Fill a bench database with generated cases (bench/generate.py). Run as the owner."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Generates cases for measurements; an interrupted load goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
        parser.add_argument(
            "--times", type=int, default=1, help="then repeat all in SQL (bench/multiply.py)"
        )
        parser.add_argument(
            "--indexed", type=float, default=1.0, help="share of replies with prints and keys"
        )

    def handle(
        self,
        *args: Any,
        cases: int,
        seed: int,
        jobs: int,
        indexed: float,
        times: int,
        **options: Any,
    ) -> None:
        from bench.generate import load  # noqa: PLC0415  pymorphy only for this command

        made = load(cases=cases, seed=seed, indexed=indexed, jobs=jobs, say=self.stdout.write)
        self.stdout.write(f"{made} new cases")
        if times > 1:
            from bench.multiply import multiply  # noqa: PLC0415

            multiply(times, self.stdout.write)
