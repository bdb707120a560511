"""Families of copied replies over the API: what the pages show, in the reader's scope."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from cases import families
from cases.views.families import DAYS, PERIODS, as_cursor, cursor_of, days_of, shown_text
from portal.api.documented import extend_schema
from portal.api.scope import problems


class FamilySerializer(serializers.Serializer):
    """Figures of the agencies of your scope; what other agencies have is a number."""

    id = serializers.IntegerField(source="pk")
    replies = serializers.IntegerField()
    others = serializers.IntegerField(help_text="replies of agencies outside your scope")
    agencies = serializers.IntegerField()
    authors = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    text = serializers.SerializerMethodField(help_text="the first reply you may read; or empty")

    def get_text(self, row: families.Listed) -> str:
        return shown_text(row.first, self.context["request"].user) if row.first else ""


class FamilyPageSerializer(serializers.Serializer):
    results = FamilySerializer(many=True)
    after = serializers.CharField(help_text="send it back for the next page; empty on the last")


class ShareSerializer(serializers.Serializer):
    agency = serializers.CharField(source="code")
    replies = serializers.IntegerField()
    authors = serializers.IntegerField()
    of = serializers.IntegerField(help_text="all replies of the agency")


class MemberSerializer(serializers.Serializer):
    case = serializers.CharField(source="reply.case.number")
    agency = serializers.CharField(source="reply.agency.code")
    version = serializers.IntegerField(source="reply.version")
    sent_at = serializers.DateTimeField(source="reply.submitted_at")
    state = serializers.CharField(source="reply.state")
    similarity = serializers.IntegerField(help_text="to the first text, per cent")
    personal = serializers.IntegerField(help_text="words the first text has not, per cent")


class WholeFamilySerializer(FamilySerializer):
    shares = ShareSerializer(many=True)
    members = MemberSerializer(many=True)
    after = serializers.IntegerField(allow_null=True)


def _ensure_reader(request: Request) -> None:
    if not holds_anywhere(request.user, families.READERS):
        raise PermissionDenied


class Families(APIView):
    @extend_schema(
        operation_id="copied_families",
        parameters=[
            OpenApiParameter("days", enum=PERIODS, default=DAYS, type=int),
            OpenApiParameter("after", str, description="from the page before"),
        ],
        responses={200: FamilyPageSerializer, **problems(403)},
    )
    def get(self, request: Request) -> Response:
        """Nearly one text in answer to different cases, the largest families first."""
        _ensure_reader(request)
        given = request.query_params
        rows, after = families.listed(
            request.user, days=days_of(given.get("days")), after=cursor_of(given.get("after"))
        )
        data = {"results": rows, "after": as_cursor(after)}
        return Response(FamilyPageSerializer(data, context={"request": request}).data)


class Family(APIView):
    @extend_schema(
        operation_id="copied_family",
        parameters=[OpenApiParameter("after", int, description="from the page before")],
        responses={200: WholeFamilySerializer, **problems(400, 403, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """One family: who sends it, and its replies in cases you may open."""
        _ensure_reader(request)
        after = request.query_params.get("after", "")
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise ParseError
        found = families.one(request.user, pk)
        if found is None:
            raise Http404
        members: list[families.Member] = []
        more: int | None = None
        if found.first is not None:
            members, more = families.members(request.user, pk, found.first, int(after or 0))
        data: dict[str, Any] = {
            **{name: getattr(found, name) for name in found.__slots__},
            "shares": families.shares_of(request.user, pk),
            "members": members,
            "after": more,
        }
        return Response(_Whole(data, context={"request": request}).data)


class _Whole(WholeFamilySerializer):
    def get_text(self, row: Any) -> str:
        first = row["first"]
        return shown_text(first, self.context["request"].user) if first else ""
