"""Reports by mail: when, once, with the right asked again; over a real mail server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import Role
from cases import following
from cases.models import News
from notices import post, telling
from notices.models import Letter, MailSettings, Notice
from notices.tests.conftest import mail  # noqa: F401  a fixture
from notices.tests.mailserver import MailServer
from reports import schedules
from reports.models import Schedule, Sending, Snapshot
from tests import factories


@pytest.fixture(autouse=True)
def _everything_counts_as_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_BOUND", "")


@pytest.fixture
def region() -> dict[str, Agency]:
    return factories.make_region()


def subscribed(where: Agency, role: str = Role.HEAD_OFFICE, **given: Any) -> Schedule:
    person = factories.make_person(role, where, email="head@example.org")
    now = timezone.now()
    return Schedule.objects.create(
        person=person, **{"report": "r1", "period": "week", "formats": ["pdf", "xlsx"],
        "next_at": now - timedelta(minutes=1), **given},
    )  # fmt: skip


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(["day", "week", "month"]),
    st.integers(0, 6),
    st.integers(1, 28),
    st.integers(0, 23),
    st.sampled_from(["Europe/Moscow", "Asia/Vladivostok", "Europe/Berlin"]),
)
def test_the_next_moment_is_the_first_that_fits(
    now: datetime, every: str, weekday: int, day: int, hour: int, zone: str
) -> None:
    schedule = Schedule(every=every, weekday=weekday, day=day, hour=hour, time_zone=zone)
    found = schedules.next_after(schedule, now)
    local = found.astimezone(ZoneInfo(zone))
    assert now < found <= now + timedelta(days=32)
    assert local.minute == 0
    assert local.hour in (hour, hour + 1)  # an hour that summer time skips
    assert every != "week" or local.weekday() == weekday
    assert every != "month" or local.day == day
    # Nothing that fits lies between.
    step = schedules.next_after(schedule, found - timedelta(seconds=1))
    assert step == found


@pytest.mark.django_db
def test_what_is_due_is_sent_once(region: dict[str, Agency]) -> None:
    schedule = subscribed(region["region"])
    slot = schedule.next_at
    assert schedules.send_due() == 1
    assert schedules.send_due() == 0
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()
    sent = Sending.objects.get()
    assert (sent.slot, sent.snapshot.report) == (slot, "r1")
    assert News.objects.filter(kind="report_ready").count() == 1


@pytest.mark.django_db
def test_one_that_fails_keeps_nobody_waiting(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = subscribed(region["own"], next_at=timezone.now() - timedelta(hours=1))
    second = subscribed(region["other"])
    freeze = schedules._freeze

    def fails(schedule: Schedule, now: datetime) -> Snapshot | None:
        if schedule.pk == first.pk:
            raise ValueError("a table is broken")
        return freeze(schedule, now)

    monkeypatch.setattr(schedules, "_freeze", fails)
    with pytest.raises(RuntimeError):
        schedules.send_due()
    assert Sending.objects.get().schedule == second
    first.refresh_from_db()
    assert first.next_at < timezone.now()


@pytest.mark.django_db
def test_all_who_ordered_the_same_get_the_same_snapshot(region: dict[str, Agency]) -> None:
    for agency in ("region", "region", "own", "other"):
        subscribed(region[agency])
    assert schedules.send_due() == 4
    made = {sent.schedule.person.agency.code: sent.snapshot for sent in Sending.objects.all()}
    assert Snapshot.objects.count() == 3
    assert made["own"].scope == sorted([region["own"].pk, region["below"].pk])
    assert made["region"].scope is None


@pytest.mark.django_db
def test_a_worker_that_slept_sends_the_last_one_only(region: dict[str, Agency]) -> None:
    schedule = subscribed(region["region"], next_at=timezone.now() - timedelta(days=30))
    assert schedules.send_due() == 1
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()
    assert Sending.objects.count() == Snapshot.objects.count() == 1


@pytest.mark.django_db
def test_a_kill_before_the_commit_leaves_it_due(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(region["region"])

    def killed(*args: Any, **facts: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schedules.news, "tell", killed)
        with pytest.raises(KeyboardInterrupt):
            schedules.send_due()
    assert not Sending.objects.exists()
    assert not Snapshot.objects.exists()
    assert schedules.send_due() == 1


@pytest.mark.django_db
def test_who_lost_the_right_gets_nothing_and_sees_why(region: dict[str, Agency]) -> None:
    schedule = subscribed(region["own"], agency=region["own"])
    AgencyUserPermission.objects.filter(user=schedule.person).delete()
    assert schedules.send_due() == 0
    schedule.refresh_from_db()
    assert (schedule.is_active, schedule.stopped_by) == (False, "right")
    assert not Snapshot.objects.exists()


def tell() -> None:
    telling.follow()


def deliver() -> None:
    post.compose(timezone.now() + timedelta(seconds=5))
    Letter.objects.filter(state="waiting").update(next_at=timezone.now())
    post.send_waiting(post.Server())


@pytest.mark.django_db
def test_the_letter_carries_the_files_at_any_hour(
    region: dict[str, Agency],
    mail: MailServer,  # noqa: F811
) -> None:
    schedule = subscribed(region["region"])
    # Quiet all day: an hour one named oneself is not held back by it.
    MailSettings.objects.create(person=schedule.person, quiet_from="00:00", quiet_until="23:59")
    schedules.send_due()
    tell()
    deliver()
    (letter,) = Letter.objects.all()
    assert letter.state == Letter.State.SENT
    message = mail.letters[-1]
    assert message["Message-ID"] == letter.message_id
    parts = {part.get_filename(): part.get_payload(decode=True) for part in message.walk()}
    names = [name for name in parts if name]
    assert sorted(name.rsplit(".")[-1] for name in names) == ["pdf", "xlsx"]
    pdf = next(parts[name] for name in names if name.endswith("pdf"))
    assert pdf.startswith(b"%PDF")


@pytest.mark.django_db
def test_a_right_lost_between_telling_and_sending_keeps_the_files_in(
    region: dict[str, Agency],
    mail: MailServer,  # noqa: F811
) -> None:
    schedule = subscribed(region["own"])
    schedules.send_due()
    tell()
    assert Notice.objects.filter(kind="report_ready").count() == 1
    AgencyUserPermission.objects.filter(user=schedule.person).delete()
    deliver()
    (letter,) = Letter.objects.all()
    assert letter.state == Letter.State.EMPTY
    assert not mail.letters


@pytest.mark.django_db
def test_one_orders_and_removes_ones_own_reports(region: dict[str, Agency]) -> None:
    person = factories.make_person(Role.CURATOR, region["own"])
    client = Client()
    client.force_login(person)
    path = reverse("report-schedules")
    values = {
        "report": "r2", "period": "month", "every": "month", "weekday": "0", "day": "5",
        "hour": "9", "formats": ["pdf", "xlsx"], "agency": region["own"].pk,
    }  # fmt: skip
    assert client.post(path, values).status_code == 302
    made = Schedule.objects.get()
    assert made.next_at.astimezone(region["own"].zone).hour == 9
    refused = client.post(path, values | {"agency": region["other"].pk})
    assert refused.status_code == 200
    refused = client.post(path, values | {"report": "r9"})
    assert "report" in refused.context["form"].errors
    assert Schedule.objects.count() == 1
    page = client.get(path).content.decode()
    assert "Рейтинг ведомств" in page
    other = Client()
    other.force_login(User.objects.get(pk=factories.make_person(Role.CURATOR, region["own"]).pk))
    remove = reverse("report-schedule-remove", args=[made.pk])
    assert other.post(remove).status_code == 404
    assert client.post(remove).status_code == 302
    assert not Schedule.objects.exists()
