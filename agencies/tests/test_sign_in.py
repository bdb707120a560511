"""Signing in through the page."""

import pytest
from django.core.cache import cache
from rest_framework.authtoken.models import Token

from agencies.models import User

pytestmark = pytest.mark.django_db


def make_user(**fields) -> User:
    user = User(username="olga", **fields)
    user.set_password("long-enough-1")
    user.save()
    return user


def sign_in(client, password="long-enough-1"):
    return client.post("/sign-in/", {"username": "olga", "password": password})


def test_a_demo_account_signs_in_only_where_demo_is_on(client, settings):
    make_user(is_demo=True)
    settings.DEMO = False
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session
    settings.DEMO = True
    assert sign_in(client).status_code == 302


def test_the_session_of_a_demo_account_ends_when_demo_is_switched_off(client, settings):
    make_user(is_demo=True)
    settings.DEMO = True
    sign_in(client)
    assert client.get("/settings/").status_code == 200
    settings.DEMO = False
    assert client.get("/settings/").status_code == 302


def test_a_demo_token_is_refused_in_production(client, settings):
    token = Token.objects.create(user=make_user(is_demo=True))
    settings.DEMO = False
    answer = client.get("/api/cases/", headers={"Authorization": f"Token {token.key}"})
    assert answer.status_code == 401


def test_wrong_passwords_close_the_account_for_this_address_only(client, settings):
    settings.AXES_ENABLED = True
    cache.clear()
    make_user()
    for _ in range(5):
        answer = sign_in(client, "wrong")
    assert answer.status_code == 429
    assert sign_in(client).status_code == 429
    other = client.post(
        "/sign-in/",
        {"username": "olga", "password": "long-enough-1"},
        REMOTE_ADDR="10.0.0.7",
    )
    assert other.status_code == 302
