"""What verdicts tell about the automatic flags."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.lessons import Recall, Share, lessons
from cases.views.lessons import PERIODS, days_of, ensure_may, since_of
from portal.api.documented import extend_schema
from portal.api.scope import problems


class MeasuredShareSerializer(serializers.Serializer[Share]):
    hits = serializers.IntegerField()
    of = serializers.IntegerField()
    low = serializers.SerializerMethodField(help_text="95 % interval")
    high = serializers.SerializerMethodField()

    def get_low(self, share: Share) -> float:
        return round(share.low, 3)

    def get_high(self, share: Share) -> float:
        return round(share.high, 3)


class RecallSerializer(serializers.Serializer[Recall]):
    passed = serializers.IntegerField(
        help_text="verdicts on the random sample of replies the check let pass"
    )
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class LessonSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    precision = MeasuredShareSerializer()
    faulty = MeasuredShareSerializer(help_text="verdicts with remarks count as right too")
    recall = RecallSerializer(allow_null=True)


class LessonsSerializer(serializers.Serializer[object]):
    verdicts = serializers.IntegerField()
    whole = LessonSerializer()
    agencies = LessonSerializer(many=True)
    checks = LessonSerializer(many=True)


class QualityLessons(APIView):
    @extend_schema(
        operation_id="quality_lessons",
        parameters=[OpenApiParameter("days", int, enum=PERIODS)],
        responses={200: LessonsSerializer, **problems(403)},
    )
    def get(self, request: Request) -> Response:
        """Precision and recall of the flags from verdicts, by agency and by check."""
        ensure_may(request.user)
        found = lessons(request.user, since_of(days_of(request.query_params.get("days", ""))))
        return Response(LessonsSerializer(found).data)
