"""Health endpoints: live = the process answers; ready = it can serve (database, migrations);
worker = the background worker beats."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from cases.keeping import calendar_warnings
from portal.jobs import worker_state


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and no migration is missing; 503 with the reason's code."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"ready": False, "reason": "database"}, status=503)
    if missing:
        return JsonResponse({"ready": False, "reason": "migrations"}, status=503)
    return JsonResponse({"ready": True, "warnings": _warnings()})


def _warnings() -> list[str]:
    """What does not stop the pages and must be seen to: a silent worker, a missing calendar."""
    found = [f"{one['code']}:{one['year']}" for one in calendar_warnings()]
    return ["worker_silent", *found] if worker_state()["silent"] else found


@require_safe
def worker(request: HttpRequest) -> JsonResponse:
    """200 while a worker beats, 503 when it is silent; the lag of the oldest waiting job."""
    try:
        state = worker_state()
    except DatabaseError:
        return JsonResponse({"silent": True, "reason": "database"}, status=503)
    return JsonResponse(state, status=503 if state["silent"] else 200)
