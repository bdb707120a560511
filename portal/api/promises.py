"""The register of promises over the API: the list, and the days of a month."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.models import Promise
from cases.views.promises import PromiseFilter, month_of, page_of_promises, weeks_of
from portal.api.documented import extend_schema
from portal.api.forms import raise_for
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer, Masking, PersonSerializer

_PARAMETERS = [
    OpenApiParameter("state", enum=Promise.State.values),
    OpenApiParameter("term", enum=["overdue", "today", "week", "month"]),
    OpenApiParameter("agency", description="code"),
    OpenApiParameter("day", description="2026-12-20"),
]


class PromiseRowSerializer(Masking):
    """A promise with its case; words are masked without the right to contacts."""

    id = serializers.IntegerField(source="pk")
    case = serializers.CharField(source="case.number")
    agency = AgencyRefSerializer(source="case.agency", allow_null=True)
    executor = PersonSerializer(source="case.executor", allow_null=True)
    what = serializers.SerializerMethodField()
    until_on = serializers.DateField()
    state = serializers.ChoiceField(choices=Promise.State.choices)
    moved_from = serializers.DateField(source="moved_from.until_on", default=None, allow_null=True)
    proof = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="when the case came back for it")
    settled_at = serializers.DateTimeField(allow_null=True)

    def get_what(self, promise: Promise) -> str:
        return self._text(promise.what, promise.case)

    def get_proof(self, promise: Promise) -> str:
        return self._text(promise.kept_proof, promise.case)


class PromisePageSerializer(serializers.Serializer):
    next = serializers.CharField(help_text="cursor of the next page; empty on the last one")
    results = PromiseRowSerializer(many=True)


class PromiseDaySerializer(serializers.Serializer):
    day = serializers.DateField(source="on")
    open = serializers.IntegerField()
    kept = serializers.IntegerField()
    moved = serializers.IntegerField()
    broken = serializers.IntegerField()


def _filter(request: Request) -> PromiseFilter:
    if not holds_anywhere(request.user, [Right.VIEW_CASES]):
        raise PermissionDenied
    form = PromiseFilter(request.query_params, reader=request.user)
    raise_for(form)
    return form


class Promises(APIView):
    @extend_schema(
        operation_id="promises",
        parameters=[*_PARAMETERS, OpenApiParameter("cursor")],
        responses={200: PromisePageSerializer, **problems(403, 422)},
    )
    def get(self, request: Request) -> Response:
        """Promises of the cases you may see, by day; the filters are those of the page."""
        form = _filter(request)
        found = form.narrow(Promise.objects.visible_to(request.user), timezone.localdate())
        rows, cursor = page_of_promises(found, request.query_params.get("cursor", ""))
        data: dict[str, Any] = {"next": cursor, "results": rows}
        return Response(PromisePageSerializer(data, context={"request": request}).data)


class PromiseMonth(APIView):
    @extend_schema(
        operation_id="promise_month",
        parameters=[
            OpenApiParameter("month", description="2026-12; this month without it"),
            OpenApiParameter("agency", description="code"),
        ],
        responses={200: PromiseDaySerializer(many=True), **problems(403, 422)},
    )
    def get(self, request: Request) -> Response:
        """How many promises stand on each day of a month, by state."""
        form = _filter(request)
        first = month_of(request.query_params.get("month", ""), timezone.localdate())
        weeks = weeks_of(request.user, first, form.cleaned_data["agency"])
        days = [day for week in weeks for day in week if day.mine and day.total]
        return Response(PromiseDaySerializer(days, many=True).data)
