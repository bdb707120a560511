"""Saved views: own and shared, each reader his own cases; where work begins."""

import re
from copy import copy
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agencies.models import Agency, User
from agencies.roles import Role
from cases import lists, saved
from cases.errors import BadChange, CaseNotFound
from cases.models import Case, FirstView, SavedView
from cases.workflow import Status
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


def fresh(person: User) -> User:
    return User.objects.select_related("agency").get(pk=person.pk)


def test_what_a_list_shows_is_saved_under_a_name_and_opened_again(
    region: dict[str, Agency],
) -> None:
    curator = factories.make_person(Role.CURATOR, region["own"])
    factories.make_case(Status.ROUTED, region["own"])
    factories.make_case(Status.IN_WORK, region["own"])
    client = client_of(curator)
    page = client.get("/queue/?scope=agency&status=routed&cursor=x&foreign=1&topic=")
    kept = page.context["kept"]
    assert kept == "list=queue&scope=agency&status=routed"
    answer = client.post(f"/views/new/?{kept}", {"name": "  Новые   нам "})
    assert answer["Location"] == "/queue/?scope=agency&status=routed"
    view = SavedView.objects.get()
    assert (view.name, view.agency) == ("Новые нам", None)
    assert view.conditions == {"scope": ["agency"], "status": ["routed"]}
    rows = client.get(answer["Location"]).context["rows"]
    assert [row.case.status for row in rows] == [Status.ROUTED]
    menu = client.get(f"/views/row/?{kept}").content.decode()
    assert "Новые нам" in menu
    assert 'aria-current="true"' in menu
    assert '<span class="count">1</span>' in menu
    other = client.get("/views/row/?list=queue").content.decode()
    assert 'aria-current="true"' not in other


def test_a_count_is_exact_to_a_thousand_and_no_further(region: dict[str, Agency]) -> None:
    curator = factories.make_person(Role.CURATOR, region["own"])
    client = client_of(curator)
    first = factories.make_case(Status.ROUTED, region["own"])
    saved.save(fresh(curator), list_name="queue", name="Все", conditions={"scope": ["agency"]})

    def more(count: int, begin: int) -> None:
        rows = [copy(first) for _ in range(count)]
        for at, row in enumerate(rows):
            row.pk, row.number = None, f"26-{begin + at:06}"
        Case.objects.bulk_create(rows)

    more(999, 500_000)
    assert (
        '<span class="count">1000</span>' in client.get("/views/row/?list=queue").content.decode()
    )
    more(1, 600_000)
    assert (
        '<span class="count">1000+</span>' in client.get("/views/row/?list=queue").content.decode()
    )
    assert client.get("/api/views/").json()[0]["count"] == 1001


def test_a_search_is_kept_as_the_list_of_all_with_its_words(region: dict[str, Agency]) -> None:
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    kept = client.get("/search/?q=яма").context["kept"]
    answer = client.post(f"/views/new/?{kept}", {"name": "Ямы"})
    assert answer["Location"].startswith("/cases/?q=")


def test_a_shared_view_shows_each_reader_his_own_cases(region: dict[str, Agency]) -> None:
    curator = factories.make_person(Role.CURATOR, region["own"])
    official = factories.make_person(Role.EXECUTOR, region["own"])
    stranger = factories.make_person(Role.EXECUTOR, region["other"])
    factories.make_case(Status.IN_WORK, region["own"], executor=official)
    factories.make_case(Status.IN_WORK, region["own"], executor=curator)
    factories.make_case(Status.IN_WORK, region["other"], executor=stranger)
    view = saved.save(
        fresh(curator),
        list_name="queue",
        name="В работе",
        conditions={"status": ["in_work"]},
        shared=True,
    )
    seen = saved.views_of(fresh(official))
    saved.count(seen, fresh(official))
    assert [(one.view.pk, one.own, one.may_change, one.count) for one in seen] == [
        (view.pk, False, False, 1)
    ]
    assert saved.views_of(fresh(stranger)) == []
    colleague = fresh(factories.make_person(Role.CURATOR, region["own"]))
    saved.change(colleague, view.pk, name="Наши в работе")  # who may share keeps shared ones tidy
    with pytest.raises(CaseNotFound):
        saved.change(fresh(official), view.pk, name="Мои")
    with pytest.raises(CaseNotFound):
        saved.remove(fresh(stranger), view.pk)


def test_only_who_leads_may_share(region: dict[str, Agency]) -> None:
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    given: dict[str, Any] = {"list_name": "queue", "name": "Мои", "conditions": {}}
    with pytest.raises(PermissionDenied):
        saved.save(official, **given, shared=True)
    view = saved.save(official, **given)
    with pytest.raises(PermissionDenied):
        saved.change(official, view.pk, shared=True)
    assert "shared" not in client_of(official).get("/views/new/?list=queue").context["form"].fields
    assert SavedView.objects.get().agency is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"list_name": "desk"}, "view_of_no_list"),
        ({"conditions": {"status": ["no such"]}}, "view_conditions"),
        ({"conditions": {"agency": ["other"]}}, "view_conditions"),  # out of his sight
        ({"name": "  "}, "view_nameless"),
        ({"name": "Мои"}, "view_name_taken"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    region: dict[str, Agency], given: dict[str, Any], code: str
) -> None:
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    saved.save(official, list_name="queue", name="Мои", conditions={})
    with pytest.raises(BadChange) as refused:
        saved.save(official, **{"list_name": "queue", "name": "Ещё", "conditions": {}, **given})
    assert refused.value.code == code


def test_views_have_an_end(region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    saved.save(official, list_name="queue", name="Мои", conditions={})
    with pytest.raises(BadChange):
        saved.save(official, list_name="queue", name="Ещё", conditions={})


def test_work_begins_with_the_chosen_view_until_it_is_out_of_sight(
    region: dict[str, Agency],
) -> None:
    curator = fresh(factories.make_person(Role.CURATOR, region["own"]))
    official = factories.make_person(Role.EXECUTOR, region["own"])
    view = saved.save(
        curator, list_name="queue", name="Сегодня", conditions={"view": ["today"]}, shared=True
    )
    client = client_of(official)
    assert client.get("/")["Location"] == "/queue/"
    client.post(f"/views/{view.pk}/", {"do": "first"})
    assert client.get("/")["Location"] == "/queue/?view=today"
    assert client.get("/views/").context["shared"][0].first
    saved.change(curator, view.pk, shared=False)
    assert client.get("/")["Location"] == "/queue/"
    assert not FirstView.objects.exists()
    client.post(f"/views/{view.pk}/", {"do": "first"})
    assert not FirstView.objects.exists()
    mine = client_of(curator)
    mine.post(f"/views/{view.pk}/", {"do": "first"})
    assert mine.get("/")["Location"] == "/queue/?view=today"
    mine.post(f"/views/{view.pk}/", {"do": "usual"})
    assert not FirstView.objects.exists()


def test_views_are_arranged_renamed_and_deleted_by_page(region: dict[str, Agency]) -> None:
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    made = [
        saved.save(official, list_name="queue", name=name, conditions={})
        for name in ("А", "Б", "В")
    ]
    client = client_of(official)

    def names() -> list[str]:
        return [one.view.name for one in client.get("/views/").context["own"]]

    client.post(f"/views/{made[2].pk}/", {"do": "up"})
    assert names() == ["А", "В", "Б"]
    client.post(f"/views/{made[0].pk}/", {"do": "up"})  # it is the first already
    client.post(f"/views/{made[0].pk}/", {"do": "down"})
    assert names() == ["В", "А", "Б"]
    assert client.post(f"/views/{made[0].pk}/", {"name": "Б"}).status_code == 422
    client.post(f"/views/{made[0].pk}/", {"name": "Первая"})
    assert names() == ["В", "Первая", "Б"]
    client.post(f"/views/{made[1].pk}/", {"do": "delete"})
    assert names() == ["В", "Первая"]


def test_every_form_of_the_page_of_views_has_its_token(region: dict[str, Agency]) -> None:
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    view = saved.save(official, list_name="queue", name="Мои", conditions={})
    client = Client(enforce_csrf_checks=True)
    client.force_login(official)
    page = client.get("/views/").content.decode()
    token = re.search(r'saved-form.*?csrfmiddlewaretoken" value="(\w+)"', page, re.S)
    assert token is not None
    answer = client.post(f"/views/{view.pk}/", {"do": "first", "csrfmiddlewaretoken": token[1]})
    assert answer["Location"] == "/views/"
    assert FirstView.objects.get().view == view


def test_a_view_whose_condition_went_out_of_sight_is_told_and_does_not_stop_the_others(
    region: dict[str, Agency],
) -> None:
    curator = fresh(factories.make_person(Role.CURATOR, region["own"]))
    factories.make_case(Status.IN_WORK, region["own"])
    saved.save(curator, list_name="case-list", name="Все", conditions={})
    SavedView.objects.create(
        owner=curator,
        list_name="case-list",
        name="Чужое",
        conditions={"agency": ["other"]},
        position=9,
    )
    shown = saved.views_of(fresh(curator))
    saved.count(shown, fresh(curator))
    assert [(one.broken, one.count) for one in shown] == [(False, 1), (True, None)]
    assert client_of(curator).get("/cases/?agency=other").status_code == 400


def test_slow_counts_are_given_up(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_lists: object) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(5)")
        return {}

    monkeypatch.setattr(saved, "PATIENCE_MS", 20)
    monkeypatch.setattr(saved, "capped_counts", slow)
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    saved.save(official, list_name="queue", name="Мои", conditions={})
    shown = saved.views_of(official)
    saved.count(shown, official)
    assert shown[0].count is None
    assert "Мои" in client_of(official).get("/views/row/?list=queue").content.decode()


def test_ten_views_ask_as_often_as_one(region: dict[str, Agency]) -> None:
    official = fresh(factories.make_person(Role.EXECUTOR, region["own"]))
    client = client_of(official)

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/views/row/?list=queue").status_code == 200
        frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return sum(not query["sql"].startswith(frame) for query in caught.captured_queries)

    saved.save(official, list_name="queue", name="0", conditions={})
    client.get("/views/row/?list=queue")
    once = statements()
    for at in range(1, 10):
        saved.save(official, list_name="queue", name=f"{at}", conditions={"q": ["яма"]})
    # The person, the views, the patience, the counts.
    assert statements() == once == 4


def test_the_same_by_api(region: dict[str, Agency]) -> None:
    curator = fresh(factories.make_person(Role.CURATOR, region["own"]))
    factories.make_case(Status.IN_WORK, region["own"])
    api = APIClient()
    api.force_login(curator)
    body = {"name": "Все", "list": "case-list", "conditions": {"open": ["true"]}, "shared": True}
    made = api.post("/api/views/", body, format="json")
    assert (made.status_code, made.data["count"], made.data["shared"]) == (201, 1, True)
    address = f"/api/views/{made.data['id']}/"
    changed = api.patch(address, {"name": "Открытые", "first": True}, format="json").data
    assert (changed["name"], changed["first"], changed["shared"]) == ("Открытые", True, True)
    assert changed["conditions"] == {"open": ["true"]}
    assert [one["name"] for one in api.get("/api/views/").data] == ["Открытые"]
    assert api.patch(address, {"conditions": {"status": ["?"]}}, format="json").status_code == 422
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_every_list_is_ordered_as_its_page_and_begins_with_the_scope(
    region: dict[str, Agency],
) -> None:
    """The lists an export or a bulk move takes «all that match» from."""
    nobody = factories.make_person(username="nobody")
    for status in Status.values:
        factories.make_case(status, region["own"])
    for name in lists.LISTS:
        found = lists.chosen(name, fresh(nobody), {"q": ["яма"]})
        assert found is not None
        assert list(found) == []
