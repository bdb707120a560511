"""The centre's desk: moderation and routing."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agencies.roles import Right
from cases.models import Case


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.visible_to(request.user, Right.MODERATE_CASES).in_moderation().for_list()
    return render(request, "cases/desk.html", {"cases": cases.order_by("received_at", "id")[:50]})
