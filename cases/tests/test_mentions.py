"""«@ivanova» in a note: told to who may see the case, the writer told of who may not."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, User
from agencies.roles import Role
from cases import mentions
from cases.models import Case, CaseEvent
from cases.workflow import Status
from notices import telling
from notices.kinds import Kind
from notices.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ivanova, посмотрите", ["ivanova"]),
        ("Спросить (@ivanova) и @petrov.", ["ivanova", "petrov"]),
        ("@ivanova @ivanova", ["ivanova"]),
        ("почта: lapina@tula.example", []),
        ("вот ссылка https://vk.example/@ivanova", []),
        ("@o.lapina-2: да", ["o.lapina-2"]),
        ("@ @. просто так", []),
    ],
)
def test_a_name_stands_behind_its_sign_and_not_inside_a_word(text: str, names: list[str]) -> None:
    assert mentions.names_in(text) == names


class Place:
    def __init__(self) -> None:
        factories.load_reference()
        self.agencies: dict[str, Agency] = factories.make_region()
        own = self.agencies["own"]
        self.writer = factories.make_person(Role.EXECUTOR, own, "writer")
        self.near = factories.make_person(Role.CURATOR, own, "near", last_name="Ближняя")
        self.above = factories.make_person(
            Role.QUALITY_SUPERVISOR, self.agencies["region"], "above", last_name="Верхняя"
        )
        self.foreign = factories.make_person(
            Role.CURATOR, self.agencies["other"], "foreign", last_name="Бережная"
        )
        self.case = factories.make_case(Status.IN_WORK, own, executor=self.writer)
        self.client = Client()
        self.client.force_login(self.writer)

    def note(self, text: str) -> Any:
        return self.client.post(f"{self.case.get_absolute_url()}add-note/", {"text": text})


@pytest.fixture
def place() -> Place:
    return Place()


def told() -> set[tuple[int, str]]:
    events = list(CaseEvent.objects.order_by("pk"))
    telling.tell(telling.of_events(events))
    return set(Notice.objects.values_list("person_id", "kind"))


def test_who_is_named_and_may_see_the_case_is_told(place: Place) -> None:
    assert place.note("@near и @above, проверьте срок. @vasya_vk писал то же").status_code == 302
    event = place.case.events.get(move="add_note")
    assert set(event.data["to"]) == {place.near.pk, place.above.pk}
    assert told() == {(place.near.pk, Kind.MENTION), (place.above.pk, Kind.MENTION)}


def test_the_writer_is_told_of_who_does_not_see_the_case(place: Place) -> None:
    answer = place.note("@near и @foreign, проверьте")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert str(place.foreign) in page
    assert "@near и @foreign, проверьте" in page  # what was typed stays
    assert not place.case.events.filter(move="add_note").exists()
    over_api = place.client.post(
        f"/api/cases/{place.case.number}/add-note/", {"text": "@foreign"}, "application/json"
    )
    assert over_api.status_code == 422


def test_a_revoked_role_and_a_closed_account_are_not_told(place: Place) -> None:
    place.near.agencyuserpermission_set.all().delete()
    User.objects.filter(pk=place.above.pk).update(is_active=False)
    assert place.note("@near").status_code == 422
    assert place.note("@above").status_code == 302
    assert "to" not in place.case.events.get(move="add_note").data


def test_the_list_offers_colleagues_whose_roles_reach_the_case(place: Place) -> None:
    path = f"/cases/{place.case.number}/colleagues/"
    found = place.client.get(path, {"q": "б"}).json()
    assert [one["username"] for one in found] == ["near"]
    assert [one["username"] for one in place.client.get(path, {"q": "Верх"}).json()] == ["above"]
    names = {one["username"] for one in place.client.get(path).json()}
    assert names == {"writer", "near", "above"}
    api = place.client.get(f"/api/cases/{place.case.number}/colleagues/", {"q": "near"}).json()
    assert [one["username"] for one in api] == ["near"]
    stranger = Client()
    stranger.force_login(place.foreign)
    assert stranger.get(path).status_code == 404


def test_a_note_without_a_name_asks_nothing_more(place: Place) -> None:
    case = Case.objects.get(pk=place.case.pk)
    with CaptureQueriesContext(connection) as caught:
        assert mentions.named_in("Позвонить мастеру, lapina@tula.example", case) == ([], [])
    assert len(caught) == 0
