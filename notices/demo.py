"""Notices for the demo region: told by the same rules, of what happened there these days."""

from datetime import datetime, timedelta

from django.db import transaction

from agencies.models import User
from cases import following
from cases.models import CaseEvent, News
from notices.models import Notice
from notices.telling import READER, of_events, tell

_RECENT = timedelta(hours=40)
_MOST = 600
# What is older than this has been read by its people.
_UNREAD = timedelta(hours=9)


@transaction.atomic
def liven(now: datetime) -> int:
    """Tell people of the last two days; history before them is nobody's news. How many unread."""
    for source in (CaseEvent, News):
        following.skip(READER, source)
    recent = CaseEvent.objects.filter(at__gt=now - _RECENT, at__lte=now).order_by("-at", "-pk")
    tell(of_events(sorted(recent[:_MOST], key=lambda event: (event.at, event.pk))))
    demo = Notice.objects.filter(person__in=User.objects.filter(is_demo=True))
    demo.unread().filter(at__lt=now - _UNREAD).update(read_at=now)
    return demo.unread().count()
