"""Lives told step by step (lives.yaml): the regimes and states the general history leaves out.

Made by the actions themselves, at moments of the past: what the demo shows is what the portal
does. A life whose day the calendar does not allow (the New Year's holidays) stops at that step.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from agencies.models import Agency, User
from cases import actions
from cases.calendar import work_calendar
from cases.demo.people import Cast
from cases.errors import CaseError
from cases.models import Case, Channel, Citizen, Message, Reply, Territory, Topic
from cases.promises import recognised
from cases.workflow import Status
from deadlines import CalendarGap

HOUR = timedelta(hours=1)
_AHEAD = re.compile(r"\{\+(\d+)\}")
_TOLD = ("publish", "give_interim", "plan", "move_promise")


def day_words(day: date) -> str:
    """«20 декабря 2026 года»."""
    with override("ru"):
        return f"{date_format(day, 'j E Y')} года"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The actions take the time from `timezone.now`: here it is a moment of the past."""
    with patch.object(timezone, "now", lambda: moment):
        yield


def workday(agency: Agency, day: date, ahead: int) -> date:
    """The first working day of the agency at least `ahead` days after `day`."""
    calendar = work_calendar(agency.calendar_id)
    wanted = day + timedelta(days=ahead)
    while not calendar.is_workday(wanted):
        wanted += timedelta(days=1)
    return wanted


class Lives:
    """`cast`: who acts; `now`: nothing happens after it."""

    def __init__(self, *, now: datetime, cast: Cast) -> None:
        self.now, self.cast = now, cast
        self.topics = {t.code: t for t in Topic.objects.all()}
        self.places = {t.code: t for t in Territory.objects.all()}
        self.channels = {c.code: c for c in Channel.objects.all()}
        self.agencies = {a.code: a for a in Agency.objects.select_related("calendar")}
        self.centre = Agency.objects.filter(kind=Agency.Kind.CENTRE).first()
        self.authors: dict[str, Citizen] = {}
        self.known: dict[str, Case] = {}

    def tell(self, number: int, life: dict[str, Any]) -> Case:
        """One life: its arrival and every step that lies before now."""
        agency = self.agencies[life["agency"]]
        moment = self.now - timedelta(days=life["days"], minutes=7 * number % 60)
        with at(moment):
            case = self._arrive(number, life, moment)
        for hours, who, what, values in life["steps"]:
            moment += hours * HOUR
            if moment >= self.now:
                break
            try:
                with at(moment), transaction.atomic():
                    self._step(case, agency, who, what, self._values(values, agency, moment, life))
            except (CaseError, CalendarGap):
                break
        if life.get("key"):
            self.known.setdefault(life["key"], case)
        return case

    def _arrive(self, number: int, life: dict[str, Any], moment: datetime) -> Case:
        channel = self.channels[life["channel"]]
        message = Message(
            channel=channel,
            external_id=f"demo-life-{number}",
            author=self._author(number, life, channel),
            text=life["text"],
            posted_at=moment - timedelta(minutes=3),
            fingerprint=f"{number:064d}",
        )
        return actions.register(
            message,
            actor=None,
            topic=self.topics[life["topic"]],
            territory=self.places[life["territory"]],
            place=life["place"],
            centre=self.centre,
            fast_track=life.get("fast_track", False),
        )

    def _author(self, number: int, life: dict[str, Any], channel: Channel) -> Citizen:
        key = life.get("key") or f"life-{number}"
        if key not in self.authors:
            self.authors[key] = Citizen.objects.create(
                channel=channel,
                handle=f"demo-{key}",
                name=life["author"],
                address=life.get("address", ""),
            )
        return self.authors[key]

    def _values(
        self, values: dict[str, Any], agency: Agency, moment: datetime, life: dict[str, Any]
    ) -> dict[str, Any]:
        """Days ahead, agencies and people by name."""
        made: dict[str, Any] = {}
        for name, value in values.items():
            if name == "text":
                made[name] = _AHEAD.sub(
                    lambda m: day_words(
                        workday(agency, moment.astimezone(agency.zone).date(), int(m[1]))
                    ),
                    value,
                )
            elif isinstance(value, str) and value.startswith("+"):
                local = moment.astimezone(agency.zone).date()
                made[name] = workday(agency, local, int(value[1:]))
            elif name in ("proposed", "agency"):
                made[name] = self.agencies[value]
            elif name == "parts":
                made[name] = [(self.agencies[code], words) for code, words in value]
            elif name == "agreed_by":
                made[name] = self.cast.who(value, agency)
            else:
                made[name] = value
        if life.get("into"):
            made["into"] = self.known[life["into"]]
        return made

    def _step(
        self, case: Case, agency: Agency, who: str, what: str, values: dict[str, Any]
    ) -> None:
        fresh = Case.objects.defer("search").get(pk=case.pk)
        actor = self.cast.who(who, agency)
        if what == "reply":
            self._reply(fresh, agency, actor, values)
            return
        if what == "give_part":
            values.pop("into", None)
            part = fresh.parts.select_related("agency").get()
            actions.give_part(part, actor=self.cast.who(who, part.agency), **values)
            return
        if what == "route":
            values["agency"] = agency
        if what == "return_for_rework" and fresh.status == Status.APPROVAL:
            # The check let it through: the supervisor returns what was published.
            approver = self.cast.who("approver", agency)
            fresh = actions.publish(fresh, actor=approver)
        if what != "merge":
            values.pop("into", None)
        if what in ("keep_promise", "move_promise"):
            values["promise"] = fresh.promises.open().first()
        if what in ("promise_due", "promise_broken"):
            values["promise"] = fresh.promises.open().values_list("pk", flat=True).first()
        if what in _TOLD and fresh.channel.is_public:
            values["url"] = f"https://social.example.org/{fresh.channel.code}/{fresh.pk}"
        getattr(actions, what)(fresh, actor=actor, **values)

    def _reply(
        self, case: Case, agency: Agency, actor: User | None, values: dict[str, Any]
    ) -> None:
        values.pop("into", None)
        kind = values.get("kind", Reply.Kind.FINAL.value)
        days = recognised(case, values["text"], timezone.now(), kind=kind)
        sent = actions.submit_reply(
            case, actor=actor, override="Показ", promises=[d.until for d in days], **values
        )
        kept = self.cast.who("supervisor", agency)
        # A weak reply waits for its return, a good one goes on to the approver.
        if sent.state == Reply.State.REVIEW and "%" not in sent.text and len(sent.text) > 200:
            fresh = Case.objects.defer("search").get(pk=case.pk)
            actions.accept_reply(fresh, actor=kept)


def tell_lives(rows: list[dict[str, Any]], *, now: datetime, cast: Cast) -> int:
    """All of lives.yaml; how many cases they made."""
    lives = Lives(now=now, cast=cast)
    # The oldest first: an author's later message answers to his earlier one.
    for number, row in enumerate(sorted(rows, key=lambda row: -row["days"]), 1):
        lives.tell(number, row)
    return len(rows)
