"""Reference data over the API: agencies, topics, territories, reasons, and who one is."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import generics, serializers
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import granted_agency_ids, held_roles
from agencies.models import Agency
from agencies.roles import Right, Role
from cases.models import Reason, ReasonKind, Territory, Topic
from portal.api.documented import extend_schema


class AgencySerializer(serializers.ModelSerializer):
    parent = serializers.CharField(source="parent.code", default=None, allow_null=True)

    class Meta:
        model = Agency
        fields = ["code", "name", "short_name", "kind", "parent", "time_zone", "phone", "email"]


class TopicSerializer(serializers.ModelSerializer):
    group = serializers.CharField(source="group.code")
    group_name = serializers.CharField(source="group.name")

    class Meta:
        model = Topic
        fields = ["code", "name", "group", "group_name", "severity", "kind", "photo_required"]


class TerritorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Territory
        fields = ["code", "name", "time_zone"]


class ReasonSerializer(serializers.ModelSerializer):
    class Meta:
        model = Reason
        fields = ["kind", "code", "name"]


class HeldRoleSerializer(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)
    agency = serializers.CharField()


class MeSerializer(serializers.Serializer):
    username = serializers.CharField()
    name = serializers.CharField()
    position = serializers.CharField()
    agency = serializers.CharField(allow_null=True)
    roles = HeldRoleSerializer(many=True)
    rights = serializers.ListField(child=serializers.CharField())


class _All(generics.ListAPIView):
    """Short lists, whole: a client keeps them."""

    pagination_class = None
    filter_backends: list[type] = []


class Agencies(_All):
    """Agencies that work; work phones and addresses are public."""

    serializer_class = AgencySerializer
    queryset = Agency.objects.active().select_related("parent")


class Topics(_All):
    """Topics in use."""

    serializer_class = TopicSerializer
    queryset = Topic.objects.filter(is_active=True).select_related("group")


class Territories(_All):
    """Territories of the region."""

    serializer_class = TerritorySerializer
    queryset = Territory.objects.all()


class Reasons(_All):
    """Reasons and grounds in use; `?kind=` narrows to one list."""

    serializer_class = ReasonSerializer
    queryset = Reason.objects.filter(is_active=True)

    def get_queryset(self) -> QuerySet[Reason]:
        found = super().get_queryset()
        kind = self.request.query_params.get("kind", "")
        return found.filter(kind=kind) if kind in ReasonKind.values else found


class Me(APIView):
    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who you are and which roles you hold."""
        user = request.user
        data = {
            "username": user.username,
            "name": str(user),
            "position": user.position,
            "agency": user.agency.code if user.agency else None,
            "roles": [{"role": role, "agency": code} for role, code in held_roles(user)],
            "rights": [
                right for right in Right.values if granted_agency_ids(user, right) != frozenset()
            ],
        }
        return Response(MeSerializer(data).data)


class Token(ObtainAuthToken):
    """A token for name and password; attempts are limited as on the sign-in page (429)."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            return super().post(request, *args, **kwargs)
        except ValidationError:
            if not getattr(request, "axes_locked_out", False):
                raise
            # Whatever the password: when the pause ends is all that is told.
            pause = int(settings.AXES_COOLOFF_TIME * 3600)
            raise Throttled(pause, _("Too many attempts. Try again later.")) from None
