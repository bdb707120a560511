"""Tables of cases over the API: asked for, made in the background, taken when they are ready."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.roles import Right
from intake.export import making
from intake.export.columns import Table
from intake.export.views import download, own
from intake.models import CaseExport
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.scope import problems

_LAST = 50


class ExportInSerializer(serializers.Serializer):
    view = serializers.ChoiceField(list(making.VIEWS), default="case-list", help_text="which list")
    conditions = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=200), max_length=500),
        required=False,
        default=dict,
        help_text="the parameters of the list of cases, each with its values",
    )
    file_format = serializers.ChoiceField(CaseExport.Format.choices, default="xlsx")
    table = serializers.ChoiceField(Table.choices, default="incident")
    with_contacts = serializers.BooleanField(
        default=False, help_text="needs the right to contacts and a reason; kept for the auditor"
    )
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)


class ExportSerializer(serializers.ModelSerializer):
    ready = serializers.SerializerMethodField(help_text="whether the file can be taken")

    class Meta:
        model = CaseExport
        fields = (
            *("id", "state", "created_at", "finished_at", "view", "conditions", "table"),
            "file_format",
            *("with_contacts", "reason", "rows_total", "rows_done", "cells_cut", "size", "error"),
            "ready",
        )

    def get_ready(self, export: CaseExport) -> bool:
        return bool(export.state == CaseExport.State.DONE and export.size)


def _check_reads(request: Request) -> None:
    if not holds_anywhere(request.user, [Right.VIEW_CASES]):
        raise PermissionDenied


class Exports(APIView):
    @extend_schema(
        operation_id="exports", responses={200: ExportSerializer(many=True), **problems(403)}
    )
    def get(self, request: Request) -> Response:
        """Your last fifty exports, newest first."""
        _check_reads(request)
        rows = CaseExport.objects.filter(created_by=request.user).order_by("-pk")[:_LAST]
        return Response(ExportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="export_ask",
        parameters=[IDEMPOTENCY_KEY],
        request=ExportInSerializer,
        responses={201: ExportSerializer, **problems(400, 403, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Ask for a table of the cases you may see; the worker makes it."""
        _check_reads(request)
        return once(request, lambda: self._ask(request))

    def _ask(self, request: Request) -> Response:
        given = ExportInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(given.validated_data)
        made = making.ask(request.user, values.pop("conditions"), **values)
        return Response(ExportSerializer(made).data, status=201)


class Export(APIView):
    @extend_schema(operation_id="export", responses={200: ExportSerializer, **problems(403, 404)})
    def get(self, request: Request, pk: int) -> Response:
        """How far your export is."""
        _check_reads(request)
        return Response(ExportSerializer(own(request, pk)).data)


class ExportFile(APIView):
    @extend_schema(
        operation_id="export_file",
        responses={
            200: OpenApiResponse(OpenApiTypes.BINARY, description="The table as it was made."),
            **problems(403, 404),
        },
    )
    def get(self, request: Request, pk: int) -> Any:
        """The file; 403 when you may not see all of it any more."""
        _check_reads(request)
        return download(own(request, pk), request)
