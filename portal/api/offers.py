"""Offered mass events over the API: what was found, its messages, confirm or refuse."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from cases import events
from cases.forms import word_change
from cases.models import EventOffer, MassEvent, OfferMember
from cases.views.events import title_of
from cases.views.offers import offer_or_404, suggested_title, words_of
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.matching import wanted_print
from portal.api.problems import Unprocessable
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The offer's ETag; 412 when messages you have not seen were added meanwhile.",
)


class OfferRefSerializer(serializers.ModelSerializer):
    topic = serializers.SlugRelatedField("code", read_only=True)
    territory = serializers.SlugRelatedField("code", read_only=True)
    event = serializers.SlugRelatedField("code", read_only=True)
    title = serializers.SerializerMethodField(help_text="what a new event would be called")

    class Meta:
        model = EventOffer
        fields = ("id", "state", "title", "topic", "territory", "made_at", "event", "decided_at")

    def get_title(self, offer: EventOffer) -> str:
        return suggested_title(offer)


class OfferRowSerializer(serializers.Serializer):
    offer = OfferRefSerializer()
    messages = serializers.IntegerField(source="count", help_text="cases you decide on")
    first_at = serializers.DateTimeField(source="first")
    last_at = serializers.DateTimeField(source="last")


class OfferPageSerializer(serializers.Serializer):
    results = OfferRowSerializer(many=True)
    before = serializers.IntegerField(
        allow_null=True, help_text="send it back for the next page; null on the last"
    )


class OfferMemberSerializer(serializers.Serializer):
    case = serializers.CharField(source="case.number")
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField(help_text="the first message")
    received_at = serializers.DateTimeField(source="case.received_at")
    territory = serializers.CharField(source="case.territory.code", default=None, allow_null=True)
    agency = AgencyRefSerializer(source="case.agency", allow_null=True)
    why = serializers.ListField(
        child=serializers.CharField(),
        help_text="words, house, street, topic, surge, author: what it has in common",
    )
    likeness = serializers.FloatField(source="words", help_text="of the words, 0 to 1")

    def get_title(self, member: OfferMember) -> str:
        return title_of(member.case, self.context["request"].user)

    def get_text(self, member: OfferMember) -> str:
        return str(self.context["texts"].get(member.case_id, ""))


class WholeOfferSerializer(OfferRefSerializer):
    members = serializers.SerializerMethodField()

    class Meta(OfferRefSerializer.Meta):
        fields = (*OfferRefSerializer.Meta.fields, "reason", "members")  # type: ignore[assignment]

    def get_members(self, offer: EventOffer) -> list[dict[str, Any]]:
        rows = self.context["members"]
        return list(OfferMemberSerializer(rows, many=True, context=self.context).data)


class ConfirmSerializer(serializers.Serializer):
    """The members that are about one thing; the others are left out for good."""

    cases = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=events.SHOWN, allow_empty=False
    )
    event = serializers.CharField(required=False, help_text="code of an open one to join them to")
    title = serializers.CharField(required=False, max_length=200, help_text="of the new event")


class RefusedJoinSerializer(serializers.Serializer):
    case = serializers.CharField()
    refusal = serializers.CharField(help_text="why it could not join, in words")


class ConfirmedSerializer(serializers.Serializer):
    event = serializers.CharField(help_text="code of the mass event")
    joined = serializers.ListField(child=serializers.CharField())
    refused = RefusedJoinSerializer(many=True)
    later = serializers.IntegerField(help_text="more that wait among its late comers")


class RefuseSerializer(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


def _ensure_finder(request: Request) -> None:
    if not holds_anywhere(request.user, events.FINDERS):
        raise PermissionDenied


class Offers(APIView):
    @extend_schema(
        operation_id="event_offers",
        parameters=[OpenApiParameter("before", int, description="from the page before")],
        responses={200: OfferPageSerializer, **problems(400, 403)},
    )
    def get(self, request: Request) -> Response:
        """Messages found to be about one thing that wait for your decision, newest first."""
        _ensure_finder(request)
        before = request.query_params.get("before", "")
        if before and not (before.isascii() and before.isdigit() and len(before) < 19):
            raise ParseError
        rows, more = events.offers_of(request.user, int(before) if before else None)
        return Response(OfferPageSerializer({"results": rows, "before": more}).data)


def _members(request: Request, offer: EventOffer) -> list[OfferMember]:
    waiting = offer.state == EventOffer.State.WAITING
    return events.members_of(request.user, offer) if waiting else []


class Offer(APIView):
    @extend_schema(
        operation_id="event_offer", responses={200: WholeOfferSerializer, **problems(403, 404)}
    )
    def get(self, request: Request, pk: int) -> Response:
        """One offer with the cases you decide on; of a decided one, what became of it."""
        _ensure_finder(request)
        offer = offer_or_404(request.user, pk)
        members = _members(request, offer)
        context = {
            "request": request, "members": members, "texts": words_of(request.user, members),
        }  # fmt: skip
        data = WholeOfferSerializer(offer, context=context).data
        return Response(data, headers={"ETag": f'"{events.print_of(offer, members)}"'})


class ConfirmOffer(APIView):
    @extend_schema(
        operation_id="event_offer_confirm",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=ConfirmSerializer,
        responses={200: ConfirmedSerializer, **problems(400, 403, 404, 409, 412, 422)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Make the chosen cases one mass event, or join them to an open one."""
        _ensure_finder(request)
        return once(request, lambda: self._confirm(request, pk))

    def _confirm(self, request: Request, pk: int) -> Response:
        offer = offer_or_404(request.user, pk)
        serializer = ConfirmSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        decided = events.confirm(
            offer,
            actor=request.user,
            chosen=_keys(_members(request, offer), given["cases"]),
            event=_event(request, given["event"]) if "event" in given else None,
            title=given.get("title") or suggested_title(offer) or _("Mass event"),
            seen=wanted_print(request),
        )
        assert decided.event is not None
        body = {
            "event": decided.event.code,
            "joined": [case.number for case in decided.joined],
            "refused": [
                {"case": case.number, "refusal": word_change(code)}
                for case, code in decided.refused
            ],
            "later": decided.later,
        }
        return Response(ConfirmedSerializer(body).data)


def _keys(members: list[OfferMember], numbers: list[str]) -> list[int]:
    """Of the members by number. Of a decided offer nothing is known: the action says so."""
    known = {member.case.number: member.case_id for member in members}
    strange = [number for number in numbers if number not in known]
    if members and strange:
        words = _("Not among the cases of this offer: %(list)s.") % {"list": ", ".join(strange)}
        raise Unprocessable({"cases": [words]})
    return [known[number] for number in numbers if number in known]


def _event(request: Request, code: str) -> MassEvent:
    """An open event of the reader's."""
    running = MassEvent.objects.running().filter(code=code)
    found = running.filter(pk__in=events.visible_events(request.user).values("pk")).first()
    if found is None:
        raise Unprocessable({"event": [_("There is no such open mass event.")]})
    return found


class RefuseOffer(APIView):
    @extend_schema(
        operation_id="event_offer_refuse",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=RefuseSerializer,
        responses={200: OfferRefSerializer, **problems(400, 403, 404, 409, 412)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Different things: these messages are not offered again, nor what comes later to them."""
        _ensure_finder(request)
        return once(request, lambda: self._refuse(request, pk))

    def _refuse(self, request: Request, pk: int) -> Response:
        offer = offer_or_404(request.user, pk)
        given = RefuseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        events.refuse(
            offer,
            actor=request.user,
            reason=given.validated_data["reason"],
            seen=wanted_print(request),
        )
        fresh = EventOffer.objects.select_related("topic", "territory", "event").filter(pk=pk)
        if (refused := fresh.first()) is None:
            raise Http404
        return Response(OfferRefSerializer(refused).data)
