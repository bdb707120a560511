"""The governor's Monday: a slice in one click, against the week before, the rows, the paper."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.roles import Role
from cases.models import Case, Review
from cases.workflow import Status
from reports import keeping, snapshots
from reports.definitions import last_week
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import region_today
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_governors_monday(sign_in: SignIn) -> None:
    factories.load_reference()
    region = factories.make_region()
    governor = factories.make_person(Role.HEAD_OFFICE, region["region"], "governor")
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    week = last_week(region_today())
    made: list[Case] = []
    for at in range(14):
        case = factories.make_case(Status.ANSWERED, region["own" if at % 2 else "other"])
        when = timezone.now() - timedelta(days=(region_today() - week.last).days + at % 7)
        Case.objects.filter(pk=case.pk).update(received_at=when)
        reply = case.replies.get()
        verdict = "brush_off" if at % 5 == 0 else "good"
        Review.objects.create(reply=reply, reviewer=judge, verdict=verdict, created_at=when)
        made.append(case)
    keeping.catch_up()
    # What the week before looked like, frozen a week ago.
    earlier = snapshots.ask(governor, REPORTS["r1"], week.previous())
    desk = sign_in(governor)
    # His first page is the dashboard: one click makes it.
    page = desk.open("/")
    page.get_by_role("button", name="Собрать недельный срез").click()
    page.wait_for_url("**/snapshots/**")
    found = Snapshot.objects.exclude(pk=earlier.pk).get()
    assert page.url.endswith(f"/snapshots/{found.pk}/")
    assert (found.first, found.last) == (week.first, week.last)
    text = page.inner_text("main")
    assert "Поступило обращений: 14" in text
    assert "О чём пишут жители и как отвечают ведомства" in text
    # Against the week before.
    page.select_option("#with", str(earlier.pk))
    page.get_by_role("button", name="Сравнить").click()
    page.wait_for_url(f"**/snapshots/{found.pk}/?with={earlier.pk}")
    assert "было 0" in page.inner_text("main")
    page.go_back()
    # Down to the rows behind a figure: as many as it says.
    days = page.locator("section[aria-labelledby=t-topics]")
    days.get_by_role("link", name="14", exact=True).click()
    page.wait_for_url("**/metrics/received/rows/**")
    rows = page.locator("tbody tr")
    assert rows.count() == 14
    rows.first.get_by_role("link").click()
    page.wait_for_url("**/cases/**")
    # On paper.
    desk.open(f"/snapshots/{found.pk}/")
    answer = page.context.request.get(desk.base + f"/snapshots/{found.pk}/pdf/")
    assert answer.ok
    assert answer.body().startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", answer.body())) in (1, 2)
    assert page.get_by_role("link", name="Печать и PDF").get_attribute("href")
    assert desk.console == []
