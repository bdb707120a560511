# ruff: noqa: SIM905
"""Many cases for measurements: `bench_load --cases N --seed S` writes them here.

A chunk is one transaction of CHUNK cases that lie next to each other in time; its dice come
from seed and chunk number, so an interrupted load goes on where it stopped and gives the same
rows with any number of processes. Big loads drop secondary indexes and foreign keys and make
them again at the end (their definitions wait in the table bench_dropped).
"""

import hashlib
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency, AgencyUserPermission, User, WorkingCalendar
from agencies.roles import Role
from bench.words import vocabulary
from cases import clocks, reference_data
from cases.bulk import copy_cases, copy_in, take_ids
from cases.calendar import calendar_stamp
from cases.models import (
    Case,
    CaseEvent,
    Channel,
    Citizen,
    Clock,
    Finding,
    MassEvent,
    Message,
    Reply,
    ReplyPrint,
    RoutingRule,
    Territory,
    Topic,
    TopicGroup,
)
from cases.workflow import BEFORE_AGENCY, OPEN, Status

CHUNK = 2000
AGENCIES, PEOPLE, TERRITORIES = 200, 5000, 30
PASSWORD = "bench-region-2026"
BIG = 100_000  # from here on indexes are dropped first
SPAN = timedelta(days=600)
NEAR_COPIES = 0.06
_TABLES = (
    "cases_case cases_message cases_clock cases_reply cases_finding cases_replyprint"
    " cases_replykey cases_caseevent cases_citizen"
).split()
_DROP = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid),
       format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
       format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
from pg_constraint
where conrelid::regclass::text = any(%s)
  and (contype = 'f' or conname = 'cases_replykey_pkey')
union all
select i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),
       format('drop index %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid::regclass::text = any(%s)
  and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
  and i.indexrelid::regclass::text <> 'message_one_current'
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chunk must know; the same in every writing process."""

    cases: int
    seed: int
    indexed: float
    now: datetime


def _role(user: User, agency: Agency, role: str, permissions: dict[str, Permission]) -> Any:
    return AgencyUserPermission(
        user=user, content_object=agency, permission=permissions[f"hold_{role}"]
    )


def lay_ground() -> None:
    """Reference data, agencies, people, routing: once for a database."""
    if Agency.objects.filter(code="bench-region").exists():
        return
    with transaction.atomic():
        reference_data.load_all()
        work = [["09:00", "13:00"], ["14:00", "18:00"]]
        calendar = WorkingCalendar.objects.create(
            code="bench", name="Пятидневка", week=[work] * 5 + [[], []]
        )
        Territory.objects.bulk_create(
            Territory(code=f"bench-{n}", name=f"Район {n}", population=1000 * n)
            for n in range(1, TERRITORIES + 1)
        )
        _agencies(calendar)
        _people()
        _routing()
        MassEvent.objects.bulk_create(
            MassEvent(
                code=f"bench-{n}", title=f"Событие {n}", approved_text="", starts_on="2026-01-01"
            )
            for n in range(5)
        )


def _agencies(calendar: WorkingCalendar) -> None:
    region = Agency.objects.create(
        code="bench-region", name="Область", short_name="Область", kind="region", calendar=calendar
    )
    heads = [
        Agency.objects.create(
            code=f"bench-m{n}",
            name=f"Министерство {n}",
            short_name=f"Мин {n}",
            kind="ministry",
            parent=region,
            calendar=calendar,
        )
        for n in range(1, 20)
    ]
    Agency.objects.bulk_create(
        Agency(
            code=f"bench-i{n}",
            name=f"Учреждение {n}",
            short_name=f"Учр. {n}",
            kind="institution",
            parent=heads[n % len(heads)],
            calendar=calendar,
            publish_own=n % 2 == 0,
        )
        for n in range(AGENCIES - 20)
    )


def _people() -> None:
    """One password hash for all: nobody waits for five thousand."""
    hashed = make_password(PASSWORD)
    agencies = list(Agency.objects.filter(code__startswith="bench-").order_by("pk"))
    region, working = agencies[0], agencies[1:]
    special = [role.value for role in Role]
    people = [
        User(
            username=f"bench-{role}",
            last_name=role,
            first_name="Анна",
            password=hashed,
            agency=working[5] if role in _AT_AGENCY else region,
        )
        for role in special
    ]
    people += [
        User(
            username=f"bench-{n}",
            last_name=f"Сотрудник{n}",
            first_name="Пётр",
            password=hashed,
            agency=working[n % len(working)],
        )
        for n in range(PEOPLE - len(people))
    ]
    User.objects.bulk_create(people)
    permissions = {
        p.codename: p for p in Permission.objects.filter(content_type__app_label="agencies")
    }
    rows = []
    for role, user in zip(special, people, strict=False):
        rows.append(_role(user, user.agency, role, permissions))
    for at, user in enumerate(people[len(special) :]):
        role = "approver" if at % 10 == 0 else "curator" if at % 10 == 1 else "executor"
        rows.append(_role(user, user.agency, role, permissions))
    AgencyUserPermission.objects.bulk_create(rows)


_AT_AGENCY = {"executor", "approver", "co_executor", "curator"}


def _routing() -> None:
    agencies = list(Agency.objects.filter(code__startswith="bench-i").order_by("pk"))
    places = list(Territory.objects.order_by("pk")[:5])
    RoutingRule.objects.bulk_create(
        RoutingRule(group=group, territory=place, agency=agencies[(7 * at + n) % len(agencies)])
        for at, group in enumerate(TopicGroup.objects.order_by("pk"))
        for n, place in enumerate([None, *places])
    )


class Writer:
    """Makes and writes chunks; one object for each process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.words = vocabulary()
        self.rules = clocks.Rules()
        self.stamp = calendar_stamp()
        self.topics = list(Topic.objects.order_by("pk"))
        self.places = list(Territory.objects.order_by("pk"))
        self.channels = list(Channel.objects.order_by("pk"))
        self.events = list(MassEvent.objects.order_by("pk"))
        self.agencies = list(
            Agency.objects.select_related("calendar")
            .filter(code__startswith="bench-")
            .exclude(kind="region")
            .order_by("pk")
        )
        self.people: dict[int, list[int]] = {}
        for pk, agency in User.objects.order_by("pk").values_list("pk", "agency_id"):
            self.people.setdefault(agency, []).append(pk)
        self.operator = User.objects.get(username="bench-operator").pk
        self.head = User.objects.get(username="bench-head_office").pk
        self._dues: dict[tuple[Any, ...], Any] = {}

    def chunk(self, number: int) -> int:
        """Write one chunk unless it is there; the number of new cases."""
        size = min(CHUNK, self.plan.cases - number * CHUNK)
        first = f"bench-{self.plan.seed}-{number}-0"
        with transaction.atomic():
            if Message.objects.filter(channel=self.channels[0], external_id=first).exists():
                return 0
            rows = self._rows(number, size)
            copy_in(Citizen, rows["citizens"])
            copy_cases(rows["cases"], rows["texts"])
            for name, model in _ORDER:
                copy_in(model, rows[name])
            _copy_keys(rows["keys"])
        return size

    def _rows(self, number: int, size: int) -> dict[str, list[Any]]:
        dice = random.Random(f"{self.plan.seed}/{number}")
        rows: dict[str, list[Any]] = {name: [] for name in ("citizens", "cases", "texts", "keys")}
        rows |= {name: [] for name, _model in _ORDER}
        citizens = take_ids(Citizen, max(1, size * 2 // 5))
        names = ("Марина Котова", "Олег Сомов", "Ирина", "", "Пётр Лапин")
        for at, pk in enumerate(citizens):
            rows["citizens"].append(
                Citizen(
                    pk=pk,
                    channel=self.channels[at % len(self.channels)],
                    handle=f"bench-{self.plan.seed}-{number}-{at}",
                    name=dice.choice(names),
                )
            )
        ids, letters = take_ids(Case, size), take_ids(Message, size)
        replies = iter(take_ids(Reply, size))
        with connection.cursor() as cursor:
            cursor.execute(
                "select nextval('cases_case_number') from generate_series(1, %s)", [size]
            )
            numbers = sorted(row[0] for row in cursor.fetchall())
        total = max(1, self.plan.cases)
        for at in range(size):
            position = (number * CHUNK + at) / total
            received = self.plan.now - SPAN * (1 - position) - timedelta(minutes=5)
            case = self._case(dice, ids[at], numbers[at], received, citizens, position)
            if dice.random() < 0.03 and at:
                case.repeat_of_id = ids[dice.randrange(at)]
            text = self.words.message(dice)
            rows["cases"].append(case)
            rows["texts"].append(text)
            channel = self.channels[0] if at == 0 else case.channel
            rows["messages"].append(
                Message(
                    pk=letters[at],
                    case_id=case.pk,
                    channel=channel,
                    external_id=f"bench-{self.plan.seed}-{number}-{at}",
                    author_id=case.citizen_id,
                    text=text,
                    posted_at=received,
                    received_at=received,
                    fingerprint=hashlib.sha256(text.encode()).hexdigest(),
                )
            )
            self._history(dice, case, rows, replies)
        for name, model in _ORDER:
            if name in ("clocks", "findings", "log") and rows[name]:
                fresh = take_ids(model, len(rows[name]))
                for row, pk in zip(rows[name], fresh, strict=True):
                    row.pk = pk
        return rows

    def _case(
        self,
        dice: random.Random,
        pk: int,
        number: int,
        received: datetime,
        citizens: list[int],
        position: float,
    ) -> Case:
        topic = dice.choice(self.topics)
        channel = dice.choice(self.channels)
        case = Case(
            pk=pk,
            number=f"{received:%y}-{number:06d}",
            regime=channel.regime,
            kind=topic.kind,
            status=self._status(dice, position),
            title=self.words.title(dice),
            channel=channel,
            citizen_id=dice.choice(citizens),
            topic=topic,
            territory=dice.choice(self.places),
            place=self.words.place(dice),
            severity=topic.severity,
            received_at=received,
            registered_at=received + timedelta(minutes=3),
            audience=dice.choice((0, 40, 120, 800)),
        )
        if dice.random() < 0.01:
            case.event = dice.choice(self.events)
        return case

    def _status(self, dice: random.Random, position: float) -> str:
        if dice.random() < (0.9 if position > 0.96 else 0.046):
            states = _WAITING if position > 0.96 else _WAITING[:-2]
            return dice.choices(
                [state for state, _weight in states], [weight for _state, weight in states]
            )[0]
        if position > 0.93:
            return Status.ANSWERED
        return Status.REJECTED if dice.random() < 0.03 else Status.CLOSED

    def _history(
        self, dice: random.Random, case: Case, rows: dict[str, list[Any]], replies: Any
    ) -> None:
        log: Callable[..., None] = lambda at, actor, move, before, after: rows["log"].append(  # noqa: E731
            CaseEvent(case_id=case.pk, at=at, actor_id=actor, move=move, before=before, after=after)
        )
        at = case.registered_at
        log(at, None, "register", "", Status.RECEIVED)
        log(at, None, "start_moderation", Status.RECEIVED, Status.MODERATION)
        is_open = case.status in OPEN
        if case.status in BEFORE_AGENCY:
            if is_open:
                case.due_at = self.plan.now + timedelta(minutes=dice.randint(-600, 600))
            else:
                case.closed_at = at + timedelta(minutes=30)
                log(case.closed_at, self.operator, "reject", Status.MODERATION, case.status)
            return
        agency = self.agencies[int(len(self.agencies) * dice.random() ** 1.3)]
        case.agency = agency
        case.assigned_at = at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        log(at, self.operator, "route", Status.MODERATION, Status.ROUTED)
        clock = self._clock(case, agency)
        rows["clocks"].append(clock)
        case.due_at = clock.due_at
        if case.status == Status.ROUTED:
            self._open(dice, case)
            return
        case.executor_id = dice.choice(self.people[agency.pk])
        at += timedelta(minutes=dice.randint(5, 100))
        log(at, case.executor_id, "take", Status.ROUTED, Status.IN_WORK)
        answered = not is_open and dice.random() < 0.93
        if answered or case.status in _WITH_REPLY:
            at += timedelta(minutes=dice.randint(30, 400))
            self._reply(dice, case, agency, at, rows, next(replies))
            log(at, case.executor_id, "submit_reply", Status.IN_WORK, Status.APPROVAL)
        if is_open:
            self._open(dice, case)
            return
        case.answered_at = at = at + timedelta(minutes=40)
        case.due_at, clock.stopped_at = None, at
        log(at, case.executor_id, "publish", Status.APPROVAL, Status.ANSWERED)
        if case.status == Status.CLOSED:
            case.closed_at = at + timedelta(hours=96)
            case.close_reason = "no-answer"
            log(case.closed_at, None, "close", Status.ANSWERED, Status.CLOSED)

    def _open(self, dice: random.Random, case: Case) -> None:
        case.due_at = self.plan.now + timedelta(minutes=dice.randint(-1440, 14400))
        if dice.random() < 0.005:
            case.controlled_by_id = self.head
            case.controlled_until = (self.plan.now + timedelta(days=7)).date()

    def _clock(self, case: Case, agency: Agency) -> Clock:
        start = case.assigned_at
        assert start is not None
        codes = clocks.REPLY_RULES[case.regime]
        key = (codes, case.severity, agency.calendar_id, agency.time_zone, start)
        if key not in self._dues:
            rule = self.rules.pick(codes, severity=case.severity, at=start)
            assert rule is not None
            due = clocks.due_of(rule, start, agency, stamp=self.stamp)
            if len(self._dues) > 20_000:
                self._dues.clear()
            self._dues[key] = (rule, due.moment, due.as_json())
        rule, moment, explanation = self._dues[key]
        return Clock(
            case_id=case.pk,
            kind=Clock.Kind.REPLY,
            rule=rule,
            code=rule.code,
            started_at=start,
            due_at=moment,
            explanation=explanation,
        )

    def _reply(
        self,
        dice: random.Random,
        case: Case,
        agency: Agency,
        at: datetime,
        rows: dict[str, list[Any]],
        pk: int,
    ) -> None:
        from quality.prints import make_print  # noqa: PLC0415  numpy only where it is needed

        copied = rows["replies"] and dice.random() < NEAR_COPIES
        text = (
            self.words.near_copy(dice, dice.choice(rows["replies"]).text)
            if copied
            else self.words.reply(dice)
        )
        flagged = case.status == Status.REVIEW or bool(copied and dice.random() < 0.5)
        risk = dice.uniform(0.6, 1) if flagged else dice.uniform(0, 0.55)
        published = case.status not in _WITH_REPLY
        reply = Reply(
            pk=pk,
            case_id=case.pk,
            agency=agency,
            author_id=case.executor_id,
            state=Reply.State.PUBLISHED if published else _WITH_REPLY[Status(case.status)],
            outcome=dice.choice(("solved", "explained", "postponed")),
            text=text,
            submitted_at=at,
            published_at=at + timedelta(minutes=40) if published else None,
            published_by_id=case.executor_id if published else None,
            risk=risk,
            flagged=flagged,
            similarity=0.0,
            assessment={"questions": [], "reuse": None, "personal_share": 1},
            rules_version="bench",
        )
        if reply.state != Reply.State.RETURNED:
            case.risk, case.flagged, case.outcome = risk, flagged, reply.outcome
            case.submitted_at = at
        rows["replies"].append(reply)
        rows["findings"].append(
            Finding(
                reply_id=pk, code=dice.choice(("Q12", "Q13", "Q14")), severity="warn", weight=0.2
            )
        )
        if dice.random() >= self.plan.indexed:
            return
        made = make_print(text)
        rows["prints"].append(ReplyPrint(reply=reply, mask_hash=made.mask_hash, stems=made.stems))
        rows["keys"] += [(key, pk) for key in made.keys]


def _copy_keys(keys: list[tuple[int, int]]) -> None:
    """Forty a reply: too many for an object each."""
    with (
        connection.cursor() as cursor,
        cursor.copy("copy cases_replykey (h, reply_id) from stdin") as copy,
    ):
        for key in keys:
            copy.write_row(key)


_ORDER: tuple[tuple[str, Any], ...] = (
    ("messages", Message),
    ("clocks", Clock),
    ("replies", Reply),
    ("findings", Finding),
    ("prints", ReplyPrint),
    ("log", CaseEvent),
)
_WITH_REPLY = {
    Status.APPROVAL: Reply.State.APPROVAL,
    Status.REVIEW: Reply.State.REVIEW,
    Status.REWORK: Reply.State.RETURNED,
}
_WAITING = [
    (Status.ROUTED, 25),
    (Status.IN_WORK, 37),
    (Status.REWORK, 6),
    (Status.REVIEW, 8),
    (Status.APPROVAL, 10),
    (Status.REDIRECT_ASKED, 4),
    (Status.RECEIVED, 3),
    (Status.MODERATION, 7),
]


def drop_indexes() -> None:
    """Set the big tables' secondary indexes and foreign keys aside; remembers each."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("create table if not exists bench_dropped (at serial, remake text)")
        cursor.execute(_DROP, [_TABLES, _TABLES])
        for _table, _name, _definition, drop, remake in cursor.fetchall():
            cursor.execute("insert into bench_dropped (remake) values (%s)", [remake])
            cursor.execute(drop)


def remake_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('bench_dropped') is not null")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("set maintenance_work_mem = '512MB'")
        # Indexes before foreign keys: their check reads both sides.
        cursor.execute(
            "select at, remake from bench_dropped order by remake like '%FOREIGN KEY%', at"
        )
        for at, remake in cursor.fetchall():
            with transaction.atomic():
                cursor.execute(remake)
                cursor.execute("delete from bench_dropped where at = %s", [at])
        cursor.execute("drop table bench_dropped")


def load(*, cases: int, seed: int, indexed: float, jobs: int, say: Callable[[str], None]) -> int:
    """Bring the database to `cases` generated cases; returns how many were new."""
    from bench import work  # noqa: PLC0415  imports this module

    began = timezone.now()
    lay_ground()
    vocabulary()  # built once, read by every process
    now = began.replace(minute=0, second=0, microsecond=0)
    first = Message.objects.filter(external_id=f"bench-{seed}-0-0").order_by().first()
    if first is not None:  # a load that goes on keeps its time line
        now = first.posted_at + SPAN + timedelta(minutes=5)
    chunks = range((cases + CHUNK - 1) // CHUNK)
    if cases >= BIG:
        drop_indexes()
    connection.close()
    made = 0
    with ProcessPoolExecutor(
        jobs,
        mp_context=get_context("spawn"),
        initializer=work.start,
        initargs=(cases, seed, indexed, now),
    ) as pool:
        waiting = [pool.submit(work.write, number) for number in chunks]
        for done, future in enumerate(as_completed(waiting), start=1):
            made += future.result()
            if done % 25 == 0 or done == len(waiting):
                seconds = (timezone.now() - began).total_seconds()
                say(f"{made} cases, {seconds:.0f} s")
    remake_indexes()
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    say(f"indexes and statistics: {(timezone.now() - began).total_seconds():.0f} s")
    return made
