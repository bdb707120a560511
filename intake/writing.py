"""Write what a look at a chunk found, in a fixed number of statements whatever its size."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cases.actions.moderation import next_numbers, refresh_search
from cases.actions.repeats import OF_MANY
from cases.actions.splitting import follow_source
from cases.bulk import copy_in, encode, fresh, take_ids, update_in
from cases.models import Assignment, Case, CaseEvent, Clock, Message, Reply
from intake.ahead import Runs
from intake.authors import citizens_of
from intake.building import Draft, Rows, complete, draft, numbers_for, raw_of
from intake.incoming import IncomingRow, Line
from intake.looking import Update
from intake.models import AwaitingAgency, ImportBatch, ImportedRow
from intake.refs import References

# Foreign keys are deferred: checked here, the commit has nothing left to wait for.
_CHECK = "set constraints all immediate; set constraints all deferred"


def create(
    batch: ImportBatch,
    new: Sequence[tuple[Line, IncomingRow]],
    refs: References,
    now: datetime,
    *,
    drafts: Mapping[int, Draft],
    run: Runs,
) -> None:
    """Cases of messages nobody knows yet, with all that hangs on them.

    `drafts`: what was built in advance, by the lines' numbers. `run`: how what is ready is written.
    """
    if not new:
        return
    incoming = [row for _line, row in new]
    refs.reserve(Assignment, 2 * len(new))  # for these and for those built meanwhile
    citizens = citizens_of(incoming, refs)
    numbers = numbers_for(incoming, next_numbers(len(new), now), now)
    rows = Rows()
    for (line, row), citizen, pk, number in zip(
        new, citizens, take_ids(Case, len(new)), numbers, strict=True
    ):
        made = drafts.get(line.number) or draft(line, row, refs, now=now, batch=batch)
        complete(rows, made, citizen, refs, pk=pk, number=number)

    def write() -> None:
        rows.write()
        with connection.cursor() as cursor:
            cursor.execute(OF_MANY, [[case.pk for case in rows.cases]])
            cursor.execute(_CHECK)

    run(write)


def update(batch: ImportBatch, updates: Sequence[Update], now: datetime) -> None:
    """Changes of known messages; what each of them was before goes into an ImportedRow."""
    if not updates:
        return
    writer = _Updates(batch, now)
    for item in updates:
        writer.add(item)
    writer.write()


class _Updates:
    """Collects the changes of a chunk."""

    def __init__(self, batch: ImportBatch, now: datetime) -> None:
        self.batch, self.now = batch, now
        self.cases: dict[int, Case] = {}
        self.fields: set[str] = set()
        self.outdated: list[int] = []
        self.told: list[Message] = []
        self.remembered: list[tuple[Update, dict[str, Any]]] = []
        self.clocks: list[Clock] = []
        self.holdings: list[Assignment] = []
        self.replies: list[Reply] = []
        self.moved: list[int] = []
        self.search: list[int] = []
        self.rows = Rows()

    def add(self, item: Update) -> None:
        found, case, message = item.found, item.known.case, item.known.message
        kept: dict[str, Any] = {}
        if found.new_version is not None:
            self.outdated.append(message.pk)
            self.rows.messages.append(found.new_version)
            kept["message"] = message.pk
        else:
            # The text stands as it arrived; what the file told last is remembered beside it.
            kept["told"] = {"fingerprint": message.fingerprint, "raw": message.raw}
            message.fingerprint = item.row.fingerprint
            message.raw = raw_of(item.line, self.batch)
            self.told.append(message)
        if found.changed:
            case.version += 1
            self.cases[case.pk] = case
            self.fields |= set(found.before)
            self.rows.events.append(self._event(item))
            self.rows.replies += found.replies
            self.rows.begin(found.terms)
            self.clocks += found.terms.changed_clocks
            self.holdings += found.terms.changed_assignments
            self.replies += found.changed_replies
            if "agency_id" in found.before:
                self.moved.append(case.pk)
            if found.awaiting is not None:
                self.rows.awaiting.append(found.awaiting)
            if found.new_version is not None or {"place", "title"} & set(found.before):
                self.search.append(case.pk)
        kept |= found.kept
        self.remembered.append((item, kept))

    def _event(self, item: Update) -> CaseEvent:
        found, case = item.found, item.known.case
        data: dict[str, Any] = {
            "batch": self.batch.pk,
            "row": item.line.number,
            "fields": sorted(found.before),
            "replies": len(found.replies),
        }
        if found.new_version is not None:
            data["version"] = found.new_version.version
        return fresh(
            CaseEvent,
            case_id=case.pk,
            at=self.now,
            move="import_updated",
            before=item.status_before,
            after=case.status,
            data=encode(data),
        )

    def write(self) -> None:
        Message.objects.filter(pk__in=self.outdated).update(is_current=False)
        update_in(Message, self.told, ["fingerprint", "raw"])
        update_in(Clock, self.clocks, ["stopped_at", "missed_at"])
        update_in(Assignment, self.holdings, ["until", "ended_by"])
        update_in(Reply, self.replies, ["state", "published_at"])
        update_in(Case, list(self.cases.values()), [*sorted(self.fields), "version"])
        waited = self._no_longer_waiting()
        self.rows.write()
        self._remember(waited)
        if self.search:
            refresh_search(self.search)
        self._parts_follow()

    def _parts_follow(self) -> None:
        """Cases that were taken off a message which has a new version have it too (one query)."""
        news = [item.found.new_version for item, _kept in self.remembered if item.found.new_version]
        if not news:
            return
        split = set(
            Case.objects.filter(split_from__in=[message.case_id for message in news]).values_list(
                "split_from_id", flat=True
            )
        )
        for message in news:
            if message.case_id in split:
                follow_source(message, None)

    def _no_longer_waiting(self) -> dict[int, int]:
        """Cases that moved from «Ведомство не определено»: case -> name it waited under."""
        if not self.moved:
            return {}
        waiting = AwaitingAgency.objects.filter(case_id__in=self.moved)
        found = dict(waiting.values_list("case_id", "name_id"))
        waiting.delete()
        return found

    def _remember(self, waited: dict[int, int]) -> None:
        rows = []
        for item, kept in self.remembered:
            case = item.known.case
            if case.pk in waited:
                kept["awaiting"] = waited[case.pk]
            rows.append(
                fresh(
                    ImportedRow,
                    batch_id=self.batch.pk,
                    case_id=case.pk,
                    line=item.line.number,
                    change="conflict" if item.found.conflicts else "updated",
                    before=encode(kept),
                    case_version=case.version,
                )
            )
        copy_in(ImportedRow, rows, with_ids=False)
