"""Rows that wait to be mended: stored once, whatever file brings them again."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence

from xxhash import xxh3_128_hexdigest

from intake.incoming import Line
from intake.models import ImportBatch, QuarantinedRow


def digest_of(cells: MappingType[str, str]) -> str:
    """The same for the same filled cells in any order of columns."""
    joined = "\x1e".join(f"{header}\x1f{cell}" for header, cell in sorted(cells.items()))
    return xxh3_128_hexdigest(joined.encode("utf-8", "replace"))


def keep(batch: ImportBatch, lines: Sequence[Line]) -> None:
    """Store rows to be mended, once: the same file again brings the same ones (two queries)."""
    if not lines:
        return
    cells = {digest_of(line.cells): line for line in lines}
    there = set(QuarantinedRow.objects.filter(digest__in=cells).values_list("digest", flat=True))
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            batch=batch,
            line=line.number,
            cells=line.cells,
            digest=digest,
            problems=[problem.to_json() for problem in line.problems],
        )
        for digest, line in cells.items()
        if digest not in there
    )
