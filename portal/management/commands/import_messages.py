"""Import messages of a file: the same core as the upload page, for the command line."""

import hashlib
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from intake.columns import Mapping, Unknown
from intake.importing import Conflict, Summary, run_import
from intake.models import ColumnMapping, ImportBatch
from intake.problems import NotATable, Problem
from intake.reading import Reading, read_file
from intake.refs import zones
from portal.wording_intake import word_problem, word_refusal, word_unknown


class Command(BaseCommand):
    help = "Import messages from an xlsx or csv file; the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only count")
        parser.add_argument("--json", action="store_true", help="the last line is the result")
        parser.add_argument("--mapping", default="", help="name of a saved column mapping")
        parser.add_argument("--zone", default="", help="time zone of moments, Europe/Moscow")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("ru"):
            self._import(options)

    def _import(self, options: dict[str, Any]) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(_("The file cannot be opened: %s") % options["file"]) from error
        saved = None
        if options["mapping"]:
            row = ColumnMapping.objects.filter(name=options["mapping"]).first()
            if row is None:
                raise CommandError(_("There is no mapping “%s”") % options["mapping"])
            saved = Mapping.from_json(row.columns)
        try:
            zone = zones(options["zone"])
        except (KeyError, ValueError) as error:
            raise CommandError(_("Unknown time zone: %(zone)s") % options) from error
        try:
            reading = read_file(content, mapping=saved, zone=zone, now=timezone.now())
            if isinstance(reading.mapping, Unknown):
                raise CommandError(". ".join(word_unknown(reading.mapping)))
            with transaction.atomic() if options["dry_run"] else nullcontext():
                done = self._run(reading, reading.mapping, options["file"].name, content)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except NotATable as error:
            raise CommandError(word_refusal(error)) from error
        self._report(done, as_json=options["json"])

    def _run(self, reading: Reading, mapping: Mapping, name: str, content: bytes) -> Summary:
        batch = ImportBatch.objects.create(
            file_name=name[:300],
            sha256=hashlib.sha256(content).hexdigest(),
            mapping=mapping.to_json(),
            rows_total=max(reading.total, 0),
        )
        shown = self.stderr.isatty() if hasattr(self.stderr, "isatty") else False

        def progress(rows: int) -> None:
            total = max(reading.total, rows)
            filled = 30 * rows // max(total, 1)
            bar = "█" * filled + "·" * (30 - filled)
            self.stderr.write(f"\r{bar} {rows} / {total}", ending="" if shown else "\n")

        done = run_import(batch, reading.lines, progress=progress)
        if shown:
            self.stderr.write("")
        return done

    def _report(self, done: Summary, *, as_json: bool) -> None:
        for problem in [*done.rejected, *done.quarantined, *done.conflicts][:200]:
            row = _row(problem)
            self.stderr.write(f"строка {row['row']}, {row['column'] or '—'}: {row['reason']}")
        if as_json:
            result = {
                "created": done.created,
                "updated": done.updated,
                "unchanged": done.unchanged,
                "rejected": [_row(problem) for problem in done.rejected],
                "quarantined": [_row(problem) for problem in done.quarantined],
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(
            f"Создано {done.created}, обновлено {done.updated}, без изменений {done.unchanged},"
            f" отклонено {len({p.line for p in done.rejected})},"
            f" в карантине {len({p.line for p in done.quarantined})},"
            f" расхождений {len(done.conflicts)}"
        )


def _row(problem: Problem | Conflict) -> dict[str, Any]:
    if isinstance(problem, Conflict):
        reason = _("Changed here by a person, the file's value is not taken (case %(case)s)") % {
            "case": problem.case
        }
    else:
        reason = word_problem(problem)
    return {"row": problem.line, "column": problem.column, "reason": reason}
