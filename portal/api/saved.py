"""Saved views over the API: one's own and those shared within one's agency."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import lists, saved
from cases.errors import CaseNotFound
from cases.models import SavedView
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.matching import ETAG_HELP, IF_MATCH, ensure_seen, print_of, quoted
from portal.api.scope import problems
from portal.api.serializers import PersonSerializer


def conditions_field(**more: Any) -> serializers.DictField:
    """Conditions of a list as its address has them."""
    values = serializers.ListField(child=serializers.CharField(max_length=200), max_length=500)
    return serializers.DictField(
        child=values,
        help_text="the parameters of the list's address, each with its values",
        **more,
    )


class SavedViewSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="view.pk")
    name = serializers.CharField(source="view.name")
    list = serializers.ChoiceField(choices=lists.SAVABLE, source="view.list_name")
    conditions = conditions_field(source="view.conditions")
    url = serializers.CharField(help_text="address of the list under this view")
    owner = PersonSerializer(source="view.owner")
    own = serializers.BooleanField()
    shared = serializers.SerializerMethodField()
    may_change = serializers.BooleanField()
    first = serializers.BooleanField(help_text="your work begins with it")
    count = serializers.IntegerField(
        allow_null=True,
        help_text="your cases in it; 1001 means more than 1000; null: not counted",
    )

    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)

    def get_etag(self, one: saved.Shown) -> str:
        return _print(one.view)

    def get_shared(self, one: saved.Shown) -> bool:
        return one.view.agency_id is not None


def _print(view: SavedView) -> str:
    """Of what all its readers share: not the count, the place in the menu, who begins with it."""
    return print_of(view.pk, view.name, sorted(view.conditions.items()), view.agency_id)


class NewViewSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=60)
    list = serializers.ChoiceField(choices=lists.SAVABLE)
    conditions = conditions_field(required=False, default=dict)
    shared = serializers.BooleanField(default=False)


class ViewChangeSerializer(serializers.Serializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    conditions = conditions_field(required=False)
    shared = serializers.BooleanField(required=False)
    first = serializers.BooleanField(required=False, help_text="begin your work with it")
    shift = serializers.IntegerField(
        required=False, min_value=-saved.MOST, max_value=saved.MOST, help_text="-1 up, 1 down"
    )


def _given(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class SavedViews(APIView):
    @extend_schema(operation_id="saved_views", responses={200: SavedViewSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Your views and those of your agency, with the number of your cases in each."""
        shown = saved.views_of(request.user)
        saved.count(shown, request.user)
        return Response(SavedViewSerializer(shown, many=True).data)

    @extend_schema(
        operation_id="saved_view_add",
        parameters=[IDEMPOTENCY_KEY],
        request=NewViewSerializer,
        responses={201: SavedViewSerializer, **problems(400, 403, 422)},
    )
    def post(self, request: Request) -> Response:
        """Save a view; showing it to your agency takes a right of who leads there."""
        return once(request, lambda: self._add(request))

    def _add(self, request: Request) -> Response:
        given = _given(NewViewSerializer, request)
        made = saved.save(request.user, list_name=given.pop("list"), **given)
        return _answer(request, made.pk, status=201)


def _one(request: Request, pk: int) -> Any:
    shown = saved.view_of(request.user, pk)
    saved.count([shown], request.user)
    return SavedViewSerializer(shown).data


def _answer(request: Request, pk: int, status: int = 200) -> Response:
    data = _one(request, pk)
    return Response(data, status=status, headers=quoted(data["etag"]))


def _locked(request: Request, pk: int, *, change: bool) -> None:
    """Hold the view, the very one the caller saw, until the end of the transaction."""
    saved.view_of(request.user, pk, change=change)
    view = SavedView.objects.select_for_update().filter(pk=pk).first()
    if view is None:
        raise CaseNotFound("view_not_found")
    ensure_seen(request, _print(view))


class OneSavedView(APIView):
    @extend_schema(operation_id="saved_view", responses={200: SavedViewSerializer, **problems(404)})
    def get(self, request: Request, pk: int) -> Response:
        """One view with the number of your cases in it."""
        return _answer(request, pk)

    @extend_schema(
        operation_id="saved_view_change",
        parameters=[IF_MATCH],
        request=ViewChangeSerializer,
        responses={200: SavedViewSerializer, **problems(400, 403, 404, 412, 422)},
    )
    @transaction.atomic
    def patch(self, request: Request, pk: int) -> Response:
        """Rename, share, give other conditions, move, begin with it."""
        given = _given(ViewChangeSerializer, request)
        first, by = given.pop("first", None), given.pop("shift", 0)
        if by:  # its neighbours move too
            saved.hold_all(request.user)
        _locked(request, pk, change=bool(given or by))
        if given:
            saved.change(request.user, pk, **given)
        if by:
            saved.shift(request.user, pk, by)
        if first is not None:
            shown = saved.view_of(request.user, pk)
            if first or shown.first:
                saved.set_first(request.user, pk if first else None)
        return _answer(request, pk)

    @extend_schema(
        operation_id="saved_view_delete",
        parameters=[IF_MATCH],
        responses={204: None, **problems(400, 404, 412)},
    )
    @transaction.atomic
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a view you may change; cases stay."""
        _locked(request, pk, change=True)
        saved.remove(request.user, pk)
        return Response(status=204)
