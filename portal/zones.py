"""Moments are shown in the zone of the reader's agency; Yakutia alone has three."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class ZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        agency = getattr(request.user, "agency", None)
        if agency is None:
            return self.get_response(request)
        with timezone.override(agency.zone):
            return self.get_response(request)
