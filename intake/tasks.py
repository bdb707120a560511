"""Imports of the upload page run in the background worker."""

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from agencies.models import User
from intake.columns import Mapping, Unknown
from intake.importing import run_import
from intake.models import ImportBatch
from intake.problems import NotATable
from intake.reading import Reading, read_file
from intake.refs import zones


def path_of(batch: ImportBatch) -> str:
    return f"imports/{batch.sha256[:2]}/{batch.sha256}"


def keep_file(name: str, content: bytes, *, by: User) -> ImportBatch:
    """Store the file under its hash with a batch that waits for its preview."""
    batch = ImportBatch.objects.create(
        file_name=name[:300], sha256=hashlib.sha256(content).hexdigest(), started_by=by
    )
    if not default_storage.exists(path_of(batch)):
        default_storage.save(path_of(batch), ContentFile(content))
    return batch


def open_batch(batch: ImportBatch, *, now: datetime | None = None) -> Reading:
    """The batch's file under its mapping, or recognised anew; raises NotATable."""
    with default_storage.open(path_of(batch)) as file:
        content = file.read()
    mapping = Mapping.from_json(batch.mapping) if batch.mapping else None
    return read_file(content, mapping=mapping, zone=zones(), now=now or timezone.now())


@transaction.atomic
def start(batch: ImportBatch) -> bool:
    """Hand the batch to the worker, once; False when somebody was first."""
    changed = ImportBatch.objects.filter(
        pk=batch.pk, state__in=[ImportBatch.State.UPLOADED, ImportBatch.State.PREVIEWED]
    ).update(state=ImportBatch.State.RUNNING)
    if changed:
        run_batch.configure(lock=f"import:{batch.pk}").defer(batch_id=batch.pk)
    return bool(changed)


@app.task(name="intake.run_batch")
def run_batch(batch_id: int) -> None:
    """Run or go on with a batch: a killed worker's job is taken again behind its last chunk."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != ImportBatch.State.RUNNING:
        return
    try:
        # "Future" is judged by the moment of the upload, also when the job is taken again.
        reading = open_batch(batch, now=batch.created_at)
        if isinstance(reading.mapping, Unknown):
            raise NotATable("no_header")
        run_import(batch, reading.lines)
    except NotATable as error:
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=ImportBatch.State.FAILED, error=error.code, finished_at=timezone.now()
        )
