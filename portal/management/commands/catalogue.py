"""Builds the Russian catalogue from its parts and lists strings without a translation."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal import catalogue


class Command(BaseCommand):
    help = "Merge locale/ru/parts into django.po; --missing lists what has no translation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["missing"]:
            lost = catalogue.missing()
            self.stdout.write("\n".join(lost))
            sys.exit(1 if lost else 0)
        self.stdout.write(f"{catalogue.write()} strings")
