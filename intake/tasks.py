"""Imports of the upload page and exports run in the background worker."""

import logging
from contextlib import suppress
from datetime import timedelta

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from agencies.models import User
from cases.models import News
from cases.news import tell_all
from intake import batches, undoing
from intake.columns import Unknown
from intake.export import making
from intake.importing import run_import
from intake.models import ImportBatch
from intake.previews import make_preview
from intake.problems import NotATable

log = logging.getLogger(__name__)
State = ImportBatch.State


@transaction.atomic
def start(batch: ImportBatch) -> bool:
    """Hand the batch to the worker, once; False when somebody was first."""
    may = batches.set_running(batch)
    if may:
        _defer(run_batch, batch.pk)
    return may


def _defer(task: object, pk: int) -> None:
    try:
        with transaction.atomic():
            name = task.name  # type: ignore[attr-defined]
            task.configure(queueing_lock=f"{name}:{pk}").defer(batch_id=pk)  # type: ignore[attr-defined]
    except AlreadyEnqueued:
        pass


def ask_for_preview(batch: ImportBatch) -> None:
    """Have a large file looked through by the worker; asking twice is once."""
    _defer(look_at_batch, batch.pk)


@app.task(name="intake.look_at_batch")
def look_at_batch(batch_id: int) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state == State.UPLOADED:
        make_preview(batch)


@app.task(name="intake.run_batch")
def run_batch(batch_id: int) -> None:
    """Run or go on with a batch: a killed worker's job is taken again behind its last chunk.

    Where the database went away the batch goes on with the next minute's `resume_stopped`.
    """
    try:
        with batches.held(ImportBatch(pk=batch_id)) as mine:
            batch = ImportBatch.objects.get(pk=batch_id)
            if mine and batch.state == State.RUNNING:
                run_held(batch)
    except (DatabaseError, InterfaceError):
        if not _goes_on(batch_id):
            raise
        log.warning("import %d: the database went away, it goes on by itself", batch_id)
        return
    with suppress(OperationalError, InterfaceError):  # told by `resume_stopped` then
        tell_ends()


def _goes_on(batch_id: int) -> bool:
    """Whether the batch still says it runs, as far as a new connection can ask."""
    connection.close()
    try:
        return ImportBatch.objects.filter(pk=batch_id, state=State.RUNNING).exists()
    except (OperationalError, InterfaceError):
        return True


def tell_ends() -> None:
    """Who started an import hears of its end: once, also when the worker died right after it."""
    ended = ImportBatch.objects.filter(
        state__in=[State.DONE, State.FAILED],
        finished_at__gt=timezone.now() - timedelta(days=1),
        started_by__isnull=False,
    )
    tell_all(
        [
            News(
                kind="import_finished",
                key=f"import:{batch.pk}:{batch.state}",
                person_id=batch.started_by_id,
                data={
                    "batch": batch.pk,
                    "state": batch.state,
                    "created": batch.created,
                    "updated": batch.updated,
                    "quarantined": batch.quarantined,
                },
            )
            for batch in ended
        ]
    )


def run_held(batch: ImportBatch) -> None:
    try:
        reading = batches.open_batch(batch)
        if isinstance(reading.mapping, Unknown):
            raise NotATable("no_header")
        run_import(batch, reading)
    except NotATable as error:
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=State.FAILED,
            error=error.code,
            error_params=error.params,
            finished_at=timezone.now(),
        )


@transaction.atomic
def start_undo(batch: ImportBatch, *, actor: User, reason: str) -> None:
    """Have the worker take the batch back; raises what `undoing.check` raises."""
    undoing.begin(batch, actor=actor, reason=reason)
    _defer(undo_batch, batch.pk)


@app.task(name="intake.undo_batch")
def undo_batch(batch_id: int) -> None:
    with batches.held(ImportBatch(pk=batch_id)) as mine:
        if mine:
            undoing.finish(ImportBatch.objects.get(pk=batch_id))


@app.periodic(cron="* * * * *", periodic_id="resume")
@app.task(name="intake.resume_stopped", queueing_lock="intake.resume_stopped")
def resume_stopped(timestamp: int) -> None:
    """Go on with imports and undoings whose process died, also those of the command line."""
    for batch in batches.stopped():
        if batches.has_file(batch):
            _defer(run_batch, batch.pk)
        else:
            ImportBatch.objects.filter(pk=batch.pk, state=State.RUNNING).update(
                state=State.FAILED, error="lost", finished_at=timezone.now()
            )
    for batch in ImportBatch.objects.filter(state=State.UNDOING):
        _defer(undo_batch, batch.pk)
    tell_ends()


@app.periodic(cron="41 3 * * *", periodic_id="files")
@app.task(name="intake.forget_files", queueing_lock="intake.forget_files")
def forget_files(timestamp: int) -> None:
    batches.forget_files()
    making.forget_files()


@app.task(name="intake.make_export")
def make_export(export_id: int) -> None:
    making.make(export_id)


@app.periodic(cron="* * * * *", periodic_id="resume_exports")
@app.task(name="intake.resume_exports", queueing_lock="intake.resume_exports")
def resume_exports(timestamp: int) -> None:
    """Begin anew what a killed worker left half-made."""
    for export in making.stopped():
        with suppress(AlreadyEnqueued), transaction.atomic():
            lock = f"intake.make_export:{export.pk}"
            make_export.configure(queueing_lock=lock).defer(export_id=export.pk)
