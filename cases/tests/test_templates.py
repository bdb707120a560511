"""Templates of replies: who approves them, to whom they are offered, what may be left of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.history import changes_of
from agencies.models import Agency
from cases import actions
from cases.errors import BadChange
from cases.models import Case, ReplyTemplate
from cases.workflow import Status
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db
TEXT = "Работы ведёт [кто], закончит до [дата]. Звоните: [телефон, имя]."


@pytest.fixture
def case(region: dict[str, Agency]) -> Case:
    return factories.make_case(Status.IN_WORK, region["own"])


def template(name: str, **facts: Any) -> ReplyTemplate:
    return ReplyTemplate.objects.create(
        name=name, **{"text": TEXT, "approved_at": timezone.now(), **facts}
    )


def test_offered_is_what_is_approved_for_this_agency_topic_and_day(
    region: dict[str, Agency], case: Case
) -> None:
    today = timezone.localdate()
    other = factories.make_topic("roads.signs")
    for name, facts in {
        "everybody": {},
        "own agency": {"agency": region["own"]},
        "own topic": {"topic": case.topic},
        "own group": {"group": case.topic.group},
        "last day": {"expires_on": today},
    }.items():
        template(f"yes {name}", **facts)
    for name, facts in {
        "not approved": {"approved_at": None},
        "expired": {"expires_on": today - timedelta(days=1)},
        "other agency": {"agency": region["other"]},
        "other topic": {"topic": other},
        "other topic of the group": {"topic": other, "group": other.group},
        "out of use": {"is_active": False},
    }.items():
        template(f"no {name}", **facts)
    page = client_of(case.executor).get(f"/cases/{case.number}/templates/").content.decode()
    assert page.count("yes ") == 5
    assert "no " not in page.replace("no-", "")


def test_a_reply_with_a_variable_left_in_it_is_not_sent(case: Case) -> None:
    assert template("t").variables == ["кто", "дата", "телефон, имя"]
    text = "Двенадцатого июня мастер осмотрел двор и засыпал яму. Работы вёл [кто]."
    with pytest.raises(BadChange) as refused:
        actions.submit_reply(case, actor=case.executor, text=text)
    assert refused.value.code == "blocked"


def test_an_administrator_approves_and_a_change_takes_it_away(region: dict[str, Agency]) -> None:
    made = template("t", approved_at=None)
    person = factories.make_person("administrator", region["region"])
    client = client_of(person)
    listed = reverse("admin:cases_replytemplate_changelist")
    asked = {"action": "approve", "_selected_action": [made.pk]}
    assert client.post(listed, asked).status_code == 200
    made.refresh_from_db()
    assert made.approved_at is None
    client.post(listed, {**asked, "confirmed": "1", "reason": "Проверен юристом"})
    made.refresh_from_db()
    assert made.approved_at is not None
    assert made.approved_by == person
    change = changes_of(made)[0]
    assert (change.actor_id, change.reason) == (person.pk, "Проверен юристом")
    address = reverse("admin:cases_replytemplate_change", args=[made.pk])
    page = client.get(address).content.decode()
    assert "кто, дата, телефон, имя" in page
    form = {"name": "renamed", "text": made.text, "is_active": "on"}
    assert client.post(address, form).status_code == 302
    made.refresh_from_db()
    assert made.approved_at is not None
    assert client.post(address, {**form, "text": "Другое [когда]."}).status_code == 302
    made.refresh_from_db()
    assert made.approved_at is made.approved_by is None
