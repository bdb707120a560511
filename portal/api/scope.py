"""What every call about a case begins with: the one scope, and the problems it may answer."""

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from cases.dossier import whole_case
from cases.models import Case
from portal.api import serializers as out


def problems(*codes: int) -> dict[int, OpenApiResponse]:
    return {code: OpenApiResponse(out.ProblemSerializer) for code in codes}


def case_or_404(request: Request, number: str) -> Case:
    """The case inside the reader's scope (one query besides his rights), or 404."""
    found = whole_case(request.user, number)
    if found is None:
        raise Http404
    return found
