"""Headers worked out once are those the packages would work out for each answer."""

import re
from typing import Any

import pytest
from csp.middleware import CSPMiddleware
from django.core.checks import run_checks
from django.http import HttpResponse
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_TOKEN_LENGTH, _does_token_match
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from portal.headers import token_of
from tests import factories


def test_the_policy_is_the_one_django_csp_sends(client: Client) -> None:
    theirs = CSPMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
    ours = client.get("/health/live/")
    assert ours["Content-Security-Policy"] == theirs["Content-Security-Policy"]
    assert "unsafe" not in ours["Content-Security-Policy"]
    assert ours["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("cookie", [None, "en", "../etc"])
@pytest.mark.parametrize("accepted", [None, "en", "de,en;q=0.5", "*", "\x00" * 9])
def test_the_language_is_russian_whatever_is_asked_for(
    cookie: str | None, accepted: str | None
) -> None:
    client = Client(headers={} if accepted is None else {"Accept-Language": accepted})
    if cookie is not None:
        client.cookies["django_language"] = cookie
    with translation.override("en"):
        ours = client.get("/health/live/")
    assert ours["Content-Language"] == "ru"
    assert "Accept-Language" not in ours.get("Vary", "")  # one answer for all languages


@pytest.mark.django_db
def test_the_cookie_of_forms_is_sent_when_it_is_new_and_not_with_every_page() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.make_person("executor", factories.make_agency("own")))
    cookie = client.get("/settings/").cookies["csrftoken"]
    assert cookie["samesite"] == "Lax"
    again = client.get("/settings/")
    assert "csrftoken" not in again.cookies
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', again.content.decode())
    assert token is not None
    sent = {"theme": "dark", "text_size": "large"}
    assert client.post("/settings/", sent).status_code == 403
    assert client.post("/settings/", {**sent, "csrfmiddlewaretoken": token[1]}).status_code == 302
    # A cookie somebody has tampered with is replaced.
    client.cookies["csrftoken"] = "short"
    assert client.get("/settings/").cookies["csrftoken"].value != "short"


def test_tokens_of_pages_are_read_by_django_and_never_twice_the_same() -> None:
    secret = "".join(CSRF_ALLOWED_CHARS[at % len(CSRF_ALLOWED_CHARS)] for at in range(32, 64))
    request = RequestFactory().get("/")
    request.META["CSRF_COOKIE"] = secret
    tokens = {token_of(request) for _ in range(200)}
    assert len(tokens) == 200
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]
    for token in tokens:
        assert len(token) == CSRF_TOKEN_LENGTH
        assert _does_token_match(token, secret)
    # Every character occurs in every place: none of the secret shows through.
    assert len({token[:32] for token in tokens}) == 200
    assert all(len({token[place] for token in tokens}) > 40 for place in range(64))


@pytest.mark.django_db
def test_signing_in_gives_a_new_cookie() -> None:
    person = factories.make_person("executor", factories.make_agency("own"))
    person.set_password("long-enough-1")
    person.save()
    client = Client()
    before = client.get("/sign-in/").cookies["csrftoken"].value
    answer = client.post("/sign-in/", {"username": person.username, "password": "long-enough-1"})
    assert answer.status_code == 302
    assert answer.cookies["csrftoken"].value != before


@pytest.mark.django_db
def test_the_checks_of_an_installation_have_nothing_to_say(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`manage.py check --deploy` with the settings of docs/operations.md: also of the schema."""
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)  # of the browser tests
    settings.SECRET_KEY = "".join(map(chr, range(40, 120)))
    settings.DEBUG = settings.DEMO = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    said = run_checks(include_deployment_checks=True)
    assert [str(one) for one in said if not one.is_silenced()] == []
    # The check that is silenced asks for this: a form without its token is refused.
    client = Client(enforce_csrf_checks=True)
    entry = {"username": "a", "password": "b"}
    assert client.post(reverse("sign-in"), entry, secure=True).status_code == 403
