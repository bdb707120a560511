"""Rules of terms and calendars over the API: read, propose, see the rehearsal, decide."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds
from agencies.models import Agency, CalendarDay, WorkingCalendar
from agencies.roles import Right
from cases import rehearsal
from cases.calendar import production_years
from cases.models import DeadlineRule, TermChange
from cases.term_forms import DaysForm, RuleChangeForm
from cases.views.terms import PRODUCTION
from cases.watch_tasks import queue_rehearsal
from deadlines import Roll, Unit
from portal.api.documented import extend_schema
from portal.api.forms import raise_for, values_for
from portal.api.matching import ETAG_HELP, IF_MATCH, ensure_seen, print_of, quoted
from portal.api.scope import problems


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"
    default_detail = _("Somebody has decided already, or the rehearsal still runs")


class RuleVersionSerializer(serializers.ModelSerializer):
    class Meta:
        model = DeadlineRule
        fields = (
            *("code", "title", "regime", "start", "amount", "unit", "roll", "counts_day_zero"),
            *("cutoff", "warning_only", "min_severity", "source", "in_force_from", "is_active"),
        )


class NewVersionSerializer(serializers.Serializer):
    amount = serializers.IntegerField(min_value=1, max_value=5000)
    unit = serializers.ChoiceField(choices=[(unit.value, unit.value) for unit in Unit])
    roll = serializers.ChoiceField(choices=[(roll.value, roll.value) for roll in Roll])
    counts_day_zero = serializers.BooleanField(required=False)
    cutoff = serializers.CharField(required=False, allow_blank=True, help_text="17:00")
    in_force_from = serializers.DateField(help_text="today at the earliest")
    covers_running = serializers.BooleanField(
        required=False, help_text="terms begun before and still running are counted again"
    )


class CalendarDaySerializer(serializers.ModelSerializer):
    class Meta:
        model = CalendarDay
        fields = ("day", "kind", "intervals", "replaces", "shorter_by", "title", "confirmed")


class CalendarYearSerializer(serializers.Serializer):
    """`days`: those unlike the week; `missing`: no production calendar for that year."""

    code = serializers.CharField()
    year = serializers.IntegerField()
    missing = serializers.BooleanField()
    week = serializers.JSONField(allow_null=True, help_text="Monday first; null: production")
    days = CalendarDaySerializer(many=True)


class NewDaysSerializer(serializers.Serializer):
    first = serializers.DateField()
    last = serializers.DateField(required=False, help_text="a month after the first at most")
    kind = serializers.CharField(
        required=False, allow_blank=True, help_text="kind of day; empty: as usual in the week"
    )
    intervals = serializers.CharField(
        required=False, allow_blank=True, help_text="09:00-13:00, 14:00-17:00; of special hours"
    )
    shorter_by = serializers.IntegerField(required=False, min_value=1, max_value=600)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)


class TermChangeSerializer(serializers.ModelSerializer):
    """`result`: how many terms of the last month would have become overdue (`more`) and would not
    (`fewer`), by agency code. No case is named."""

    result = serializers.SerializerMethodField()
    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)
    made_by = serializers.SlugRelatedField("username", read_only=True)
    decided_by = serializers.SlugRelatedField("username", read_only=True)

    class Meta:
        model = TermChange
        fields = (
            *("id", "kind", "values", "state", "expected", "seen", "result", "made_at"),
            *("made_by", "decided_at", "decided_by", "etag"),
        )

    def get_etag(self, change: TermChange) -> str:
        return _print(change)

    def get_result(self, change: TermChange) -> dict[str, Any]:
        found = change.result
        agencies = found.get("agencies", {})
        codes = Agency.objects.in_bulk([int(key) for key in agencies if key != "0"])
        return {
            "terms": found.get("terms", 0),
            "more": found.get("more", 0),
            "fewer": found.get("fewer", 0),
            "agencies": {
                codes[int(key)].code if int(key) in codes else "": counts
                for key, counts in agencies.items()
            },
        }


def _print(change: TermChange) -> str:
    """Of what is decided on: the change and its rehearsal as far as it has come."""
    return print_of(change.pk, change.state, change.seen, change.decided_at)


class TermsSerializer(serializers.Serializer):
    rules = RuleVersionSerializer(many=True, help_text="versions in force and to come")
    calendars = serializers.ListField(child=serializers.CharField(), help_text="codes")
    changes = TermChangeSerializer(many=True, help_text="the last twenty")


class DecisionSerializer(serializers.Serializer):
    take = serializers.BooleanField(help_text="true: put in force; false: drop")


def _administrator(request: Request) -> Any:
    if not holds(request.user, Right.MANAGE_AGENCIES, None):  # type: ignore[arg-type]
        raise PermissionDenied
    return request.user


def _proposed(kind: str, values: dict[str, Any], person: Any) -> Response:
    change = rehearsal.propose(kind, values, by=person)
    queue_rehearsal()
    return _answer(change, status=201)


def _answer(change: TermChange, status: int = 200) -> Response:
    data = TermChangeSerializer(change).data
    return Response(data, status=status, headers=quoted(data["etag"]))


class Terms(APIView):
    @extend_schema(operation_id="terms", responses={200: TermsSerializer, **problems(403)})
    def get(self, request: Request) -> Response:
        """Rules of terms, calendars and the last changes."""
        _administrator(request)
        rules = DeadlineRule.objects.filter(is_active=True).order_by("code", "-in_force_from")
        found = {
            "rules": rules,
            "calendars": [PRODUCTION, *WorkingCalendar.objects.values_list("code", flat=True)],
            "changes": TermChange.objects.select_related("made_by", "decided_by")[:20],
        }
        return Response(TermsSerializer(found).data)


class TermRule(APIView):
    @extend_schema(
        operation_id="term_rule",
        responses={200: RuleVersionSerializer(many=True), **problems(403, 404)},
    )
    def get(self, request: Request, code: str) -> Response:
        """The versions of a rule, the newest first."""
        _administrator(request)
        return Response(RuleVersionSerializer(_versions(code), many=True).data)

    @extend_schema(
        operation_id="term_rule_propose",
        request=NewVersionSerializer,
        responses={201: TermChangeSerializer, **problems(400, 403, 404, 422)},
    )
    def post(self, request: Request, code: str) -> Response:
        """Propose a version: it is rehearsed on the last month and waits for a decision."""
        person = _administrator(request)
        values = values_for(RuleChangeForm, request.data)
        form = RuleChangeForm(values, rule=_versions(code)[0])
        raise_for(form)
        return _proposed(TermChange.Kind.RULE, form.values(), person)


def _versions(code: str) -> list[DeadlineRule]:
    found = list(DeadlineRule.objects.filter(code=code).order_by("-in_force_from", "-pk"))
    if not found:
        raise Http404
    return found


class TermYear(APIView):
    @extend_schema(
        operation_id="term_year", responses={200: CalendarYearSerializer, **problems(403, 404)}
    )
    def get(self, request: Request, code: str, year: int) -> Response:
        """A year of a calendar; `production`: the country's."""
        _administrator(request)
        own = _calendar(code)
        found = {
            "code": code,
            "year": year,
            "missing": year not in production_years(),
            "week": own.week if own else None,
            "days": CalendarDay.objects.filter(calendar=own, day__year=year),
        }
        return Response(CalendarYearSerializer(found).data)

    @extend_schema(
        operation_id="term_year_propose",
        request=NewDaysSerializer,
        responses={201: TermChangeSerializer, **problems(400, 403, 404, 422)},
    )
    def post(self, request: Request, code: str, year: int) -> Response:
        """Propose other days: they are rehearsed on the last month and wait for a decision."""
        person = _administrator(request)
        own = _calendar(code)
        form = DaysForm(values_for(DaysForm, request.data), years=frozenset(production_years()))
        raise_for(form)
        values = form.values(own.pk if own else None)
        return _proposed(TermChange.Kind.CALENDAR, values, person)


def _calendar(code: str) -> WorkingCalendar | None:
    return None if code == PRODUCTION else get_object_or_404(WorkingCalendar, code=code)


class TermChangeDetail(APIView):
    @extend_schema(
        operation_id="term_change", responses={200: TermChangeSerializer, **problems(403, 404)}
    )
    def get(self, request: Request, pk: int) -> Response:
        """A proposed change with its rehearsal as far as it has come."""
        _administrator(request)
        rows = TermChange.objects.select_related("made_by", "decided_by")
        return _answer(get_object_or_404(rows, pk=pk))


class TermDecision(APIView):
    @extend_schema(
        operation_id="term_decide",
        parameters=[IF_MATCH],
        request=DecisionSerializer,
        responses={200: TermChangeSerializer, **problems(400, 403, 404, 409, 412)},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        """Put a rehearsed change in force or drop it; 409: decided already or still rehearsed."""
        person = _administrator(request)
        change = get_object_or_404(TermChange.objects.select_for_update(), pk=pk)
        asked = DecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if change.decided_at is None:  # else it is refused for that: 409 before 412, as moves do
            ensure_seen(request, _print(change))
        decide = rehearsal.take if asked.validated_data["take"] else rehearsal.drop
        if not decide(pk, by=person):
            raise Conflict
        rows = TermChange.objects.select_related("made_by", "decided_by")
        return _answer(rows.get(pk=pk))
