"""Headers worked out once are those the packages would work out for each answer."""

import pytest
from csp.middleware import CSPMiddleware
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.test import Client, RequestFactory
from django.utils import translation


def test_the_policy_is_the_one_django_csp_sends(client: Client) -> None:
    theirs = CSPMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
    ours = client.get("/health/live/")
    assert ours["Content-Security-Policy"] == theirs["Content-Security-Policy"]
    assert "unsafe" not in ours["Content-Security-Policy"]
    assert ours["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("cookie", [None, "en", "ru", "xx", "../etc"])
@pytest.mark.parametrize("accepted", [None, "en", "de,en;q=0.5", "ru-RU,ru;q=0.9", "*", "\x00" * 9])
def test_the_language_is_the_one_django_chooses(cookie: str | None, accepted: str | None) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    client = Client(headers=headers)
    request = RequestFactory(headers=headers).get("/health/live/")
    if cookie is not None:
        client.cookies["django_language"] = request.COOKIES["django_language"] = cookie
    with translation.override("en"):
        theirs = LocaleMiddleware(lambda request: HttpResponse())(request)
    ours = client.get("/health/live/")
    assert ours["Content-Language"] == theirs["Content-Language"]
    assert "Accept-Language" in ours["Vary"]
