"""Domain errors become HTTP answers in one place: 403 a missing right, 409 a wrong state.

What Django itself refuses is a page, and under /api/ problem details as everywhere there.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from cases.errors import CaseError, CaseNotFound
from portal.wording import word_error


class DomainErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No text of PostgreSQL holds a NUL: no address with one names anything.
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, CaseError):
            return None
        if isinstance(error, CaseNotFound) and not getattr(request, "htmx", False):
            return defaults.page_not_found(request, error)
        template = "components/_error.html" if getattr(request, "htmx", False) else "409.html"
        number = request.resolver_match.kwargs.get("number") if request.resolver_match else None
        context = {"explanation": word_error(error), "number": number}
        return render(request, template, context, status=error.status)


def _answer(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse | None:
    """Problem details for a call of the API, None for a page."""
    if not request.path_info.startswith("/api/"):
        return None
    body = {"type": "about:blank", "status": status, "title": title, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    said = _answer(request, 400, "bad_request", _("The request is not understood."))
    return said or defaults.bad_request(request, exception or ValueError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = _answer(request, 404, "not_found", _("There is nothing at this address."))
    return said or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    said = _answer(request, 500, "error", _("The portal failed; what happened is in its log."))
    return said or defaults.server_error(request)
