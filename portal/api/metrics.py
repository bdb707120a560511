"""The dictionary of metrics, figures and the rows behind them over the API."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.roles import Right
from portal.api.documented import extend_schema
from portal.api.serializers import ProblemSerializer
from reports.figures import Scope, fact_value, figures_of
from reports.metrics import METRICS, Metric, Statistic, Unit
from reports.periods import Period, chosen, region_today
from reports.views import found_rows, whole, with_cases

_PERIOD = [
    OpenApiParameter("period", enum=["week", "month", "quarter"], description="until today"),
    OpenApiParameter("from", str, description="first day, ISO; with `to`"),
    OpenApiParameter("to", str, description="last day, ISO, included"),
    OpenApiParameter("agency", int, description="only this one of your agencies"),
]


class MetricSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.CharField()
    unit = serializers.ChoiceField(choices=[(unit.value, unit.value) for unit in Unit])
    statistic = serializers.ChoiceField(choices=[(one.value, one.value) for one in Statistic])
    numerator = serializers.ListField(child=serializers.CharField())
    denominator = serializers.ListField(child=serializers.CharField())
    better = serializers.IntegerField(help_text="1: more is better, -1: less, 0: neither")
    minimum = serializers.IntegerField(help_text="below it nothing is compared")


class FigureSerializer(serializers.Serializer):
    """`low`, `high`: 95 % interval of a share (Wilson); `value` null: no data."""

    code = serializers.CharField()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    enough = serializers.BooleanField()


class MetricRowSerializer(serializers.Serializer):
    case = serializers.CharField(help_text="number of the case")
    day = serializers.DateField()
    minutes = serializers.IntegerField(allow_null=True)


class MetricRowsSerializer(serializers.Serializer):
    next = serializers.CharField(allow_null=True, help_text="send it back as `cursor`")
    results = MetricRowSerializer(many=True)


def _metric(code: str) -> Metric:
    if code not in METRICS:
        raise Http404
    return METRICS[code]


def _period(request: Request) -> Period:
    try:
        return chosen(request.query_params.dict(), region_today())[1]
    except ValueError as error:
        raise ParseError from error


def _check(request: Request, right: str) -> None:
    if not holds_anywhere(request.user, (right,)):
        raise PermissionDenied


class Metrics(APIView):
    @extend_schema(
        operation_id="metrics", responses={200: MetricSerializer(many=True), 403: ProblemSerializer}
    )
    def get(self, request: Request) -> Response:
        """What is measured, and how."""
        _check(request, Right.VIEW_STATES)
        return Response(MetricSerializer(list(METRICS.values()), many=True).data)


class OneMetric(APIView):
    @extend_schema(
        operation_id="metric",
        parameters=_PERIOD,
        responses={200: FigureSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        """The figure over a period for the agencies whose numbers you may see."""
        _check(request, Right.VIEW_STATES)
        metric, period = _metric(code), _period(request)
        scope = Scope.of(request.user)  # type: ignore[arg-type]
        agency = whole(request.query_params.dict(), "agency")
        if agency is not None:
            if scope.ids is not None and agency not in scope.ids:
                raise Http404
            scope = scope.narrowed([agency])
        return Response(FigureSerializer(figures_of([metric.code], scope, period)[code]).data)


class MetricRows(APIView):
    @extend_schema(
        operation_id="metric_rows",
        parameters=[
            *_PERIOD,
            OpenApiParameter("set", enum=["num", "den"], description="numerator or denominator"),
            OpenApiParameter("topic", int),
            OpenApiParameter("territory", int),
            OpenApiParameter("cursor", str, description="from the page before"),
        ],
        responses={200: MetricRowsSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        """The rows a figure counts, newest first, 50 a page."""
        _check(request, Right.VIEW_CASES)
        metric = _metric(code)
        _period(request)
        given = request.query_params.dict()
        facts, cursor, _ = found_rows(request.user, metric, given, region_today())  # type: ignore[arg-type]
        found: list[dict[str, Any]] = [
            {"case": case.number, "day": fact.day, "minutes": fact_value(metric, fact)}
            for fact, case in with_cases(request.user, facts)  # type: ignore[arg-type]
        ]
        return Response(MetricRowsSerializer({"next": cursor or None, "results": found}).data)
