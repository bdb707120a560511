"""Personal control over the API: what is under control, and what was lifted lately."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.models import Control
from cases.views.control import MOST, column_of, protocol_of
from portal.api.documented import extend_schema
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer, Masking, PersonSerializer


class ControlSerializer(Masking):
    """A time under personal control; words are masked without the right to contacts."""

    case = serializers.CharField(source="case.number")
    title = serializers.SerializerMethodField()
    status = serializers.CharField(source="case.status")
    agency = AgencyRefSerializer(source="case.agency", allow_null=True)
    executor = PersonSerializer(source="case.executor", allow_null=True)
    column = serializers.SerializerMethodField(
        help_text="late, week, later, answered, proposed; of one that was lifted: lifted"
    )
    set_by = PersonSerializer(allow_null=True)
    set_at = serializers.DateTimeField()
    until_on = serializers.DateField(allow_null=True)
    reason = serializers.SerializerMethodField()
    resolution = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    proposed_at = serializers.DateTimeField(allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.SerializerMethodField()

    def get_title(self, control: Control) -> str:
        return self._text(control.case.title, control.case)

    def get_column(self, control: Control) -> str:
        return "lifted" if control.lifted_at else column_of(control, timezone.now())

    def get_reason(self, control: Control) -> str:
        return self._text(control.reason, control.case)

    def get_resolution(self, control: Control) -> str:
        return self._text(control.resolution, control.case)

    def get_proposal(self, control: Control) -> str:
        return self._text(control.proposal, control.case)

    def get_outcome(self, control: Control) -> str:
        return self._text(control.outcome, control.case)


class ControlBoardSerializer(serializers.Serializer):
    running = ControlSerializer(many=True)
    lifted = ControlSerializer(many=True, help_text="in the last seven days")


class ControlBoard(APIView):
    @extend_schema(
        operation_id="control",
        responses={200: ControlBoardSerializer, **problems(403)},
        description=f"Cases under personal control, the nearest day first, at most {MOST}.",
    )
    def get(self, request: Request) -> Response:
        if not holds_anywhere(request.user, [Right.CONTROL_CASES]):
            raise PermissionDenied
        found = protocol_of(request.user, timezone.localdate())
        context = {"request": request}
        return Response(ControlBoardSerializer(found, context=context).data)
