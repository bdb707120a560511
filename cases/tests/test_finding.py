"""Searching: by words, by parts of an address as people write them, by who wrote."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agencies.models import Agency
from agencies.roles import Role
from cases import finding
from cases.finding import may_be_name
from cases.models import Case, Citizen
from cases.workflow import Status
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


def found(client: Any, path: str) -> set[str]:
    return {row.case.number for row in client.get(path).context["rows"]}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("улица Ткачей", "ул. Ткачей, 9"),
        ("на улице ткачей", "ул. Ткачей, 9"),
        ("ул Ткачей д 9", "улица Ткачей, дом 9"),
        ("проспект Мира", "пр-т Мира, 4"),
        ("пр-т Мира", "проспект Мира, 4"),
        ("посёлок Рыбачий", "пос. Рыбачий"),
        ("микрорайон Южный", "мкр Южный"),
        ("ул.Ткачей", "улица Ткачей"),
        ("Ткачей", "ул. Ткачей, 9"),
        ("вода с крыши", "Ткачей, 9, вода течёт с крыши"),
        ("с. Рыбачье", "село Рыбачье"),
        ("с.Рыбачье", "с. Рыбачье"),
        ("пр.Мира", "проспект Мира"),
        ("мкрн.Южный", "микрорайон Южный"),
    ],
)
def test_an_address_is_found_as_people_write_it(
    region: dict[str, Agency], typed: str, written: str
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], place=written)
    other = factories.make_case(Status.IN_WORK, region["own"], place="улица Мирная, дом 1")
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    numbers = found(client, f"/cases/?q={typed}")
    assert case.number in numbers
    assert other.number not in numbers


def test_operators_are_taken_at_their_word(region: dict[str, Agency]) -> None:
    one = factories.make_case(Status.IN_WORK, region["own"], place="ул. Ткачей", text="Нет воды")
    two = factories.make_case(Status.IN_WORK, region["own"], place="ул. Ткачей", text="Нет света")
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    assert found(client, "/cases/?q=ткачей -света") == {one.number}
    assert found(client, "/cases/?q=воды or света") == {one.number, two.number}
    assert found(client, '/cases/?q="улица ткачей"') == set()


def by(name: str, region: dict[str, Agency], place: str = "own", handle: str = "") -> Case:
    citizen = Citizen.objects.create(
        channel=factories.make_channel(), name=name, handle=handle or f"h-{name}"
    )
    return factories.make_case(Status.IN_WORK, region[place], citizen=citizen)


def test_an_author_is_found_by_name_and_handle_where_the_reader_sees_him(
    region: dict[str, Agency],
) -> None:
    marina = by("Марина Кузнецова", region, handle="id770011")
    semyon = by("Семён Кузнецов", region)
    foreign = by("Марина Кузнецова", region, "other", handle="id770012")
    by("Ольга Котова", region)
    curator = client_of(factories.make_person(Role.CURATOR, region["own"]))
    assert found(curator, "/cases/?author=кузнецова") == {marina.number}
    assert found(curator, "/cases/?author=Кузнецов") == {marina.number, semyon.number}
    assert found(curator, "/cases/?author=семен") == {semyon.number}
    assert found(curator, "/cases/?author=марина кузн") == {marina.number}
    assert found(curator, "/cases/?author=id770011") == {marina.number}
    assert found(curator, "/cases/?author=id770012") == set()
    assert found(curator, "/cases/?author=%26 !") == set()
    # In the search itself, where the words may be a name.
    assert found(curator, "/search/?q=Кузнецова Марина") == {marina.number}
    assert found(curator, "/search/?q=id770011") == {marina.number}
    assert foreign.number not in found(curator, "/search/?q=Кузнецова")
    # The auditor reads the cases and not who wrote them: he cannot try names out.
    auditor = client_of(factories.make_person(Role.AUDITOR, region["own"]))
    assert marina.number in found(auditor, "/cases/")
    for path in ("/cases/?author=Кузнецова", "/search/?q=Кузнецова", "/search/?q=id770011"):
        assert found(auditor, path) == set()
    api = APIClient()
    api.force_login(factories.make_person(Role.CURATOR, region["own"]))
    rows = api.get("/api/cases/?author=Кузнецова").data["results"]
    assert [row["number"] for row in rows] == [marina.number]


def test_a_name_of_too_many_asks_for_another_word(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_AUTHORS", 1)
    by("Анна Белова", region)
    by("Анна Чернова", region)
    curator = client_of(factories.make_person(Role.CURATOR, region["own"]))
    page = curator.get("/cases/?author=Анна")
    assert "добавьте ещё слово имени" in page.content.decode()
    assert not page.context["rows"]
    assert len(found(curator, "/cases/?author=Анна Белова")) == 1
    told = "их обращения не показаны"
    assert told in curator.get("/search/?q=Анна").content.decode()
    assert told not in curator.get("/search/?q=Анна Белова").content.decode()


def test_a_handle_is_found_by_its_words_and_a_made_up_one_by_none(
    region: dict[str, Agency],
) -> None:
    ivan = by("", region, handle="ivan.petrov")
    page = by("", region, handle="vk.com/id7")
    by("", region, handle="phone:+79001234567")
    by("", region, handle="anonymous:77")
    curator = client_of(factories.make_person(Role.CURATOR, region["own"]))
    for typed in ("@ivan.petrov", "petrov", "Ivan Petrov"):
        assert found(curator, f"/cases/?author={typed}") == {ivan.number}, typed
    assert found(curator, "/search/?q=@ivan.petrov") == {ivan.number}
    for typed in ("vk.com/id7", "id7"):
        assert found(curator, f"/cases/?author={typed}") == {page.number}, typed
    for typed in ("phone", "anonymous", "79001234567", "77"):
        assert found(curator, f"/cases/?author={typed}") == set(), typed


def test_who_sees_no_authors_is_not_told_how_many_are_called_so(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_AUTHORS", 1)
    by("Анна Белова", region)
    by("Анна Чернова", region)
    auditor = client_of(factories.make_person(Role.AUDITOR, region["own"]))
    with CaptureQueriesContext(connection) as caught:
        page = auditor.get("/cases/?author=Анна")
    assert "добавьте ещё слово имени" not in page.content.decode()
    assert not page.context["rows"]
    assert not [one for one in caught.captured_queries if "to_tsquery('simple'" in one["sql"]]


def test_names_are_looked_up_in_their_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {finding._AUTHORS}", ["марина:*", 10])
        assert "citizen_words" in str(cursor.fetchall())


def test_what_may_be_a_name() -> None:
    for words in (
        "Кузнецова",
        "Марина Кузнецова",
        "Кузнецова М.",
        "id77",
        "@marina",
        "Мамин-Сибиряк",
    ):
        assert may_be_name(words), words
    for words in ("яма", "яма во дворе", "Яма во дворе", "26-000001", "", "нет воды 5"):
        assert not may_be_name(words), words
