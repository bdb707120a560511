"""What a file said of a message when it came: its raw cells, read once more."""

from collections.abc import Iterable
from typing import Any

from cases.models import Message
from intake.columns import Mapping
from intake.incoming import IncomingRow
from intake.models import ImportBatch
from intake.places import ZoneOf
from intake.refs import channel_words, zones
from intake.rows import RowReader


class Told:
    def __init__(self) -> None:
        self._zone: ZoneOf | None = None
        self._words: dict[str, str] = {}
        self._layouts: dict[int, tuple[Mapping, tuple[str, ...]]] = {}
        self._readers: dict[tuple[int, tuple[str, ...]], RowReader] = {}

    def learn(self, messages: Iterable[Message]) -> None:
        """Read the layouts of these messages' files, one query for all."""
        wanted = {pk for m in messages if (pk := _batch_of(m))} - set(self._layouts)
        for pk, mapping, headers in ImportBatch.objects.filter(pk__in=wanted).values_list(
            "pk", "mapping", "headers"
        ):
            self._layouts[pk] = (Mapping.from_json(mapping), tuple(headers))

    def values(self, message: Message) -> dict[str, Any]:
        """Cleaned values by field; empty for a message that came by another way."""
        row = self.row(message)
        return dict(row.values) if row else {}

    def row(self, message: Message) -> IncomingRow | None:
        """None for a message that came by another way, or whose cells are read no more."""
        pk = _batch_of(message)
        layout = self._layouts.get(pk)
        if layout is None:
            return None
        raw = message.raw["cells"]
        mapping, headers = layout
        if isinstance(raw, dict):  # mended by an operator
            headers = tuple(mapping.columns)
            raw = [raw.get(header, "") for header in headers]
        key = (pk, headers)
        reader = self._readers.get(key)
        if reader is None:
            if self._zone is None:
                self._zone, self._words = zones(), channel_words()
            reader = self._readers[key] = RowReader(
                headers,
                mapping,
                zone=self._zone,
                now=message.received_at,
                words=self._words,
            )
        return reader.read(0, raw).row


def _batch_of(message: Message) -> int:
    """The file that told last of this message; 0 for one that came by another way."""
    raw = message.raw if isinstance(message.raw, dict) else {}
    return int(raw["batch"]) if "cells" in raw and "batch" in raw else 0
