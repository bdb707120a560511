"""The review desk over the API: what waits for a verdict, in the order of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.listing import rows_by_key
from cases.models import Case, Reply, Review, ReviewTask
from cases.paging import PAGE, read_cursor, write_cursor
from cases.views.review import PARTS, queue_of
from portal.api.documented import extend_schema
from portal.api.problems import Unprocessable
from portal.api.scope import problems
from portal.api.serializers import AgencyRefSerializer, Masking
from quality import points

FLAGGED = "flagged"
_PARTS = (FLAGGED, *PARTS)
_SALT = "review"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply that waits; of a verdict given before nothing is told."""

    case: Case
    reply: Reply
    cause: str
    task: int | None
    since: datetime | None


class WaitingReplySerializer(Masking):
    task = serializers.IntegerField(
        allow_null=True,
        help_text="for judge-reply; null: decided by accept-reply or return-for-rework",
    )
    cause = serializers.CharField(help_text="flagged, dispute (an objection), sample or second")
    case = serializers.CharField(source="case.number")
    case_id = serializers.IntegerField(source="case.pk")
    version = serializers.IntegerField(
        source="case.version", help_text="the case's ETag; send it back in If-Match"
    )
    title = serializers.SerializerMethodField()
    reply = serializers.IntegerField(source="reply.pk")
    agency = AgencyRefSerializer(source="case.agency", allow_null=True)
    risk = serializers.FloatField(source="reply.risk", allow_null=True)
    score = serializers.SerializerMethodField(help_text="points of a hundred, as on screens")
    flagged = serializers.BooleanField(source="reply.flagged")
    waiting_since = serializers.DateTimeField(source="since", allow_null=True)

    def get_title(self, row: Waiting) -> str:
        return self._text(row.case.title, row.case)

    def get_score(self, row: Waiting) -> int | None:
        return None if row.reply.risk is None else points(row.reply.risk)


class WaitingPageSerializer(serializers.Serializer):
    next = serializers.CharField(help_text="cursor of the next page; empty on the last one")
    results = WaitingReplySerializer(many=True)


def _after(cursor: str) -> tuple[float | None, int] | None:
    """None for the first page, and for a cursor nobody gave out."""
    try:
        rank, pk = signing.loads(cursor, salt=_SALT)
        return None if rank is None else float(rank), int(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def _flagged(user: User, cursor: str) -> tuple[list[Waiting], str]:
    """A page of the flagged ones, the gravest first (four queries)."""
    queue = queue_of(user)
    if (after := _after(cursor)) is not None:
        rank, pk = after
        if rank is None:
            queue = queue.filter(review_rank=None, pk__gt=pk)
        else:
            queue = queue.filter(
                Q(review_rank__lt=rank) | Q(review_rank=rank, pk__gt=pk) | Q(review_rank=None)
            )
    keys = queue[: PAGE + 1].ordered_keys()
    cases = rows_by_key(keys[:PAGE], user, whole=True)
    replies = _newest([case.pk for case in cases])
    disputed = set(
        ReviewTask.objects.filter(
            kind=ReviewTask.Kind.DISPUTE,
            done_at=None,
            reply__in=[reply.pk for reply in replies.values()],
        ).values_list("reply", flat=True)
    )
    rows = [
        Waiting(
            case,
            reply,
            Review.Cause.DISPUTE if reply.pk in disputed else Review.Cause.FLAGGED,
            None,
            case.submitted_at,
        )
        for case in cases
        if (reply := replies.get(case.pk)) is not None
    ]
    if len(keys) <= PAGE:
        return rows, ""
    last = cases[-1]
    return rows, signing.dumps([last.review_rank, last.pk], salt=_SALT)


def _newest(cases: Sequence[int]) -> dict[int, Reply]:
    """The reply of each case the desk lays before its reader."""
    found = Reply.objects.filter(case__in=cases).order_by("case", "-version").distinct("case")
    return {reply.case_id: reply for reply in found.only("case", "risk", "flagged")}


def _drawn(user: User, kind: str, cursor: str) -> tuple[list[Waiting], str]:
    """A page of those drawn at random or looked at again, the oldest first (two queries)."""
    tasks = ReviewTask.objects.waiting_for(user).filter(kind=kind)
    if (after := read_cursor(cursor)) is not None:
        moment, pk = after
        tasks = tasks.filter(opened_at__gte=moment).filter(
            Q(opened_at__gt=moment) | Q(opened_at=moment, pk__gt=pk)
        )
    found = list(
        tasks.select_related("reply").only(
            *("kind", "opened_at", "reply__case", "reply__risk", "reply__flagged")
        )[: PAGE + 1]
    )
    shown = found[:PAGE]
    keys = [task.reply.case_id for task in shown]
    cases = {case.pk: case for case in rows_by_key(keys, user, whole=True)}
    rows = [
        Waiting(cases[task.reply.case_id], task.reply, task.kind, task.pk, task.opened_at)
        for task in shown
    ]
    if len(found) <= PAGE:
        return rows, ""
    return rows, write_cursor(shown[-1].opened_at, shown[-1].pk)


class ReviewDesk(APIView):
    @extend_schema(
        operation_id="review_desk",
        parameters=[
            OpenApiParameter(
                "part",
                enum=_PARTS,
                default=FLAGGED,
                description="flagged: cases in review; sample: drawn at random; second: looked"
                " at again, without the first verdict",
            ),
            OpenApiParameter("cursor", description="from the page before"),
        ],
        responses={200: WaitingPageSerializer, **problems(403, 422)},
    )
    def get(self, request: Request) -> Response:
        """Replies that wait for your verdict, in the order of the review desk."""
        user = request.user
        if not holds_anywhere(user, [Right.REVIEW_REPLIES]):
            raise PermissionDenied
        part = request.query_params.get("part", FLAGGED)
        if part not in _PARTS:
            field = serializers.ChoiceField(choices=_PARTS)
            raise Unprocessable(
                {"part": [field.error_messages["invalid_choice"].format(input=part)]}
            )
        cursor = request.query_params.get("cursor", "")
        rows, after = _flagged(user, cursor) if part == FLAGGED else _drawn(user, part, cursor)
        data: dict[str, Any] = {"next": after, "results": rows}
        return Response(WaitingPageSerializer(data, context={"request": request}).data)
