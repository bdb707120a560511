"""A call sent twice with one key makes its thing once."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from agencies.models import Deputy
from agencies.roles import Role
from cases import actions
from cases.models import Case, CaseEvent, IdempotencyKey, Message, SavedView
from cases.workflow import Status
from intake.tests.command import files_in
from portal.api.idempotency import KEPT, forget_keys
from portal.tests.calling import JSON, message
from tests import factories

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_the_same_idempotency_key_gets_the_first_answer(region: Any, api: Any) -> None:
    person = factories.make_person(Role.IMPORT_SERVICE, region["region"])
    key = {"Idempotency-Key": "k1"}
    first = api(person, "post", "messages/", message(), **key)
    again = api(person, "post", "messages/", message(), **key)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    other = api(person, "post", "messages/", message(text="Другое"), **key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert Message.objects.count() == 1


def test_a_refused_call_leaves_no_idempotency_key(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.ROUTED, region["own"])
    path = f"cases/{case.number}/submit-reply/"
    key = {"Idempotency-Key": "k2"}
    assert api(person, "post", path, {"text": factories.REPLY}, **key).status_code == 409
    assert not IdempotencyKey.objects.exists()
    api(person, "post", f"cases/{case.number}/take/", {})
    first = api(person, "post", path, {"text": factories.REPLY}, **key)
    assert first.status_code == 200
    assert api(person, "post", path, {"text": factories.REPLY}, **key).json() == first.json()
    assert case.replies.count() == 1


def test_every_call_that_makes_something_makes_it_once_for_a_key(region: Any, api: Any) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"], "author")
    factories.make_person(Role.EXECUTOR, region["own"], "deputy")
    case = factories.make_case(Status.IN_WORK, region["own"], executor=person)
    day = factories.next_workday(9).isoformat()
    calls: dict[str, tuple[dict[str, Any], Any]] = {
        f"cases/{case.number}/add-note/": (
            {"text": "Звонила мастеру"},
            CaseEvent.objects.filter(move="add_note"),
        ),
        f"cases/{case.number}/add-promise/": (
            {"until": day, "what": "Покрасить"},
            case.promises.all(),
        ),
        "views/": (
            {"list": "case-list", "name": "Мои", "conditions": {"overdue": ["true"]}},
            SavedView.objects.all(),
        ),
        "absences/": ({"deputy": "deputy", "first": day, "last": day}, Deputy.objects.all()),
    }
    for path, (body, made) in calls.items():
        key = {"Idempotency-Key": path}
        first, again = (api(person, "post", path, body, **key) for _ in range(2))
        assert first.status_code == again.status_code < 300, (path, first.content)
        assert again.json() == first.json()
        assert (made.count(), again.get("Idempotency-Replayed")) == (1, "true"), path
        assert again.get("ETag") == first.get("ETag")


def test_a_key_belongs_to_the_content_of_the_file_it_came_with(
    region: Any, client: Client, settings: Any, tmp_path: Path
) -> None:
    files_in(settings, tmp_path)
    person = factories.make_person(Role.EXECUTOR, region["own"])
    case = factories.make_case(Status.IN_WORK, region["own"], executor=person)
    client.force_login(person)
    answers = [
        client.post(
            f"/api/cases/{case.number}/attachments/",
            {"file": SimpleUploadedFile("акт.pdf", PDF + words, "application/pdf")},
            headers={"Idempotency-Key": "one"},
        )
        for words in (b"5", b"5", b"6")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 422], answers[0].content
    assert case.attachments.count() == 1


def test_old_idempotency_keys_are_forgotten(region: Any, api: Any) -> None:
    person = factories.make_person(Role.IMPORT_SERVICE, region["region"])
    for key in ("old", "new"):
        api(person, "post", "messages/", message(external_id=key), **{"Idempotency-Key": key})
    now = timezone.now()
    IdempotencyKey.objects.filter(key="old").update(created_at=now - KEPT - timedelta(hours=1))
    assert forget_keys(now) == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_a_conflict_and_makes_one_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second call comes while the first one is still inside its change."""
    factories.load_reference()
    tree = factories.make_region()
    person = factories.make_person(Role.IMPORT_SERVICE, tree["region"])
    token = Token.objects.create(user=person)
    inside, go_on = threading.Event(), threading.Event()
    real = actions.receive

    def slow(**given: Any) -> Any:
        inside.set()
        go_on.wait(10)
        return real(**given)

    monkeypatch.setattr(actions, "receive", slow)
    answers: list[Any] = []

    def post() -> None:
        try:
            answers.append(
                Client().post(
                    "/api/messages/",
                    data=json.dumps(message()),
                    content_type=JSON,
                    headers={"Authorization": f"Token {token.key}", "Idempotency-Key": "k"},
                )
            )
        finally:
            connection.close()

    first = threading.Thread(target=post)
    first.start()
    assert inside.wait(10)
    post()
    go_on.set()
    first.join(10)
    assert [answer.status_code for answer in answers] == [409, 201]
    assert answers[0].json()["code"] == "idempotency_key_in_use"
    assert Case.objects.count() == 1
