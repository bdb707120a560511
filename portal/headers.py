"""What every answer says of itself: its language, what a browser may load for it, its cookie."""

from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation


class PolicyMiddleware:
    """The Content-Security-Policy of the settings: one text, for the portal uses no nonces."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class LanguageMiddleware:
    """The language of the portal, whatever the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(settings.LANGUAGE_CODE)
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", settings.LANGUAGE_CODE)
        return response


class TokenMiddleware(CsrfViewMiddleware):
    """Django's own, which sends the browser its cookie with every page that has a form.

    Here it is sent when it is new or has changed; it lives for a year.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        secret = request.META.get("CSRF_COOKIE")
        if secret and request.COOKIES.get(settings.CSRF_COOKIE_NAME) == secret:
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return super().process_response(request, response)
