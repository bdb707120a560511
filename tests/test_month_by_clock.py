"""June 2026 at one agency in every regime, everything that has a term done by the worker's clock.

The worker's periodic tasks run by their own crons, each pass twice, with its readers; time jumps
to the next moment anything is due. What has to come of it stands here as a clerk would write it
down: every reminder, escalation, closing, return and recount, each once.
"""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from cases import actions
from cases.models import Case, CaseEvent, Clock, News, Reminder
from cases.tests.month import ZONE, Month, moment
from cases.tests.test_recounting import holiday
from cases.workflow import Status
from notices import telling
from notices.models import Notice
from tests.acting import reloaded

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
# Nothing to do with terms; `portal.` belongs to the queue itself.
_ELSEWHERE = ("portal.", "intake.", "reports.", "notices.")
# Surveys, plans and promises have no moment of their own the watch could be asked for.
_LOOK = (time(0, 5), time(4, 30), time(9, 5), time(13, 30), time(18, 5))


class Clockwork:
    """The worker over frozen time."""

    def __init__(self, month: Month) -> None:
        self.month, self.at = month, timezone.now()
        tasks = app.periodic_registry.periodic_tasks.values()
        self.tasks = [one for one in tasks if not one.task.name.startswith(_ELSEWHERE)]
        assert len(self.tasks) > 8
        self.passes: Counter[str] = Counter()
        self.told: dict[int | None, list[str]] = defaultdict(list)
        self._seen = {News: 0, CaseEvent: 0}

    def until(self, words: str) -> None:
        """Let the worker live until then, then stand at that moment."""
        target = moment(words)
        while (following := self._following()) < target:
            self._stand(following)
        self._stand(target)

    def _following(self) -> datetime:
        due = Clock.objects.running().filter(remind_at__gt=self.at).order_by("remind_at")
        known = [clock.remind_at + timedelta(seconds=1) for clock in due[:1]]
        today = self.at.astimezone(ZONE)
        looks = [
            datetime.combine(today.date() + timedelta(days=ahead), at, ZONE)
            for ahead in (0, 1)
            for at in _LOOK
        ]
        return min(one for one in (*known, *looks) if one > self.at)

    def _stand(self, at: datetime) -> None:
        self.month.at(f"{at.astimezone(ZONE):%m-%d %H:%M:%S}")
        for periodic in self.tasks:
            tick = periodic.croniter.get_next(start_time=self.at.timestamp())
            if tick <= at.timestamp():
                for _again in range(2):
                    periodic.task(timestamp=int(at.timestamp()))
                self.passes[periodic.task.name] += 1
        self.at = at
        self._write_down(at)

    def _write_down(self, at: datetime) -> None:
        """What was said and done of each case since the last time, by nobody but the portal."""
        when = f"{at.astimezone(ZONE):%m-%d %H:%M}"
        # All of June is one transaction here, which the readers of news would wait for.
        for _again in range(2):
            telling.tell(telling.of_news(News.objects.filter(pk__gt=self._seen[News])))
        for one in News.objects.filter(pk__gt=self._seen[News]).order_by("pk"):
            what = one.data.get("share") or one.data.get("level", "")
            self.told[one.case_id].append(f"{when} {one.kind} {what}".strip())
            self._seen[News] = one.pk
        for event in CaseEvent.objects.filter(pk__gt=self._seen[CaseEvent]).order_by("pk"):
            if event.actor_id is None:
                self.told[event.case_id].append(f"{when} {event.move}")
            self._seen[CaseEvent] = event.pk


def arrived(month: Month, channel: str) -> Case:
    """Brought in, registered or moderated, routed and taken in one minute."""
    case = month.arrive(channel)
    if channel == "reception":
        actions.register_appeal(reloaded(case), actor=month.operator, incoming_number="А-1/26")
    else:
        actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    return reloaded(case)


def answered_with_a_day(month: Month, case: Case, day: str) -> None:
    sent = actions.submit_reply(
        reloaded(case),
        actor=month.executor,
        text=f"Мастер Петров осмотрел двор дома 5 по улице Садовой. Яму засыпят до {day} июня.",
        override="проверено",
        promises=[moment(f"06-{day} 00:00").date()],
    )
    if sent.state == sent.State.REVIEW:
        actions.accept_reply(reloaded(case), actor=month.supervisor)
    month.publish(case)


# From Monday 10:00. Hours are 9-13 and 14-18, the 11th closes at 17:00, the 12th is a holiday.
# What has no moment of its own is found at 00:05, 4:30, 9:05, 13:30, 18:05 or beside a reminder.
JUNE: dict[str, list[str]] = {
    # Eight working hours; then two more; then a day to its end. Answered on the 4th at noon:
    # 96 hours for the author's mark.
    "late": [
        "06-01 15:00 term_warning 50",
        "06-01 17:24 term_warning 80",
        "06-02 10:00 term_due curator",
        "06-02 12:00 escalated head",
        "06-03 18:00 escalated supervisor",
        "06-08 13:30 close_unmarked",
    ],
    # An interim reply at noon: 300 minutes of Monday and seven days to the 10th, 3,660 in all;
    # the promised 10th is told of three days before. Answered on the 9th at 16:00.
    "told": [
        "06-05 10:30 term_warning 50",
        "06-07 00:05 promise_due",
        "06-09 12:48 term_warning 80",
        "06-13 18:05 close_unmarked",
    ],
    # Answered on the 1st with a promise for the 19th: no window closes it before that is kept.
    "promised": [
        "06-16 00:05 promise_due",
        "06-18 13:00 close_unmarked",
    ],
    # A promise for the 17th: back in the queue that morning, broken the day after, and then the
    # eight hours of the 18th with their ladder.
    "broken": [
        "06-14 00:05 promise_due",
        "06-17 09:05 promise_due",
        "06-18 00:00 promise_broken",
        "06-18 13:00 term_warning 50",
        "06-18 16:24 term_warning 80",
        "06-18 18:00 term_due curator",
        "06-19 11:00 escalated head",
        "06-19 18:00 escalated supervisor",
    ],
    # Thirty days end with 1 July, the target of eight, which only warns, with the 9th.
    "platform": [
        "06-05 17:00 term_warning 50",
        "06-08 06:48 term_warning 80",
        "06-16 17:00 term_warning 50",
        "06-25 21:12 term_warning 80",
    ],
    "appeal": [
        "06-16 17:00 term_warning 50",
        "06-25 21:12 term_warning 80",
    ],
    # Eight working days, 4,200 minutes, to the 11th at 17:00; planned on the 8th for the 19th,
    # brought back three days before.
    "planned": [
        "06-05 13:00 term_warning 50",
        "06-16 00:05 promise_due",
        "06-16 00:05 resume_planned",
    ],
    # The same eight days and nobody answers: the ladder goes on behind the holiday.
    "call": [
        "06-05 13:00 term_warning 50",
        "06-10 10:00 term_warning 80",
        "06-11 17:00 term_due curator",
        "06-15 11:00 escalated head",
        "06-15 18:00 escalated supervisor",
    ],
    # Answered on the 4th.
    "inner": [],
    # From the 22nd to 2 July; on the 23rd the 29th is declared a day off.
    "later": [
        "06-23 13:30 recount",
        "06-26 14:30 term_warning 50",
    ],
}


def test_june_by_itself(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    month = Month(monkeypatch)
    work = Clockwork(month)
    work.until("06-01 10:00")
    social = ("late", "told", "promised", "broken")
    cases = {name: arrived(month, "vk") for name in social}
    channels = ("pos", "reception", "portal", "hotline", "internal")
    names = ("platform", "appeal", "planned", "call", "inner")
    cases |= {name: arrived(month, ch) for name, ch in zip(names, channels, strict=True)}
    work.until("06-01 12:00")
    month.reply(cases["told"], kind="interim", promised_on=moment("06-10 00:00").date())
    link = {"url": "https://vk.example/wall1_1"}
    actions.give_interim(reloaded(cases["told"]), actor=month.approver, **link)
    answered_with_a_day(month, cases["promised"], "19")
    answered_with_a_day(month, cases["broken"], "17")
    work.until("06-04 12:00")
    for name in ("late", "inner"):
        month.reply(cases[name])
        month.publish(cases[name])
    work.until("06-08 10:00")
    month.reply(cases["planned"], kind="planned", promised_on=moment("06-19 00:00").date())
    actions.plan(reloaded(cases["planned"]), actor=month.approver)
    work.until("06-09 16:00")
    month.reply(cases["told"])
    month.publish(cases["told"])
    work.until("06-18 11:00")
    kept = reloaded(cases["promised"])
    promise = kept.promises.get().pk
    actions.keep_promise(kept, actor=month.executor, promise=promise, proof="Акт № 5")
    month.reply(cases["planned"])
    month.publish(cases["planned"], url="")
    work.until("06-22 10:00")
    cases["later"] = arrived(month, "hotline")
    assert reloaded(cases["later"]).due_at == moment("07-02 18:00")
    work.until("06-23 12:00")
    holiday(month, "06-29")
    work.until("06-30 23:59")
    assert {name: work.told[case.pk] for name, case in cases.items()} == JUNE
    assert reloaded(cases["later"]).due_at == moment("07-03 18:00")
    states = {name: reloaded(case).status for name, case in cases.items()}
    ended = dict.fromkeys(("late", "told", "promised"), Status.CLOSED)
    replied = dict.fromkeys(("planned", "inner"), Status.ANSWERED)
    assert states == dict.fromkeys(JUNE, Status.IN_WORK) | ended | replied
    # Each step of each term once, nothing late, one notice a person and cause.
    steps = Counter(Reminder.objects.values_list("clock_id", "step_id", "due_at"))
    assert max(steps.values()) == 1
    assert set(Reminder.objects.values_list("state", flat=True)) == {Reminder.State.TOLD}
    told = Counter(Notice.objects.values_list("person_id", "cause"))
    assert max(told.values()) == 1
    news = News.objects.exclude(case=None)
    assert {cause for _person, cause in told} == {f"news:{one.key}" for one in news}
    # The night's passes ran every night, the others whenever it was their time.
    assert work.passes["cases.check_calendars"] == 30
    assert work.passes["cases.remind"] == work.passes["cases.recount"] > 150
    assert CaseEvent.objects.filter(move="recount").count() == 1
