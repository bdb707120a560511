"""Handing over by API: what has nobody, a preview, carrying out, what became of each case."""

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.models import Agency
from cases import handover, tasks
from cases.forms import word_change
from cases.forms_handover import HandoverForm
from cases.handover import AT_ONCE
from cases.models import HandoverRow, Orphan
from cases.views.handover import Line, plan_of, results_of
from cases.workflow import Status
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.problems import Unprocessable
from portal.api.serializers import PersonSerializer, ProblemSerializer


class OrphanSerializer(serializers.Serializer):
    case = serializers.CharField(source="case.number")
    agency = serializers.CharField(source="agency.code")
    executor = PersonSerializer(allow_null=True)
    reason = serializers.ChoiceField(choices=Orphan.Reason.choices)
    found_at = serializers.DateTimeField()


class NewHandoverSerializer(serializers.Serializer):
    """Cases of `person` or of `agency` go to `executors`, to `to_agency`, or to both."""

    person = serializers.CharField(required=False, help_text="account of who leaves")
    agency = serializers.CharField(required=False, help_text="code of the agency that ends")
    to_agency = serializers.CharField(required=False)
    executors = serializers.ListField(child=serializers.CharField(), required=False)
    reason = serializers.CharField(max_length=300)
    preview = serializers.BooleanField(required=False, help_text="change nothing, say what would")


class HandedSerializer(serializers.Serializer):
    case = serializers.CharField(source="case.number")
    status = serializers.ChoiceField(choices=Status.choices, source="case.status")
    to = PersonSerializer(allow_null=True)
    state = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField()

    def get_state(self, line: Line) -> str:
        row = line.row
        return str(row.state) if row else "planned"

    def get_refusal(self, line: Line) -> str:
        row = line.row
        return word_change(row.refusal) if row and row.refusal else ""


class HandoverSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="null for a preview")
    waiting = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    cases = HandedSerializer(many=True, help_text="at most 200")


def _form(request: Request, whose: handover.Plan) -> HandoverForm:
    cases = handover.cases_of(request.user, whose).order_by()
    agencies = list(Agency.objects.filter(pk__in=cases.values("agency")))
    form = HandoverForm(dict(request.data), actor=request.user, plan=whose, agencies=agencies)
    if not form.is_valid():
        raise Unprocessable({k: [str(e) for e in v] for k, v in form.errors.items()})
    return form


class Orphans(APIView):
    @extend_schema(operation_id="orphans", responses={200: OrphanSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Open cases nobody living works on, that you may hand over."""
        return Response(OrphanSerializer(handover.orphans_of(request.user), many=True).data)


class Handovers(APIView):
    @extend_schema(
        operation_id="handover_start",
        parameters=[IDEMPOTENCY_KEY],
        request=NewHandoverSerializer,
        responses={200: HandoverSerializer, 201: HandoverSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Hand over all open cases of a person or an agency, or look at it first (`preview`)."""
        if not handover.may_open(request.user):
            raise PermissionDenied
        return once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        whose = plan_of(request.data)
        form = _form(request, whose)
        planned = form.planned()
        if request.data.get("preview"):
            return Response(HandoverSerializer(_preview(request, planned)).data)
        made = handover.start(request.user, planned, reason=form.cleaned_data["reason"])
        handover.carry_out(made, AT_ONCE)
        tasks.queue_handover(made)
        return Response(_result(request, made.pk), status=201)


def _preview(request: Request, planned: handover.Plan) -> dict[str, Any]:
    cases = handover.cases_of(request.user, planned)
    some = list(cases.defer("search")[: handover.SHOWN])
    return {
        "id": None,
        **dict.fromkeys(HandoverRow.State.values, 0),
        "waiting": cases.counted(),
        "cases": [
            Line(one.case, reads=False, sees_contacts=False, to=one.to)
            for one in handover.shared(some, planned.executors)
        ],
    }


def _result(request: Request, pk: int) -> Any:
    made, counts, lines = results_of(request.user, pk)
    return HandoverSerializer({"id": made.pk, **counts, "cases": lines}).data


class HandoverDetail(APIView):
    @extend_schema(operation_id="handover", responses={200: HandoverSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """What became of each case of your handover; those not handed over first."""
        return Response(_result(request, pk))
