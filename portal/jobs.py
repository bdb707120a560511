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
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from cases.keeping import calendar_warnings
from cases.models import JobFailure, Recount, TaskMark

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


def overview(now: datetime | None = None) -> dict[str, Any]:
    """What the page and the API of jobs show (a handful of queries)."""
    state = worker_state(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "select status::text, count(*) from procrastinate_jobs"
            " where status in ('todo', 'doing', 'failed') group by 1"
        )
        counts = dict(cursor.fetchall())
    return {
        **state,
        "waiting": counts.get("todo", 0),
        "running": counts.get("doing", 0),
        "failed": counts.get("failed", 0),
        "tasks": _tasks(),
        "failures": failures(),
        "unfinished": unfinished(),
        "recount": Recount.objects.first(),
        "warnings": calendar_warnings(),
    }


def _tasks() -> list[dict[str, Any]]:
    """Every periodic task with its schedule and last mark; one that never ran is shown too."""
    marks = TaskMark.objects.in_bulk()
    found = {}
    for task in app.periodic_registry.periodic_tasks.values():
        name = task.task.name
        mark_ = marks.get(name)
        found[name] = {
            "name": name,
            "cron": task.cron,
            "mark": mark_,
            "broken": bool(mark_ and mark_.failed_at and mark_.failed_at >= mark_.ran_at),
        }
    return [found[name] for name in sorted(found)]


_FAILED = """
select j.id, j.task_name, j.attempts, f.at, f.error, f.place
from procrastinate_jobs j
left join lateral (
    select at, error, place from cases_jobfailure f where f.job = j.id order by id desc limit 1
) f on true
where j.status = 'failed' order by j.id desc limit %s
"""
_UNFINISHED = """
select j.id, j.task_name, j.attempts, j.status::text, coalesce(j.scheduled_at, e.at),
       w.last_heartbeat
from procrastinate_jobs j
left join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
left join procrastinate_workers w on w.id = j.worker_id
where j.status in ('todo', 'doing') order by j.status desc, j.id limit %s
"""
SHOWN = 100


def _rows(sql: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [SHOWN])
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def failures() -> list[dict[str, Any]]:
    return _rows(_FAILED, ("id", "task", "attempts", "at", "error", "place"))


def unfinished() -> list[dict[str, Any]]:
    return _rows(_UNFINISHED, ("id", "task", "attempts", "status", "since", "heartbeat"))


def retry(job: int) -> bool:
    """Let a failed job run again; False when there is no such failed job (any more)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select 1 from procrastinate_jobs where id = %s and status = 'failed' for update", [job]
        )
        if cursor.fetchone() is None:
            return False
        try:
            with transaction.atomic():
                cursor.execute(
                    "select procrastinate_retry_job_v2(%s, now(), null, null, null)", [job]
                )
        except IntegrityError:
            return False  # its successor waits already: one of a kind is enough
    return True
