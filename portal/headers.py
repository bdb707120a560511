"""What every answer says of itself: its language, what a browser may load for it, its cookie."""

import os
from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import (
    CSRF_ALLOWED_CHARS,
    CSRF_SECRET_LENGTH,
    CsrfViewMiddleware,
    get_token,
)
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


_PLACES = {char: place for place, char in enumerate(CSRF_ALLOWED_CHARS)}
_CHARS = len(CSRF_ALLOWED_CHARS)
# A byte below gives every character the same chance.
_FAIR = 256 // _CHARS * _CHARS


def token_of(request: HttpRequest) -> str:
    """What `get_token` gives: the secret of the cookie under a mask of its own.

    Django draws each of the 32 characters of the mask by itself, a tenth of what a page with
    nothing on it costs; here they come from one draw of the same source.
    """
    secret = request.META.get("CSRF_COOKIE")
    if secret is None or len(secret) != CSRF_SECRET_LENGTH:
        return get_token(request)
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True  # as get_token says it
    mask: list[int] = []
    while len(mask) < CSRF_SECRET_LENGTH:
        mask += [byte % _CHARS for byte in os.urandom(2 * CSRF_SECRET_LENGTH) if byte < _FAIR]
    del mask[CSRF_SECRET_LENGTH:]
    hidden = [(_PLACES[char] + by) % _CHARS for char, by in zip(secret, mask, strict=True)]
    return "".join([CSRF_ALLOWED_CHARS[place] for place in mask + hidden])
