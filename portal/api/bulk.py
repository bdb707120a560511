"""One move for many cases over the API: a preview, the run, what became of each case."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import lists, many, undoing
from cases.doors import Door
from cases.forms import word_change
from cases.many import Line
from cases.models import BulkRun
from cases.views.bulk import carry_out
from cases.workflow import Status
from portal.api.documented import extend_schema
from portal.api.forms import values_for
from portal.api.idempotency import once
from portal.api.problems import Unprocessable
from portal.api.saved import conditions_field
from portal.api.scope import problems
from portal.api.views import IDEMPOTENCY_KEY


class BulkInSerializer(serializers.Serializer):
    """The cases by number, or all that match the conditions of a list."""

    move = serializers.ChoiceField(choices=many.BULK)
    cases = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=many.MOST, required=False
    )
    list = serializers.ChoiceField(choices=lists.NAMES, required=False)
    conditions = conditions_field(required=False, default=dict)
    values = serializers.DictField(
        required=False, default=dict, help_text="the body of the move of one case"
    )
    preview = serializers.BooleanField(default=False, help_text="change nothing, say what would")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("cases" in given) is ("list" in given):
            raise serializers.ValidationError({"cases": [word_change("bulk_nothing")]})
        return given


class BulkLineSerializer(serializers.Serializer):
    case = serializers.CharField(source="case.number")
    status = serializers.ChoiceField(choices=Status.choices, source="case.status")
    state = serializers.SerializerMethodField(
        help_text="possible or refused before it is done; then waiting, done, refused"
    )
    refusal = serializers.SerializerMethodField(help_text="why not, in words; empty: nothing")

    def get_state(self, line: Line) -> str:
        if line.row is not None:
            return str(line.row.state)
        return "possible" if line.possible else "refused"

    def get_refusal(self, line: Line) -> str:
        return word_change(line.refusal) if line.refusal else ""


class BulkSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="null for a preview")
    move = serializers.CharField()
    waiting = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    more = serializers.BooleanField(help_text="more cases match than one choice holds")
    undoes = serializers.IntegerField(allow_null=True, help_text="the run this one takes back")
    undo_until = serializers.DateTimeField(
        allow_null=True, help_text="null: it cannot be undone, or not any more"
    )
    cases = BulkLineSerializer(many=True, help_text="at most 200, those refused first")


def _lines(request: Request, door: Door, given: dict[str, Any]) -> tuple[list[Line], bool]:
    if "cases" in given:
        cases, more = many.by_number(request.user, given["cases"]), False
    else:
        cases, more = many.matching(request.user, given["list"], given["conditions"])
    return many.looked_at(door, cases, request.user), more


def _counted(lines: list[Line]) -> dict[str, int]:
    possible = sum(line.possible for line in lines)
    return {"waiting": possible, "done": 0, "refused": len(lines) - possible}


def _result(request: Request, pk: int, *, more: bool = False) -> Any:
    found = many.results_of(request.user, pk)
    if found is None:
        raise Http404
    made, counts, lines = found
    back = not counts["waiting"] and undoing.may_undo(made, request.user)
    body = {
        **{"id": made.pk, "move": made.move, **counts, "more": more, "cases": lines},
        "undoes": made.undoes_id,
        "undo_until": made.at + undoing.WITHIN if back else None,
    }
    return BulkSerializer(body).data


class Bulk(APIView):
    @extend_schema(
        operation_id="cases_bulk",
        parameters=[IDEMPOTENCY_KEY],
        request=BulkInSerializer,
        responses={200: BulkSerializer, 201: BulkSerializer, **problems(400, 403, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Make one move for many cases, each in its own transaction; one refused harms no other.

        The first hundred are decided in this call, the rest in the background: ask for the run.
        """
        serializer = BulkInSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        door = many.door_of(given["move"], request.user)
        values = many.values_of(door, values_for(door.form, given["values"]))
        if given["preview"]:
            return self._preview(request, door, given, values)
        answer = once(request, lambda: self._start(request, door, given, values))
        pk = answer.data["id"]
        # After the key is kept: each case has a transaction of its own.
        carry_out(BulkRun.objects.get(pk=pk, actor=request.user))
        body = _result(request, pk, more=answer.data["more"])
        return Response(body, status=answer.status_code, headers=dict(answer.headers))

    def _preview(
        self, request: Request, door: Door, given: dict[str, Any], values: many.Values
    ) -> Response:
        lines, more = _lines(request, door, given)
        many.try_values(door, lines, request.user, values)
        some = sorted(lines, key=lambda line: line.possible)[: many.SHOWN]
        body = {"id": None, "move": door.name, **_counted(lines), "more": more, "cases": some}
        return Response(BulkSerializer(body | {"undoes": None, "undo_until": None}).data)

    def _start(
        self, request: Request, door: Door, given: dict[str, Any], values: many.Values
    ) -> Response:
        lines, more = _lines(request, door, given)
        if not lines:
            raise Unprocessable({"cases": [word_change("bulk_nothing")]})
        many.try_values(door, lines, request.user, values)
        made = many.start(door, lines, request.user, values)
        return Response({"id": made.pk, "more": more}, status=201)


class BulkResult(APIView):
    @extend_schema(operation_id="bulk_run", responses={200: BulkSerializer, **problems(404)})
    def get(self, request: Request, pk: int) -> Response:
        """What became of each case of your run; those not done first."""
        return Response(_result(request, pk))


class UndoSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=undoing.LONGEST_REASON, required=False)


class BulkUndo(APIView):
    @extend_schema(
        operation_id="bulk_undo",
        parameters=[IDEMPOTENCY_KEY],
        request=UndoSerializer,
        responses={201: BulkSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take your run back within a quarter of an hour, by the moves the life cycle has for it.

        A run of its own, case by case; a case somebody has gone on with stays as it is.
        """
        made = BulkRun.objects.filter(pk=pk, actor=request.user).first()
        if made is None:
            raise Http404
        given = UndoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason = given.validated_data.get("reason") or str(undoing.REASON)

        def begin() -> Response:
            return Response({"id": undoing.start(made, request.user, reason).pk}, status=201)

        answer = once(request, begin)
        back = BulkRun.objects.get(pk=answer.data["id"], actor=request.user)
        carry_out(back)
        body = _result(request, back.pk)
        return Response(body, status=answer.status_code, headers=dict(answer.headers))
