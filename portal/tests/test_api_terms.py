"""Terms over the API: what the pages of /terms/ do, with the same forms and the same rehearsal."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.history import changes_of
from agencies.models import Agency, CalendarDay
from agencies.roles import Role
from cases import rehearsal
from cases.models import DeadlineRule, TermChange
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(region: dict[str, Agency], client: Client) -> Client:
    client.force_login(factories.make_person(Role.ADMINISTRATOR, region["region"], "boss"))
    return client


def post(client: Client, name: str, body: dict[str, Any], *args: Any) -> Any:
    return client.post(reverse(name, args=args), body, content_type="application/json")


def test_a_version_is_proposed_rehearsed_and_put_in_force(api: Client) -> None:
    listed = api.get(reverse("api-terms")).json()
    assert "SN-FIRST" in {rule["code"] for rule in listed["rules"]}
    assert "production" in listed["calendars"]
    day = timezone.localdate() + timedelta(days=2)
    body = {"amount": 4, "unit": "working_hours", "roll": "none", "in_force_from": f"{day}"}
    made = post(api, "api-term-rule", body, "SN-FIRST")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert post(api, "api-term-decide", {"take": True}, pk).status_code == 409
    rehearsal.rehearse()
    seen = api.get(reverse("api-term-change", args=[pk])).json()
    assert (seen["state"], seen["result"]["more"]) == ("ready", 0)
    assert not DeadlineRule.objects.filter(code="SN-FIRST", amount=4).exists()
    done = post(api, "api-term-decide", {"take": True}, pk)
    assert (done.status_code, done.json()["decided_by"]) == (200, "boss")
    rule = DeadlineRule.objects.get(code="SN-FIRST", amount=4)
    assert rule.in_force_from == day
    assert changes_of(rule)[0].actor_id == TermChange.objects.get(pk=pk).decided_by_id
    versions = api.get(reverse("api-term-rule", args=["SN-FIRST"])).json()
    assert versions[0]["amount"] == 4


def test_days_are_proposed_and_dropped(api: Client) -> None:
    body = {"first": "2026-08-31", "kind": "special", "intervals": "09:00-13:00"}
    made = post(api, "api-term-year", body, "production", 2026)
    assert made.status_code == 201, made.content
    rehearsal.rehearse()
    dropped = post(api, "api-term-decide", {"take": False}, made.json()["id"])
    assert dropped.json()["state"] == "dropped"
    assert not CalendarDay.objects.filter(day="2026-08-31").exists()
    year = api.get(reverse("api-term-year", args=["production", 2026])).json()
    assert year["missing"] is False
    assert "2026-01-01" in {one["day"] for one in year["days"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0, "unit": "working_hours", "roll": "none", "in_force_from": "2999-01-01"},
         "amount"),
        ({"amount": 4, "unit": "years", "roll": "none", "in_force_from": "2999-01-01"}, "unit"),
        ({"amount": 4, "unit": "working_hours", "roll": "none", "in_force_from": "2020-01-01"},
         "in_force_from"),
        ({"amount": 4, "bonus": 1}, "bonus"),
    ],
)  # fmt: skip
def test_mistakes_are_named_by_field(api: Client, body: dict[str, Any], field: str) -> None:
    answer = post(api, "api-term-rule", body, "SN-FIRST")
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not TermChange.objects.exists()


def test_what_is_not_there_is_404_and_others_are_refused(api: Client, region: Any) -> None:
    assert api.get(reverse("api-term-rule", args=["NO"])).status_code == 404
    assert api.get(reverse("api-term-year", args=["no", 2026])).status_code == 404
    assert post(api, "api-term-decide", {"take": True}, 99).status_code == 404
    branch = Client()
    branch.force_login(factories.make_person(Role.ADMINISTRATOR, region["own"]))
    assert branch.get(reverse("api-terms")).status_code == 403
