"""Rows of the demo's history, and how they are written: by COPY, all at once."""

from dataclasses import dataclass, field

from cases.bulk import copy_cases, copy_in, take_ids
from cases.models import (
    Case,
    CaseEvent,
    Citizen,
    Clock,
    Finding,
    Message,
    Reply,
    ReplyPrint,
    Review,
    ReviewTask,
)


@dataclass(slots=True)
class Batch:
    """Rows of the demo in the order they must be written."""

    citizens: list[Citizen] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    prints: list[ReplyPrint] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    tasks: list[ReviewTask] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)


def _finish_rows(batch: Batch) -> None:
    """Ids of citizens, and what a COPY needs set by hand."""
    ids = take_ids(Citizen, len(batch.citizens))
    for citizen, pk in zip(batch.citizens, ids, strict=True):
        citizen.pk = pk
    for case in batch.cases:
        case.citizen_id = case.citizen.pk
    for message in batch.messages:
        message.author_id = message.author.pk
    for rows in (batch.clocks, batch.findings, batch.reviews, batch.tasks, batch.events):
        if rows:
            for row, pk in zip(rows, take_ids(type(rows[0]), len(rows)), strict=True):
                row.pk = pk


def write(batch: Batch) -> None:
    _finish_rows(batch)
    copy_in(Citizen, batch.citizens)
    copy_cases(batch.cases, batch.texts)
    for rows in (
        batch.messages,
        batch.clocks,
        batch.replies,
        batch.findings,
        batch.prints,
        batch.reviews,
        batch.tasks,
        batch.events,
    ):
        if rows:
            copy_in(type(rows[0]), rows)
