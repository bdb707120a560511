"""A month of 2026 in Yakutsk: people of one agency and of the centre, the clock in hand."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from agencies.models import Agency, User
from cases import actions
from cases.models import (
    Case,
    Clock,
    Message,
    Reply,
)
from tests import factories
from tests.acting import reloaded

ZONE = ZoneInfo("Asia/Yakutsk")


def moment(words: str) -> datetime:
    """«06-01 10:12» or «07-01 23:59:59» of 2026, in Yakutsk."""
    day, clock = words.split()
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    return datetime.fromisoformat(f"2026-{day}T{clock}").replace(tzinfo=ZONE)


class Month:
    """The people of one agency and of the centre, and the hand of the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.at("06-01 09:00")
        factories.load_reference()
        agencies = factories.make_region()
        for agency in agencies.values():
            agency.time_zone = "Asia/Yakutsk"
            agency.save(update_fields=["time_zone"])
        self.region, self.own, self.other = agencies["region"], agencies["own"], agencies["other"]
        self.operator = factories.make_person("operator", self.region)
        self.second = factories.make_person("operator", self.region)
        self.coordinator = factories.make_person("coordinator", self.region)
        self.supervisor = factories.make_person("quality_supervisor", self.region)
        self.curator = factories.make_person("curator", self.own)
        self.executor = factories.make_person("executor", self.own)
        self.approver = factories.make_person("approver", self.own)
        self.topic = factories.make_topic()

    def at(self, words: str) -> datetime:
        now = moment(words)
        self._monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    def arrive(self, channel: str, **facts: Any) -> Case:
        """A message posted and brought in this minute."""
        message = Message(
            channel=factories.make_channel(channel),
            external_id=f"{channel}-{Message.objects.count()}",
            author=facts.pop("author", None) or factories.make_citizen(),
            text="Во дворе дома 5 по улице Садовой яма. Когда её засыпят?",
            posted_at=facts.pop("posted_at", timezone.now()),
            fingerprint="0" * 64,
        )
        return actions.register(
            message,
            actor=self.operator,
            topic=self.topic,
            place="Садовая, 5",
            centre=Agency.objects.get(kind=Agency.Kind.CENTRE),
            **facts,
        )

    def route(self, case: Case, agency: Agency | None = None) -> Case:
        return actions.route(reloaded(case), actor=self.operator, agency=agency or self.own)

    def take(self, case: Case, by: User | None = None) -> Case:
        return actions.take(reloaded(case), actor=by or self.executor)

    def reply(self, case: Case, **facts: Any) -> Reply:
        """Sent; a flag of the check is taken away: the scenario is about terms."""
        sent = actions.submit_reply(
            reloaded(case), actor=self.executor, text=factories.REPLY, override="проверено", **facts
        )
        if sent.state == Reply.State.REVIEW:
            actions.accept_reply(reloaded(case), actor=self.supervisor)
        return sent

    def publish(self, case: Case, **facts: Any) -> Case:
        given = {"url": "https://vk.example/wall1_1", **facts}
        return actions.publish(reloaded(case), actor=self.approver, **given)


def due(case: Case, code: str, kind: str = "") -> datetime:
    found = Clock.objects.filter(case=case, code=code, **({"kind": kind} if kind else {}))
    return found.order_by("-started_at", "-pk")[0].due_at
