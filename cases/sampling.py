"""The random sample of replies nobody flagged: keeps the rates honest (domain 9.4)."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from cases.limits import limits_at
from cases.models import Reply, ReviewTask
from cases.reviewing import sample

LOOKED_BACK = 7


def draw_sample(day: date) -> int:
    """Lay the sample of the replies published on `day` (region's zone) before the reviewers.

    Of each agency at least the share, by the seed, that were in force when the day ended: run
    again, even after they were changed, it adds nothing. Returns how many tasks are new (four
    queries).
    """
    start = timezone.make_aware(datetime.combine(day, time.min))
    limits = limits_at(start + timedelta(days=1))
    if not limits.sample_percent:
        return 0
    by_agency: dict[int, list[int]] = defaultdict(list)
    rows = Reply.objects.filter(
        published_at__gte=start,
        published_at__lt=start + timedelta(days=1),
        state=Reply.State.PUBLISHED,
        flagged=False,
        author__isnull=False,  # history from an import is not judged
    ).values_list("agency_id", "pk")
    for agency, pk in rows:
        by_agency[agency].append(pk)
    tasks = [
        ReviewTask(kind=ReviewTask.Kind.SAMPLE, reply_id=pk, agency_id=agency)
        for agency, keys in sorted(by_agency.items())
        for pk in sample(limits.sample_seed, keys, limits.sample_percent)
    ]
    known = ReviewTask.objects.filter(kind=ReviewTask.Kind.SAMPLE)
    before = known.count() if tasks else 0
    ReviewTask.objects.bulk_create(tasks, ignore_conflicts=True)
    return known.count() - before if tasks else 0


def draw_due(now: datetime) -> int:
    """The last days that are over, each once in effect: a worker that stood still catches up."""
    today = timezone.localdate(now)
    return sum(draw_sample(today - timedelta(days=back)) for back in range(LOOKED_BACK, 0, -1))
