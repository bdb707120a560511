"""Bring the lines of a file into the database, whole chunks at a time.

A chunk is one transaction: messages, citizens, cases, routing, clocks, replies, events, search
index, what the batch remembers of them and its progress. Killed in the middle, an import leaves
whole chunks; `run_import` on the same batch goes on behind them (`batches.resume_stopped` finds
it), the same file as a new batch finds them unchanged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.db.models import F, Func, JSONField, Value
from django.utils import timezone

from cases.models import Case, Message
from cases.tasks import queue_backlog
from intake import batches, quarantine, writing
from intake.ahead import Ahead, Beside, Runs
from intake.building import Draft
from intake.columns import Mapping as ColumnsMapping
from intake.incoming import Line
from intake.looking import Look, Looked
from intake.models import ImportBatch
from intake.problems import NotATable, Problem, reported
from intake.reading import Reading
from intake.refs import References

CHUNK = 2000
PROBLEMS_KEPT = 500  # with the batch, for its page; the counts are always whole
_ATTEMPTS = 3
_TURN = "select pg_advisory_xact_lock(hashtextextended('intake.import', 0))"
_UNHURRIED = "set local synchronous_commit = off; "


@dataclass(frozen=True, slots=True)
class Conflict:
    """The file says otherwise than a person decided here; the person's word stands."""

    line: int
    column: str
    case: str

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.line,
            "column": self.column,
            "code": "conflict",
            "params": {"case": self.case},
            "action": "conflict",
        }


@dataclass(slots=True)
class Summary:
    """What became of the lines.

    `rejected`, `quarantined`: for each row its problems. `conflicts`: changes of the file that
    people's work outweighs. `repaired`: the first of the notes on rows that were taken.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[tuple[Problem, ...]] = field(default_factory=list)
    quarantined: list[tuple[Problem, ...]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    repaired: list[Problem] = field(default_factory=list)

    def add(self, looked: Looked, batch: ImportBatch) -> list[Problem | Conflict]:
        """Count a chunk; what of it is worth telling."""
        self.created += looked.created
        self.updated += looked.updated
        self.unchanged += looked.unchanged
        rejected = [reported(line.problems, "rejected") for line in looked.rejected]
        waiting = [reported(line.problems, "quarantined") for line in looked.quarantined]
        conflicts = [
            Conflict(update.line.number, _header(name, batch), update.known.case.number)
            for update in looked.updates
            for name in update.found.conflicts
        ]
        notes = [problem for line in looked.mended for problem in line.problems]
        self.rejected += rejected
        self.quarantined += waiting
        self.conflicts += conflicts
        self.repaired += notes[: PROBLEMS_KEPT - len(self.repaired)]
        return [*(p for row in [*rejected, *waiting] for p in row), *conflicts, *notes]


def run_import(
    batch: ImportBatch,
    reading: Reading,
    *,
    progress: Callable[[int], None] | None = None,
    chunk: int = 0,
) -> Summary:
    """Import the lines behind `batch.rows_done` and finish the batch; its mapping is known.

    `progress` is called with the lines done after each chunk. Exceptions of the lines' source
    (NotATable in the middle of a file) leave the batch failed with whole chunks and go on up.
    """
    assert isinstance(reading.mapping, ColumnsMapping)
    total = _so_far(batch)
    batch.state = ImportBatch.State.RUNNING
    batch.started_at, batch.rows_before = timezone.now(), batch.rows_done
    batch.mapping, batch.headers = reading.mapping.to_json(), list(reading.headers)
    batch.rows_total = batch.rows_total or max(reading.total, 0)
    batch.save(
        update_fields=["state", "started_at", "rows_before", "mapping", "headers", "rows_total"]
    )
    batch.__dict__.pop("header_row", None)
    look = Look(References())
    try:
        # Of a small file in small steps, so that its page has something to show.
        chunk = chunk or (CHUNK if batch.rows_total > 5 * CHUNK else CHUNK // 4)
        lines = islice(reading.lines, batch.rows_done, None)
        ahead = Ahead(lines, chunk, batch, lambda: look.refs)
        with Beside(ahead) as beside:
            while (part := ahead.take())[0]:
                _import_surely(batch, *part, look, total, beside)
                if progress is not None:
                    progress(batch.rows_done)
    except Exception as error:
        if isinstance(error, DatabaseError | InterfaceError) and batches.is_lost(batch):
            raise  # as after a kill: the batch says that it runs, and is found and gone on with
        batch.state = ImportBatch.State.FAILED
        known = isinstance(error, NotATable)
        batch.error, batch.error_params = (error.code, error.params) if known else ("stopped", {})
        _finish(batch)
        raise
    batch.state = ImportBatch.State.DONE
    batch.error, batch.error_params = "", {}
    batch.rows_total = batch.rows_done
    _finish(batch)
    return total


def _so_far(batch: ImportBatch) -> Summary:
    """What earlier runs of the batch told; of their rows as many as the batch keeps."""
    total = Summary(batch.created, batch.updated, batch.unchanged)
    for stored in batch.problems:
        if stored["action"] == "conflict":
            case = stored["params"]["case"]
            total.conflicts.append(Conflict(stored["row"], stored["column"], case))
            continue
        problem = Problem.from_json(stored)
        if problem.action == "repaired":
            total.repaired.append(problem)
        else:
            rows = total.rejected if problem.action == "rejected" else total.quarantined
            if rows and rows[-1][0].line == problem.line:
                rows[-1] = (*rows[-1], problem)
            else:
                rows.append((problem,))
    return total


def _finish(batch: ImportBatch) -> None:
    batch.finished_at = timezone.now()
    if connection.needs_rollback:
        return
    batch.save(update_fields=["state", "error", "error_params", "finished_at", "rows_total"])
    # Only now: the checks would take the processor from the import.
    queue_backlog()


def _parts(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while part := list(islice(lines, size)):
        yield part


def _import_surely(
    batch: ImportBatch,
    part: list[Line],
    drafts: Mapping[int, Draft],
    look: Look,
    total: Summary,
    beside: Beside,
) -> None:
    """A message that comes by the API in the same moment is known at the second attempt."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            import_lines(batch, part, look, total, drafts=drafts, run=beside, part_of_file=True)
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise
            # What the chunk had made is gone with it, and what was built upon it.
            look.refs, drafts = References(), {}
            beside.forget()
        else:
            return


def _at_once(work: Callable[[], None]) -> None:
    work()


def import_lines(
    batch: ImportBatch,
    lines: list[Line],
    look: Look,
    total: Summary,
    *,
    drafts: Mapping[int, Draft] = MappingProxyType({}),
    run: Runs = _at_once,
    part_of_file: bool = False,
) -> None:
    """One chunk in one transaction; about thirty queries whatever its size.

    `part_of_file`: the next chunk need not wait for the disk. A server that crashes may lose the
    last ones, whole and with the progress that names them; nobody was told of them yet: that the
    import is finished is written behind them, and waited for.
    """
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two imports at once take turns chunk by chunk: neither sees half of a message.
            cursor.execute((_UNHURRIED if part_of_file else "") + _TURN)
        looked = look.at(lines, now=now, batch=batch, lock=True)
        quarantine.keep(batch, looked.quarantined)
        writing.create(batch, looked.new, look.refs, now, drafts=drafts, run=run)
        writing.update(batch, looked.updates, now)
        part = Summary()
        problems = part.add(looked, batch)
        kept = [p.to_json() for p in problems[: max(PROBLEMS_KEPT - len(batch.problems), 0)]]
        counts = {
            "created": part.created,
            "updated": part.updated,
            "unchanged": part.unchanged,
            "rejected": len(part.rejected),
            "quarantined": len(part.quarantined),
            "rows_done": len(lines),
        }
        ImportBatch.objects.filter(pk=batch.pk).update(
            **{name: F(name) + count for name, count in counts.items()},
            problems=Func(
                F("problems"),
                Value(kept, JSONField()),
                arg_joiner=" || ",
                template="%(expressions)s",
            ),
        )
    # Only what was committed is counted: a chunk may be tried twice.
    for name, count in counts.items():
        setattr(batch, name, getattr(batch, name) + count)
    batch.problems = [*batch.problems, *kept]
    total.add(looked, batch)


def look_through(
    batch: ImportBatch, lines: Iterable[Line], *, progress: Callable[[int], None] | None = None
) -> Summary:
    """What an import would do, without doing it: nothing is written, no number is used up."""
    total = Summary()
    look = Look(References(writing=False))
    now = timezone.now()
    done = 0
    for part in _parts(iter(lines), CHUNK):
        total.add(look.at(part, now=now, batch=batch, lock=False), batch)
        done += len(part)
        if progress is not None:
            progress(done)
    return total


def _header(field_name: str, batch: ImportBatch) -> str:
    for entry in (batch.mapping or {}).get("columns", ()):
        if entry.get("field") == field_name:
            return str(entry["header"])
    return field_name


@transaction.atomic
def take(batch: ImportBatch, lines: list[Line]) -> list[Case]:
    """Take mended rows of the quarantine; the cases they made, changed or met, in their order."""
    look = Look(References())
    batch = ImportBatch.objects.get(pk=batch.pk)
    import_lines(batch, lines, look, Summary())
    # The rows were counted when their file was read; they only are in quarantine no more.
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=F("rows_done") - len(lines))
    queue_backlog()
    return [_case_of(line, look) for line in lines]


def _case_of(line: Line, look: Look) -> Case:
    row = line.row
    assert row is not None
    return (
        Message.objects.select_related("case")
        .get(channel=look.refs.channel(row.channel), external_id=row.external_id, is_current=True)
        .case
    )
