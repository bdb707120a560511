"""A batch and its file: kept, opened, held by one process at a time, found when that one died."""

import hashlib
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from agencies.models import User
from cases import holding
from intake.apart import read_anywhere, weight
from intake.columns import Mapping
from intake.models import ImportBatch
from intake.reading import Reading, Way, read_source
from intake.refs import channel_words, zones

_KEEP_FILES = timedelta(days=30)
State = ImportBatch.State


def path_of(batch: ImportBatch) -> str:
    return f"imports/{batch.sha256[:2]}/{batch.sha256}"


def hash_of(stream: IO[bytes]) -> str:
    """SHA-256 of the content, read in pieces; the stream is at its start again."""
    digest = hashlib.sha256()
    while piece := stream.read(2**20):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()


def keep_file(
    name: str, content: "IO[bytes] | File[Any]", *, by: User | None, zone: str = ""
) -> ImportBatch:
    """Store the file under its hash, with a batch that waits for its preview."""
    batch = ImportBatch.objects.create(
        file_name=name[:300], sha256=hash_of(content), started_by=by, zone=zone
    )
    if not default_storage.exists(path_of(batch)):
        default_storage.save(path_of(batch), File(content))
    return batch


def has_file(batch: ImportBatch) -> bool:
    return default_storage.exists(path_of(batch))


def weight_of(batch: ImportBatch) -> int:
    """How much there is to read in the file (`apart.weight`)."""
    try:
        return weight(Path(default_storage.path(path_of(batch))))
    except NotImplementedError:  # not on this machine's disk
        return int(default_storage.size(path_of(batch)))


def open_batch(batch: ImportBatch, *, now: datetime | None = None) -> Reading:
    """The batch's file under its mapping, or recognised anew; raises NotATable.

    "Future" is judged by the moment of the upload, also when an import goes on later.
    """
    mapping = Mapping.from_json(batch.mapping) if batch.mapping else None
    way = Way(zones(batch.zone), now or batch.created_at, words=channel_words())
    try:
        path = Path(default_storage.path(path_of(batch)))
    except NotImplementedError:  # not on this machine's disk
        with default_storage.open(path_of(batch)) as file:
            return read_source(file.read(), mapping, way)
    return read_anywhere(path, mapping, way)


def held(batch: ImportBatch) -> AbstractContextManager[bool]:
    """Whether the batch is ours until the end of the block; no other process then has it."""
    return holding.held(holding.BATCH, batch.pk)


def is_lost(batch: ImportBatch) -> bool:
    """Whether the session that had the batch is gone: the database went away under the work."""
    return holding.is_lost(holding.BATCH, batch.pk)


def is_held(batch: ImportBatch) -> bool:
    """Whether a process works on the batch now, without taking the lock."""
    return holding.is_held(holding.BATCH, batch.pk)


def stopped(sha256: str = "") -> list[ImportBatch]:
    """Batches that say they run while no process is at them; `sha256`: of this file only."""
    rows = ImportBatch.objects.filter(state=State.RUNNING).order_by("pk")
    if sha256:
        rows = rows.filter(sha256=sha256)
    return [batch for batch in rows if not is_held(batch)]


@transaction.atomic
def set_running(batch: ImportBatch) -> bool:
    """Whether the batch may start or go on; False when somebody was first."""
    fresh = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    may = fresh.state in {State.UPLOADED, State.PREVIEWED} or (
        fresh.state == State.FAILED and can_go_on(fresh)
    )
    if may:
        fresh.state, fresh.finished_at, fresh.error = State.RUNNING, None, ""
        fresh.save(update_fields=["state", "finished_at", "error"])
    return may


def can_go_on(batch: ImportBatch) -> bool:
    """A failed import that stopped on the way, not one whose file is no table."""
    return bool(batch.state == State.FAILED and batch.error == "stopped" and has_file(batch))


def forget_files(now: datetime | None = None) -> int:
    """Remove files whose batches all ended a month ago: they hold citizens' data."""
    limit = (now or timezone.now()) - _KEEP_FILES
    ended = ImportBatch.objects.filter(state__in=[State.DONE, State.FAILED, State.UNDONE])
    idle = ImportBatch.objects.filter(state__in=[State.UPLOADED, State.PREVIEWED])
    old = set(ended.filter(finished_at__lt=limit).values_list("sha256", flat=True))
    old |= set(idle.filter(created_at__lt=limit).values_list("sha256", flat=True))
    fresh = set(
        ImportBatch.objects.filter(sha256__in=old)
        .exclude(pk__in=ended.filter(finished_at__lt=limit))
        .exclude(pk__in=idle.filter(created_at__lt=limit))
        .values_list("sha256", flat=True)
    )
    removed = 0
    for sha256 in old - fresh:
        path = path_of(ImportBatch(sha256=sha256))
        if default_storage.exists(path):
            default_storage.delete(path)
            removed += 1
    return removed
