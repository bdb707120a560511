"""Figures of a day for the head of the region, in the reader's scope."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q

from agencies.models import User
from cases.models import Case, Clock, Reply, Review
from cases.workflow import Status

# A reply is published at most so long after it was sent: bounds the search by the index.
_LONGEST_APPROVAL = timedelta(days=30)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day as [start, end) of the zone."""
    start = datetime.combine(day, time(0), zone)
    return start, datetime.combine(day + timedelta(days=1), time(0), zone)


def day_figures(person: User, day: date, *, zone: ZoneInfo, now: datetime) -> dict[str, int]:
    """What came, was answered, returned that day, and how the open cases stand at `now`.

    Seven queries; the day's reviews are read without an index of their own: once a day a head.
    """
    start, end = bounds(day, zone)
    cases = Case.objects.visible_to(person)
    replies = Reply.objects.visible_to(person)
    answered = replies.filter(
        submitted_at__gte=start - _LONGEST_APPROVAL,
        state=Reply.State.PUBLISHED,
        published_at__gte=start,
        published_at__lt=end,
    )
    late = Clock.objects.filter(
        case__in=answered.values("case"),
        kind__in=[Clock.Kind.TOTAL, Clock.Kind.REPLY],
        stopped_at__gte=start,
        stopped_at__lt=end,
        stopped_at__gt=F("due_at"),
    ).exclude(rule__warning_only=True)
    judged = Review.objects.filter(created_at__gte=start, created_at__lt=end).filter(
        reply__in=replies
    )
    verdicts = judged.aggregate(
        returned=Count("pk", filter=Q(returned=True)),
        brush_offs=Count("pk", filter=Q(verdict=Review.Verdict.BRUSH_OFF)),
    )
    control = cases.open().under_control()
    return {
        "received": cases.filter(received_at__gte=start, received_at__lt=end).count(),
        "answered": answered.values("case").distinct().count(),
        "late": late.values("case").distinct().count(),
        **verdicts,
        "open": cases.open().count(),
        "overdue": cases.open().filter(due_at__lt=now).count(),
        "review": cases.filter(status=Status.REVIEW).count(),
        "control": control.count(),
        "control_overdue": control.filter(due_at__lt=now).count(),
    }
