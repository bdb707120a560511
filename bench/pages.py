"""The portal with three pages more, which exist in measurements only.

`/empty/` is the layout of all pages (header, bell, menu, account, dialog of keys) around nothing:
what every page costs a person who is signed in. `/league/` and `/heat/` are the dashboard of the
region with this one part on it: the issue states what each may take, people see them together.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from agencies.models import User
from cases.directory import directory_of
from portal.urls import urlpatterns as of_the_portal
from reports import board
from reports.figures import Scope
from reports.periods import KINDS, chosen, region_today


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


def _part(request: HttpRequest, name: str, make: Callable[[board.Asked], Any]) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    today = region_today()
    _kind, period = chosen({"period": "month"}, today)
    asked = board.Asked(
        user=user,
        scope=Scope.of(user),
        period=period,
        today=today,
        directory=directory_of(user),
        links=True,
    )
    nothing: dict[str, Any] = {"numbers": [], "ages": [], "heat": {}, "offered": [], "query": ""}
    nothing |= {"whole": True, "links": board.links(asked)}
    context = nothing | {"kind": "month", "kinds": KINDS[:-1], "period": period}
    return render(request, "reports/dashboard.html", context | {name: make(asked)})


@login_required
def league(request: HttpRequest) -> HttpResponse:
    return _part(request, "league", lambda asked: board.league(asked, whole=True))


@login_required
def heat(request: HttpRequest) -> HttpResponse:
    return _part(request, "heat", lambda asked: board.heat_map(asked, per_resident=True))


urlpatterns = [
    path("empty/", empty),
    path("league/", league),
    path("heat/", heat),
    *of_the_portal,
]
