"""The core of `check_replies`: lines of JSON in, dictionaries out, one a line, streaming.

python -m quality.batch IN.jsonl OUT.jsonl [--history EARLIER.jsonl] [--cumulative]
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from quality.engine import assess
from quality.memory import MemoryIndex
from quality.types import (
    DEFAULT,
    Assessment,
    EarlierReply,
    Severity,
    Situation,
    Thresholds,
)

_TEXT_FIELDS = ("agency", "topic", "channel", "author", "kind", "case_type", "regime", "place")
_FLAGS = ("is_public", "has_media")
_MOMENTS = ("assigned_at", "replied_at")
_LISTS = (
    "citizen_names",
    "citizen_contacts",
    "work_contacts",
    "approved_texts",
    "agency_names",
    "earlier_texts",
)


class BadLine(ValueError):
    """A line that cannot be assessed: `code` and `params` for the wording."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def _moment(name: str, value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise BadLine("bad_moment", field=name) from None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int):
        raise BadLine("bad_type", field=name)
    return str(value)


def object_of(line: str | bytes) -> dict[str, Any]:
    """Object of one line; raises `BadLine`."""
    if isinstance(line, bytes):
        try:
            line = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadLine("not_utf8") from None
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise BadLine("bad_json") from None
    if not isinstance(row, dict):
        raise BadLine("not_object")
    return row


def complete(row: dict[str, Any]) -> None:
    """Both texts are there; raises `BadLine`. No text of the case is an empty one."""
    row["case_text"] = "" if row.get("case_text") is None else row["case_text"]
    if row.get("reply_text") is None:
        raise BadLine("missing", field="reply_text")
    for name in ("case_text", "reply_text"):
        if not isinstance(row[name], str):
            raise BadLine("bad_type", field=name)


def parse_line(line: str | bytes) -> dict[str, Any]:
    """Object of one line with both texts; raises `BadLine`."""
    row = object_of(line)
    complete(row)
    return row


def written(result: Mapping[str, Any]) -> str:
    """The line of a result; half of a surrogate pair in an id is escaped as it came."""
    line = json.dumps(result, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(result)
    return line + "\n"


def overwritten(target: Path, *read: Path | None) -> bool:
    """Whether writing `target` would destroy one of the files that are read."""
    return target.exists() and any(
        path and path.exists() and target.samefile(path) for path in read
    )


def situation_of(row: Mapping[str, Any]) -> Situation:
    """Situation of a parsed line; a missing or null field switches dependent checks off."""
    values: dict[str, Any] = {name: _text(row, name) for name in _TEXT_FIELDS}
    for name in _FLAGS:
        value = row.get(name)
        if value is not None and not isinstance(value, bool):
            raise BadLine("bad_type", field=name)
        values[name] = value
    for name in _MOMENTS:
        values[name] = _moment(name, row.get(name))
    for name in _LISTS:
        value = row.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadLine("bad_type", field=name)
        values[name] = tuple(value)
    moved = row.get("postponements")
    if moved is not None and (isinstance(moved, bool) or not isinstance(moved, int)):
        raise BadLine("bad_type", field="postponements")
    values["postponements"] = moved
    return Situation(row.get("case_text", ""), row["reply_text"], **values)


def _earlier(row: Mapping[str, Any], number: int) -> EarlierReply:
    return EarlierReply(
        key=str(row.get("id", number)),
        text=row["reply_text"],
        agency=_text(row, "agency"),
        author=_text(row, "author"),
        case_message=_text(row, "case_text"),
        sent_at=_moment("replied_at", row.get("replied_at")),
    )


def _reuse(found: Assessment) -> dict[str, Any] | None:
    """Copying as a line tells it: the likeliest source first, the others beside it."""
    if found.reuse is None:
        return None
    sources = [
        {
            "similarity": max(match.similarity, match.share),
            "source_id": match.key,
            "spans": [list(span) for span in match.spans],
        }
        for match in found.reuse.sources
    ]
    return {
        **sources[0],
        "containment": found.reuse.containment,
        "personal_share": found.personal_share,
        "others": sources[1:],
    }


def result_of(
    row: Mapping[str, Any], number: int, index: MemoryIndex, thresholds: Thresholds
) -> dict[str, Any]:
    """Result of one parsed line: id, score (= risk), flagged, reasons, reuse."""
    situation = situation_of(row)
    earlier = index.candidates(situation.reply, situation.approved_texts)
    situation = replace(
        situation, sent_this_month=index.times_sent(situation.reply, situation.replied_at)
    )
    found = assess(situation, earlier, thresholds=thresholds, formulas=index.formulas)
    return {
        "id": row.get("id", number),
        "score": found.risk,
        "flagged": found.flagged,
        "reasons": [
            {"code": f.code, "spans": [list(span) for span in f.spans]}
            for f in found.findings
            if f.severity is not Severity.PRAISE
        ],
        "reuse": _reuse(found),
    }


class _History:
    """Lines of a history as replies; what is wrong with a line is kept for later."""

    def __init__(self, lines: Iterable[str | bytes]) -> None:
        self._lines = lines
        self.bad: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[EarlierReply]:
        for number, line in enumerate(self._lines, 1):
            if not line.strip():
                continue
            try:
                yield _earlier(parse_line(line), number)
            except BadLine as error:
                told = {"line": number, "error": error.code, "params": error.params}
                self.bad.append({**told, "history": True})


def check_lines(
    lines: Iterable[str | bytes],
    history: Iterable[str | bytes] = (),
    *,
    cumulative: bool = False,
    thresholds: Thresholds = DEFAULT,
) -> Iterator[dict[str, Any]]:
    """Assess line by line; `history` is read first, empty lines are passed over.

    A bad line gives {"line", "error", "params"}, its "id" if it has one ("history": true for a
    line of the history), and does not stop the rest. With `cumulative` each assessed line
    counts as sent for the next.
    """
    index = MemoryIndex(thresholds)
    earlier = _History(history)
    index.extend(earlier)
    yield from earlier.bad
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row: dict[str, Any] = {}
        try:
            row = object_of(line)
            complete(row)
            result = result_of(row, number, index, thresholds)
            if cumulative:
                index.add(_earlier(row, number))
        except BadLine as error:
            told = {"line": number, "error": error.code, "params": error.params}
            named = isinstance(row.get("id"), str | int)
            yield {"id": row["id"], **told} if named else told
            continue
        yield result


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when a line was bad."""
    parser = argparse.ArgumentParser(prog="quality.batch")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--cumulative", action="store_true")
    options = parser.parse_args(arguments)
    if overwritten(options.target, options.source, options.history):
        parser.error("the target is one of the files that are read")
    bad = 0
    history = options.history.open("rb") if options.history else []
    with options.source.open("rb") as lines, options.target.open("w", encoding="utf-8") as out:
        for result in check_lines(lines, history, cumulative=options.cumulative):
            if "error" in result:
                bad += 1
                detail = " ".join(result["params"].values())
                print(f"{result['line']}: {result['error']} {detail}".rstrip(), file=sys.stderr)
                if result.get("history"):
                    continue
            out.write(written(result))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
