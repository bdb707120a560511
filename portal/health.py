"""Health endpoints: live = the process answers; ready = it can serve (database, migrations)."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


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
    return JsonResponse({"ready": True})
