"""The general history of the demo region: what became of each message, back from `now`."""

import hashlib
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from agencies.models import Agency, User
from cases import clocks
from cases.actions.moderation import next_numbers
from cases.bulk import take_ids
from cases.demo import spike, together
from cases.demo.replies import Replies
from cases.demo.rows import Batch
from cases.demo.sampled import judge_drawn
from cases.demo.sources import read_texts
from cases.models import (
    Case,
    CaseEvent,
    Channel,
    Citizen,
    Clock,
    MassEvent,
    Message,
    Reply,
    Review,
    Territory,
    Topic,
)
from cases.routing import Router, load_router
from cases.titles import make_title
from cases.workflow import Status

DAY = timedelta(days=1)
MANY = 300
"""From so many cases on the demo has mass events and repeats of its own."""
_IN_TIME = 0.85
"""Of what would be overdue now, so much was done before its term."""


class Demo:
    """Lays out the cases; one object per load."""

    def __init__(self, *, seed: int, now: datetime) -> None:
        self.dice = random.Random(seed)
        self.punctual = random.Random(seed + 1)
        self.now = now
        self.rules = clocks.Rules()
        self.router: Router = load_router()
        self.topics = {t.code: t for t in Topic.objects.select_related("group")}
        self.places = {t.code: t for t in Territory.objects.all()}
        self.channels = {c.code: c for c in Channel.objects.all()}
        self.agencies = {a.pk: a for a in Agency.objects.select_related("calendar")}
        self.events = list(MassEvent.objects.all())
        self.people = self._people()
        self.staff = {u.username: u for u in User.objects.all()}
        self.batch = Batch()
        self.by_key: dict[str, Case] = {}
        self.citizens: dict[tuple[str, str], Citizen] = {}
        self.replies = Replies(self.batch)

    def _people(self) -> dict[int, dict[str, list[User]]]:
        """Agency -> role -> people who hold it there (for authors of history)."""
        found: dict[int, dict[str, list[User]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                "select g.content_object_id, p.codename, g.user_id"
                " from agencies_agencyuserpermission g join auth_permission p"
                " on p.id = g.permission_id order by g.user_id"
            )
            rows = cursor.fetchall()
        users = User.objects.in_bulk()
        for agency, codename, user in rows:
            roles = found.setdefault(agency, {})
            roles.setdefault(codename.removeprefix("hold_"), []).append(users[user])
        return found

    def person(self, agency: Agency, *roles: str) -> User:
        """Somebody of the agency or its superiors who holds one of the roles."""
        node: Agency | None = agency
        while node is not None:
            for role in roles:
                if people := self.people.get(node.pk, {}).get(role):
                    return self.dice.choice(people)
            node = self.agencies.get(node.parent_id) if node.parent_id else None
        return self.staff["coordinator"]

    def first_person(self, agency: Agency, role: str) -> User:
        """The first of the agency or its superiors who holds the role: no dice."""
        node: Agency | None = agency
        while node is not None:
            if people := self.people.get(node.pk, {}).get(role):
                return people[0]
            node = self.agencies.get(node.parent_id) if node.parent_id else None
        return self.staff["coordinator"]

    def build(self, count: int) -> Batch:
        texts = read_texts()
        if not texts:
            raise LookupError("cases/demo/texts holds no texts")
        last = max(datetime.fromisoformat(row["posted"]) for row in texts)
        shift = timezone.make_naive(self.now) - last - timedelta(minutes=40)
        numbered = [self._row(texts, at, shift) for at in range(count)]
        numbered.sort(key=lambda item: item[1])
        numbers = [""] * count
        made = {f"{when:%y}": 0 for _row, when, _round in numbered}
        fresh = next_numbers(count, self.now)
        for at, (_row, when, _round) in enumerate(numbered):
            made[f"{when:%y}"] += 1
            numbers[at] = f"{when:%y}-{fresh[at].split('-')[1]}"
        case_ids = take_ids(Case, count)
        message_ids = take_ids(Message, count)
        for at, (row, when, round_) in enumerate(numbered):
            self._case(row, when, round_, numbers[at], case_ids[at], message_ids[at])
        if count >= MANY:
            self._belonging_together()
        return self.batch

    def _belonging_together(self) -> None:
        """After all others, so that these are the same with or without them."""
        planted = [*together.rows(self.now, self.places), *spike.rows(self.now, self.places)]
        found = sorted(planted, key=lambda item: item[1])
        numbers = next_numbers(len(found), self.now)
        cases, messages = take_ids(Case, len(found)), take_ids(Message, len(found))
        for at, (row, when) in enumerate(found):
            self._case(row, when, 0, numbers[at], cases[at], messages[at])

    def _row(
        self, texts: list[dict[str, Any]], at: int, shift: timedelta
    ) -> tuple[dict[str, Any], datetime, int]:
        row, round_ = texts[at % len(texts)], at // len(texts)
        posted = datetime.fromisoformat(row["posted"]) + shift
        if round_:
            # Half of the further cases are of these days: the queues must look alive.
            back = (
                self.dice.uniform(0, 5) if self.dice.random() < 0.5 else self.dice.uniform(5, 200)
            )
            posted = timezone.make_naive(self.now) - timedelta(days=back, minutes=30)
        return row, timezone.make_aware(posted), round_

    def _citizen(self, row: dict[str, Any], round_: int, channel: Channel) -> Citizen:
        name = row["author"].get("name") or ""
        key = row.get("same_author") or row.get("repeat_of") or row["key"]
        handle = f"{channel.code}-{key}-{round_}"
        known = self.citizens.get((channel.code, handle))
        if known is None:
            digest = int(hashlib.sha256(handle.encode()).hexdigest(), 16)
            known = Citizen(
                channel=channel,
                handle=handle,
                name=name,
                kind=row["author"].get("kind", "person"),
                phone=f"8 900 000-{digest % 90 + 10}-{digest // 90 % 90 + 10}"
                if channel.code in ("hotline", "pos")
                else "",
                address="",
                profile_url="",
            )
            self.citizens[channel.code, handle] = known
            self.batch.citizens.append(known)
        return known

    def _case(
        self,
        row: dict[str, Any],
        when: datetime,
        round_: int,
        number: str,
        pk: int,
        message_pk: int,
    ) -> None:
        topic = self.topics[row["topic"]]
        places = list(self.places.values())
        territory = self.places[row["territory"]] if not round_ else self.dice.choice(places)
        channel = self.channels[row["channel"]]
        citizen = self._citizen(row, round_, channel)
        place = ", ".join(
            str(part)
            for part in (
                row.get("settlement") if not round_ else territory.name,
                row.get("street"),
                row.get("house"),
            )
            if part
        )
        registered = when + timedelta(minutes=self.dice.randint(2, 12))
        case = Case(
            pk=pk,
            number=number,
            regime=channel.regime,
            kind=topic.kind,
            status=Status.MODERATION,
            title=row.get("title") or make_title(row["text"], row["author"].get("name") or ""),
            channel=channel,
            topic=topic,
            territory=territory,
            place=place[:300],
            severity=topic.severity,
            received_at=when,
            registered_at=registered,
            audience=self.dice.choice([0, 40, 120, 800, 4500]),
            event=next(
                (e for e in self.events if row.get("event") and e.code.startswith(row["event"])),
                None,
            ),
        )
        case.citizen = citizen
        earlier = self.by_key.get(row.get("repeat_of", ""))
        if earlier is not None and not round_:
            case.repeat_of_id = earlier.pk
        if not round_:
            self.by_key[row["key"]] = case
        message = Message(
            pk=message_pk,
            case_id=pk,
            channel=channel,
            external_id=f"demo-{row['key']}-{round_}",
            text=row["text"],
            posted_at=when,
            received_at=registered,
            fingerprint=hashlib.sha256(f"{row['key']}{round_}".encode()).hexdigest(),
        )
        message.author = citizen
        self.batch.cases.append(case)
        self.batch.texts.append(row["text"])
        self.batch.messages.append(message)
        operator = self.staff["operator"]
        self._event(case, registered, None, "register", "", Status.RECEIVED)
        self._event(case, registered, None, "start_moderation", Status.RECEIVED, Status.MODERATION)
        self._live(case, row, when, registered, operator, round_)
        if (round_ or not row.get("replies")) and self.punctual.random() < _IN_TIME:
            self._catch_up(case)

    def _may_wait(self, due: datetime) -> bool:
        """Whether a case may still wait for somebody: most do so within their terms only."""
        return due > self.now or self.punctual.random() > _IN_TIME

    def _event(
        self,
        case: Case,
        at: datetime,
        actor: User | None,
        move: str,
        before: str,
        after: str,
        **data: Any,
    ) -> None:
        self.batch.events.append(
            CaseEvent(
                case_id=case.pk,
                at=at,
                actor=actor,
                move=move,
                before=before,
                after=after,
                data=data,
            )
        )

    def _live(
        self,
        case: Case,
        row: dict[str, Any],
        when: datetime,
        registered: datetime,
        operator: User,
        round_: int,
    ) -> None:
        """Take the case as far as its age allows."""
        age = self.now - when
        dice = self.dice.random()
        fresh = age < timedelta(hours=2) or (age < timedelta(hours=7) and dice < 0.3)
        sorted_by = registered + timedelta(hours=1)
        if fresh and self._may_wait(sorted_by):
            case.due_at = sorted_by
            return
        if age > 5 * DAY and dice < 0.04:
            case.status, case.closed_at = Status.REJECTED, registered + timedelta(minutes=20)
            self._event(
                case, case.closed_at, operator, "reject", Status.MODERATION, Status.REJECTED,
                reason="no-question", note="",
            )  # fmt: skip
            return
        rule = self.router.pick(
            topic_id=case.topic_id,
            group_id=case.topic.group_id if case.topic else None,
            territory_id=case.territory_id,
            on=when.date(),
        )
        if rule is None:
            return
        agency = self.agencies[rule.agency_id]
        routed = self._work_moment(registered + timedelta(minutes=self.dice.randint(10, 90)))
        case.agency, case.status, case.assigned_at = agency, Status.ROUTED, routed
        due = self._clock(case, agency, routed)
        self._event(
            case, routed, operator, "route", Status.MODERATION, Status.ROUTED,
            agency=agency.pk, agency_name=str(agency), due_at=due.isoformat(), rule=rule.pk,
        )  # fmt: skip
        if age < 2 * DAY and dice < 0.45:
            return
        author = self.person(agency, "executor", "curator")
        taken = routed + timedelta(minutes=self.dice.randint(5, 60))
        if taken > self.now - timedelta(minutes=5):
            return
        case.executor = author
        case.status = Status.IN_WORK
        self._event(case, taken, author, "take", Status.ROUTED, Status.IN_WORK, executor=author.pk)
        if age < 8 * DAY and dice > 0.93 and round_ and self._may_wait(due):
            case.status = Status.REDIRECT_ASKED
            self._event(
                case, taken, author, "dispute_competence", Status.IN_WORK, Status.REDIRECT_ASKED,
                reason="other-powers", note="Объект на балансе другого ведомства",
            )  # fmt: skip
            return
        if age < 3 * DAY and dice < 0.6:
            return
        self._answer(case, row, agency, author, taken, due, age, round_)

    def _catch_up(self, case: Case) -> None:
        """What would be overdue was answered in time: most people keep their terms."""
        waits = case.status in (Status.ROUTED, Status.IN_WORK)
        if not waits or case.agency is None or case.due_at is None or case.due_at > self.now:
            return
        assert case.assigned_at is not None
        at = max(case.due_at - timedelta(minutes=25), case.assigned_at + timedelta(minutes=6))
        if case.executor_id is None:
            case.executor = author = self.first_person(case.agency, "executor")
            taken = case.assigned_at + timedelta(minutes=5)
            self._event(
                case, taken, author, "take", Status.ROUTED, Status.IN_WORK, executor=author.pk
            )
        self._finish(case, at, case.agency, "Закрыто по данным прежней системы")

    def _work_moment(self, at: datetime) -> datetime:
        """The operator works from 8 to 20 local."""
        local = timezone.localtime(at)
        if local.hour >= 20:
            local = (local + DAY).replace(hour=8, minute=self.dice.randint(0, 59))
        elif local.hour < 8:
            local = local.replace(hour=8, minute=self.dice.randint(0, 59))
        return min(local, self.now - timedelta(minutes=5))

    def _clock(self, case: Case, agency: Agency, routed: datetime) -> datetime:
        start = routed if case.regime == "social" else case.registered_at
        rule = self.rules.pick(clocks.REPLY_RULES[case.regime], severity=case.severity, at=start)
        assert rule is not None
        due = self._due(rule, start, agency)
        self.batch.clocks.append(
            Clock(
                case_id=case.pk,
                kind=clocks.main_kind(case.regime),
                rule=rule,
                code=rule.code,
                started_at=start,
                due_at=due.moment,
                agency=agency,
                explanation=due.as_json(),
            )
        )
        case.due_at = due.moment
        return due.moment

    def _due(self, rule: Any, start: datetime, agency: Agency) -> Any:
        return clocks.due_of(rule, start, agency, stamp=self.stamp)

    stamp: tuple[object, ...] = ()

    def _replies(self, row: dict[str, Any], round_: int, *, recent: bool) -> list[dict[str, Any]]:
        """The first case of a text has its replies; a few later ones got the same brush-off."""
        replies = list(row.get("replies", []))
        if not round_:
            return replies
        weak = [item for item in replies if item["quality"] == "brush_off"]
        return weak[:1] if recent and self.dice.random() < 0.35 else []

    def _answer(
        self,
        case: Case,
        row: dict[str, Any],
        agency: Agency,
        author: User,
        taken: datetime,
        due: datetime,
        age: timedelta,
        round_: int,
    ) -> None:
        recent = age < 6 * DAY
        replies = self._replies(row, round_, recent=recent)
        if not replies:
            if not recent or (age > 1.5 * DAY and self.dice.random() < 0.8):
                self._finish(
                    case, taken + timedelta(hours=3), agency, "Закрыто по данным прежней системы"
                )
            return
        late = self.dice.random() < 0.08
        at = (
            taken + (due - taken) * self.dice.uniform(0.2, 0.85)
            if due > taken
            else taken + DAY / 12
        )
        if late:
            at = due + timedelta(hours=self.dice.uniform(1, 30))
        approver = self.person(agency, "approver")
        supervisor = self.staff["supervisor"]
        for version, item in enumerate(replies, start=1):
            if at > self.now - timedelta(minutes=20):
                return
            reply = self.replies.add(case, item, agency, author, version, at)
            flagged = reply.flagged
            before = Status.REWORK if version > 1 else Status.IN_WORK
            case.status = Status.REVIEW if flagged else Status.APPROVAL
            self._event(
                case, at, author, "submit_reply", before, case.status,
                reply=reply.pk, version=version, risk=reply.risk, flagged=flagged,
            )  # fmt: skip
            last = version == len(replies)
            waits = recent and self.dice.random() < (0.6 if last else 0.4)
            if waits and (flagged or self._may_wait(due)):
                return  # waits for the supervisor or the approver today
            judged = at + timedelta(minutes=self.dice.randint(10, 120))
            if judged > self.now - timedelta(minutes=20):
                return
            if flagged and not last:
                reply.state = Reply.State.RETURNED
                brush_off = item.get("quality") == "brush_off"
                self._review(
                    case, reply, supervisor, judged, "brush_off" if brush_off else "remarks"
                )
                case.status, case.returns = Status.REWORK, case.returns + 1
                _without_reply(case)
                at = judged + timedelta(hours=self.dice.uniform(0.5, 3))
                continue
            if flagged:
                reply.state = Reply.State.ACCEPTED
                self._review(case, reply, supervisor, judged, "remarks")
                case.status = Status.APPROVAL
            if not last:
                reply.state = Reply.State.RETURNED
                case.status = Status.IN_WORK
                _without_reply(case)
                self._event(
                    case, judged, approver, "return_to_author", Status.APPROVAL, Status.IN_WORK,
                    reply=reply.pk, remark="Добавьте срок и ответственного",
                )  # fmt: skip
                at = judged + timedelta(hours=self.dice.uniform(0.5, 3))
                continue
            self._publish(case, reply, approver, judged + timedelta(minutes=15))
            if not flagged:
                empty = item.get("quality") == "brush_off"
                judge_drawn(self.batch, case, reply, supervisor, empty=empty, now=self.now)
        if age > 6 * DAY and case.status == Status.ANSWERED:
            assert case.answered_at is not None
            self._close(case, case.answered_at + timedelta(hours=96))

    def _review(self, case: Case, reply: Reply, who: User, at: datetime, verdict: str) -> None:
        returned = reply.state == Reply.State.RETURNED
        codes = {f.code for f in self.batch.findings if f.reply_id == reply.pk}
        grounds = (["no-date"] if "Q12" in codes else []) + (
            ["question-missed"] if "Q15" in codes else []
        )
        grounds = grounds or (["formal"] if returned else [])
        self.batch.reviews.append(
            Review(
                reply=reply,
                reviewer=who,
                verdict=verdict,
                grounds=grounds,
                returned=returned,
                remark="Назовите, что и когда будет сделано, и кто отвечает." if returned else "",
                created_at=at,
            )  # fmt: skip
        )
        move = "return_for_rework" if returned else "accept_reply"
        after = Status.REWORK if returned else Status.APPROVAL
        self._event(
            case, at, who, move, Status.REVIEW, after,
            reply=reply.pk, verdict=verdict, grounds=grounds,
        )  # fmt: skip

    def _publish(self, case: Case, reply: Reply, who: User, at: datetime) -> None:
        at = min(at, self.now - timedelta(minutes=3))
        reply.state, reply.published_at, reply.published_by = Reply.State.PUBLISHED, at, who
        if case.channel.is_public:
            reply.published_url = f"https://social.example.org/{case.channel.code}/{case.pk}"
        case.status, case.answered_at = Status.ANSWERED, at
        self._stop(case, at)
        self._event(
            case, at, who, "publish", Status.APPROVAL, Status.ANSWERED,
            reply=reply.pk, url=reply.published_url, published_at=at.isoformat(), first=True,
        )  # fmt: skip

    def _stop(self, case: Case, at: datetime) -> None:
        case.due_at = None
        clock = self.batch.clocks[-1]
        if clock.case_id == case.pk:
            clock.stopped_at = at

    def _close(self, case: Case, at: datetime) -> None:
        if at > self.now:
            return
        case.status, case.closed_at, case.close_reason = Status.CLOSED, at, "no-answer"
        self._event(
            case, at, self.staff["coordinator"], "close", Status.ANSWERED, Status.CLOSED,
            reason="no-answer", note="",
        )  # fmt: skip

    def _finish(self, case: Case, at: datetime, agency: Agency, note: str) -> None:
        """History without its reply: answered in the system used before."""
        case.answered_at, case.status = at, Status.ANSWERED
        self._stop(case, at)
        self._event(case, at, None, "imported", Status.IN_WORK, Status.ANSWERED, note=note)
        self._close(case, at + timedelta(hours=96))


def _without_reply(case: Case) -> None:
    """What an action leaves on the card when the only reply is taken back."""
    case.risk, case.flagged, case.outcome, case.submitted_at = None, False, "", None
