"""What every call about a case begins with: the one scope, and the problems it may answer."""

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from cases.models import Case
from portal.api import serializers as out


def problems(*codes: int) -> dict[int, OpenApiResponse]:
    return {code: OpenApiResponse(out.ProblemSerializer) for code in codes}


def case_or_404(request: Request, number: str) -> Case:
    """The case inside the reader's scope (one query besides his rights), or 404."""
    found = (
        Case.objects.visible_to(request.user)
        .for_list()
        .select_related("event", "controlled_by", "repeat_of", "merged_into", "agency__parent")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found
