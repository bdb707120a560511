"""Jobs of the worker over the API: for administrators of the whole region."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds
from agencies.roles import Right
from portal import jobs
from portal.api.documented import extend_schema
from portal.api.scope import problems


class TaskSerializer(serializers.Serializer):
    name = serializers.CharField()
    cron = serializers.CharField()
    ran_at = serializers.DateTimeField(source="mark.ran_at", default=None, allow_null=True)
    did_at = serializers.DateTimeField(
        source="mark.did_at", default=None, allow_null=True, help_text="when it last did something"
    )
    did = serializers.IntegerField(source="mark.did", default=0, help_text="how much it did then")
    failed_at = serializers.DateTimeField(source="mark.failed_at", default=None, allow_null=True)


class FailureSerializer(serializers.Serializer):
    """The kind of error and the place in the code; never its words, which may quote a row."""

    id = serializers.IntegerField()
    task = serializers.CharField()
    attempts = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    place = serializers.CharField(allow_null=True)


class JobsSerializer(serializers.Serializer):
    silent = serializers.BooleanField(help_text="no worker has beaten for two minutes")
    heartbeat = serializers.DateTimeField(allow_null=True)
    lag_seconds = serializers.IntegerField(help_text="how long the oldest ready job has waited")
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    failed = serializers.IntegerField()
    tasks = TaskSerializer(many=True)
    failures = FailureSerializer(many=True)


class RetrySerializer(serializers.Serializer):
    retried = serializers.BooleanField()


def _allow(request: Request) -> None:
    if not holds(request.user, Right.MANAGE_AGENCIES, None):
        raise PermissionDenied


class Jobs(APIView):
    @extend_schema(operation_id="jobs", responses={200: JobsSerializer, **problems(403)})
    def get(self, request: Request) -> Response:
        """What the worker does, did last, and could not do."""
        _allow(request)
        return Response(JobsSerializer(jobs.overview()).data)


class JobRetry(APIView):
    @extend_schema(
        operation_id="job_retry",
        request=None,
        responses={200: RetrySerializer, **problems(403, 404)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let a failed job run again; 404 when none of this number has failed."""
        _allow(request)
        if not jobs.retry(pk):
            raise NotFound
        data: dict[str, Any] = {"retried": True}
        return Response(data)
