"""The first page after signing in: the view the person chose, else the desk of his main role."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cases.saved import first_address
from portal.menu import menu_for


@login_required
def home(request: HttpRequest) -> HttpResponse:
    first = next(iter(menu_for(request)), None)
    if first is None:
        return render(request, "no_role.html", status=403)
    return redirect(first_address(request.user) or first.url)
