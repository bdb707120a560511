"""What a visitor without an account meets."""

import pytest

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_a_plain_404_for_a_visitor(client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.content.decode()


def test_pages_of_work_ask_to_sign_in(client):
    for address in ("/", "/queue/", "/desk/", "/review/", "/cases/26-000001/"):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith("/sign-in/"), address


def test_health_answers_without_an_account(client):
    assert client.get("/health/live/").status_code == 200
    ready = client.get("/health/ready/").json()
    assert ready["ready"] is True
    assert "worker_silent" in ready["warnings"]
    assert any(code.startswith("calendar_missing") for code in ready["warnings"])


def test_pages_come_with_a_strict_policy_and_nothing_inline(client):
    answer = client.get("/sign-in/")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    body = answer.content.decode()
    assert "style=" not in body
    assert "<style" not in body
    assert "<script>" not in body


def test_a_person_without_any_role_sees_an_empty_queue_and_no_cases(client, django_user_model):
    person = django_user_model.objects.create(username="nobody")
    client.force_login(person)
    assert client.get("/queue/").status_code == 200
    assert client.get("/cases/").status_code == 200
    assert client.get("/").status_code == 403
    for address in ("/desk/", "/review/"):
        assert client.get(address).status_code == 403, address
