"""Loads the demo region into an empty portal; refused where demo accounts are not allowed."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from agencies.models import Agency
from cases.demo.load import load_demo
from cases.sampling import draw_due
from notices import demo


class Command(BaseCommand):
    help = "Load the demo region (invented people and texts, the same for a seed)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--if-empty", action="store_true", help="do nothing when loaded")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Демо-записи с известным паролем разрешены только с DEMO=true,"
                " не на рабочем сервере."
            )
        if Agency.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("В базе уже есть область. Демо загружается в пустую базу.")
        began = time.monotonic()
        now = timezone.now()
        made = load_demo(cases=options["cases"], seed=options["seed"], now=now)
        demo.liven(now)
        draw_due(now)
        self.stdout.write(f"Демо-область: обращений {made}, {time.monotonic() - began:.1f} с")
