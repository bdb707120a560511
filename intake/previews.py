"""What an upload page tells of a file before anything is imported."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from intake import batches
from intake.columns import Mapping, Unknown
from intake.importing import Summary, look_through
from intake.incoming import Line
from intake.models import AgencyName, ColumnMapping, ImportBatch
from intake.places import plain_name
from intake.problems import NotATable
from intake.reading import Reading
from intake.refs import References

SMALL = 4 * 2**20  # bytes looked through while the page waits; larger files by the worker
_ROWS = 5
_PROBLEMS = 200
_NAMES = 200
State = ImportBatch.State


def make_preview(batch: ImportBatch) -> None:
    """Look through the whole file and keep what was found with the batch.

    Of a file whose columns nobody knows the headers are kept, of one that is no table the reason.
    """
    try:
        reading = batches.open_batch(batch)
        if isinstance(reading.mapping, Unknown):
            reading = _saved_layout(batch) or reading
        if isinstance(reading.mapping, Unknown):
            batch.preview = {"unknown": _of_unknown(reading, reading.mapping)}
            batch.save(update_fields=["preview"])
            return
        batch.mapping, batch.headers = reading.mapping.to_json(), list(reading.headers)
        batch.preview = _of_known(batch, reading)
    except NotATable as error:
        batch.state, batch.finished_at = State.FAILED, timezone.now()
        batch.error, batch.error_params = error.code, error.params
        batch.save(update_fields=["state", "finished_at", "error", "error_params"])
        return
    batch.state = State.PREVIEWED
    batch.rows_total = batch.preview["rows"]
    batch.save(update_fields=["mapping", "headers", "preview", "state", "rows_total"])


def _saved_layout(batch: ImportBatch) -> Reading | None:
    """The reading under the newest saved mapping that fits the file."""
    for row in ColumnMapping.objects.order_by("-pk")[:20]:
        batch.mapping = row.columns
        reading = batches.open_batch(batch)
        if isinstance(reading.mapping, Mapping):
            return reading
    batch.mapping = {}
    return None


def _of_unknown(reading: Reading, unknown: Unknown) -> dict[str, Any]:
    return {**asdict(unknown), "rows": list(reading.preview[:_ROWS])}


class _Names:
    """Agencies the file names and nobody here knows, counted as the lines pass by."""

    def __init__(self) -> None:
        self._refs = References(writing=False)
        self._seen: Counter[str] = Counter()
        self._shown: dict[str, str] = {}

    def watch(self, lines: Iterator[Line]) -> Iterator[Line]:
        for line in lines:
            row = line.row
            if row is not None and (row.agency or row.executor):
                name = row.agency or row.executor
                if self._refs.named_agency(row) is None:
                    key = plain_name(name)[:200]
                    self._seen[key] += 1
                    self._shown.setdefault(key, name[:200])
            yield line

    def keep(self) -> list[list[Any]]:
        """[name, rows] of the most frequent; each has a row an operator can decide about."""
        most = self._seen.most_common(_NAMES)
        AgencyName.objects.bulk_create(
            [AgencyName(key=key, name=self._shown[key]) for key, _count in most],
            ignore_conflicts=True,
        )
        return [[self._shown[key], count] for key, count in most]


def _of_known(batch: ImportBatch, reading: Reading) -> dict[str, Any]:
    names = _Names()
    counted = 0

    def progress(done: int) -> None:
        nonlocal counted
        counted = done
        ImportBatch.objects.filter(pk=batch.pk).update(rows_done=0, rows_total=max(done, 1))

    summary = look_through(batch, names.watch(reading.lines), progress=progress)
    return {
        "rows": counted,
        "counts": _counts(summary),
        "codes": _codes(summary),
        "problems": _problems(summary),
        "first": list(reading.preview[:_ROWS]),
        "agencies": names.keep(),
        "layout": batch.mapping["layout"],
        "unused": list(reading.mapping.unused) if isinstance(reading.mapping, Mapping) else [],
        "sheet": reading.sheet,
        "others": list(reading.others),
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header_line": reading.header_line,
    }


def _counts(summary: Summary) -> dict[str, int]:
    return {
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "quarantined": len(summary.quarantined),
        "rejected": len(summary.rejected),
        "conflicts": len(summary.conflicts),
    }


def _codes(summary: Summary) -> list[list[Any]]:
    """[action, code, rows], the hardest actions first: what a file suffers from."""
    found: Counter[tuple[str, str]] = Counter()
    for rows in (summary.rejected, summary.quarantined):
        for problems in rows:
            found.update({(problem.action, problem.code) for problem in problems})
    found.update((problem.action, problem.code) for problem in summary.repaired)
    order = {"rejected": 0, "quarantined": 1, "repaired": 2}
    ranked = sorted(found.items(), key=lambda item: (order[item[0][0]], -item[1]))
    return [[action, code, count] for (action, code), count in ranked]


def _problems(summary: Summary) -> list[dict[str, Any]]:
    hard = [problem for row in [*summary.rejected, *summary.quarantined] for problem in row]
    found = [*hard, *summary.conflicts, *summary.repaired][:_PROBLEMS]
    return [problem.to_json() for problem in found]
