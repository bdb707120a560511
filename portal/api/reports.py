"""Reports over the API: the kinds, freezing one, how far it is, its content and files."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.models import User
from cases.directory import directory_of
from cases.forms import word_change
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.problems import Unprocessable
from portal.api.scope import problems
from reports import files, snapshots
from reports.definitions import PERIODS, Report
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import Period, region_today
from reports.snapshot_views import file_answer, report_of

_OWN = "own"


class ReportTableSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())


class ReportSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    edition = serializers.IntegerField(help_text="another number: its tables mean something else")
    usual = serializers.ChoiceField(choices=list(PERIODS), help_text="the period offered first")
    tables = ReportTableSerializer(many=True, source="made")


class SnapshotInSerializer(serializers.Serializer):
    report = serializers.ChoiceField(choices=list(REPORTS))
    period = serializers.ChoiceField(
        choices=[*PERIODS, _OWN], required=False, help_text="left out: the usual one; own: two days"
    )
    first = serializers.DateField(required=False, help_text="with `own`")
    last = serializers.DateField(required=False, help_text="with `own`, included")
    agency = serializers.CharField(
        required=False, help_text="code of one of your agencies; left out: all you may count"
    )


class SnapshotSerializer(serializers.ModelSerializer):
    agency = serializers.SlugRelatedField("code", read_only=True)
    all_agencies = serializers.SerializerMethodField(help_text="whether it counts the whole region")
    tables = serializers.SerializerMethodField(help_text="how many it will have")
    files = serializers.SerializerMethodField(help_text="what it can be taken as; empty: not ready")

    class Meta:
        model = Snapshot
        fields = (
            *("id", "report", "edition", "first", "last", "agency", "all_agencies", "state"),
            *("tables", "tables_done", "at", "made_at", "sha256", "files"),
        )

    def get_all_agencies(self, snapshot: Snapshot) -> bool:
        return snapshot.scope is None

    def get_tables(self, snapshot: Snapshot) -> int:
        return len(REPORTS[snapshot.report].made)

    def get_files(self, snapshot: Snapshot) -> list[str]:
        return list(files.FORMATS) if snapshot.state == Snapshot.State.DONE else []


class SnapshotPageSerializer(serializers.Serializer):
    results = SnapshotSerializer(many=True)
    before = serializers.IntegerField(
        allow_null=True, help_text="send it back for the next page; null on the last"
    )


def _reader(request: Request) -> User:
    user: User = request.user
    if not snapshots.offered(user):
        raise PermissionDenied
    return user


def _days(report: Report, given: dict[str, Any]) -> Period:
    """As the form of the page reads them."""
    kind = given.get("period") or report.usual
    if kind != _OWN:
        return PERIODS[kind](region_today())
    if "first" not in given or "last" not in given:
        raise ParseError
    try:
        return Period(given["first"], given["last"])
    except ValueError as error:
        raise ParseError from error


def _agency(user: User, code: str | None) -> int | None:
    if not code:
        return None
    found = next((a.pk for a in directory_of(user).agencies.values() if a.code == code), None)
    if found is None:
        raise Unprocessable({"agency": [word_change("report_agency")]})
    return found


class Reports(APIView):
    @extend_schema(
        operation_id="reports", responses={200: ReportSerializer(many=True), **problems(403)}
    )
    def get(self, request: Request) -> Response:
        """The reports you may have, each with its tables and columns."""
        return Response(ReportSerializer(snapshots.offered(_reader(request)), many=True).data)


class Snapshots(APIView):
    @extend_schema(
        operation_id="report_snapshots",
        parameters=[
            OpenApiParameter("report", enum=list(REPORTS)),
            OpenApiParameter("before", int, description="from the page before"),
        ],
        responses={200: SnapshotPageSerializer, **problems(400, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        """Frozen reports you may open, newest first: whatever counts your agencies alone."""
        user = _reader(request)
        rows = snapshots.visible_to(user).select_related("agency").defer("content")
        if code := request.query_params.get("report"):
            rows = rows.filter(report=report_of(user, code).code)
        if before := request.query_params.get("before"):
            if not (before.isascii() and before.isdigit() and len(before) < 19):
                raise ParseError
            rows = rows.filter(pk__lt=int(before))
        page = list(rows[: snapshots.PAGE + 1])
        more = page[snapshots.PAGE - 1].pk if len(page) > snapshots.PAGE else None
        data = {"results": page[: snapshots.PAGE], "before": more}
        return Response(SnapshotPageSerializer(data).data)

    @extend_schema(
        operation_id="report_freeze",
        parameters=[IDEMPOTENCY_KEY],
        request=SnapshotInSerializer,
        responses={202: SnapshotSerializer, **problems(400, 403, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Freeze a report; the worker makes it: ask for its state until it is done."""
        user = _reader(request)
        return once(request, lambda: self._ask(request, user))

    def _ask(self, request: Request, user: User) -> Response:
        serializer = SnapshotInSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        report = report_of(user, given["report"])
        agency = _agency(user, given.get("agency"))
        made = snapshots.ask(user, report, _days(report, given), agency=agency, background=True)
        return Response(SnapshotSerializer(made).data, status=202)


def _opened(request: Request, pk: int) -> tuple[User, Snapshot]:
    """404 for what counts others' cases, as for what is not there."""
    user = _reader(request)
    found = snapshots.visible_to(user).select_related("agency").filter(pk=pk).first()
    if found is None:
        raise Http404
    return user, found


class OneSnapshot(APIView):
    @extend_schema(
        operation_id="report_snapshot",
        responses={200: SnapshotSerializer, **problems(403, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """How far a report is: waiting, running (`tables_done` of `tables`), done, failed."""
        _user, found = _opened(request, pk)
        return Response(SnapshotSerializer(found).data)


class SnapshotFile(APIView):
    @extend_schema(
        operation_id="report_file",
        parameters=[
            OpenApiParameter("file_format", OpenApiTypes.STR, "path", enum=list(files.FORMATS))
        ],
        responses={
            200: OpenApiResponse(
                OpenApiTypes.BINARY,
                description="json: the very text `sha256` is of; xlsx; pdf.",
            ),
            **problems(403, 404),
        },
    )
    def get(self, request: Request, pk: int, file_format: str) -> Any:
        """The frozen report; 403 for the JSON that names executors of whom you are not the head."""
        user, found = _opened(request, pk)
        return file_answer(user, found, file_format)
