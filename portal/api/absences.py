"""Deputies over the API: whom you stand in for, who is absent, naming and ending."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.absence import BadAbsence
from agencies.models import Deputy
from cases import absences
from cases.forms import word_change
from cases.forms_absence import DeputyForm
from cases.views.absence import Row, row_or_404, rows_for
from portal.api.documented import extend_schema
from portal.api.forms import values_for
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.matching import ETAG_HELP, IF_MATCH, ensure_seen, print_of, quoted
from portal.api.problems import Unprocessable
from portal.api.scope import problems
from portal.api.serializers import PersonSerializer, ProblemSerializer


def _print(row: Deputy) -> str:
    return print_of(row.pk, row.person_id, row.deputy_id, row.starts_at, row.ends_at, row.reason)


class AbsenceSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="row.pk")
    person = PersonSerializer(source="row.person")
    deputy = PersonSerializer(source="row.deputy")
    first = serializers.DateField()
    last = serializers.DateField(help_text="included")
    reason = serializers.ChoiceField(choices=Deputy.Reason.choices, source="row.reason")
    runs = serializers.BooleanField(help_text="today is one of these days")
    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)

    def get_etag(self, one: Row) -> str:
        return _print(one.row)


class NewAbsenceSerializer(serializers.Serializer):
    person = serializers.CharField(help_text="who is absent: you, or one you lead", required=False)
    deputy = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField(help_text="included")
    reason = serializers.ChoiceField(choices=Deputy.Reason.choices, required=False)


class Absences(APIView):
    @extend_schema(operation_id="absences", responses={200: AbsenceSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Running and coming ones: your own, those you stand in for, of people you lead."""
        return Response(AbsenceSerializer(rows_for(request.user), many=True).data)

    @extend_schema(
        operation_id="absence_name",
        parameters=[IDEMPOTENCY_KEY],
        request=NewAbsenceSerializer,
        responses={201: AbsenceSerializer, 422: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """Name a deputy for yourself or for a person you lead."""
        return once(request, lambda: self._name(request))

    def _name(self, request: Request) -> Response:
        given: dict[str, Any] = {
            "person": request.user.username,
            "first": timezone.localdate().isoformat(),
            "reason": Deputy.Reason.LEAVE,
            **values_for(DeputyForm, request.data),
        }
        form = DeputyForm(given, actor=request.user)
        if not form.is_valid():
            raise Unprocessable({k: [str(e) for e in v] for k, v in form.errors.items()})
        try:
            row = absences.name(**form.cleaned_data, actor=request.user)
        except BadAbsence as error:
            raise Unprocessable({error.field: [word_change(error.code)]}) from error
        made = next(one for one in rows_for(request.user) if one.row.pk == row.pk)
        return Response(AbsenceSerializer(made).data, status=201, headers=quoted(_print(made.row)))


class AbsenceEnd(APIView):
    @extend_schema(
        operation_id="absence_end",
        parameters=[IF_MATCH],
        request=None,
        responses={204: None, **problems(400, 404, 412)},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        """End it now, or take back what has not begun."""
        row_or_404(request.user, pk)
        row = Deputy.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            raise Http404
        ensure_seen(request, _print(row))
        absences.end(row_or_404(request.user, pk), actor=request.user)
        return Response(status=204)
