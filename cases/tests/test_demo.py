"""The demo region shows every regime and every state, by lives the portal itself has made."""

import io
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client

from agencies.models import Deputy, User
from cases import orphans, saved
from cases.demo.lives import at
from cases.demo.load import load_demo
from cases.models import Appeal, Assignment, Case, Clock, Mark, Paper, Promise
from cases.workflow import Regime, Status

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 9, 15, tzinfo=ZoneInfo("Europe/Moscow"))


@pytest.fixture
def demo(settings: Any, tmp_path: Any) -> float:
    settings.MEDIA_ROOT = tmp_path
    started = time.process_time()
    load_demo(cases=400, now=NOW)
    return time.process_time() - started


def test_every_regime_and_state_is_there(demo: float) -> None:
    states = set(Case.objects.values_list("status", flat=True))
    assert states == set(Status.values)
    assert set(Case.objects.values_list("regime", flat=True)) == set(Regime.values)
    law59 = set(Case.objects.filter(regime=Regime.LAW59).values_list("status", flat=True))
    assert law59 >= {
        *("received", "moderation", "routed", "redirect_asked", "in_work"),
        *("answered", "closed", "ceased"),
    }
    assert set(Paper.objects.values_list("kind", flat=True)) == set(Paper.Kind.values)
    assert Appeal.objects.filter(migration=True).exists()
    assert Appeal.objects.filter(extended_until__isnull=False).exists()
    assert Case.objects.filter(fast_track=True).exists()
    assert Case.objects.filter(escalated_at__isnull=False, returns=3).exists()
    assert Case.objects.filter(rejection_by__isnull=False).exists()
    assert Case.objects.filter(status="reopened", reopenings=1).exists()
    assert Case.objects.filter(postponements=1, controlled_by__isnull=False).exists()
    assert set(Mark.objects.values_list("value", flat=True)) == {2, 3, 4, 5}
    assert {"open", "moved"} <= set(Promise.objects.values_list("state", flat=True))


def test_people_have_views_whose_conditions_hold(demo: float) -> None:
    for account, most in (("curator-zhkh", 3), ("coordinator", 2), ("supervisor", 2)):
        person = User.objects.select_related("agency").get(username=account)
        shown = saved.views_of(person)
        saved.count(shown, person)
        assert len([one for one in shown if one.own]) == most
        assert not any(one.broken for one in shown)
        assert any(one.count for one in shown)


def test_a_day_of_many_messages_is_a_spike_and_templates_have_figures(demo: float) -> None:
    call_command("rebuild_metrics", stdout=io.StringIO())
    # Signed in by the real clock, whose time a session lasts.
    client = Client()
    client.force_login(User.objects.get(username="supervisor"))
    with at(NOW):
        spikes = client.get("/spikes/").context["rows"]
        templates = client.get("/templates/", {"period": "month"}).context["rows"]
    (found,) = [one for one in spikes if one["topic"].code == "transport.schedule"]
    assert found["territory"].code == "zaozyorsk"
    assert found["spike"].count == 12
    figures = {template.name: told for template, told, *_state in templates}
    pothole = figures["Яма на дороге"]
    assert (pothole.uses, pothole.returned, pothole.marks) == (10, 2, 3)
    assert pothole.kept is not None
    assert 60 < pothole.kept < 100
    assert {told.uses for told in figures.values()} >= {1, 2, 3}


def test_no_life_lies_ahead_and_every_open_case_is_held_by_somebody(demo: float) -> None:
    assert demo < 20  # seconds of the processor, of the database beside it
    assert not Case.objects.filter(events__at__gt=NOW).exists()
    held = Case.objects.filter(is_open=True, agency__isnull=False, assigned_at__isnull=False)
    assert held.exclude(pk__in=Assignment.objects.filter(until=None).values("case")).count() == 0
    assert orphans.check() == 0
    absent = User.objects.get(username="official-zhkh3")
    assert Deputy.objects.get(person=absent).deputy.username == "official-zhkh2"
    assert set(Clock.objects.values_list("kind", flat=True)) == set(Clock.Kind.values)
