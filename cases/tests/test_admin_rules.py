"""The admin of rules and settings: tried first, replaced by versions, never edited."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.roles import Role
from cases.models import DeadlineRule, Finding, QualitySetting, RoutingRule
from cases.workflow import Status
from tests import factories
from tests.admin_desk import MARKER, act
from tests.factories import make_case, make_territory, make_topic

pytestmark = pytest.mark.django_db


def test_routing_rules_are_tried_on_past_cases_without_changing_any(client, region, enter) -> None:
    case = make_case(Status.IN_WORK, region["own"], marker=MARKER)
    make_case(Status.IN_WORK, region["own"], topic=make_topic("roads.other"))
    old = make_case(Status.IN_WORK, region["own"], received_at=timezone.now() - timedelta(days=40))
    rule = RoutingRule.objects.create(
        topic=case.topic, territory=make_territory(), agency=region["other"], is_active=False
    )
    enter(Role.ADMINISTRATOR, region["region"])
    answer = act(client, [rule], "try_on_past_cases", url="/admin/cases/routingrule/")
    assert answer.context["total"] == 2
    assert answer.context["rows"] == [{"count": 1, "old": "own", "new": "other"}]
    assert MARKER not in answer.content.decode()
    case.refresh_from_db()
    old.refresh_from_db()
    assert {case.agency, old.agency} == {region["own"]}


def test_a_rule_in_force_is_replaced_by_a_version_never_edited(client, region, enter) -> None:
    rule = DeadlineRule.objects.get(code="SN-FIRST")
    enter(Role.ADMINISTRATOR, region["region"])
    url = f"/admin/cases/deadlinerule/{rule.pk}/change/"
    client.post(url, {"amount": "1", "is_active": "on"})
    rule.refresh_from_db()
    assert rule.amount == 8
    made = act(
        client, [rule], "new_version", url="/admin/cases/deadlinerule/", reason="Новый порядок"
    )
    fresh = DeadlineRule.objects.exclude(pk=rule.pk).get(code="SN-FIRST")
    assert made.redirect_chain[-1][0] == reverse("admin:cases_deadlinerule_change", args=[fresh.pk])
    form = made.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value not in (None, False)}
    day = timezone.localdate() + timedelta(days=3)
    client.post(made.request["PATH_INFO"], {**values, "amount": "9", "in_force_from": f"{day}"})
    fresh.refresh_from_db()
    assert (fresh.amount, fresh.in_force_from) == (9, day)
    wrong = client.post(made.request["PATH_INFO"], {**values, "roll": "next"})
    assert "roll" in wrong.context["adminform"].form.errors
    past = client.post(made.request["PATH_INFO"], {**values, "in_force_from": "2021-01-01"})
    assert "in_force_from" in past.context["adminform"].form.errors


def test_quality_settings_are_added_never_edited(client, region, enter) -> None:
    before = QualitySetting.objects.create(flag_from=0.6)
    person = enter(Role.ADMINISTRATOR, region["region"])
    client.post(
        f"/admin/cases/qualitysetting/{before.pk}/change/",
        {"flag_from": "0.1", "publish_own_until": "0.1", "thresholds": "{}"},
    )
    before.refresh_from_db()
    assert before.flag_from == 0.6
    sent = {"flag_from": "0.7", "publish_own_until": "0.3", "thresholds": "{}"}
    client.post("/admin/cases/qualitysetting/add/", {**sent, "flag_from": "0.6"})
    latest = QualitySetting.objects.first()  # the threshold stays: nothing to rehearse
    assert (latest.publish_own_until, latest.created_by) == (0.3, person)


def test_another_threshold_is_rehearsed_before_it_is_switched_on(client, region, enter) -> None:
    QualitySetting.objects.create(flag_from=0.6)
    for risk, flagged, code in ((0.65, True, ""), (0.65, True, "Q18"), (0.5, False, "")):
        case = factories.make_case(Status.ANSWERED, region["own"])
        reply = case.replies.get()
        reply.risk, reply.flagged, reply.submitted_at = risk, flagged, timezone.now()
        reply.save()
        if code:  # returned whatever its risk
            Finding.objects.create(reply=reply, code=code, severity="return")
    enter(Role.ADMINISTRATOR, region["region"])
    sent = {"flag_from": "0.7", "publish_own_until": "0.3", "thresholds": "{}"}
    page = client.post("/admin/cases/qualitysetting/add/", {**sent, "_why": "мало пометок"})
    assert 'value="мало пометок"' in page.content.decode()
    told = "Ответов за 30 дн.: 3. Помечено 2, стало бы 1: +0, −1. Пока ничего не изменено"
    assert told in page.content.decode()
    assert QualitySetting.objects.count() == 1
    form = page.context["adminform"].form
    seen = {"rehearsed": form["rehearsed"].value()}
    # What was rehearsed is switched on, not another one.
    client.post("/admin/cases/qualitysetting/add/", {**sent, **seen, "flag_from": "0.4"})
    assert QualitySetting.objects.count() == 1
    client.post("/admin/cases/qualitysetting/add/", {**sent, **seen})
    assert QualitySetting.objects.first().flag_from == 0.7
    # An administrator, who reads no reply, sees the numbers of all.
    page = client.get(reverse("quality-figures"), {"points": "30"}).content.decode()
    assert "Ответов за 30 дн.: 3. Помечено 2" in page
