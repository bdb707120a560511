"""The portal with one page more: what every page costs a person who is signed in.

`/empty/` is the layout of all pages (header, bell, menu, account, dialog of keys) around nothing.
It exists in measurements only: every page of the portal itself has something on it.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from portal.urls import urlpatterns as of_the_portal


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("empty/", empty), *of_the_portal]
