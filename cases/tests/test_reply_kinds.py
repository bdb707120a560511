"""The kind of a reply in the editor: what the form asks for, in words about the day."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from agencies.models import Agency
from cases import actions
from cases.calendar import work_calendar
from cases.models import Case, Reply, Review
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


def sent(agency: Agency, case: Case, **values: str) -> tuple[int, str]:
    client = Client()
    client.force_login(factories.make_person("executor", agency))
    with translation.override("ru"):
        answer = client.post(
            f"/cases/{case.number}/submit-reply/",
            {"text": factories.REPLY, "override": "да", **values},
            headers={"Accept-Language": "ru"},
        )
    return answer.status_code, answer.content.decode()


def test_a_promised_day_off_is_named_and_a_working_day_asked_for(agency: Agency) -> None:
    case = factories.make_case(Status.IN_WORK, agency)
    day = timezone.localdate() + timedelta(days=2)
    while work_calendar(agency.calendar_id).is_workday(day):
        day += timedelta(days=1)
    status, page = sent(agency, case, kind="interim", promised_on=day.isoformat())
    assert status == 422
    assert "выходной. Укажите рабочий день." in page
    assert f'value="{day.isoformat()}"' in page  # what was typed stays
    assert not Reply.objects.filter(case=case).exists()


def test_an_interim_reply_asks_for_its_day(agency: Agency) -> None:
    case = factories.make_case(Status.IN_WORK, agency)
    status, page = sent(agency, case, kind="interim")
    assert status == 422
    assert "Назовите день" in page


def test_the_editor_offers_the_kinds_of_the_regime_alone(agency: Agency) -> None:
    client = Client()
    client.force_login(factories.make_person("executor", agency))
    offered = {}
    for regime in ("social", "law59", "internal"):
        case = factories.make_case(Status.IN_WORK, agency, regime=regime)
        offered[regime] = [
            kind for kind, _name in client.get(case.get_absolute_url()).context["kinds"]
        ]
    assert offered == {
        "social": ["final", "interim", "planned", "refusal"],
        "law59": ["final", "planned", "refusal"],
        "internal": ["final", "refusal"],
    }


def test_author_and_approver_see_the_returned_text_beside_the_new_one(agency: Agency) -> None:
    executor = factories.make_person("executor", agency)
    case = factories.make_case(Status.REWORK, agency, executor=executor, returns=1)
    returned = case.replies.get()
    Review.objects.create(
        reply=returned,
        reviewer=factories.make_person("quality_supervisor", agency),
        verdict=Review.Verdict.REMARKS,
        grounds=["no-date"],
        remark="Назовите день",
        returned=True,
    )
    client = Client()
    client.force_login(executor)
    page = client.get(case.get_absolute_url())
    assert page.context["rework"].previous == returned
    assert "Назовите день" in page.content.decode()
    live = client.post(
        f"{case.get_absolute_url()}check/",
        {"text": "Яму засыплем 20 июня."},
        headers={"HX-Request": "true"},
    )
    assert b'id="rework" hx-swap-oob="true"' in live.content
    assert "<ins>" in live.content.decode()
    actions.submit_reply(
        Case.objects.get(pk=case.pk), actor=executor, text="Яму засыплем 20 июня.", override="да"
    )
    client.force_login(factories.make_person("approver", agency))
    shown = client.get(case.get_absolute_url()).context["rework"]
    assert (shown.previous, shown.review.grounds) == (returned, ["no-date"])
    assert any(not line.same for line in shown.lines)
