"""Periodic work of the room: figures of the day, and forgetting what is old."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from procrastinate.contrib.django import app

from agencies.access import Directory
from agencies.roles import Role
from cases import news
from cases.models import News
from notices.delivery import Post
from notices.figures import day_figures
from notices.models import Letter, Notice

# So long a notice stands in the list, read or not.
KEPT = timedelta(days=120)
_AT_ONCE = 5000
# Figures that could not be told in time are told until the next noon or so.
_LATEST = timedelta(hours=18)


@app.periodic(cron="*/10 * * * *", periodic_id="notices.day_figures")
@app.task(name="notices.day_figures", queueing_lock="notices.day_figures")
def tell_day_figures(timestamp: int) -> None:
    tell_figures(timezone.now())


def tell_figures(now: datetime) -> int:
    """Tell the head's office the figures of each working day, once, at its evening hour.

    How many were told; a day whose evening the worker missed is told late, with the numbers of
    open cases as they stand then.
    """
    heads = Directory().regional(Role.HEAD_OFFICE)
    post = Post(heads)
    told = 0
    for person in post.people.values():
        hours, wishes = post.hours(person), post.wishes(person)
        local = now.astimezone(hours.zone)
        for day in (local.date() - timedelta(days=1), local.date()):
            evening = datetime.combine(day, wishes.evening_at, hours.zone)
            if not evening <= now < evening + _LATEST:
                continue
            if hours.is_workday is not None and not hours.is_workday(day):
                continue
            key = f"day:{person.pk}:{day.isoformat()}"
            if News.objects.filter(key=key).exists():
                continue
            figures = day_figures(person, day, zone=hours.zone, now=now)
            news.tell("day_figures", key=key, person=person, day=day.isoformat(), figures=figures)
            told += 1
    return told


@app.periodic(cron="41 3 * * *", periodic_id="notices.forget")
@app.task(name="notices.forget", queueing_lock="notices.forget")
def forget_old(timestamp: int) -> None:
    forget(timezone.now())


def forget(now: datetime) -> int:
    """Delete what is older than KEPT, some thousand rows at a time; how many notices were."""
    deleted = _delete(Notice.objects.filter(at__lt=now - KEPT))
    _delete(Letter.objects.filter(created_at__lt=now - KEPT))
    _delete(News.objects.filter(at__lt=now - KEPT))
    return deleted


def _delete(old: models.QuerySet[Any]) -> int:
    total = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        old.model._default_manager.filter(pk__in=ids).delete()
        total += len(ids)
    return total
