"""What the background worker does beside its jobs: readers that run every few seconds.

They belong to the worker's process and not to its queue: a reader of events must not wait until a
long import leaves it a place, and a killed one is back with the next start, not after its job was
found stalled. Two workers may run: each reader lets one of them in at a time.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, close_old_connections

from cases import gathering
from notices import post, telling
from reports import keeping

log = logging.getLogger(__name__)
# After an error the next try waits longer, up to this many seconds.
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Reader:
    """`step` does what there is to do and says how much that was; more follows at once."""

    name: str
    step: Callable[[], int]
    seconds: float


READERS = (
    Reader("notices", telling.follow, 2),
    Reader("letters", post.run, 5),
    Reader("figures", keeping.step, 3),
    Reader("alike", gathering.step, 5),
)


def _step(reader: Reader) -> int:
    close_old_connections()
    try:
        return reader.step()
    finally:
        close_old_connections()


async def keep_reading(reader: Reader, stop: asyncio.Event) -> None:
    """Run the reader until `stop`: an error is logged, waited out, and tried again."""
    wait = reader.seconds
    while not stop.is_set():
        try:
            done = await asyncio.to_thread(_step, reader)
            wait = 0 if done else reader.seconds
        except DatabaseError as error:
            wait = min(max(wait, 1) * 2, _LONGEST_WAIT)
            log.warning("%s: the database does not answer (%s)", reader.name, type(error).__name__)
        except Exception:
            wait = min(max(wait, 1) * 2, _LONGEST_WAIT)
            log.exception("%s failed, next try in %d s", reader.name, wait)
        try:
            await asyncio.wait_for(stop.wait(), wait) if wait else await asyncio.sleep(0)
        except TimeoutError:
            continue
