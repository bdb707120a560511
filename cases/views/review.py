"""The supervisor's review desk."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agencies.roles import Right
from cases.models import Case
from cases.views.common import case_or_404


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.visible_to(request.user, Right.REVIEW_REPLIES).in_review().for_list()
    return render(request, "cases/review.html", {"cases": cases.order_by("-risk", "id")[:50]})


@login_required
def one(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    return render(request, "cases/review_one.html", {"case": case})
