"""Contributions over the API: what we are asked for and ask, one part, giving it, its files."""

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import actions, attachments
from cases.forms_parts import GivePartForm
from cases.masking import mask_text
from cases.models import Attachment, Case, Participation
from cases.views.parts import (
    OTHERS,
    US,
    PartFilter,
    file_answer,
    letters_of,
    page_of_parts,
    part_or_404,
    sides_of,
)
from portal.api.documented import extend_schema
from portal.api.files import UploadSerializer
from portal.api.forms import raise_for, serializer_of, values_for
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.matching import ETAG_HELP, IF_MATCH, ensure_seen, print_of, quoted
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer, Masking, PersonSerializer


class PartRowSerializer(Masking):
    """A part of a list. To who is asked its words are masked always, whatever he may elsewhere."""

    id = serializers.IntegerField(source="pk")
    case = serializers.CharField(source="case.number")
    title = serializers.SerializerMethodField()
    case_agency = AgencyRefSerializer(source="case.agency", allow_null=True)
    agency = AgencyRefSerializer()
    person = PersonSerializer(allow_null=True)
    task = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=Participation.State.choices)
    asked_by = PersonSerializer()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    given_at = serializers.DateTimeField(allow_null=True)
    returns = serializers.IntegerField()

    def _words(self, text: str, part: Participation) -> str:
        if self.context.get("side") == OTHERS:
            return self._text(text, part.case)
        return mask_text(text, part.case.citizen.hidden_name)

    def get_title(self, part: Participation) -> str:
        return self._words(part.case.title, part)

    def get_task(self, part: Participation) -> str:
        return self._words(part.task, part)


class PartPageSerializer(serializers.Serializer):
    next = serializers.CharField(help_text="cursor of the next page; empty on the last one")
    results = PartRowSerializer(many=True)


class PartLetterSerializer(serializers.Serializer):
    text = serializers.CharField()
    posted_at = serializers.DateTimeField()


class PartFileSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    own = serializers.SerializerMethodField(help_text="false: a photo of the message")

    def get_name(self, file: Attachment) -> str:
        return mask_text(file.name, self.context["part"].case.citizen.hidden_name)

    def get_own(self, file: Attachment) -> bool:
        return file.part_id is not None


class PartSerializer(PartRowSerializer):
    """The part as its page shows it: the message without contacts, the task, the own answer."""

    topic = serializers.CharField(source="case.topic.code", default=None, allow_null=True)
    territory = serializers.CharField(source="case.territory.code", default=None, allow_null=True)
    place = serializers.SerializerMethodField()
    messages = serializers.SerializerMethodField()
    remark = serializers.CharField()
    text = serializers.CharField()
    given_by = PersonSerializer(allow_null=True)
    files = serializers.SerializerMethodField()
    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)

    def get_etag(self, part: Participation) -> str:
        return _print(part)

    def get_place(self, part: Participation) -> str:
        return self._words(part.case.place, part)

    @extend_schema_field(PartLetterSerializer(many=True))
    def get_messages(self, part: Participation) -> Any:
        return PartLetterSerializer(letters_of(part), many=True).data

    @extend_schema_field(PartFileSerializer(many=True))
    def get_files(self, part: Participation) -> Any:
        found = attachments.files_of_part(part)
        return PartFileSerializer(found, many=True, context={"part": part}).data


def _print(part: Participation) -> str:
    """Of the question, its term and what was given; its files come and go without it."""
    return print_of(
        *(part.pk, part.state, part.task, part.person_id, part.due_at),
        *(part.remark, part.returns, part.text, part.given_at),
    )


def _answer(part: Participation, request: Request) -> Response:
    data = PartSerializer(part, context={"request": request}).data
    return Response(data, headers=quoted(data["etag"]))


class Parts(APIView):
    @extend_schema(
        operation_id="parts",
        parameters=[
            OpenApiParameter("side", enum=[US, OTHERS], description="us: we are asked; others"),
            OpenApiParameter("state", enum=["all", *Participation.State.values]),
            OpenApiParameter("overdue", bool),
            OpenApiParameter("cursor"),
        ],
        responses={200: PartPageSerializer, **problems(403, 422)},
    )
    def get(self, request: Request) -> Response:
        """Contributions you are asked for, or that your agencies ask of others, by term."""
        sides = sides_of(request.user)
        if not sides:
            raise PermissionDenied
        asked = request.query_params.dict()
        side = asked["side"] if asked.get("side") in sides else sides[0]
        form = PartFilter(asked | ({"side": side} if asked.get("side", US) in (US, OTHERS) else {}))
        raise_for(form)
        rows, cursor = page_of_parts(form.narrow(request.user), asked.get("cursor", ""))
        context = {"request": request, "side": side}
        return Response(PartPageSerializer({"next": cursor, "results": rows}, context=context).data)


class Part(APIView):
    @extend_schema(operation_id="part", responses={200: PartSerializer, **problems(404)})
    def get(self, request: Request, pk: int) -> Response:
        """One part you are asked for; the case itself stays with its agency."""
        return _answer(part_or_404(request.user, pk), request)


class GivePart(APIView):
    @extend_schema(
        operation_id="part_give",
        parameters=[IF_MATCH],
        request=serializer_of(GivePartForm, "GivePartSerializer"),
        responses={200: PartSerializer, **problems(400, 404, 409, 412, 422)},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        """Give the contribution: its executor is told and reads it on the page of the case."""
        part = part_or_404(request.user, pk)
        form = GivePartForm(values_for(GivePartForm, request.data))
        raise_for(form)
        # The case first, as its moves do.
        Case.objects.select_for_update(of=("self",)).only("pk").get(pk=part.case_id)
        part = part_or_404(request.user, pk)
        if part.state == Participation.State.ASKED:  # else the action says so first
            ensure_seen(request, _print(part))
        actions.give_part(part, actor=request.user, text=form.cleaned_data["text"])
        return _answer(part_or_404(request.user, pk), request)


class PartFiles(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="part_attach",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": UploadSerializer},
        responses={201: PartFileSerializer, **problems(400, 404, 409, 422)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Attach a file to the contribution while it is awaited."""
        part = part_or_404(request.user, pk)
        uploaded = request.FILES.get("file")
        if uploaded is None:
            raise ParseError

        def attach() -> Response:
            made = attachments.add_to_part(part, actor=request.user, uploaded=uploaded)
            return Response(PartFileSerializer(made, context={"part": part}).data, status=201)

        return once(request, attach)


class PartFile(APIView):
    @extend_schema(
        operation_id="part_file",
        responses={
            200: OpenApiResponse(OpenApiTypes.BINARY, description="The file as it was sent."),
            **problems(404),
        },
    )
    def get(self, request: Request, pk: int, file: int) -> Any:
        """A file of the part, or a photo of the message shown with the task."""
        return file_answer(part_or_404(request.user, pk), file, request.user)

    @extend_schema(operation_id="part_detach", responses={204: None, **problems(404, 409, 422)})
    def delete(self, request: Request, pk: int, file: int) -> Response:
        """Take a file of the contribution away while it is awaited."""
        part = part_or_404(request.user, pk)
        attachments.remove_from_part(part, actor=request.user, pk=file)
        return Response(status=204)
