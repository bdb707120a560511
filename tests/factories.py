"""Rows for tests, made in the plainest way: a case in any state with all that state implies."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from agencies.models import Agency, AgencyUserPermission, User, WorkingCalendar
from cases import reference_data
from cases.actions.moderation import next_numbers, refresh_search
from cases.models import (
    Appeal,
    Assignment,
    Case,
    CaseEvent,
    Channel,
    Citizen,
    Clock,
    Message,
    Participation,
    Promise,
    Reason,
    Reply,
    Territory,
    Topic,
    TopicGroup,
)
from cases.workflow import Status

_n = count(1)
WEEK = [[["09:00", "13:00"], ["14:00", "18:00"]]] * 5 + [[], []]
REPLY = (
    "Здравствуйте! Двенадцатого июня мастер участка Петров осмотрел двор дома 5 по улице"
    " Садовой. Яму засыпят и заасфальтируют до 20 июня, работы ведёт «Дорсервис»."
)
# State of the latest reply in states that have one.
_REPLY_STATES = {
    Status.APPROVAL: Reply.State.APPROVAL,
    Status.REVIEW: Reply.State.REVIEW,
    Status.REWORK: Reply.State.RETURNED,
    Status.ANSWERED: Reply.State.PUBLISHED,
    Status.CLOSED: Reply.State.PUBLISHED,
    Status.REOPENED: Reply.State.PUBLISHED,
    Status.INTERIM: Reply.State.PUBLISHED,
    Status.PLANNED: Reply.State.PUBLISHED,
}
_REPLY_KINDS = {Status.INTERIM: Reply.Kind.INTERIM, Status.PLANNED: Reply.Kind.PLANNED}
WITHOUT_AGENCY = {Status.RECEIVED, Status.MODERATION, Status.REJECTED, Status.MERGED}


MAIN_CODES = {
    "social": "SN-FIRST",
    "pos": "POS-STD",
    "law59": "L59-MAIN",
    "portal": "PORTAL-8",
    "hotline": "HOTLINE",
    "internal": "INTERNAL",
}


def next_workday(ahead: int = 2) -> date:
    """A working day of the production calendar, at least so many days from today."""
    from cases.calendar import work_calendar

    day = timezone.localdate() + timedelta(days=ahead)
    calendar = work_calendar(make_calendar().pk)
    while not calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def load_reference() -> None:
    """Deadline rules, reasons, channels and the production calendar; topics are made singly."""
    reference_data.load_channels()
    reference_data.load_reasons()
    reference_data.load_deadline_rules()
    reference_data.load_ladder()
    reference_data.load_production_calendar()


def make_calendar() -> WorkingCalendar:
    found, _ = WorkingCalendar.objects.get_or_create(
        code="five-days", defaults={"name": "Пятидневка", "week": WEEK}
    )
    return found


def make_agency(code: str = "", parent: Agency | None = None, **facts: Any) -> Agency:
    code = code or f"agency-{next(_n)}"
    defaults: dict[str, Any] = {
        "name": f"Ведомство {code}",
        "short_name": code,
        "kind": Agency.Kind.MINISTRY,
        "calendar": make_calendar(),
    }
    return Agency.objects.create(code=code, parent=parent, **{**defaults, **facts})


def hold(person: User, role: str, agency: Agency) -> None:
    AgencyUserPermission.objects.create(
        user=person,
        permission=Permission.objects.get(
            content_type__app_label="agencies", codename=f"hold_{role}"
        ),
        content_object=agency,
    )


def make_person(
    role: str | None = None, agency: Agency | None = None, username: str = "", **facts: Any
) -> User:
    """A person; with `role` also its holder on `agency`."""
    number = next(_n)
    username = username or f"{role or 'person'}-{number}"
    person = User.objects.create(
        username=username,
        **{"first_name": "Анна", "last_name": f"Лапина{number}", "agency": agency, **facts},
    )
    if role and agency:
        hold(person, role, agency)
    return person


def make_topic(code: str = "roads.pits") -> Topic:
    group, _ = TopicGroup.objects.get_or_create(code="roads", defaults={"name": "Дороги"})
    found, _ = Topic.objects.get_or_create(code=code, defaults={"name": code, "group": group})
    return found


def make_territory(code: str = "centre") -> Territory:
    return Territory.objects.get_or_create(code=code, defaults={"name": code})[0]


def make_channel(code: str = "vk", **facts: Any) -> Channel:
    return Channel.objects.get_or_create(code=code, defaults={"name": code, **facts})[0]


def make_citizen(marker: str = "", **facts: Any) -> Citizen:
    number = next(_n)
    return Citizen.objects.create(
        channel=make_channel(),
        **{
            "handle": f"id{number}{marker}",
            "name": f"Марина Кузнецова{marker}",
            "phone": f"+7 912 345-67-{number % 90 + 10}",
            "address": f"Садовая, 5{marker}",
            "profile_url": f"https://vk.example/id{number}{marker}",
            **facts,
        },
    )


def make_reply(case: Case, state: str = Reply.State.APPROVAL, **facts: Any) -> Reply:
    published = state == Reply.State.PUBLISHED
    now = timezone.now()
    last = case.replies.order_by("-version").first()
    return Reply.objects.create(
        case=case,
        agency=case.agency,
        state=state,
        version=last.version + 1 if last else 1,
        **{
            "text": REPLY,
            "author": case.executor,
            "submitted_at": now - timedelta(hours=2),
            "published_at": now - timedelta(hours=1) if published else None,
            "published_url": "https://vk.example/wall1" if published else "",
            "risk": 0.2,
            "flagged": state == Reply.State.REVIEW,
            "assessment": {"questions": [], "reuse": None, "personal_share": 1},
            "rules_version": "1",
            **facts,
        },
    )


def make_part(case: Case, agency: Agency, state: str = "asked", **facts: Any) -> Participation:
    """What the agency is asked for, with its running term while it is awaited."""
    now = timezone.now()
    due = facts.pop("due_at", now + timedelta(days=2))
    given = state == Participation.State.GIVEN
    clock = Clock.objects.create(
        case=case,
        kind=Clock.Kind.PART,
        code=f"PART/{case.parts.count() + 1}",
        started_at=now - timedelta(hours=1),
        due_at=due,
        stopped_at=now if given else None,
        explanation={"named": due.date().isoformat()},
        agency=agency,
    )
    return Participation.objects.create(
        case=case,
        agency=agency,
        state=state,
        clock=clock,
        due_at=due,
        **{
            "task": "Назовите владельца сетей",
            "asked_by": case.executor or make_person(),
            "asked_at": now - timedelta(hours=1),
            "text": "Кабель наш, заменим до 3 марта" if given else "",
            "given_by": make_person() if given else None,
            "given_at": now if given else None,
            **facts,
        },
    )


def make_case(
    status: str = Status.IN_WORK, agency: Agency | None = None, marker: str = "", **facts: Any
) -> Case:
    """A case in `status` with message, running clock, event and reply as the state implies.

    `marker` is planted into every text of the case that people wrote.
    """
    now = timezone.now()
    if agency is None and status not in WITHOUT_AGENCY:
        agency = make_agency()
    executor = facts.pop("executor", None)
    if executor is None and agency is not None:
        executor = make_person("executor", agency)
    ended = status in {Status.CLOSED, Status.REJECTED, Status.MERGED, Status.CEASED}
    answered = status in {Status.ANSWERED, Status.CLOSED, Status.REOPENED, Status.PLANNED}
    regime = facts.get("regime", "social")
    facts_kind = facts.pop("reply_kind", "")
    text = facts.pop("text", f"Во дворе яма, когда её засыпят? {marker}")
    case = Case.objects.create(
        number=next_numbers(1, now)[0],
        status=status,
        agency=agency,
        **{
            "title": f"Яма во дворе {marker}".strip(),
            "channel": make_channel(),
            "citizen": facts.pop("citizen", None) or make_citizen(marker),
            "topic": make_topic(),
            "territory": make_territory(),
            "place": f"улица Садовая, 5 {marker}".strip(),
            "executor": executor,
            "received_at": now - timedelta(hours=5),
            "registered_at": now - timedelta(hours=5),
            "assigned_at": now - timedelta(hours=4) if agency else None,
            "due_at": None if ended or status == Status.ANSWERED else now + timedelta(days=1),
            "interims": int(status == Status.INTERIM),
            "answered_at": now - timedelta(hours=1) if answered else None,
            "closed_at": now if ended else None,
            "control_reason": marker,
            **facts,
        },
    )
    Message.objects.create(
        case=case,
        channel=case.channel,
        external_id=f"m{case.pk}{marker}",
        author=case.citizen,
        text=text,
        url=f"https://vk.example/wall{case.pk}{marker}",
        posted_at=case.received_at,
        fingerprint="0" * 64,
        raw={"text": marker},
    )
    CaseEvent.objects.create(
        case=case, move="register", after=Status.RECEIVED, data={"note": marker}
    )
    if regime == "law59":
        registered = status != Status.RECEIVED
        Appeal.objects.create(
            case=case,
            incoming_number=f"{case.number}/вх" if registered else "",
            received_at=case.received_at,
            registered_at=case.registered_at if registered else None,
        )
    if agency is not None and case.is_open and status not in WITHOUT_AGENCY:
        Assignment.objects.create(
            case=case, agency=agency, executor=executor, at=case.assigned_at or now
        )
    if case.due_at is not None and agency is not None and status != Status.PLANNED:
        social = regime == "social"
        kind = Clock.Kind.REPLY if social and status != Status.INTERIM else Clock.Kind.TOTAL
        code = "SN-FINAL" if social and kind == Clock.Kind.TOTAL else MAIN_CODES[regime]
        Clock.objects.create(
            case=case,
            kind=kind,
            code=code,
            started_at=case.received_at,
            due_at=case.due_at,
        )
    if status in _REPLY_STATES:
        case.risk = 0.8 if status == Status.REVIEW else 0.2
        case.flagged = status == Status.REVIEW
        case.save(update_fields=["risk", "flagged"])
        kind = facts_kind or _REPLY_KINDS.get(Status(status), Reply.Kind.FINAL)
        promised = None if kind == Reply.Kind.FINAL else next_workday()
        reply = make_reply(
            case,
            _REPLY_STATES[status],
            text=f"{REPLY} {marker}",
            risk=case.risk,
            kind=kind,
            promised_on=promised,
        )
        if status in _REPLY_KINDS:
            Promise.objects.create(
                case=case, reply=reply, what=f"Засыпать яму {marker}".strip(), until_on=promised
            )
            if status == Status.PLANNED:
                Clock.objects.create(
                    case=case,
                    kind=Clock.Kind.STAGE,
                    code="PROMISE",
                    started_at=now - timedelta(hours=1),
                    due_at=case.due_at,
                )
    refresh_search([case.pk])
    return case


def make_region() -> dict[str, Agency]:
    """region > centre, ministry > department; another ministry; a utility beside them all."""
    region = make_agency("region", kind=Agency.Kind.REGION)
    own = make_agency("own", region)
    return {
        "region": region,
        "centre": make_agency("cur", region, kind=Agency.Kind.CENTRE),
        "own": own,
        "below": make_agency("below", own, kind=Agency.Kind.DEPARTMENT),
        "other": make_agency("other", region),
        "beside": make_agency("beside", kind=Agency.Kind.UTILITY),
    }


def first_reason(kind: str) -> str:
    return Reason.objects.filter(kind=kind, is_active=True).values_list("code", flat=True)[0]
