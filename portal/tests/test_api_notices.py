"""Notices over the API."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import User
from agencies.roles import Role
from notices.kinds import Kind
from notices.models import MailSettings, Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    factories.load_reference()
    return factories.make_person(Role.EXECUTOR, factories.make_agency("own"))


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def tell(person: User, kind: str = Kind.ASSIGNED, **facts: Any) -> Notice:
    case = factories.make_case(agency=person.agency, executor=person)
    return Notice.objects.create(
        **{
            "person": person,
            "kind": kind,
            "cause": f"test:{case.pk}",
            "case": case,
            "agency": person.agency,
            "at": timezone.now(),
            "data": {"move": "assign", "actor": "Пётр Никитин"},
            **facts,
        }
    )


def test_ones_notices_newest_first(client: Client, person: User) -> None:
    first, second = tell(person), tell(person, Kind.CONTROL)
    got = client.get("/api/notices/").json()
    assert got["unread"] == 2
    assert got["before"] is None
    assert [row["id"] for row in got["results"]] == [second.pk, first.pk]
    assert got["results"][1]["text"] == "Вы исполнитель"
    assert got["results"][1]["actor"] == "Пётр Никитин"
    assert first.case is not None
    assert got["results"][1]["case"] == first.case.number


def test_filters_and_wrong_values(client: Client, person: User) -> None:
    tell(person)
    control = tell(person, Kind.CONTROL)
    got = client.get("/api/notices/?kind=control&unread=true").json()
    assert [row["id"] for row in got["results"]] == [control.pk]
    for query in ("kind=nothing", "before=x"):
        assert client.get(f"/api/notices/?{query}").status_code == 400


def test_marking_read_says_what_is_left(client: Client, person: User) -> None:
    first, second = tell(person), tell(person)
    foreign = tell(factories.make_person(agency=person.agency))
    answer = client.post(
        "/api/notices/read/", {"ids": [first.pk, foreign.pk]}, content_type="application/json"
    )
    assert answer.json() == {"marked": 1, "unread": 1}
    answer = client.post(
        "/api/notices/read/", {"until": second.pk}, content_type="application/json"
    )
    assert answer.json() == {"marked": 1, "unread": 0}
    assert client.post("/api/notices/read/", {}, content_type="application/json").status_code == 400
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_ones_wishes_are_read_and_changed_in_part(client: Client, person: User) -> None:
    got = client.get("/api/notices/settings/").json()
    assert got["deliveries"]["assigned"] == "now"
    assert got["quiet_from"] == "20:00:00"
    answer = client.patch(
        "/api/notices/settings/",
        {"quiet_from": "21:30", "deliveries": {"assigned": "off"}},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["deliveries"]["assigned"] == "off"
    mine = MailSettings.objects.get(person=person)
    assert (mine.quiet_from.hour, mine.choices) == (21, {"assigned": "off"})


@pytest.mark.parametrize(
    "body",
    [
        {"deliveries": {"assigned": "sometimes"}},
        {"deliveries": {"nothing": "now"}},
        {"quiet_from": "late"},
        {"time_zone": "Mars/Base"},
    ],
)
def test_wrong_wishes_change_nothing(client: Client, person: User, body: dict[str, Any]) -> None:
    answer = client.patch("/api/notices/settings/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not MailSettings.objects.exists()
