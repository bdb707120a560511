"""Domain errors become HTTP answers in one place: 403 a missing right, 409 a wrong state."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.defaults import page_not_found

from cases.errors import CaseError, CaseNotFound
from portal.wording import word_error


class DomainErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No text of PostgreSQL holds a NUL: no address with one names anything.
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, CaseError):
            return None
        if isinstance(error, CaseNotFound) and not getattr(request, "htmx", False):
            return page_not_found(request, error)
        template = "components/_error.html" if getattr(request, "htmx", False) else "409.html"
        number = request.resolver_match.kwargs.get("number") if request.resolver_match else None
        context = {"explanation": word_error(error), "number": number}
        return render(request, template, context, status=error.status)
