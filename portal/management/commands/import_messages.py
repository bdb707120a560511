"""Import messages of a file: the same core as the upload page, for the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from intake import batches
from intake.apart import read_anywhere
from intake.columns import Mapping, Unknown
from intake.importing import Conflict, Summary, look_through, run_import
from intake.models import ColumnMapping, ImportBatch
from intake.problems import NotATable, Problem
from intake.reading import Reading, Way
from intake.refs import channel_words, zones
from portal import collector
from portal.wording_intake import word_conflict, word_problem, word_refusal, word_unknown

_TOLD = 200  # rows named on the terminal; --json names all


class Command(BaseCommand):
    help = "Import messages from an xlsx or csv file; the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only count")
        parser.add_argument("--json", action="store_true", help="the last line is the result")
        parser.add_argument("--mapping", default="", help="name of a saved column mapping")
        parser.add_argument("--zone", default="", help="time zone of moments, Europe/Moscow")

    def handle(self, *args: Any, **options: Any) -> None:
        if self._called_from_command_line:  # else the process is somebody else's
            collector.settle()
        with translation.override("ru"):
            self._import(options)

    def _import(self, options: dict[str, Any]) -> None:
        try:
            with options["file"].open("rb") as file:
                sha256 = batches.hash_of(file)
        except OSError as error:
            raise CommandError(_("The file cannot be opened: %s") % options["file"]) from error
        mapping = self._mapping(options["mapping"])
        try:
            zone = zones(options["zone"])
        except (KeyError, ValueError) as error:
            raise CommandError(_("Unknown time zone: %(zone)s") % options) from error
        try:
            if not options["dry_run"]:
                done = self._go_on(sha256)
                if done is not None:
                    return self._report(done, as_json=options["json"])
            way = Way(zone, timezone.now(), words=channel_words())
            reading = read_anywhere(options["file"], mapping, way)
            if isinstance(reading.mapping, Unknown):
                raise CommandError(". ".join(word_unknown(reading.mapping)))
            if reading.others:
                self.stderr.write(
                    _(
                        "Further sheets hold messages too and are not read: %(names)s."
                        " Save each as a file of its own."
                    )
                    % {"names": ", ".join(reading.others)}
                )
            done = (self._look if options["dry_run"] else self._run)(reading, options)
        except NotATable as error:
            raise CommandError(word_refusal(error)) from error
        return self._report(done, as_json=options["json"])

    def _mapping(self, name: str) -> Mapping | None:
        if not name:
            return None
        row = ColumnMapping.objects.filter(name=name).first()
        if row is None:
            raise CommandError(_("There is no mapping “%s”") % name)
        return Mapping.from_json(row.columns)

    def _go_on(self, sha256: str) -> Summary | None:
        """Finish an import of this very file whose process died; None when there is none."""
        for batch in batches.stopped(sha256):
            with batches.held(batch) as mine:
                batch.refresh_from_db()
                if not mine or batch.state != ImportBatch.State.RUNNING:
                    continue
                if batches.has_file(batch):
                    self.stderr.write(
                        _("An import of this file stopped at row %(row)s, it goes on")
                        % {"row": batch.rows_done}
                    )
                    reading = batches.open_batch(batch)
                    return run_import(batch, reading, progress=self._bar(batch.rows_total))
        return None

    def _look(self, reading: Reading, options: dict[str, Any]) -> Summary:
        assert isinstance(reading.mapping, Mapping)
        batch = ImportBatch(mapping=reading.mapping.to_json(), headers=list(reading.headers))
        return look_through(batch, reading.lines, progress=self._bar(reading.total))

    def _run(self, reading: Reading, options: dict[str, Any]) -> Summary:
        with options["file"].open("rb") as file:
            batch = batches.keep_file(options["file"].name, file, by=None, zone=options["zone"])
        with batches.held(batch):
            return run_import(batch, reading, progress=self._bar(reading.total))

    def _bar(self, total: int) -> Callable[[int], None]:
        """A bar that is drawn over itself on a terminal, and line by line in a log."""
        shown = self.stderr.isatty() if hasattr(self.stderr, "isatty") else False
        total -= 1  # the heading is no row

        def draw(rows: int) -> None:
            known = max(total, rows)
            filled = 30 * rows // max(known, 1)
            bar = "█" * filled + "·" * (30 - filled)
            end = "\r" if shown and rows < known else "\n"
            self.stderr.write(f"{bar} {rows} / {known}", ending=end)

        return draw

    def _report(self, done: Summary, *, as_json: bool) -> None:
        told = [*map(_row, done.rejected), *map(_row, done.quarantined)]
        told += [_conflict(conflict) for conflict in done.conflicts]
        for row in told[:_TOLD]:
            self.stderr.write(
                _("row %(row)s, %(column)s: %(reason)s") % {**row, "column": row["column"] or "—"}
            )
        if len(told) > _TOLD:
            self.stderr.write(_("… and %(count)s more") % {"count": len(told) - _TOLD})
        if as_json:
            result = {
                "created": done.created,
                "updated": done.updated,
                "unchanged": done.unchanged,
                "rejected": [_row(problems) for problems in done.rejected],
                "quarantined": [_row(problems) for problems in done.quarantined],
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        counts = {
            "created": done.created,
            "updated": done.updated,
            "unchanged": done.unchanged,
            "rejected": len(done.rejected),
            "quarantined": len(done.quarantined),
            "conflicts": len(done.conflicts),
        }
        self.stdout.write(
            _(
                "Created %(created)s, updated %(updated)s, unchanged %(unchanged)s,"
                " rejected %(rejected)s, in quarantine %(quarantined)s, conflicts %(conflicts)s"
            )
            % counts
        )


def _row(problems: tuple[Problem, ...]) -> dict[str, Any]:
    """One entry for a row: the first column that stopped it, and every reason."""
    columns = list(dict.fromkeys(problem.column for problem in problems))
    if len(columns) == 1:
        reason = "; ".join(map(word_problem, problems))
    else:
        reason = "; ".join(
            f"{problem.column}: {word_problem(problem)}"
            if problem.column
            else word_problem(problem)
            for problem in problems
        )
    return {"row": problems[0].line, "column": columns[0], "reason": reason}


def _conflict(found: Conflict) -> dict[str, Any]:
    return {"row": found.line, "column": found.column, "reason": word_conflict(found.case)}
