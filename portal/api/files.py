"""Files over the API: what comes with a message, what goes with a reply."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import attachments
from cases.views.files import download
from portal.api import serializers as out
from portal.api.documented import extend_schema
from portal.api.idempotency import IDEMPOTENCY_KEY, once
from portal.api.scope import case_or_404, problems


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField()


class CaseFiles(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="case_attach",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": UploadSerializer},
        responses={201: out.AttachmentSerializer, **problems(400, 403, 404, 409, 422)},
    )
    def post(self, request: Request, number: str) -> Response:
        """Attach a file to the reply you are writing; it goes with the reply when that is sent."""
        case = case_or_404(request, number)
        uploaded = request.FILES.get("file")
        if uploaded is None:
            raise ParseError
        context = {"request": request, "case": case}

        def attach() -> Response:
            made = attachments.add(case, actor=request.user, uploaded=uploaded)
            return Response(out.AttachmentSerializer(made, context=context).data, status=201)

        return once(request, attach)


class CaseFile(APIView):
    @extend_schema(
        operation_id="case_file",
        responses={
            200: OpenApiResponse(OpenApiTypes.BINARY, description="The file as it was sent."),
            **problems(403, 404),
        },
    )
    def get(self, request: Request, number: str, pk: int) -> Any:
        """One file of the case."""
        case = case_or_404(request, number)
        found = case.attachments.select_related("paper", "case").filter(pk=pk).first()
        if found is None:
            raise Http404
        return download(found, request.user, attachments.shown_name(found, case, request.user))

    @extend_schema(
        operation_id="case_detach", responses={204: None, **problems(403, 404, 409, 422)}
    )
    def delete(self, request: Request, number: str, pk: int) -> Response:
        """Take away a file of your own that no reply was sent with."""
        case = case_or_404(request, number)
        attachments.remove(case, actor=request.user, pk=pk)
        return Response(status=204)


def files_of(request: Request) -> list[attachments.CheckedFile]:
    """The checked files of a multipart request, field «files»; BadChange for a refused one."""
    uploaded = request.FILES.getlist("files") if request.FILES else []
    if len(uploaded) > attachments.MOST_FILES:
        raise ParseError
    return [attachments.checked(file) for file in uploaded]
