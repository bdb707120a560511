"""The measured requests: what is asked, as whom, what it may cost, how it is undone."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from agencies.models import Agency, AgencyUserPermission, User
from cases import tabs
from cases.models import (
    Assignment,
    Case,
    CaseEvent,
    Channel,
    Clock,
    Draft,
    Reply,
    Territory,
    Topic,
)
from cases.workflow import Status
from reports import keeping, snapshots
from reports.definitions import PERIODS
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import region_today

Asked = tuple[str, Any]  # path and form; a form makes it a POST, bytes are JSON
WRITTEN = 24  # cases a writing row uses in turn; put back after each round


def _nothing() -> None: ...


@dataclass(slots=True)
class Ask:
    """One measured row. `before` is asked outside the measurement (path, form) -> (path, form)."""

    title: str
    user: str
    asks: Iterator[Asked]
    aim: float | None = None
    most_queries: int | None = None
    count: int = 20  # requests in a round
    json: bool = False
    expect: tuple[int, ...] = (200,)
    before: Callable[[Asked], Asked] | None = None
    undo: Callable[[], None] = field(default=_nothing)
    slowest: float | None = None  # p95 of the whole request, ms


def prepare() -> None:
    """An official whose right reaches every agency: the widest queue there is; and a centre.

    Notes of counts are added up and facts follow the cases, as the worker does: without facts
    the pages of figures are empty (the first time they are built, minutes for a million cases).
    """
    tabs.fold()
    keeping.catch_up()
    region = Agency.objects.get(code="bench-region")
    Agency.objects.get_or_create(
        code="bench-centre",
        defaults={
            "name": "Центр управления регионом",
            "short_name": "ЦУР",
            "kind": Agency.Kind.CENTRE,
            "parent": region,
            "calendar": region.calendar,
        },
    )
    user, created = User.objects.get_or_create(
        username="bench-wide", defaults={"last_name": "Всеволодов", "first_name": "Олег"}
    )
    if created:
        for role in ("executor", "curator", "coordinator", "import_service"):
            AgencyUserPermission.objects.create(
                user=user,
                content_object=region,
                permission=Permission.objects.get(
                    codename=f"hold_{role}", content_type__app_label="agencies"
                ),
            )


def _words() -> tuple[str, str]:
    """A word in one to twenty cases, and one in every tenth or more."""
    dice = random.Random(3)
    seen: list[str] = []
    # The oldest: what was imported for a measurement since has few words of its own.
    for text in Case.objects.order_by("id").values_list("messages__text", flat=True)[:400]:
        seen += [word for word in (text or "").lower().split() if word.isalpha() and len(word) > 7]
    dice.shuffle(seen)
    few = (w for w in seen[:600] if 1 <= Case.objects.matching(w).order_by()[:21].count() <= 20)
    with connection.cursor() as cursor:
        cursor.execute(
            "select word from ts_stat('select search from cases_case order by id desc limit 3000')"
            " where length(word) between 3 and 9 and word ~ '^[а-я]+$' order by ndoc desc limit 1"
        )
        return next(few), cursor.fetchone()[0]


def _gets(*paths: str) -> Iterator[Asked]:
    return ((quote(path, safe="/?&=%"), None) for path in cycle(paths))


def _texts() -> Iterator[str]:
    """Replies nobody has sent: sentences of two earlier ones with another date."""
    found = list(Reply.objects.order_by("id").values_list("text", flat=True)[:4000])
    dice = random.Random(5)
    while True:
        one, two = dice.choice(found).split(". "), dice.choice(found).split(". ")
        yield ". ".join([*one[:2], *two[2:4], f"Работы завершим до {dice.randint(1, 28)} декабря."])


def _open(status: str, count: int) -> list[Case]:
    found = Case.objects.filter(status=status, is_open=True).defer("search")
    return list(found.order_by("due_at", "id")[:count])


def _pages(cases: list[Case], tail: str = "") -> list[str]:
    return [f"/cases/{case.number}/{tail}" for case in cases]


def plain_asks() -> list[Ask]:
    numbers = [f"/cases/{case.number}/" for case in _open(Status.IN_WORK, 30)]
    return [
        Ask("minimal ORM view: 50 open cases", "", _gets("/queue/")),
        Ask("minimal ORM view: 50 newest cases", "", _gets("/cases/")),
        Ask("minimal ORM view: one case", "", _gets(*numbers)),
    ]


def _filters(topic: Topic, rare: str) -> dict[str, str]:
    official = User.objects.select_related("agency").get(username="bench-executor")
    busy = Case.objects.filter(is_open=True, executor__isnull=False).select_related("executor")
    executor = busy.order_by("id")[0].executor
    assert official.agency is not None
    assert executor is not None
    return {
        "state": "status=in_work",
        "regime": "regime=pos",
        "kind": "kind=unsolvable",
        "source": "channel=hotline",
        "agency": f"agency={official.agency.code}",
        "executor": f"executor={executor.username}",
        "topic group": f"group={topic.group.code}",
        "topic": f"topic={topic.code}",
        "territory": "territory=bench-7",
        "open": "open=true",
        "overdue": "overdue=true",
        "due today": "due_today=true",
        "flagged": "flagged=true",
        "control": "control=true",
        "repeats": "repeat=true",
        "mass event": "mass=true",
        "returned": "returned=true",
        "dates": "received_from=2026-03-01&received_until=2026-03-07",
        "words": f"q={rare}",
    }


def read_asks() -> list[Ask]:
    rare, frequent = _words()
    topic = Topic.objects.select_related("group").order_by("pk")[5]
    three = f"/queue/?status=in_work&territory=bench-7&group={topic.group.code}"
    wide, work, judged = "bench-wide", _open(Status.IN_WORK, 30), _open(Status.REVIEW, 30)
    return [
        Ask("signed-in empty page", wide, _gets("/empty/"), 6),
        Ask("settings page, two forms", wide, _gets("/settings/")),
        Ask("queue, 50 rows, counts (region)", wide, _gets("/queue/"), 40, 8),
        Ask("queue, an official's agency", "bench-executor", _gets("/queue/"), 40, 8),
        Ask("queue, three filters", wide, _gets(three), 60),
        Ask("all cases, 50 rows", wide, _gets("/cases/"), 40, 8),
        *(
            Ask(f"filter: {name}", wide, _gets(f"/cases/?{query}"), 60)
            for name, query in _filters(topic, rare).items()
        ),
        Ask("search, rare word", wide, _gets(f"/search/?q={rare}"), 50),
        Ask("search, frequent word", wide, _gets(f"/search/?q={frequent}"), 120),
        Ask("case page, in work (editor)", wide, _gets(*_pages(work)), 25, 12),
        Ask("case page, in review", wide, _gets(*_pages(judged)), 25, 12),
        Ask("routing desk", "bench-coordinator", _gets("/desk/")),
        Ask("review desk", "bench-quality_supervisor", _gets("/review/")),
        Ask("API list, 50 rows", wide, _gets("/api/cases/")),
        Ask("API case", wide, _gets(*(f"/api{path}" for path in _pages(judged)))),
        *figure_asks(),
    ]


def _slice() -> int:
    """The weekly slice of the region, made once and left in the database."""
    head = User.objects.get(username="bench-head_office")
    known = Snapshot.objects.filter(report="r1", made_by=head, state=Snapshot.State.DONE).first()
    if known is None:
        known = snapshots.ask(head, REPORTS["r1"], PERIODS["week"](region_today()))
    return known.pk


def figure_asks() -> list[Ask]:
    """Pages of figures and of what was found; limits of the issue by the clock."""
    head, centre, judge = "bench-head_office", "bench-coordinator", "bench-quality_supervisor"
    month = "period=month"
    return [
        Ask("dashboard of the region", head, _gets(f"/dashboard/?{month}"), slowest=300),
        Ask("dashboard, every agency", head, _gets(f"/dashboard/?{month}&all=1"), slowest=300),
        Ask("league of all agencies", head, _gets("/league/"), slowest=200),
        Ask("topics by territories", head, _gets("/heat/"), slowest=300),
        Ask("dashboard of an agency", "bench-approver", _gets(f"/dashboard/?{month}"), slowest=300),
        Ask("dictionary of metrics", head, _gets(f"/metrics/?{month}")),
        Ask("rows behind a figure", judge, _gets(f"/metrics/overdue_share/rows/?{month}")),
        Ask("spikes", centre, _gets("/spikes/")),
        Ask("mass events", centre, _gets("/events/", "/events/?view=offered")),
        Ask("repeats", centre, _gets("/repeats/", "/repeats/?state=confirmed")),
        Ask("families of copied replies", judge, _gets("/copies/?days=365")),
        Ask("templates with figures", judge, _gets(f"/templates/?{month}")),
        Ask("reports", head, _gets("/reports/")),
        Ask("weekly slice, made", head, _gets(f"/snapshots/{_slice()}/")),
    ]


class Undo:
    """Puts cases back where they stood, with all that hangs on them."""

    _FIELDS = (
        *("status", "executor_id", "submitted_at", "due_at", "risk", "flagged", "outcome"),
        "version",
    )

    def __init__(self, cases: list[Case]) -> None:
        self.cases = cases
        self.before = [{name: getattr(case, name) for name in self._FIELDS} for case in cases]
        self.since = timezone.now()
        ids = [case.pk for case in cases]
        self.held = dict(
            Assignment.objects.filter(case__in=ids, until=None).values_list("pk", "executor_id")
        )
        self.ids = ids
        self.last_clock = Clock.objects.order_by("-pk").values_list("pk", flat=True)[0]
        self.last_event = CaseEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        self.last_reply = Reply.objects.order_by("-pk").values_list("pk", flat=True)[0]

    def __call__(self) -> None:
        Draft.objects.filter(case__in=self.ids).delete()
        Reply.objects.filter(case__in=self.ids, pk__gt=self.last_reply).delete()
        CaseEvent.objects.filter(case__in=self.ids, pk__gt=self.last_event).delete()
        Clock.objects.filter(case__in=self.ids, pk__gt=self.last_clock).delete()
        Clock.objects.filter(case__in=self.ids, stopped_at__gte=self.since).update(stopped_at=None)
        for case, values in zip(self.cases, self.before, strict=True):
            Case.objects.filter(pk=case.pk).update(**values)
        for pk, executor in self.held.items():
            Assignment.objects.filter(pk=pk).update(executor_id=executor)


_FORGET = """
with gone as (select case_id, author_id from cases_message where external_id like 'run-%%'),
a as (delete from cases_caseevent where case_id in (select case_id from gone)),
b as (delete from cases_clock where case_id in (select case_id from gone)),
c as (delete from cases_appeal where case_id in (select case_id from gone)),
f as (delete from reports_fact where case_id in (select case_id from gone)),
d as (delete from cases_message where external_id like 'run-%%'),
e as (delete from cases_case where id in (select case_id from gone))
delete from cases_citizen where id in (select author_id from gone)
"""


def _forget_messages() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)


def _messages(texts: Iterator[str]) -> Iterator[Asked]:
    channel = Channel.objects.get(code="hotline").code
    place = Territory.objects.order_by("pk")[3].code
    topic = Topic.objects.order_by("pk")[3].code
    stamp = time.time()
    number = 0
    while True:
        number += 1
        body = {
            "channel": channel,
            "external_id": f"run-{stamp}-{number}",
            "text": next(texts),
            "posted_at": timezone.now().isoformat(),
            "author": f"run-{stamp}-{number}",
            "topic": topic,
            "territory": place,
        }
        yield "/api/messages/", json.dumps(body).encode()


def _checked_first(asked: Asked) -> Asked:
    """The live check of the text that is about to be sent, as the editor makes it."""
    path, form = asked
    return path.replace("submit-reply", "check"), {"text": form["text"]}


def write_asks() -> list[Ask]:
    texts = _texts()
    wide = "bench-wide"
    routed, work = _open(Status.ROUTED, WRITTEN), _open(Status.IN_WORK, 2 * WRITTEN)
    sent, checked = work[:WRITTEN], work[WRITTEN:] or work
    replies = [
        Ask(
            title,
            wide,
            (
                (path, {"text": next(texts), "override": "проверка скорости"})
                for path in cycle(_pages(sent, "submit-reply/"))
            ),
            25,
            12,
            expect=(302,),
            before=before,
            undo=Undo(sent),
        )
        for title, before in (
            ("send a reply the editor has checked", _checked_first),
            ("send a reply nobody has seen", None),
        )
    ]
    return [
        Ask(
            "live check of a reply",
            wide,
            ((path, {"text": next(texts)}) for path in cycle(_pages(checked, "check/"))),
            undo=Undo(checked),
            slowest=50,
        ),
        Ask(
            "move: take into work",
            wide,
            ((path, {}) for path in cycle(_pages(routed, "take/"))),
            25,
            12,
            expect=(302,),
            undo=Undo(routed),
        ),
        *replies,
        Ask(
            "API: post one message",
            wide,
            _messages(texts),
            25,
            12,
            json=True,
            expect=(201,),
            undo=_forget_messages,
        ),
    ]
