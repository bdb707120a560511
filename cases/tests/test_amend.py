"""The card before routing: set, kept, cleared; by page and by API."""

import json

import pytest
from django.test import Client

from agencies.models import Agency
from cases.models import Case
from cases.workflow import Status
from tests import factories
from tests.acting import reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(region: dict[str, Agency]) -> Client:
    client = Client()
    client.force_login(factories.make_person("operator", region["region"]))
    return client


@pytest.fixture
def case(region: dict[str, Agency]) -> Case:
    return factories.make_case(Status.MODERATION)


@pytest.mark.parametrize("field", ["topic", "territory", "place"])
def test_a_field_sent_empty_is_cleared_and_the_others_stay(
    operator: Client, case: Case, field: str
) -> None:
    answer = operator.post(f"/cases/{case.number}/amend/", {field: ""})
    assert answer.status_code == 302
    got = reloaded(case)
    assert not getattr(got, field)
    kept = {"topic", "territory", "place", "title", "severity"} - {field}
    assert all(getattr(got, name) == getattr(case, name) for name in kept)
    assert got.touched == [field]
    assert got.events.first().data == {field: [str(getattr(case, field)), ""]}


def test_null_clears_over_the_api_and_what_is_left_out_stays(operator: Client, case: Case) -> None:
    path = f"/api/cases/{case.number}/amend/"
    body = json.dumps({"topic": None, "territory": None, "place": None})
    answer = operator.post(path, body, content_type="application/json")
    assert answer.status_code == 200
    got = reloaded(case)
    assert (got.topic, got.territory, got.place) == (None, None, "")
    assert got.title == case.title
    assert operator.post(path, "{}", content_type="application/json").status_code == 200
    assert reloaded(case).title == case.title


@pytest.mark.parametrize("field", ["title", "severity"])
def test_what_lists_need_is_not_emptied(operator: Client, case: Case, field: str) -> None:
    page = operator.post(f"/cases/{case.number}/amend/", {field: " ", "place": "Садовая, 9"})
    assert page.status_code == 422
    assert 'id="errors"' in page.content.decode()
    assert "Садовая, 9" in page.content.decode()
    got = reloaded(case)
    assert (got.title, got.severity, got.place) == (case.title, case.severity, case.place)


def test_the_desk_clears_what_was_emptied_there(operator: Client, case: Case) -> None:
    fields = {"topic": "", "territory": "", "place": "", "severity": "2"}
    operator.post(f"/cases/{case.number}/amend/", {**fields, "version": case.version})
    got = reloaded(case)
    assert (got.topic, got.territory, got.place) == (None, None, "")


def test_another_topic_repeats_another_case_or_none(
    operator: Client, region: dict[str, Agency]
) -> None:
    answered = factories.make_case(Status.ANSWERED, region["own"])
    again = factories.make_case(Status.MODERATION, citizen=answered.citizen, repeat_of=answered)
    operator.post(f"/cases/{again.number}/amend/", {"topic": ""})
    assert reloaded(again).repeat_of_id is None
    operator.post(f"/cases/{again.number}/amend/", {"topic": answered.topic.code})
    assert reloaded(again).repeat_of_id == answered.pk


def test_a_name_and_a_phone_in_a_heading_are_hidden(operator: Client, case: Case) -> None:
    title = f"{case.citizen.name} просит, телефон +7 912 345-67-89"
    operator.post(f"/cases/{case.number}/amend/", {"title": title})
    assert reloaded(case).title == "••• просит, телефон •••"


@pytest.mark.parametrize("regime", ["pos", "law59", "hotline", "social"])
def test_the_page_sent_as_it_was_opened_changes_nothing(
    operator: Client, region: dict[str, Agency], regime: str
) -> None:
    case = factories.make_case(Status.MODERATION, regime=regime, severity=3)
    form = operator.get(f"/cases/{case.number}/amend/").context["form"]
    sent = {field.html_name: field.value() or "" for field in form}
    assert operator.post(f"/cases/{case.number}/amend/", sent).status_code == 302
    got = reloaded(case)
    assert got.events.first().data == {}
    assert (got.regime, got.severity, got.touched) == (regime, 3, [])
