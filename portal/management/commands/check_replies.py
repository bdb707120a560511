"""Check replies of a file with the same engine as the pages; a thin door to `quality.batch`."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.wording_quality import word_line_error
from quality.batch import check_lines, overwritten, written


class Command(BaseCommand):
    help = "Check replies of a JSONL file and write findings, a line each."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path)
        parser.add_argument("target", type=Path)
        parser.add_argument("--history", type=Path, help="replies sent before")
        parser.add_argument("--cumulative", action="store_true", help="earlier lines count as sent")

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        if overwritten(options["target"], options["source"], options["history"]):
            raise CommandError("Результат нельзя писать в файл, который читается.")
        with ExitStack() as files:
            try:
                lines = files.enter_context(options["source"].open("rb"))
                history = (
                    files.enter_context(options["history"].open("rb")) if options["history"] else []
                )
                out = files.enter_context(options["target"].open("w", encoding="utf-8"))
            except OSError as error:
                raise CommandError(f"Файл не открыть: {error.filename}") from error
            for result in check_lines(lines, history, cumulative=options["cumulative"]):
                if "error" in result:
                    bad += 1
                    reason = word_line_error(result["error"], result["params"])
                    where = "история, строка" if result.get("history") else "строка"
                    self.stderr.write(f"{where} {result['line']}: {reason}")
                    if result.get("history"):
                        continue
                    result = {"line": result["line"], "error": reason}
                out.write(written(result))
        if bad:
            self.stderr.write(f"Строк с ошибками: {bad}")
