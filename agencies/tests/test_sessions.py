"""One statement reads session, person and roles; everything that ends a session ends it at once."""

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authtoken.models import Token

from agencies.actions import revoke_role
from agencies.models import Agency, Session, User
from agencies.sessions import SessionStore
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    return factories.make_agency("own")


@pytest.fixture
def official(agency: Agency) -> User:
    return factories.make_person("executor", agency)


@pytest.fixture
def browser(official: User) -> Client:
    client = Client()
    client.force_login(official)
    return client


def _is_signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_a_page_asks_once_who_its_reader_is_and_what_he_may(browser: Client) -> None:
    browser.get("/settings/")
    with CaptureQueriesContext(connection) as caught:
        page = browser.get("/settings/").content.decode()
    assert len(caught) == 1
    assert "/queue/" in page  # the menu of his role


def test_the_session_names_its_person(browser: Client, official: User) -> None:
    assert Session.objects.get(pk=browser.session.session_key).user == official


def test_a_revoked_role_is_gone_on_the_next_request(
    browser: Client, official: User, agency: Agency
) -> None:
    case = factories.make_case("in_work", agency)
    assert browser.get(case.get_absolute_url()).status_code == 200
    revoke_role(official, "executor", agency)
    assert browser.get(case.get_absolute_url()).status_code == 404


def test_a_moved_agency_is_out_of_reach_on_the_next_request(
    browser: Client, agency: Agency
) -> None:
    below = factories.make_agency("below", parent=agency)
    case = factories.make_case("in_work", below)
    assert browser.get(case.get_absolute_url()).status_code == 200
    below.parent = None
    below.save()
    assert browser.get(case.get_absolute_url()).status_code == 404


def test_a_switched_off_account_is_out_on_the_next_request(browser: Client, official: User) -> None:
    assert _is_signed_in(browser)
    User.objects.filter(pk=official.pk).update(is_active=False)
    assert not _is_signed_in(browser)


def test_a_new_password_ends_the_sessions_elsewhere(browser: Client, official: User) -> None:
    official.set_password("another-long-one-5")
    official.save()
    assert not _is_signed_in(browser)
    assert not Session.objects.filter(user=official).exists()


def test_deleting_a_persons_sessions_signs_him_out_everywhere(
    browser: Client, official: User
) -> None:
    second = Client()
    second.force_login(official)
    assert _is_signed_in(second)
    official.sessions.all().delete()
    assert not _is_signed_in(browser)
    assert not _is_signed_in(second)


def test_an_expired_session_is_none(browser: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not _is_signed_in(browser)


def test_signing_out_deletes_the_session(browser: Client) -> None:
    browser.post("/sign-out/")
    assert not Session.objects.exists()
    assert not _is_signed_in(browser)


def test_the_signed_data_decide_and_not_the_column(browser: Client, agency: Agency) -> None:
    stranger = factories.make_person("administrator", agency)
    Session.objects.update(user=stranger)
    page = browser.get("/settings/")
    assert page.status_code == 200
    assert page.wsgi_request.user != stranger
    Session.objects.update(session_data="forged")
    assert not _is_signed_in(browser)


def test_a_rotated_key_keeps_the_session(browser: Client, settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-next-key-of-the-portal"
    assert _is_signed_in(browser)


def test_a_changed_key_ends_the_session(browser: Client, settings) -> None:
    settings.SECRET_KEY = "the-next-key-of-the-portal"
    assert not _is_signed_in(browser)


def test_a_session_without_a_person_is_one_too() -> None:
    store = SessionStore()
    store["seen"] = 1
    store.save()
    again = SessionStore(store.session_key)
    assert again["seen"] == 1
    assert SESSION_KEY not in again
    assert again.person is None
    assert not SessionStore("no-such-key").exists("no-such-key")


def test_a_token_brings_its_person_and_roles_in_one_statement(
    official: User, agency: Agency
) -> None:
    factories.make_case("in_work", agency)
    token = Token.objects.create(user=official)
    client = Client(headers={"Authorization": f"Token {token.key}"})
    client.get("/api/cases/")
    with CaptureQueriesContext(connection) as caught:
        answer = client.get("/api/cases/")
    assert len(answer.json()["results"]) == 1
    assert len(caught) == 3  # the person, the keys of the page, their rows
    User.objects.filter(pk=official.pk).update(is_active=False)
    assert client.get("/api/cases/").status_code == 401
    assert Client(headers={"Authorization": "Token none"}).get("/api/cases/").status_code == 401
