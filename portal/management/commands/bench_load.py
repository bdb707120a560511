"""Fill a bench database with generated cases (bench/generate.py). Run as the owner."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Generates cases for measurements; an interrupted load goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 1))
        parser.add_argument(
            "--indexed", type=float, default=1.0, help="share of replies with prints and keys"
        )

    def handle(
        self, *args: Any, cases: int, seed: int, jobs: int, indexed: float, **options: Any
    ) -> None:
        from bench.generate import load, share_of_near_copies  # noqa: PLC0415  numpy, pymorphy

        made = load(cases=cases, seed=seed, indexed=indexed, jobs=jobs, say=self._say)
        copied, sample = share_of_near_copies(seed)
        self._say(f"{made} new cases")
        if sample:
            self._say(f"with a near-copy: {copied} of a sample of {sample} replies")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
