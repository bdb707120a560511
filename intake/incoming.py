"""What one row brings, as values: the message, its author, place, history and clocks."""

import json
from collections.abc import Mapping as MappingType
from datetime import datetime
from typing import Any, Literal, NamedTuple

from intake.problems import Problem
from intake.sources import Author

Verdict = Literal["accepted", "unchanged", "quarantined", "rejected"]


class IncomingReply(NamedTuple):
    """A reply as history. Ordinal 1..3: the last executor's replies in their order; 0: an earlier
    first reply of somebody else. Moments are None where the file has none (2nd and 3rd reply)."""

    ordinal: int
    text: str
    sent_at: datetime | None = None
    approval_sent_at: datetime | None = None
    approval_seconds: int | None = None
    has_media: bool | None = None
    account: str = ""
    by_last_executor: bool = True


class Timings(NamedTuple):
    """Clock columns of the export as it counted them; seconds, None where empty."""

    first_reply_at: datetime | None = None
    first_reply_seconds: int | None = None
    first_reply_working_seconds: int | None = None
    assigned_at: datetime | None = None
    executor_reply_at: datetime | None = None
    first_reaction_seconds: int | None = None
    in_time: bool | None = None
    total_seconds: int | None = None
    approval_sent_at: datetime | None = None
    approval_seconds: int | None = None
    satisfaction_at: datetime | None = None


class IncomingRow(NamedTuple):
    """A clean message with what the file knows of its case.

    `external_id` is unique within `channel`. `status`, `kind`, `outcome` are codes of the case
    model, empty when not told. `fingerprint` covers everything mapped, `text_fingerprint` only
    what makes a new version of the message (text, media); both do not depend on the file format,
    the column order or the zone. `values`: cleaned value of every filled field. `words`: the
    text without phones, links and the author's name, for the search; `title`: the heading.
    """

    line: int
    channel: str
    external_id: str
    posted_at: datetime
    text: str
    url: str
    blog_url: str
    post_key: str
    author: Author
    region: str
    territory: str
    settlement: str
    street: str
    house: str
    address: str
    object: str
    lat: float | None
    lon: float | None
    topic_group: str
    topic: str
    agency: str
    agency_kind: str
    executor: str
    kind: str
    outcome: str
    status: str
    replies: tuple[IncomingReply, ...]
    finished_at: datetime | None
    close_reason: str
    mark: int | None
    audience: int | None
    engagement: int | None
    account: str
    tags: tuple[str, ...]
    note: str
    message_has_media: bool | None
    reply_has_media: bool | None
    survey_sent: bool | None
    timings: Timings
    incident_number: str
    cabinet: str
    fingerprint: str
    text_fingerprint: str
    values: MappingType[str, Any]
    title: str
    words: str

    def differing(self, before: MappingType[str, Any]) -> set[str]:
        """Filled fields whose cleaned value is another one than in `before`."""
        return {name for name, value in self.values.items() if before.get(name) != value}


class Line(NamedTuple):
    """What became of one line of the file.

    `row` is there when the verdict is accepted or unchanged (a repeat inside the file). `raw`:
    JSON of a list, the cells as the file has them in the order of `headers`, to the last filled
    one; longer where cells lie beyond the headers.
    """

    number: int
    verdict: Verdict
    row: IncomingRow | None
    problems: tuple[Problem, ...]
    headers: tuple[str, ...]
    raw: str

    @property
    def cells(self) -> dict[str, str]:
        """The filled cells by header: stored, shown, mended and given to `from_cells`."""
        return named(self.headers, json.loads(self.raw))


def named(headers: tuple[str, ...], raw: list[str]) -> dict[str, str]:
    """Filled cells by header; those without one are called by their number."""
    known = len(headers)
    return {
        (headers[n] if n < known else "") or f"column {n + 1}": cell
        for n, cell in enumerate(raw)
        if cell
    }
