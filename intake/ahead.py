"""Make the next rows ready while the database works on those before them.

Three quarters of an import's time its server works: COPY, search vectors, checks of foreign keys.
A thread of its own sees to that, and this one reads on and builds what can be built without asking
the database.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import get_ident
from typing import Any, Protocol

from django.db import connections
from django.utils import timezone

from intake.building import Draft, draft
from intake.incoming import Line
from intake.models import ImportBatch
from intake.refs import Asks, References


class Runs(Protocol):
    """Does `work` in the running transaction, here or in another thread; it is done on return."""

    def __call__(self, work: Callable[[], None]) -> None: ...


class Ahead:
    """Hands out parts of the lines, each with what was built of it in advance.

    `refs`: asked for anew each time, they are others after a chunk that had to be tried again.
    """

    def __init__(
        self,
        lines: Iterator[Line],
        size: int,
        batch: ImportBatch,
        refs: Callable[[], References],
    ) -> None:
        self._lines, self._size, self._batch, self._refs = lines, size, batch, refs
        self._next: list[Line] = []
        self._drafts: dict[int, Draft] = {}
        self._at = 0
        self._error: Exception | None = None
        self._over = False

    def take(self) -> tuple[list[Line], dict[int, Draft]]:
        """The next part, empty at the end; what broke the reading is raised in its place."""
        while len(self._next) < self._size and not self._over:
            self._read()
        if not self._next and self._error is not None:
            raise self._error
        part, drafts = self._next, self._drafts
        self._next, self._drafts, self._at = [], {}, 0
        return part, drafts

    def _read(self) -> None:
        try:
            self._next.append(next(self._lines))
        except StopIteration:
            self._over = True
        except Exception as error:  # noqa: BLE001  raised when its turn comes
            self._error, self._over = error, True

    def work(self, done: Callable[[], bool]) -> None:
        """Build rows of the next part until `done`; asks the database nothing."""
        refs = self._refs()
        now = timezone.now()
        refs.asking = False
        try:
            while not done():
                if self._at < len(self._next):
                    self._build(self._next[self._at], refs, now)
                    self._at += 1
                elif len(self._next) < self._size and not self._over:
                    self._read()
                else:
                    return
        finally:
            refs.asking = True

    def _build(self, line: Line, refs: References, now: datetime) -> None:
        if line.row is None or line.verdict != "accepted":
            return
        with suppress(Asks):  # then it is built when its turn comes
            self._drafts[line.number] = draft(line, line.row, refs, now=now, batch=self._batch)

    def forget(self) -> None:
        """Drop what was built: the rows it refers to were rolled back."""
        self._drafts, self._at = {}, 0


class Beside:
    """Writes in another thread, on this thread's connection, while `ahead` works in this one."""

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="import-database")

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.shutdown()

    def forget(self) -> None:
        self._ahead.forget()

    def __call__(self, work: Callable[[], None]) -> None:
        own, here = connections["default"], get_ident()

        def only_there(execute: Callable[..., Any], *args: Any) -> Any:
            # The server takes rows just now: what this thread would ask waits for its turn.
            if get_ident() == here:
                raise Asks
            return execute(*args)

        def run() -> None:
            connections["default"] = own  # in that thread the name means another connection
            try:
                work()
            finally:
                del connections["default"]

        own.inc_thread_sharing()
        try:
            with own.execute_wrapper(only_there):
                waiting = self._thread.submit(run)
                try:
                    self._ahead.work(waiting.done)
                finally:
                    waiting.result()  # never two threads on one connection
        finally:
            own.dec_thread_sharing()
