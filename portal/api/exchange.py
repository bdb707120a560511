"""Registers over the API: out as a file; a file looked at, then taken just so, or dropped."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds
from agencies.models import User
from agencies.roles import Right
from cases.exchange import deciding, taking
from cases.exchange.tables import TABLES
from cases.models import ReferenceImport
from cases.views.exchange import KINDS, file_of, table_or_404
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.matching import wanted_print
from portal.api.problems import Unprocessable
from portal.api.scope import problems

_SHOWN = 500
_LAST = 50
_IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the look: 412 when the register has changed since.",
)


class RegisterColumnSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="accepted as a heading, as the title is")
    title = serializers.CharField()
    needed = serializers.BooleanField(help_text="of a new row")


class RegisterSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    key = serializers.ListField(child=serializers.CharField(), help_text="columns that name a row")
    columns = RegisterColumnSerializer(many=True)


class RegisterFileSerializer(serializers.Serializer):
    table = serializers.ChoiceField(choices=list(TABLES))
    file = serializers.FileField(help_text="CSV or XLSX with a header, up to 5 MB")


class RegisterCountsSerializer(serializers.Serializer):
    new = serializers.IntegerField(default=0)
    changed = serializers.IntegerField(default=0)
    same = serializers.IntegerField(default=0)
    wrong = serializers.IntegerField(default=0, help_text="with wrong rows nothing is taken")


class RegisterChangeSerializer(serializers.Serializer):
    column = serializers.CharField()
    was = serializers.CharField(allow_blank=True)
    becomes = serializers.CharField(allow_blank=True)


class RegisterProblemSerializer(serializers.Serializer):
    column = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class RegisterLineSerializer(serializers.Serializer):
    row = serializers.IntegerField(source="number", help_text="of the file, the header is 1")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=[taking.NEW, taking.CHANGED, taking.WRONG])
    changes = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

    def get_changes(self, line: taking.Line) -> list[dict[str, str]]:
        return [{"column": c, "was": was, "becomes": then} for c, was, then in line.changes]

    def get_problems(self, line: taking.Line) -> list[dict[str, str]]:
        return [{"column": column, "reason": reason} for column, reason in line.problems]


class RegisterImportSerializer(serializers.ModelSerializer):
    made_by = serializers.SlugRelatedField("username", read_only=True)
    counts = RegisterCountsSerializer()

    class Meta:
        model = ReferenceImport
        fields = (
            *("id", "table", "file_name", "state", "counts", "reason", "made_by", "made_at"),
            "decided_at",
        )


class WholeImportSerializer(RegisterImportSerializer):
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="headings left out of account"
    )
    lines = RegisterLineSerializer(many=True, help_text="at most 500, wrong ones first")
    hidden = serializers.IntegerField(help_text="further rows that are new, changed or wrong")

    class Meta(RegisterImportSerializer.Meta):
        fields = (*RegisterImportSerializer.Meta.fields, "unknown", "lines", "hidden")  # type: ignore[assignment]


class ImportDecisionSerializer(serializers.Serializer):
    decision = serializers.ChoiceField(choices=["take", "drop"])
    reason = serializers.CharField(
        required=False, min_length=3, max_length=300, help_text="to take it; kept in every history"
    )


def _administrator(request: Request) -> User:
    user: User = request.user
    if not holds(user, Right.MANAGE_AGENCIES, None):
        raise PermissionDenied
    return user


def _import_or_404(pk: int) -> ReferenceImport:
    found = ReferenceImport.objects.select_related("made_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _looked(found: ReferenceImport, user: User, status: int = 200) -> Response:
    """What the file would do to the rows as they are now; of a decided one, what it did."""
    lines: list[taking.Line] = []
    unknown: list[str] = []
    if found.state == ReferenceImport.State.LOOKED:
        lines = taking.told(deciding.seen_now(found, user))
        unknown = taking.unknown_columns(table_or_404(found.table), found.rows[0])
    found.lines, found.unknown = lines[:_SHOWN], unknown  # type: ignore[attr-defined]
    found.hidden = max(0, len(lines) - _SHOWN)  # type: ignore[attr-defined]
    data = WholeImportSerializer(found).data
    return Response(data, status=status, headers={"ETag": f'"{found.digest}"'})


class Registers(APIView):
    @extend_schema(
        operation_id="registers", responses={200: RegisterSerializer(many=True), **problems(403)}
    )
    def get(self, request: Request) -> Response:
        """The registers that go out to a table and come back."""
        _administrator(request)
        return Response(RegisterSerializer(list(TABLES.values()), many=True).data)


class Register(APIView):
    @extend_schema(
        operation_id="register_file",
        parameters=[
            OpenApiParameter("code", OpenApiTypes.STR, "path", enum=list(TABLES)),
            OpenApiParameter("kind", OpenApiTypes.STR, "path", enum=list(KINDS)),
        ],
        responses={
            200: OpenApiResponse(OpenApiTypes.BINARY, description="The whole register."),
            **problems(403, 404),
        },
    )
    def get(self, request: Request, code: str, kind: str) -> Any:
        """The register as it is, in the shape an import takes."""
        _administrator(request)
        return file_of(table_or_404(code), kind)


class Imports(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="register_imports",
        responses={200: RegisterImportSerializer(many=True), **problems(403)},
    )
    def get(self, request: Request) -> Response:
        """The last fifty files, newest first."""
        _administrator(request)
        rows = ReferenceImport.objects.select_related("made_by").defer("rows")[:_LAST]
        return Response(RegisterImportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="register_look",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": RegisterFileSerializer},
        responses={201: WholeImportSerializer, **problems(400, 403, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Look at a file: what it would change, and what is wrong with it. Nothing is changed."""
        user = _administrator(request)
        return once(request, lambda: self._look(request, user))

    def _look(self, request: Request, user: User) -> Response:
        given = RegisterFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        table = TABLES[given.validated_data["table"]]
        return _looked(deciding.looked_at(table, file.name, file.read(), user), user, 201)


class Import(APIView):
    @extend_schema(
        operation_id="register_import", responses={200: WholeImportSerializer, **problems(403, 404)}
    )
    def get(self, request: Request, pk: int) -> Response:
        """Look at the file again: what it would do to the rows as they are now."""
        user = _administrator(request)
        return _looked(_import_or_404(pk), user)


class DecideImport(APIView):
    @extend_schema(
        operation_id="register_decide",
        parameters=[_IF_MATCH],
        request=ImportDecisionSerializer,
        responses={200: RegisterImportSerializer, **problems(400, 403, 404, 409, 412, 422)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take the whole file as it was looked at, or drop it; each is done once."""
        user = _administrator(request)
        _import_or_404(pk)
        serializer = ImportDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if given["decision"] == "drop":
            return Response(RegisterImportSerializer(deciding.drop(pk)).data)
        if not given.get("reason"):
            field = serializer.fields["reason"]
            raise Unprocessable({"reason": [str(field.error_messages["required"])]})
        digest = wanted_print(request)
        if not digest:
            raise ParseError
        taken = deciding.take(pk, actor=user, reason=given["reason"], digest=digest)
        return Response(RegisterImportSerializer(taken).data)
