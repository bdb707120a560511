"""What lines of a file would do here, without doing it: new, changed, unchanged, in conflict."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from cases.models import Assignment, Case, CaseEvent, Clock, Message, Reply
from database.arrays import text_array
from intake.incoming import IncomingRow, Line
from intake.models import ImportBatch, QuarantinedRow
from intake.quarantine import digest_of
from intake.refs import References
from intake.told import Told
from intake.updating import Known, Outcome, compare

# Moves of people that leave a case's step and replies alone; an interface's own deliveries.
_BESIDE = (
    *("register", "message_edited", "import_updated", "amend", "add_note", "merged_here"),
    *("set_control", "lift_control", "extend", "undo_extend", "taken_out"),
)
_KNOWN = """
select m.channel_id, m.external_id, m.id, m.fingerprint
from unnest(%s::bigint[], %s::text[]) as wanted(channel, external)
join cases_message m on m.channel_id = wanted.channel and m.external_id = wanted.external
where m.is_current
"""


@dataclass(slots=True)
class Update:
    """A line whose message is known and says something new."""

    line: Line
    row: IncomingRow
    known: Known
    status_before: str
    found: Outcome


@dataclass(slots=True)
class Looked:
    """The lines of a chunk by what becomes of them."""

    rejected: list[Line] = field(default_factory=list)
    quarantined: list[Line] = field(default_factory=list)
    decided: list[Line] = field(default_factory=list)  # of the quarantine, by a person, before
    new: list[tuple[Line, IncomingRow]] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    unchanged: int = 0
    mended: list[Line] = field(default_factory=list)  # taken, with a note

    @property
    def created(self) -> int:
        return len(self.new)

    @property
    def updated(self) -> int:
        return sum(update.found.changed for update in self.updates)


class Look:
    """Sorts chunk after chunk; remembers reference rows and how earlier files were read."""

    def __init__(self, refs: References) -> None:
        self.refs = refs
        self._told = Told()

    def at(self, lines: Sequence[Line], *, now: datetime, batch: ImportBatch, lock: bool) -> Looked:
        """`lock`: hold the cases that would change until the transaction ends."""
        done = Looked()
        taken: list[tuple[Line, IncomingRow]] = []
        waiting: list[Line] = []
        for line in lines:
            if line.verdict == "rejected":
                done.rejected.append(line)
            elif line.verdict == "quarantined":
                waiting.append(line)
            elif line.verdict == "unchanged" or line.row is None:
                done.unchanged += 1
            else:
                taken.append((line, line.row))
                if line.problems:
                    done.mended.append(line)
        self._sort_waiting(waiting, done)
        known = self._known([row for _line, row in taken])
        changed: list[tuple[Line, IncomingRow, int]] = []
        for line, row in taken:
            there = known.get((self.refs.channel(row.channel).id, row.external_id))
            if there is None:
                done.new.append((line, row))
            elif there[1] == row.fingerprint:
                done.unchanged += 1
            else:
                changed.append((line, row, there[0]))
        if changed:
            done.updates = self._compare(changed, now=now, batch=batch, lock=lock)
            done.unchanged += len(done.updates) - done.updated
        return done

    def _sort_waiting(self, lines: list[Line], done: Looked) -> None:
        """A row an operator has accepted or dropped is no news when its file comes again."""
        if not lines:
            return
        digests = {digest_of(line.cells) for line in lines}
        decided = set(
            QuarantinedRow.objects.filter(digest__in=digests)
            .exclude(state=QuarantinedRow.State.WAITING)
            .values_list("digest", flat=True)
        )
        for line in lines:
            if digest_of(line.cells) in decided:
                done.decided.append(line)
                done.unchanged += 1
            else:
                done.quarantined.append(line)

    def _known(self, rows: list[IncomingRow]) -> dict[tuple[int, str], tuple[int, str]]:
        """Key -> (id, fingerprint) of the current messages of these rows; one query."""
        if not rows:
            return {}
        channels = [self.refs.channel(row.channel).id for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [channels, text_array(row.external_id for row in rows)])
            return {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}

    def _compare(
        self,
        changed: list[tuple[Line, IncomingRow, int]],
        *,
        now: datetime,
        batch: ImportBatch,
        lock: bool,
    ) -> list[Update]:
        messages = Message.objects.in_bulk([pk for _line, _row, pk in changed])
        ids = sorted({message.case_id for message in messages.values()})
        rows = Case.objects.select_related("citizen").defer("search")
        rows = rows.filter(pk__in=ids).order_by("pk")
        if lock:
            rows = rows.select_for_update(of=("self",))
        cases = {case.pk: case for case in rows}
        worked = set(
            CaseEvent.objects.filter(case_id__in=ids, actor__isnull=False)
            .exclude(move__in=_BESIDE)
            .values_list("case_id", flat=True)
        )
        replies = _by_case(Reply.objects.filter(case_id__in=ids).order_by("version"))
        clocks = _by_case(Clock.objects.filter(case_id__in=ids).order_by("pk"))
        holdings = _by_case(Assignment.objects.filter(case_id__in=ids).order_by("pk"))
        self._told.learn(messages.values())
        updates = []
        for line, row, pk in changed:
            message = messages[pk]
            case = cases[message.case_id]
            known = Known(
                message,
                case,
                replies[case.pk],
                clocks[case.pk],
                holdings[case.pk],
                case.pk in worked,
                self._told.values(message),
            )
            before = case.status
            found = compare(line, row, known, refs=self.refs, now=now, batch=batch)
            updates.append(Update(line, row, known, before, found))
        return updates


def _by_case(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found
