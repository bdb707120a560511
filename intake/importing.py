"""Bring the lines of a file into the database, whole chunks at a time.

A chunk is one transaction: messages, citizens, cases, routing, clocks, replies, events, search
index, what the batch remembers of them and its progress. Killed in the middle, an import leaves
whole chunks; `run_import` on the same batch goes on behind them, the same file as a new batch
finds them unchanged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from cases.actions.moderation import next_numbers, refresh_search
from cases.bulk import copy_in, take_ids
from cases.models import Case, CaseEvent, Clock, Message, Reply
from cases.tasks import queue_backlog
from intake.authors import citizens_of
from intake.building import Rows, make_case, numbers_for, raw_of
from intake.incoming import IncomingRow, Line
from intake.models import ImportBatch, ImportedRow, QuarantinedRow
from intake.problems import Problem
from intake.refs import References
from intake.updating import Outcome, compare, event_of

CHUNK = 1000
PROBLEMS_KEPT = 500  # with the batch, for its page; the counts are always whole
_COUNTS = ("created", "updated", "unchanged", "rejected", "quarantined")


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
    """What became of the lines; `conflicts`: changes of the file that people's work outweighs."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Problem] = field(default_factory=list)
    quarantined: list[Problem] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    repaired: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Chunk:
    """What one chunk adds to the batch."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    rejected: list[Problem] = field(default_factory=list)
    quarantined: list[Problem] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    repaired: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem | Conflict]:
        return [*self.rejected, *self.quarantined, *self.conflicts, *self.repaired]


def run_import(
    batch: ImportBatch,
    lines: Iterable[Line],
    *,
    progress: Callable[[int], None] | None = None,
    chunk: int = CHUNK,
) -> Summary:
    """Import the lines behind `batch.rows_done` and finish the batch.

    `progress` is called with the lines done after each chunk. Exceptions of the lines' source
    (NotATable in the middle of a file) leave the batch failed with whole chunks and go on up.
    """
    total = Summary()
    refs = References()
    left = islice(iter(lines), batch.rows_done, None)
    batch.state = ImportBatch.State.RUNNING
    batch.save(update_fields=["state"])
    try:
        for part in _parts(left, chunk):
            done = import_lines(batch, part, refs)
            total.created += done.counts["created"]
            total.updated += done.counts["updated"]
            total.unchanged += done.counts["unchanged"]
            total.rejected += done.rejected
            total.quarantined += done.quarantined
            total.conflicts += done.conflicts
            total.repaired += done.repaired[: PROBLEMS_KEPT - len(total.repaired)]
            if progress is not None:
                progress(batch.rows_done)
    except Exception:
        batch.state = ImportBatch.State.FAILED
        batch.finished_at = timezone.now()
        if not connection.needs_rollback:
            batch.save(update_fields=["state", "finished_at"])
        raise
    batch.state = ImportBatch.State.DONE
    batch.finished_at = timezone.now()
    batch.rows_total = batch.rows_done
    batch.save(update_fields=["state", "finished_at", "rows_total"])
    return total


def _parts(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while part := list(islice(lines, size)):
        yield part


@transaction.atomic
def import_lines(batch: ImportBatch, lines: list[Line], refs: References) -> _Chunk:
    """One chunk in one transaction; about twenty queries whatever its size."""
    done = _Chunk()
    with connection.cursor() as cursor:
        # Two imports at once take turns chunk by chunk: neither sees half of a message.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('intake.import', 0))")
    now = timezone.now()
    taken: list[tuple[Line, IncomingRow]] = []
    for line in lines:
        if line.verdict == "rejected":
            done.counts["rejected"] += 1
            done.rejected += [p for p in line.problems if p.action == "rejected"]
        elif line.verdict == "quarantined":
            done.counts["quarantined"] += 1
            done.quarantined += [p for p in line.problems if p.action == "quarantined"]
        elif line.verdict == "unchanged" or line.row is None:
            done.counts["unchanged"] += 1
        else:
            taken.append((line, line.row))
            done.repaired += line.problems
    _keep_quarantine(batch, [line for line in lines if line.verdict == "quarantined"])
    known = _known([row for _line, row in taken], refs)
    key = _keys(refs)
    new = [(line, row) for line, row in taken if key(row) not in known]
    old = [(line, row, known[key(row)]) for line, row in taken if key(row) in known]
    _create(batch, new, refs, now)
    done.counts["created"] += len(new)
    _update(batch, old, refs, now, done)
    for name, count in done.counts.items():
        setattr(batch, name, getattr(batch, name) + count)
    batch.rows_done += len(lines)
    batch.problems = [
        *batch.problems,
        *(p.to_json() for p in done.problems[: max(PROBLEMS_KEPT - len(batch.problems), 0)]),
    ]
    batch.save(update_fields=[*_COUNTS, "rows_done", "problems"])
    return done


def _keys(refs: References) -> Callable[[IncomingRow], tuple[int, str]]:
    return lambda row: (refs.channel(row.channel).pk, row.external_id)


def _known(rows: list[IncomingRow], refs: References) -> dict[tuple[int, str], Message]:
    """Current messages of these rows (one query a channel, by the unique index)."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        wanted[refs.channel(row.channel).pk].append(row.external_id)
    return {
        (channel, message.external_id): message
        for channel, ids in wanted.items()
        for message in Message.objects.filter(
            channel_id=channel, external_id__in=ids, is_current=True
        )
    }


def _keep_quarantine(batch: ImportBatch, lines: list[Line]) -> None:
    """Store rows to be mended, once: the same file again brings the same ones."""
    if not lines:
        return
    from psycopg.types.json import Jsonb  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "select cells from intake_quarantinedrow where cells = any(%s::jsonb[])",
            [[Jsonb(line.cells) for line in lines]],
        )
        there = [_loaded(row[0]) for row in cursor.fetchall()]
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            batch=batch,
            line=line.number,
            cells=line.cells,
            problems=[problem.to_json() for problem in line.problems],
        )
        for line in lines
        if line.cells not in there
    )


def _loaded(value: Any) -> Any:
    import json  # noqa: PLC0415

    return json.loads(value) if isinstance(value, str) else value


def _create(
    batch: ImportBatch, new: list[tuple[Line, IncomingRow]], refs: References, now: datetime
) -> list[Case]:
    if not new:
        return []
    incoming = [row for _line, row in new]
    citizens = citizens_of(incoming, refs)
    numbers = numbers_for(incoming, next_numbers(len(new), now), now)
    ids = zip(take_ids(Case, len(new)), take_ids(Message, len(new)), strict=True)
    rows = Rows()
    for (line, row), citizen, pair, number in zip(new, citizens, ids, numbers, strict=True):
        make_case(
            rows,
            line,
            row,
            citizen,
            refs,
            ids=pair,
            number=number,
            now=now,
            batch_id=batch.pk,
        )
    rows.write()
    _remember(
        [
            ImportedRow(batch=batch, case=case, line=line.number, change="created", case_version=1)
            for (line, _row), case in zip(new, rows.cases, strict=True)
        ]
    )
    if rows.replies:
        queue_backlog()
    return rows.cases


def _remember(rows: list[ImportedRow]) -> None:
    for row, pk in zip(rows, take_ids(ImportedRow, len(rows)), strict=True):
        row.pk = pk
    copy_in(ImportedRow, rows)


def _update(
    batch: ImportBatch,
    old: list[tuple[Line, IncomingRow, Message]],
    refs: References,
    now: datetime,
    done: _Chunk,
) -> None:
    changed = [item for item in old if item[2].fingerprint != item[1].fingerprint]
    done.counts["unchanged"] += len(old) - len(changed)
    if not changed:
        return
    ids = sorted({message.case_id for _line, _row, message in changed})
    cases = {
        case.pk: case
        for case in Case.objects.defer("search")
        .filter(pk__in=ids)
        .order_by("pk")
        .select_for_update()
    }
    worked = set(
        CaseEvent.objects.filter(case_id__in=ids, actor__isnull=False)
        # The interface's own deliveries carry its account and are no person's work.
        .exclude(move__in=["register", "message_edited"])
        .values_list("case_id", flat=True)
    )
    replies: dict[int, list[Reply]] = defaultdict(list)
    for reply in Reply.objects.filter(case_id__in=ids).order_by("version"):
        replies[reply.case_id].append(reply)
    writer = _Updates(batch, now)
    for line, row, message in changed:
        case = cases[message.case_id]
        before = case.status
        found = compare(
            line,
            row,
            message,
            case,
            refs=refs,
            worked=case.pk in worked,
            replies=replies[case.pk],
            now=now,
            batch_id=batch.pk,
        )
        for name in found.conflicts:
            column = _header(line, name, batch)
            done.conflicts.append(Conflict(line.number, column, case.number))
        done.counts["updated" if found.changed else "unchanged"] += 1
        writer.add(line, row, message, case, found, before)
    writer.write()


def _header(line: Line, field_name: str, batch: ImportBatch) -> str:
    for entry in (batch.mapping or {}).get("columns", ()):
        if entry.get("field") == field_name:
            return str(entry["header"])
    return field_name


class _Updates:
    """Collects the changes of a chunk and writes them in a fixed number of statements."""

    def __init__(self, batch: ImportBatch, now: datetime) -> None:
        self.batch, self.now = batch, now
        self.cases: dict[int, Case] = {}
        self.fields: set[str] = set()
        self.messages: list[Message] = []
        self.outdated: list[Message] = []
        self.refreshed: list[Message] = []
        self.remembered: list[ImportedRow] = []
        self.rows = Rows()
        self.stopped: list[int] = []
        self.search: list[int] = []

    def add(
        self,
        line: Line,
        row: IncomingRow,
        message: Message,
        case: Case,
        found: Outcome,
        before: str,
    ) -> None:
        if found.new_version is not None:
            self.outdated.append(message)
            self.messages.append(found.new_version)
        else:
            # The text stands as it arrived; what the file told last is remembered beside it.
            message.fingerprint, message.raw = row.fingerprint, raw_of(line, row)
            self.refreshed.append(message)
        if found.changed:
            case.version += 1
            self.cases[case.pk] = case
            self.fields |= set(found.before)
            self.rows.events.append(
                event_of(
                    case, found, before=before, now=self.now, batch=self.batch.pk, row=line.number
                )
            )
            self.rows.replies += found.replies
            self.rows.clocks += found.clocks
            if found.restart_clocks:
                self.stopped.append(case.pk)
            if found.new_version is not None or "place" in found.before:
                self.search.append(case.pk)
        if found.changed or found.conflicts:
            kept: dict[str, Any] = dict(found.before)
            if found.new_version is not None:
                kept["message"] = message.pk
            if found.replies:
                kept["replies"] = found.replies[0].version - 1
            self.remembered.append(
                ImportedRow(
                    batch=self.batch,
                    case=case,
                    line=line.number,
                    change="conflict" if found.conflicts else "updated",
                    before=_plain(kept),
                    case_version=case.version,
                )
            )

    def write(self) -> None:
        Message.objects.filter(pk__in=[m.pk for m in self.outdated]).update(is_current=False)
        if self.refreshed:
            Message.objects.bulk_update(self.refreshed, ["fingerprint", "raw"], batch_size=500)
        Clock.objects.filter(case_id__in=self.stopped, stopped_at=None).update(stopped_at=self.now)
        if self.cases:
            Case.objects.bulk_update(
                self.cases.values(), [*sorted(self.fields), "version"], batch_size=500
            )
        self.rows.messages = self.messages
        self.rows.write()
        _remember(self.remembered)
        if self.search:
            refresh_search(self.search)
        if self.rows.replies:
            queue_backlog()


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    import json  # noqa: PLC0415

    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))  # type: ignore[no-any-return]


def create_one(batch: ImportBatch, line: Line, refs: References | None = None) -> Case | None:
    """Take one mended row of the quarantine; the case it made, changed or met."""
    assert line.row is not None
    row = line.row
    refs = refs or References()
    done_before = batch.rows_done
    with transaction.atomic():
        import_lines(batch, [line], refs)
        ImportBatch.objects.filter(pk=batch.pk).update(rows_done=F("rows_done") - 1)
        batch.rows_done = done_before
        message = (
            Message.objects.filter(
                channel=refs.channel(row.channel), external_id=row.external_id, is_current=True
            )
            .select_related("case")
            .first()
        )
    return message.case if message else None
