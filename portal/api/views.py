"""Cases over the API: lists, the case, its moves, the check, and messages that arrive."""

import re
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import generics, serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from agencies.roles import Right
from cases import actions, checking, mentions
from cases.directory import directory_of
from cases.doors import Door, ensure_open, open_doors
from cases.dossier import dossier_of
from cases.errors import RightMissing
from cases.filters import CaseFilter
from cases.models import Case, Reply
from cases.promises import recognised
from cases.querysets import CaseQuerySet, may
from cases.reading import visible_case
from cases.views.panel import panel_of
from portal.api import outcomes
from portal.api import serializers as out
from portal.api.documented import extend_schema
from portal.api.files import files_of
from portal.api.forms import raise_for, serializer_of, values_for
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.intake_form import CheckForm, MessageForm, SourceMarkForm
from portal.api.scope import case_or_404, problems

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The case's ETag; 412 when somebody changed it meanwhile.",
)
_ETAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def etag(version: int) -> str:
    return f'"{version}"'


def wanted_version(request: Request) -> int | None:
    """The version of If-Match; None when the header is absent or «*»."""
    raw = request.headers.get("If-Match", "").strip()
    if raw in ("", "*"):
        return None
    found = _ETAG.fullmatch(raw)
    if found is None:
        raise ParseError(_("If-Match takes one ETag of the case."))
    return int(found[1])


class CaseList(generics.ListAPIView):
    """Cases you may see, newest first; the filters are those of the pages."""

    serializer_class = out.CaseRowSerializer
    filterset_class = CaseFilter
    queryset = Case.objects.none()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        known = {*CaseFilter.base_filters, "cursor", "page_size"}
        if unknown := set(request.query_params) - known:
            # A filter misspelt would widen the list to everything.
            raise ValidationError({name: [_("There is no such filter.")] for name in unknown})
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> CaseQuerySet:
        return Case.objects.visible_to(self.request.user)


class CaseDetail(APIView):
    @extend_schema(operation_id="case", responses={200: out.CaseSerializer, **problems(403, 404)})
    def get(self, request: Request, number: str) -> Response:
        """One case with its messages, replies, history, terms and the moves open to you."""
        case = case_or_404(request, number)
        dossier = dossier_of(case, request.user, steps=200)
        latest = dossier.replies[0] if dossier.replies else None
        context = {
            "request": request,
            "dossier": dossier,
            "moves": [
                {
                    "name": door.name,
                    "title": str(door.move.title),
                    "url": reverse(f"api-case-{door.slug}", [case.number]),
                }
                for door in open_doors(case, request.user, latest)
            ],
        }
        data = out.CaseSerializer(case, context=context).data
        return Response(data, headers={"ETag": etag(case.version)})


class MoveView(APIView):
    """Base of the moves: one subclass for each row of `cases.doors`."""

    door: Door

    def post(self, request: Request, number: str) -> Response:
        answer = once(request, lambda: self.make(request, number))
        answer["ETag"] = etag(answer.data["version"])
        return answer

    def make(self, request: Request, number: str) -> Response:
        case = visible_case(request.user, number)
        version = wanted_version(request)
        ensure_open(self.door, case, request.user)
        form = self.door.form(
            values_for(self.door.form, request.data), case=case, actor=request.user
        )
        raise_for(form)
        made = self.door.perform(case, actor=request.user, version=version, **form.cleaned_data)
        reply = made if isinstance(made, Reply) else None
        moved: Case = reply.case if reply is not None else made
        data = outcomes.MovedSerializer(moved, context={"reply": reply.pk if reply else None}).data
        return Response(data)


def move_view(door: Door) -> type[MoveView]:
    """The view of one move with its own entry in the schema."""
    name = "".join(part.title() for part in door.name.split("_"))
    view = type(f"{name}View", (MoveView,), {"door": door})
    parameters = [IF_MATCH, IDEMPOTENCY_KEY]
    request = serializer_of(door.form, f"{name}Serializer") if door.form.base_fields else None

    def post(self: MoveView, request: Request, number: str) -> Response:
        return MoveView.post(self, request, number)

    # Not the title: the schema is the same in whatever language the portal was started.
    summary = door.name.replace("_", " ").capitalize()
    post.__doc__ = summary
    view.post = extend_schema(  # type: ignore[method-assign]
        operation_id=f"case_{door.name}",
        summary=summary,
        parameters=parameters,
        request=request,
        responses={200: outcomes.MovedSerializer, **problems(400, 403, 404, 409, 412, 422)},
    )(post)
    return view


class Check(APIView):
    @extend_schema(
        operation_id="case_check",
        request=serializer_of(CheckForm, "CheckTextSerializer"),
        responses={200: outcomes.CheckSerializer, **problems(403, 404, 422)},
    )
    def post(self, request: Request, number: str) -> Response:
        """Assess a text for this case as the panel beside the editor does; stores nothing."""
        case = case_or_404(request, number)
        if not may(request.user, Right.ANSWER_CASES, case):
            raise RightMissing("right_missing", move="submit_reply")
        form = CheckForm(values_for(CheckForm, request.data))
        raise_for(form)
        given = form.cleaned_data
        text = given["text"]
        found = checking.check(
            checking.ground_of(case, request.user),
            text,
            kind=given["kind"] or Reply.Kind.FINAL.value,
            outcome=given["outcome"],
            replied_at=timezone.now(),
        )
        kind = given["kind"] or Reply.Kind.FINAL.value
        shown = _panel(found, request, text)
        shown["promised"] = recognised(case, text, timezone.now(), kind=kind)
        return Response(outcomes.CheckSerializer(shown).data)


def _panel(found: Any, request: Request, text: str) -> dict[str, Any]:
    panel: Any = panel_of(found, request.user, text=text)  # None is for unchecked stored replies
    return {
        "score": panel.score,
        "risk": found.risk,
        "band": panel.band,
        "flagged": panel.flagged,
        "similarity": panel.similarity,
        "personal": panel.personal,
        "questions": panel.questions,
        "findings": [*panel.must, *panel.advice, *panel.praise],
        "sources": [
            {
                "letter": source.letter,
                "share": source.share,
                "similarity": source.similarity,
                "case": source.reply.case.number if source.reply else None,
                "agency": source.reply.agency.code if source.reply else None,
                "approved_text": source.is_event,
                # Where a passage stands in a text is told to who may read that text.
                "spans": [span if source.reply else span[:2] for span in source.spans],
            }
            for source in panel.sources
        ],
        "hidden_sources": panel.hidden,
        "other_replies": panel.others,
        "sent_this_month": panel.this_month,
    }


class Colleagues(APIView):
    @extend_schema(
        operation_id="case_colleagues",
        parameters=[OpenApiParameter("q", description="beginning of a name")],
        responses={200: out.PersonSerializer(many=True), **problems(403, 404)},
    )
    def get(self, request: Request, number: str) -> Response:
        """Whom a note of this case may name with «@username»: people who may see it."""
        case = visible_case(request.user, number)
        if not may(request.user, Right.WRITE_NOTES, case):
            raise RightMissing("right_missing", move="add_note")
        found = mentions.colleagues(case, request.query_params.get("q", "")[:60])
        return Response(out.PersonSerializer(found, many=True).data)


MessageInSerializer = serializer_of(MessageForm, "MessageInSerializer")


class MessageWithFilesSerializer(MessageInSerializer):  # type: ignore[misc,valid-type]
    files = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="photos and documents of the message, at most ten",
    )


class Messages(APIView):
    @extend_schema(
        operation_id="message_receive",
        parameters=[IDEMPOTENCY_KEY],
        request={
            "application/json": MessageInSerializer,
            "multipart/form-data": MessageWithFilesSerializer,
        },
        responses={
            201: outcomes.ArrivedSerializer,
            200: outcomes.ArrivedSerializer,
            **problems(400, 403, 409, 422),
        },
    )
    def post(self, request: Request) -> Response:
        """Take in one message: 201 a new case, 200 a known message (unchanged or a new version)."""
        return once(request, lambda: self._receive(request))

    def _receive(self, request: Request) -> Response:
        sent = {key: request.data[key] for key in request.data if key != "files"}
        form = MessageForm(values_for(MessageForm, sent if request.FILES else request.data))
        actions.check_may_receive(request.user)
        form.keep(directory_of(request.user))
        raise_for(form)
        arrived = actions.receive(actor=request.user, files=files_of(request), **form.arguments())
        # The schema's ArrivedSerializer by hand: it would copy its fields for every message.
        data = {
            "number": arrived.case.number,
            "result": arrived.result,
            "message_version": arrived.message.version,
            "case_version": arrived.case.version,
        }
        return Response(data, status=201 if arrived.result == "created" else 200)


class Marks(APIView):
    @extend_schema(
        operation_id="mark_receive",
        request=serializer_of(SourceMarkForm, "MarkInSerializer"),
        responses={200: outcomes.MarkedSerializer, **problems(400, 403, 404, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """The author's mark of a published reply: a low one returns it, a high one closes it."""
        form = SourceMarkForm(values_for(SourceMarkForm, request.data))
        actions.check_may_receive(request.user)
        raise_for(form)
        case = actions.receive_mark(actor=request.user, **form.cleaned_data)
        data = outcomes.MarkedSerializer(case).data
        return Response(data, headers={"ETag": etag(case.version)})
