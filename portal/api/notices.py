"""A person's notices over the API: the list, marking read, how he wants his mail."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notices import inbox
from notices.kinds import Delivery, Kind
from notices.models import MailSettings
from portal.api.documented import extend_schema
from portal.api.serializers import ProblemSerializer
from portal.wording_notices import word_notice


class NoticeSerializer(serializers.Serializer):
    """Cases you may not see any more are left out; no words of citizens stand in a notice."""

    id = serializers.IntegerField(source="notice.pk")
    kind = serializers.ChoiceField(choices=Kind.choices, source="notice.kind")
    case = serializers.CharField(source="case.number", default=None, allow_null=True)
    text = serializers.SerializerMethodField()
    actor = serializers.SerializerMethodField(help_text="who did it; empty: the portal")
    at = serializers.DateTimeField(source="notice.at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)

    def get_text(self, row: inbox.Shown) -> str:
        return word_notice(row.notice.kind, row.notice.data)

    def get_actor(self, row: inbox.Shown) -> str:
        return str(row.notice.data.get("actor", ""))


class NoticePageSerializer(serializers.Serializer):
    unread = serializers.IntegerField(help_text="at most 100 are counted")
    before = serializers.IntegerField(
        allow_null=True, help_text="send it back for the next page; null on the last one"
    )
    results = NoticeSerializer(many=True)


class ReadSerializer(serializers.Serializer):
    """Either some ids, or everything up to one."""

    ids = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=1000)
    until = serializers.IntegerField(required=False)


class ReadAnswerSerializer(serializers.Serializer):
    marked = serializers.IntegerField()
    unread = serializers.IntegerField()


class MailSettingsSerializer(serializers.ModelSerializer):
    deliveries = serializers.DictField(
        child=serializers.ChoiceField(choices=Delivery.choices),
        help_text="kind -> at once, in the digest, only in the portal",
    )

    class Meta:
        model = MailSettings
        fields = [
            *("morning", "morning_at", "evening", "evening_at", "quiet_from", "quiet_until"),
            *("quiet_days_off", "time_zone", "deliveries"),
        ]


def _whole(request: Request, name: str) -> int | None:
    raw = request.query_params.get(name, "")
    if raw == "":
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
        raise ParseError
    return int(raw)


class Notices(APIView):
    @extend_schema(
        operation_id="notices",
        parameters=[
            OpenApiParameter("unread", bool, description="only what you have not read"),
            OpenApiParameter("kind", enum=Kind.values),
            OpenApiParameter("before", int, description="from the page before"),
        ],
        responses={200: NoticePageSerializer, 400: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        """Your notices, newest first, 50 a page."""
        kind = request.query_params.get("kind", "")
        if kind and kind not in Kind.values:
            raise ParseError
        page = inbox.page_of(
            request.user,
            unread=request.query_params.get("unread", "") in ("1", "true"),
            kind=kind,
            before=_whole(request, "before"),
        )
        data = {
            "unread": inbox.waiting(request.user),
            "before": page.before,
            "results": page.rows,
        }
        return Response(NoticePageSerializer(data).data)


class NoticesRead(APIView):
    @extend_schema(
        operation_id="notices_read",
        request=ReadSerializer,
        responses={200: ReadAnswerSerializer, 400: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Mark notices read: these, or all up to one; unknown ids change nothing."""
        given = ReadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        if not values:
            raise ParseError
        marked = inbox.mark_read(request.user, ids=values.get("ids"), until=values.get("until"))
        data = {"marked": marked, "unread": inbox.unread_count(request.user)}
        return Response(ReadAnswerSerializer(data).data)


class NoticeSettings(APIView):
    @extend_schema(operation_id="notice_settings", responses=MailSettingsSerializer)
    def get(self, request: Request) -> Response:
        """How you hear of each kind, your digests and quiet hours."""
        return Response(_settings(MailSettings.of(request.user)))

    @extend_schema(
        operation_id="notice_settings_change",
        request=MailSettingsSerializer,
        responses={200: MailSettingsSerializer, 400: ProblemSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Change some of it."""
        mine = MailSettings.of(request.user)
        given = MailSettingsSerializer(mine, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        chosen = given.validated_data.pop("deliveries", {})
        if unknown := sorted(set(chosen) - set(Kind.values)):
            raise serializers.ValidationError({"deliveries": unknown})
        mine.choices = {**mine.choices, **chosen}
        given.save()
        return Response(_settings(mine))


def _settings(mine: MailSettings) -> dict[str, Any]:
    data = {name: getattr(mine, name) for name in MailSettingsSerializer.Meta.fields[:-1]}
    data["deliveries"] = {kind.value: mine.delivery(kind).value for kind in Kind}
    return dict(MailSettingsSerializer(data).data)
