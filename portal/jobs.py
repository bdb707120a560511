"""Jobs of the worker as administrators see them: what ran, what it did, what failed, what waits."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cases.models import JobFailure, TaskMark

log = logging.getLogger(__name__)
# The worker beats every ten seconds; its jobs come every minute.
SILENT = timedelta(minutes=2)


def _place(error: BaseException) -> str:
    """«cases/reminding.py:81»: the innermost line of our own code. Never the error's words:
    they may quote a row."""
    ours = [
        frame
        for frame in extract_tb(error.__traceback__)
        if frame.filename.startswith(str(settings.BASE_DIR))
        and "site-packages" not in frame.filename
    ]
    if not ours:
        return ""
    return f"{Path(ours[-1].filename).relative_to(settings.BASE_DIR)}:{ours[-1].lineno}"


def _note_success(name: str, took: float, result: Any) -> None:
    did = result if isinstance(result, int) and not isinstance(result, bool) else 0
    now = timezone.now()
    ran = {"ran_at": now, "took_ms": int(took * 1000)}
    if did:
        ran |= {"did_at": now, "did": min(did, 2_000_000_000)}
    TaskMark.objects.update_or_create(name=name, defaults=ran)


def _note_failure(job: int, name: str, error: BaseException) -> None:
    JobFailure.objects.create(
        job=job, task=name, error=type(error).__qualname__[:120], place=_place(error)[:200]
    )
    now = timezone.now()
    TaskMark.objects.update_or_create(
        name=name, defaults={"failed_at": now}, create_defaults={"failed_at": now, "ran_at": now}
    )


def _quietly(note: Callable[..., None], *args: Any) -> None:
    """A mark that cannot be written must not fail the job it is about."""
    try:
        with transaction.atomic():
            note(*args)
    except DatabaseError:
        log.warning("no mark of the job could be written")


def mark(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    began = monotonic()
    job = context.job
    try:
        result = call_next()
    except Exception as error:
        _quietly(_note_failure, job.id, job.task_name, error)
        raise
    _quietly(_note_success, job.task_name, monotonic() - began, result)
    return result


async def mark_async(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    began = monotonic()
    job = context.job
    try:
        result = await call_next()
    except Exception as error:
        await sync_to_async(_quietly)(_note_failure, job.id, job.task_name, error)
        raise
    await sync_to_async(_quietly)(_note_success, job.task_name, monotonic() - began, result)
    return result


def worker_state(now: datetime | None = None) -> dict[str, Any]:
    """Whether a worker lives, and how long the oldest job that could run has waited (one query)."""
    moment = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select max(last_heartbeat) from procrastinate_workers),"
            " (select min(coalesce(j.scheduled_at, e.at)) from procrastinate_jobs j"
            "  left join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'"
            "  where j.status = 'todo' and (j.scheduled_at is null or j.scheduled_at <= %s))",
            [moment],
        )
        beat, oldest = cursor.fetchone()
    silent = beat is None or moment - beat > SILENT
    lag = max(0, int((moment - oldest).total_seconds())) if oldest else 0
    return {
        "silent": silent,
        "heartbeat": beat.astimezone(UTC).isoformat() if beat else None,
        "lag_seconds": lag,
    }
