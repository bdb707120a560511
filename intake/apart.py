"""Read a large file in a process of its own: the import writes while the next rows are read.

A workbook is taken into memory as a whole, and what people upload may be built to hurt: that
process is small, has no database and no more memory than it is given. `python -m intake.apart`
is that process; it gets a pickled Order on its input and gives pickled parts of the answer.
"""

import gc
import os
import pickle
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from intake.columns import Mapping
from intake.incoming import Line
from intake.problems import NotATable
from intake.reading import Reading, Way, read_source

SMALL = 2**20  # of `weight`; below it a process of its own takes longer than the reading
MEMORY = 4 * 2**30
_PART = 500
_AHEAD = 8  # parts taken before they are asked for
_LENGTH = 8  # bytes before a part that say how long it is
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Order:
    path: str
    mapping: Mapping | None
    way: Way


def read_anywhere(path: Path, mapping: Mapping | None, way: Way) -> Reading:
    """`read_source`, for a large file in a process of its own; close `lines` to end it early."""
    if weight(path) < SMALL:
        return read_source(path, mapping, way)
    return read_apart(Order(str(path), mapping, way))


def weight(path: Path) -> int:
    """How much there is to read: a workbook by what it claims to unpack to, a normal one eightfold.

    A workbook of a few kilobytes may hold gigabytes of nothing, and a web process has no memory
    for them.
    """
    size = path.stat().st_size
    with suppress(zipfile.BadZipFile, OSError, NotImplementedError), zipfile.ZipFile(path) as book:
        return max(size, sum(info.file_size for info in book.infolist()) // 8)
    return size


def read_apart(order: Order) -> Reading:
    process = subprocess.Popen(
        [sys.executable, "-m", "intake.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as orders:
        pickle.dump(order, orders, pickle.HIGHEST_PROTOCOL)
    answers = _answers(process)
    reading = next(answers)
    return replace(reading, lines=chain.from_iterable(answers))


def _answers(process: "subprocess.Popen[bytes]") -> Iterator[Any]:
    """The Reading without its lines, then lists of lines; the process ends with the iterator."""
    assert process.stdout is not None
    frames: Queue[bytes] = Queue(_AHEAD)
    taking = Thread(target=_take, args=(process.stdout, frames), daemon=True)
    taking.start()
    try:
        while frame := frames.get():
            kind, value = pickle.loads(frame)  # noqa: S301  our own process wrote it
            if kind == "end":
                return
            if kind == "refused":
                raise value
            yield value
        raise NotATable("unreadable")
    finally:
        process.kill()
        process.wait()
        while taking.is_alive():  # it may wait for room
            with suppress(Empty):
                frames.get(timeout=0.01)
        process.stdout.close()


def _take(answers: IO[bytes], frames: "Queue[bytes]") -> None:
    """Take what the process says as it says it; b"" when it has ended.

    A pipe holds some twenty rows: without this the process would stand still until it is asked.
    """
    try:
        while size := int.from_bytes(answers.read(_LENGTH)):
            frame = answers.read(size)
            if len(frame) < size:
                break
            frames.put(frame)
    finally:
        frames.put(b"")  # whatever went wrong, nobody waits for more


def main(orders: IO[bytes], answers: IO[bytes]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.disable()  # rows hold no cycles; looking for some took a twentieth of the reading

    def tell(kind: str, value: Any) -> None:
        frame = pickle.dumps((kind, value), pickle.HIGHEST_PROTOCOL)
        answers.write(len(frame).to_bytes(_LENGTH) + frame)

    order: Order = pickle.load(orders)  # noqa: S301  the process that started this one wrote it
    try:
        reading = read_source(Path(order.path), order.mapping, order.way)
        lines = reading.lines
        tell("reading", replace(reading, lines=iter(())))
        answers.flush()
        while part := _next(lines):
            tell("lines", part)
            answers.flush()
    except NotATable as refusal:
        tell("refused", refusal)
    else:
        tell("end", None)
    answers.flush()


def _next(lines: Iterator[Line]) -> list[Line]:
    return list(islice(lines, _PART))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)  # nothing to tidy up, and a closed pipe is no reason to complain
