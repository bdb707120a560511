"""Mass events, repeats and spikes over the API: what their pages show; reading only."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.models import Agency
from agencies.roles import Right
from cases import events, repeat_list
from cases.listing import rows_by_key
from cases.models import MassEvent, RepeatPair
from cases.paging import page_of, read_day_cursor, write_day_cursor
from cases.views.events import ensure, event_or_404, members_of_event, whole
from cases.views.repeats import STATES
from portal.api.documented import extend_schema
from portal.api.problems import Unprocessable
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer, CaseRowSerializer, Masking, PersonSerializer
from reports.spike_views import spikes_for


class EventRefSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    topic = serializers.CharField(source="topic.code", default=None, allow_null=True)
    territory = serializers.CharField(source="territory.code", default=None, allow_null=True)
    agency = AgencyRefSerializer(allow_null=True, help_text="who answers for it")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, help_text="its text holds until then")
    forecast_on = serializers.DateField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class MassEventRowSerializer(serializers.Serializer):
    event = EventRefSerializer()
    members = serializers.IntegerField(help_text="cases you may see")
    open = serializers.IntegerField()
    late = serializers.IntegerField(help_text="late comers you may decide on")
    last_at = serializers.DateTimeField(source="last", allow_null=True)


class MassEventPageSerializer(serializers.Serializer):
    next = serializers.CharField(help_text="cursor of the next page; empty on the last one")
    results = MassEventRowSerializer(many=True)


class EventFiguresSerializer(serializers.Serializer):
    """Of the cases you may see."""

    total = serializers.IntegerField()
    open = serializers.IntegerField()
    answered = serializers.IntegerField()
    authors = serializers.IntegerField()
    marks = serializers.IntegerField()
    mean_mark = serializers.FloatField(allow_null=True)


class EventCasesSerializer(serializers.Serializer):
    next = serializers.CharField(help_text="cursor of the next page; empty on the last one")
    results = CaseRowSerializer(many=True)


class WholeMassEventSerializer(EventRefSerializer):
    decision = serializers.CharField()
    decided_on = serializers.DateField(allow_null=True)
    approved_text = serializers.CharField()
    figures = serializers.SerializerMethodField()
    cases = serializers.SerializerMethodField()

    def get_figures(self, event: MassEvent) -> dict[str, Any]:
        return dict(EventFiguresSerializer(self.context["figures"]).data)

    def get_cases(self, event: MassEvent) -> dict[str, Any]:
        return dict(EventCasesSerializer(self.context["cases"], context=self.context).data)


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """The first without the parameter; one that is none of them is a mistake."""
    given = request.query_params.get(name, choices[0])
    if given not in choices:
        field = serializers.ChoiceField(choices=choices)
        raise Unprocessable({name: [field.error_messages["invalid_choice"].format(input=given)]})
    return given


class MassEvents(APIView):
    @extend_schema(
        operation_id="mass_events",
        parameters=[
            OpenApiParameter("view", enum=["running", "closed"], default="running"),
            OpenApiParameter("cursor", description="from the page before"),
        ],
        responses={200: MassEventPageSerializer, **problems(403, 422)},
    )
    def get(self, request: Request) -> Response:
        """Mass events your agencies answer for or have cases in, the newest first."""
        ensure(request.user, Right.VIEW_CASES)
        closed = _choice(request, "view", ("running", "closed")) == "closed"
        before = read_day_cursor(request.query_params.get("cursor", ""))
        rows, after = events.events_of(request.user, closed=closed, before=before)
        data: dict[str, Any] = {"next": write_day_cursor(*after) if after else "", "results": rows}
        return Response(MassEventPageSerializer(data).data)


class OneMassEvent(APIView):
    @extend_schema(
        operation_id="mass_event",
        parameters=[
            OpenApiParameter("members", enum=["open", "done", "all"], default="open"),
            OpenApiParameter("cursor", description="of the cases, from the page before"),
        ],
        responses={200: WholeMassEventSerializer, **problems(403, 404, 422)},
    )
    def get(self, request: Request, code: str) -> Response:
        """One event with its cases as far as you may see them, the newest first."""
        user = request.user
        ensure(user, Right.VIEW_CASES)
        event = event_or_404(user, code)
        which = _choice(request, "members", ("open", "done", "all"))
        page = page_of(
            members_of_event(user, event, which),
            user,
            field="received_at",
            descending=True,
            cursor=request.query_params.get("cursor", ""),
        )
        cases = rows_by_key([case.pk for case in page.cases], user, whole=True)
        context = {
            "request": request,
            "figures": events.figures_of(user, event),
            "cases": {"next": page.next_cursor, "results": cases},
        }
        return Response(WholeMassEventSerializer(event, context=context).data)


class RepeatSerializer(Masking):
    """A case and the answered one it asks again about; words are masked without the right."""

    id = serializers.IntegerField(source="pair.pk")
    state = serializers.ChoiceField(choices=STATES, source="pair.state")
    counts = serializers.BooleanField(source="pair.counts")
    why = serializers.ListField(child=serializers.CharField(), source="pair.why")
    likeness = serializers.FloatField(source="pair.words", help_text="of the words, 0 to 1")
    found_at = serializers.DateTimeField(source="pair.found_at")
    decided_at = serializers.DateTimeField(source="pair.decided_at", allow_null=True)
    decided_by = PersonSerializer(source="pair.decided_by", allow_null=True)
    case = serializers.CharField(source="pair.case.number")
    version = serializers.IntegerField(
        source="pair.case.version", help_text="the case's ETag, for judge-repeat"
    )
    agency = AgencyRefSerializer(source="pair.case.agency", allow_null=True)
    text = serializers.SerializerMethodField(help_text="the message")
    earlier = serializers.CharField(
        source="earlier.number", default=None, allow_null=True, help_text="null: out of your reach"
    )
    earlier_text = serializers.SerializerMethodField()
    earlier_reply = serializers.SerializerMethodField()

    def get_text(self, row: repeat_list.Pair) -> str:
        return self._text(row.text, row.pair.case)

    def get_earlier_text(self, row: repeat_list.Pair) -> str:
        return self._text(row.earlier_text, row.earlier) if row.earlier else ""

    def get_earlier_reply(self, row: repeat_list.Pair) -> str:
        return self._text(row.reply.text, row.earlier) if row.earlier and row.reply else ""


class RepeatPageSerializer(serializers.Serializer):
    results = RepeatSerializer(many=True)
    before = serializers.IntegerField(
        allow_null=True, help_text="send it back for the next page; null on the last"
    )


class Repeats(APIView):
    @extend_schema(
        operation_id="repeats",
        parameters=[
            OpenApiParameter("state", enum=STATES, default=RepeatPair.State.FOUND.value),
            OpenApiParameter("agency", description="code"),
            OpenApiParameter("before", int, description="from the page before"),
        ],
        responses={200: RepeatPageSerializer, **problems(400, 403, 422)},
    )
    def get(self, request: Request) -> Response:
        """Pairs of a repeat and what it repeats, the newest first; judge-repeat decides one."""
        user = request.user
        ensure(user, *repeat_list.READERS)
        given = request.query_params
        before = whole(given.get("before"))
        if given.get("before") and before is None:
            raise ParseError
        agency = None
        if code := given.get("agency"):
            found = Agency.objects.filter(code=code).values_list("pk", flat=True).first()
            agency = found or 0  # of none there are none
        rows, more = repeat_list.listed(
            user, state=_choice(request, "state", STATES), agency=agency, before=before
        )
        data = {"results": rows, "before": more}
        return Response(RepeatPageSerializer(data, context={"request": request}).data)


class SpikeDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()
    high = serializers.IntegerField(help_text="up to so many were usual")


class SpikeSerializer(serializers.Serializer):
    topic = serializers.CharField()
    territory = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    highest = serializers.DateField(help_text="the day of most")
    count = serializers.IntegerField(help_text="of that day")
    usual = serializers.FloatField(help_text="the median of that weekday")
    high = serializers.IntegerField(help_text="up to so many were usual that day")
    days = SpikeDaySerializer(many=True)


class Spikes(APIView):
    @extend_schema(
        operation_id="spikes", responses={200: SpikeSerializer(many=True), **problems(403)}
    )
    def get(self, request: Request) -> Response:
        """What came far above its usual in the last two weeks, for who sees the region's numbers:
        fifty at most, the newest and highest first."""
        data = [
            {
                "topic": topic.code,
                "territory": land.code,
                **{n: getattr(spike, n) for n in ("first", "last", "highest", "count")},
                "usual": spike.bound.middle,
                "high": spike.bound.high,
                "days": [
                    {"day": day, "count": count, "high": bound.high}
                    for day, count, bound in spike.days
                ],
            }
            for spike, topic, land in spikes_for(request.user)
        ]
        return Response(SpikeSerializer(data, many=True).data)
