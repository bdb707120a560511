"""If-Match on what has no version of its own: refused when it is another, taken when it is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, Deputy
from agencies.roles import Role
from cases import rehearsal
from cases.models import DeadlineRule, Participation, SavedView, TermChange
from cases.workflow import Status
from tests import factories
from tests.acting import signed_in

pytestmark = pytest.mark.django_db
JSON = "application/json"


def call(client: Client, method: str, path: str, body: Any = None, tag: str = "") -> Any:
    headers = {"If-Match": tag} if tag else {}
    return getattr(client, method)(path, body or {}, content_type=JSON, headers=headers)


def refused(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (412, "stale"), answer.content
    assert answer["Content-Type"].startswith("application/problem+json")


def test_a_view_is_changed_and_deleted_as_it_was_seen(region: dict[str, Agency]) -> None:
    client = signed_in(Role.CURATOR, region["own"])
    made = call(client, "post", "/api/views/", {"name": "Ямы", "list": "queue"})
    path = f"/api/views/{made.json()['id']}/"
    seen = client.get(path)
    assert seen["ETag"] == made["ETag"] == f'"{seen.json()["etag"]}"'
    assert client.get("/api/views/").json()[0]["etag"] == seen.json()["etag"]
    changed = call(client, "patch", path, {"name": "Дворы"}, seen["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed["ETag"] != seen["ETag"]
    refused(call(client, "patch", path, {"name": "Снег", "first": True}, seen["ETag"]))
    refused(call(client, "delete", path, tag=seen["ETag"]))
    assert client.get(path).json()["name"] == "Дворы"
    assert client.get(path).json()["first"] is False
    assert call(client, "patch", path, {"name": "Снег"}, "what").status_code == 400
    # What only this reader sees of it is no other version.
    assert call(client, "patch", path, {"first": True}, "*")["ETag"] == changed["ETag"]
    assert call(client, "delete", path, tag=changed["ETag"]).status_code == 204
    assert not SavedView.objects.exists()


def test_a_change_of_terms_is_decided_as_it_was_seen(region: dict[str, Agency]) -> None:
    client = signed_in(Role.ADMINISTRATOR, region["region"])
    day = timezone.localdate() + timedelta(days=2)
    body = {"amount": 4, "unit": "working_hours", "roll": "none", "in_force_from": f"{day}"}
    made = call(client, "post", reverse("api-term-rule", args=["SN-FIRST"]), body)
    pk = made.json()["id"]
    assert client.get(reverse("api-term-change", args=[pk]))["ETag"] == made["ETag"]
    rehearsal.rehearse()
    seen = client.get(reverse("api-term-change", args=[pk]))
    assert seen["ETag"] == f'"{seen.json()["etag"]}"' != made["ETag"]
    path = reverse("api-term-decide", args=[pk])
    refused(call(client, "post", path, {"take": True}, made["ETag"]))
    assert TermChange.objects.get(pk=pk).state == "ready"
    assert not DeadlineRule.objects.filter(code="SN-FIRST", amount=4).exists()
    done = call(client, "post", path, {"take": True}, seen["ETag"])
    assert (done.status_code, done.json()["state"]) == (200, "taken"), done.content
    # As with moves: what is decided is refused for that, whatever was seen.
    assert call(client, "post", path, {"take": True}, seen["ETag"]).status_code == 409


def test_a_part_is_given_as_it_was_asked(region: dict[str, Agency]) -> None:
    client = signed_in(Role.CO_EXECUTOR, region["other"])
    case = factories.make_case(Status.IN_WORK, region["own"])
    part = factories.make_part(case, region["other"], task="Чей кабель?")
    path = f"/api/parts/{part.pk}/"
    seen = client.get(path)
    assert seen["ETag"] == f'"{seen.json()["etag"]}"'
    Participation.objects.filter(pk=part.pk).update(task="Чей кабель и чья опора?")
    refused(call(client, "post", f"{path}give/", {"text": "Наш"}, seen["ETag"]))
    part.refresh_from_db()
    assert (part.state, part.text) == ("asked", "")
    fresh = client.get(path)["ETag"]
    given = call(client, "post", f"{path}give/", {"text": "Наш, и опора"}, fresh)
    assert (given.status_code, given.json()["state"]) == (200, "given"), given.content
    assert given["ETag"] == client.get(path)["ETag"] != fresh
    assert call(client, "post", f"{path}give/", {"text": "Ещё"}, fresh).status_code == 422


def test_an_absence_is_ended_as_it_was_seen(region: dict[str, Agency]) -> None:
    client = signed_in(Role.CURATOR, region["own"])
    deputy = factories.make_person(Role.CURATOR, region["own"], "olga")
    day = timezone.localdate()
    body = {"deputy": deputy.username, "first": f"{day}", "last": f"{day + timedelta(days=9)}"}
    made = call(client, "post", "/api/absences/", body)
    assert made.status_code == 201, made.content
    (row,) = client.get("/api/absences/").json()
    assert made["ETag"] == f'"{row["etag"]}"'
    kept = Deputy.objects.get()
    Deputy.objects.update(ends_at=kept.ends_at - timedelta(days=1))
    path = f"/api/absences/{row['id']}/end/"
    refused(call(client, "post", path, tag=made["ETag"]))
    (fresh,) = client.get("/api/absences/").json()
    assert fresh["etag"] != row["etag"]
    assert call(client, "post", path, tag=f'"{fresh["etag"]}"').status_code == 204
    assert client.get("/api/absences/").json() == []
