"""Reports by mail: when the next one is due (plain values), and sending those that are."""

import logging
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from agencies.models import User
from cases import news
from cases.enclosures import Enclosure
from cases.errors import BadChange
from reports import files, snapshots
from reports.definitions import PERIODS
from reports.made.all import REPORTS
from reports.models import Schedule, Sending, Snapshot
from reports.periods import Period

log = logging.getLogger(__name__)
NEWS = "report_ready"
AT_ONCE = 200
DAY = timedelta(days=1)
SHARED = timedelta(minutes=15)
Every = Schedule.Every


def _falls(day: date, schedule: Schedule) -> bool:
    if schedule.every == Every.WEEK:
        return day.weekday() == schedule.weekday
    return schedule.every == Every.DAY or day.day == schedule.day


def next_after(schedule: Schedule, moment: datetime) -> datetime:
    """The first moment of the schedule after `moment`; an hour a clock change skips comes late."""
    zone = ZoneInfo(schedule.time_zone)
    day = moment.astimezone(zone).date()
    for ahead in range(33):
        at = datetime.combine(day + ahead * DAY, time(schedule.hour), zone)
        at = at.astimezone(ZoneInfo("UTC"))
        if _falls(day + ahead * DAY, schedule) and at > moment:
            return at
    raise AssertionError("a schedule without a day within a month")


def send_due(now: datetime | None = None) -> int:
    """Send what is due; a moment the worker slept through is sent once, the latest of several."""
    now = now or timezone.now()
    due = Schedule.objects.filter(is_active=True, next_at__lte=now).order_by("next_at", "pk")
    sent, failed = 0, []
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            sent += _send(pk, now)
        except Exception:
            # The others are not kept waiting; this one is due again with the next run.
            log.exception("schedule %s of a report failed", pk)
            failed.append(pk)
    if failed:
        raise RuntimeError(f"schedules that failed: {failed}")
    return sent


@transaction.atomic
def _send(pk: int, now: datetime) -> int:
    """One schedule: its report, the news of it, the next moment, all or nothing."""
    schedule = (
        Schedule.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("person__agency")
        .filter(pk=pk, is_active=True, next_at__lte=now)
        .first()
    )
    if schedule is None:
        return 0
    slot = schedule.next_at
    made = _freeze(schedule, now)
    if made is None:
        schedule.is_active, schedule.stopped_by = False, "right"
        schedule.save(update_fields=["is_active", "stopped_by"])
        return 0
    Sending.objects.create(schedule=schedule, slot=slot, snapshot=made)
    schedule.next_at = next_after(schedule, now)
    schedule.save(update_fields=["next_at"])
    news.tell(
        NEWS,
        key=f"report:{schedule.pk}:{slot.isoformat()}",
        person=schedule.person,
        snapshot=made.pk,
        report=made.report,
        formats=list(schedule.formats),
        from_on=made.first.isoformat(),
        until_on=made.last.isoformat(),
        url=f"/snapshots/{made.pk}/",
    )
    return 1


def _freeze(schedule: Schedule, now: datetime) -> Snapshot | None:
    """The report in the person's present reach; None where he may not have it any more."""
    report, person = REPORTS.get(schedule.report), schedule.person
    if report is None or not person.is_active or snapshots.reach_of(person, report) == frozenset():
        return None
    today = now.astimezone(ZoneInfo(schedule.time_zone)).date()
    period = PERIODS[schedule.period](today)
    made = _just_made(schedule, period, now)
    if made is not None:
        return made
    try:
        return snapshots.ask(
            person, report, period, agency=schedule.agency_id, at=now, background=False
        )
    except BadChange:
        return None


def _just_made(schedule: Schedule, period: Period, now: datetime) -> Snapshot | None:
    """The same report of the same agencies made minutes ago: all who ordered it get that one."""
    reach = snapshots.reach_of(schedule.person, REPORTS[schedule.report])
    if schedule.agency_id is not None:
        if reach is not None and schedule.agency_id not in reach:
            return None
        reach = frozenset({schedule.agency_id})
    alike = Snapshot.objects.filter(
        report=schedule.report,
        first=period.first,
        last=period.last,
        agency=schedule.agency_id,
        state=Snapshot.State.DONE,
        at__gte=now - SHARED,
        at__lte=now,
    )
    alike = alike.filter(**{"scope__isnull": True} if reach is None else {"scope": sorted(reach)})
    return alike.order_by("-pk").first()


def enclose(person: User, data: Mapping[str, Any]) -> list[Enclosure] | None:
    """The files of a sending, made when the letter leaves: the right is asked once more."""
    found = Snapshot.objects.filter(pk=data.get("snapshot"), state=Snapshot.State.DONE).first()
    if found is None or not snapshots.may_open(person, found):
        return None
    made = [
        files.file_of(found, person, kind)
        for kind in data.get("formats", ())
        if kind in files.FORMATS and kind != "json"
    ]
    return [Enclosure(name, media_type, body) for name, media_type, body in made]
