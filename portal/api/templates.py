"""Reply templates over the API: those offered for a case, their figures, the replies behind."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.errors import RightMissing
from cases.models import ReplyTemplate
from cases.querysets import may
from cases.reading import visible_case
from portal.api.documented import extend_schema
from portal.api.metrics import _PERIOD
from portal.api.scope import problems
from reports import template_figures
from reports.figures import Scope
from reports.periods import Period, chosen, region_today
from reports.views import whole
from reports.views_templates import read_cursor, write_cursor


class TemplateSerializer(serializers.ModelSerializer):
    agency = serializers.SlugRelatedField("code", read_only=True, help_text="null: all agencies")
    topic = serializers.SlugRelatedField("code", read_only=True)
    group = serializers.SlugRelatedField("code", read_only=True)
    owner = serializers.SlugRelatedField("username", read_only=True)
    variables = serializers.ListField(
        child=serializers.CharField(), help_text="stand in the text in [brackets], to be filled in"
    )

    class Meta:
        model = ReplyTemplate
        fields = (
            *("id", "name", "text", "variables", "agency", "group", "topic", "owner"),
            *("expires_on", "approved_at", "is_active"),
        )


class TemplateFiguresSerializer(TemplateSerializer):
    """Shares are numbers between 0 and 1, `kept` and `own` percents; null: nothing to count."""

    uses = serializers.IntegerField(source="figures.uses", help_text="replies that began from it")
    sent = serializers.IntegerField(
        source="figures.sent", help_text="replies of the agencies it is offered to"
    )
    use_share = serializers.FloatField(source="figures.use_share", allow_null=True)
    kept = serializers.IntegerField(source="figures.kept", allow_null=True)
    own = serializers.IntegerField(source="figures.own", allow_null=True)
    returned = serializers.IntegerField(source="figures.returned")
    return_share = serializers.FloatField(source="figures.return_share", allow_null=True)
    marks = serializers.IntegerField(source="figures.marks")
    mark = serializers.FloatField(source="figures.mark", allow_null=True)

    class Meta(TemplateSerializer.Meta):
        fields = (
            *TemplateSerializer.Meta.fields,
            *("uses", "sent", "use_share", "kept", "own", "returned", "return_share"),
            *("marks", "mark"),
        )


class TemplatesSerializer(serializers.Serializer):
    next = serializers.CharField(allow_null=True, help_text="send it back as `cursor`")
    results = TemplateFiguresSerializer(many=True)


class TemplateUseSerializer(serializers.Serializer):
    case = serializers.CharField(source="row.reply.case.number")
    version = serializers.IntegerField(source="row.reply.version")
    agency = serializers.CharField(source="row.agency.code")
    sent_at = serializers.DateTimeField(source="row.at")
    kept = serializers.IntegerField(source="row.kept")
    share = serializers.IntegerField(source="row.share")
    returned = serializers.BooleanField()
    mark = serializers.IntegerField(allow_null=True)


class OneTemplateSerializer(TemplateFiguresSerializer):
    replies = TemplateUseSerializer(many=True, help_text="those you may read, 50 a page")
    after = serializers.IntegerField(allow_null=True, help_text="send it back as `after`")

    class Meta(TemplateFiguresSerializer.Meta):
        fields = (*TemplateFiguresSerializer.Meta.fields, "replies", "after")


def _asked(request: Request) -> tuple[Scope, Period]:
    user: Any = request.user
    if not template_figures.may_look(user):
        raise PermissionDenied
    given = request.query_params.dict()
    try:
        period = chosen(given, region_today())[1]
    except ValueError as error:
        raise ParseError from error
    scope, agency = Scope.of(user), whole(given, "agency")
    if agency is not None:
        if scope.ids is not None and agency not in scope.ids:
            raise Http404
        scope = scope.narrowed([agency])
    return scope, period


def _with_figures(page: list[ReplyTemplate], scope: Scope, period: Period) -> list[ReplyTemplate]:
    found = template_figures.figures_of(page, scope, period, region_today())
    for template in page:
        template.figures = found[template.pk]  # type: ignore[attr-defined]
    return page


class Templates(APIView):
    @extend_schema(
        operation_id="templates",
        parameters=[
            *_PERIOD,
            OpenApiParameter("state", enum=[s for s in template_figures.STATES if s]),
            OpenApiParameter("cursor", str, description="from the page before"),
        ],
        responses={200: TemplatesSerializer, **problems(400, 403)},
    )
    def get(self, request: Request) -> Response:
        """Templates by name with their figures over a period in your agencies, 50 a page."""
        scope, period = _asked(request)
        given = request.query_params
        rows = template_figures.in_state(
            template_figures.seen_by(request.user),  # type: ignore[arg-type]
            given.get("state", ""),
            region_today(),
        )
        page, after = template_figures.page_of(rows, read_cursor(given.get("cursor", "")))
        made = {"next": write_cursor(after) or None, "results": _with_figures(page, scope, period)}
        return Response(TemplatesSerializer(made).data)


class OneTemplate(APIView):
    @extend_schema(
        operation_id="template",
        parameters=[
            *_PERIOD,
            OpenApiParameter("after", int, description="from the page before"),
        ],
        responses={200: OneTemplateSerializer, **problems(400, 403, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """A template with its figures and the replies behind them that you may read."""
        scope, period = _asked(request)
        user: Any = request.user
        template = get_object_or_404(template_figures.seen_by(user), pk=pk)
        _with_figures([template], scope, period)
        uses, after = [], None
        if holds_anywhere(user, (Right.VIEW_CASES,)):
            given = whole(request.query_params.dict(), "after")
            uses, after = template_figures.uses_of(template, user, scope, period, given)
        template.replies, template.after = uses, after  # type: ignore[attr-defined]
        return Response(OneTemplateSerializer(template).data)


class CaseTemplates(APIView):
    @extend_schema(
        operation_id="case_templates",
        responses={200: TemplateSerializer(many=True), **problems(403, 404)},
    )
    def get(self, request: Request, number: str) -> Response:
        """Where a reply to this case may begin: approved, in force, for its agency and topic.

        Name the one you took as `template` when you send the reply.
        """
        user: Any = request.user
        case = visible_case(user, number)
        if not may(user, Right.ANSWER_CASES, case):
            raise RightMissing("right_missing", move="submit_reply")
        found = ReplyTemplate.objects.offered(case, timezone.localdate())
        found = found.select_related("agency", "topic", "group", "owner")
        found = found.order_by("agency_id", "topic_id", "group_id", "name")
        return Response(TemplateSerializer(found[:50], many=True).data)
