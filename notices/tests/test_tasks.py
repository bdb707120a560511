"""Figures of the day for the head's office, forgetting, the demo's notices."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import User
from agencies.roles import Role
from cases.models import CaseEvent, News, Review
from cases.workflow import Status
from notices import demo, tasks
from notices.figures import day_figures
from notices.kinds import Kind
from notices.models import MailSettings, Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> User:
    factories.load_reference()
    region = factories.make_region()["region"]
    return factories.make_person(Role.HEAD_OFFICE, region)


def figures(head: User, **facts: Any) -> dict[str, int]:
    now = timezone.now()
    zone = timezone.get_current_timezone()
    return day_figures(head, timezone.localdate(), zone=zone, now=now, **facts)


def test_figures_of_the_day_are_counted(head: User) -> None:
    assert set(figures(head).values()) == {0}
    start = datetime.combine(timezone.localdate(), time(0), timezone.get_current_timezone())
    now = timezone.now()
    agency = factories.make_agency()
    factories.make_case(Status.IN_WORK, agency, received_at=now)
    factories.make_case(
        Status.IN_WORK, agency, received_at=start - timedelta(days=2), due_at=now - timedelta(1)
    )
    factories.make_case(
        Status.IN_WORK,
        agency,
        received_at=start - timedelta(days=2),
        due_at=now - timedelta(1),
        controlled_by=head,
    )
    factories.make_case(Status.REVIEW, agency, received_at=start - timedelta(days=2))
    answered = factories.make_case(
        Status.ANSWERED, agency, received_at=start - timedelta(days=2), answered_at=now
    )
    reply = answered.replies.get()
    reply.published_at = now
    reply.save()
    answered.clocks.create(
        kind="reply",
        code="SN-FIRST",
        started_at=start - timedelta(days=2),
        due_at=start - timedelta(days=1),
        stopped_at=now,
    )
    for verdict, returned in (("brush_off", True), ("remarks", True), ("good", False)):
        Review.objects.create(
            reply=reply, reviewer=head, verdict=verdict, returned=returned, created_at=now
        )
    assert figures(head) == {
        "received": 1,
        "answered": 1,
        "late": 1,
        "returned": 2,
        "brush_offs": 1,
        "open": 4,
        "overdue": 2,
        "review": 1,
        "control": 1,
        "control_overdue": 1,
    }


def test_the_head_is_told_once_a_working_day_after_its_evening_hour(head: User) -> None:
    zone = MailSettings.of(head).zone()

    def at(day: int, clock: str) -> datetime:
        """A moment of May 2026; the 14th is a Thursday."""
        return datetime.combine(
            datetime(2026, 5, day, tzinfo=zone).date(), time.fromisoformat(clock), zone
        )

    assert tasks.tell_figures(at(14, "17:20")) == 0
    assert tasks.tell_figures(at(14, "17:31")) == 1
    assert tasks.tell_figures(at(14, "17:41")) == 0
    assert News.objects.get().data["day"] == "2026-05-14"
    # The worker missed Friday's evening: told on Saturday morning; Saturday itself is silent.
    assert tasks.tell_figures(at(16, "09:00")) == 1
    assert tasks.tell_figures(at(16, "18:00")) == 0
    assert set(News.objects.values_list("person", flat=True)) == {head.pk}


def test_old_notices_are_forgotten(head: User) -> None:
    now = timezone.now()
    for number, days in enumerate((1, 119, 121, 400)):
        Notice.objects.create(
            person=head,
            kind=Kind.CONTROL,
            cause=f"c{number}",
            at=now - timedelta(days=days),
        )
    assert tasks.forget(now) == 2
    assert Notice.objects.count() == 2


def test_the_demo_tells_of_these_days_only(head: User) -> None:
    now = timezone.now()
    head.is_demo = True
    head.save()
    case = factories.make_case(Status.IN_WORK)
    for hours in (1, 20, 100):
        CaseEvent.objects.create(
            case=case, move="set_control", actor=None, at=now - timedelta(hours=hours)
        )
    approver = factories.make_person(Role.APPROVER, case.agency, is_demo=True)
    assert demo.liven(now) == 1
    assert Notice.objects.filter(person=approver).count() == 2
