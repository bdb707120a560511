"""What the portal does with cases by itself when a term has passed; each case a transaction.

Every pass finds its cases by their state, so that it may run as often as it likes: what is done
is not found again.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from cases import actions, news, promise_terms
from cases.calendar import production_years
from cases.errors import CaseError
from cases.limits import current_limits
from cases.models import Case, Clock, Mark, News, Promise, ReplyTemplate, Waiting
from cases.workflow import Status

BATCH = 200
# The day begins twelve hours earlier in the east than in Greenwich.
_EASTMOST = timedelta(hours=12)
# From this month on the calendar of the next year should be there, and stand on its decree.
_MONTH_OF_NEXT_YEAR = 10


def _each(cases: Iterable[int], act: Callable[[Case], object]) -> int:
    """Make the move for each of the cases nobody else holds just now; how many were made."""
    done = 0
    for pk in cases:
        with transaction.atomic():
            case = (
                Case.objects.filter(pk=pk)
                .defer("search")
                .select_for_update(skip_locked=True)
                .first()
            )
            if case is None:
                continue
            try:
                with transaction.atomic():
                    act(case)
            except CaseError:
                continue  # somebody was faster, or it is not time yet where the agency is
        done += 1
    return done


def close_surveys(now: datetime | None = None, *, seconds: float = 20) -> int:
    """Close what its author could have marked and did not (`actions.close_unmarked`)."""
    moment = now or timezone.now()
    until = monotonic() + seconds
    windows = (
        Clock.objects.running()
        .filter(
            ~Exists(Promise.objects.filter(case=OuterRef("case"), state=Promise.State.OPEN)),
            ~Exists(Mark.objects.filter(case=OuterRef("case"), reply__state="published")),
            code="SURVEY",
            due_at__lt=moment,
            case__status=Status.ANSWERED,
            case__controlled_by__isnull=True,
        )
        .order_by("due_at", "id")
    )
    done, place = 0, Q()
    while monotonic() < until:
        rows = list(windows.filter(place).values_list("case_id", "due_at", "id")[:BATCH])
        if not rows:
            break
        done += _each((case for case, _due, _id in rows), actions.close_unmarked)
        _case, due, last = rows[-1]
        place = Q(due_at__gt=due) | Q(due_at=due, pk__gt=last)
    return done


def resume_plans(now: datetime | None = None) -> int:
    """Bring planned works back into work some days before their day."""
    today = _latest_day(now or timezone.now())
    cases = (
        Promise.objects.filter(
            state=Promise.State.OPEN,
            until_on__lte=today + timedelta(days=current_limits().resume_days),
            case__status=Status.PLANNED,
        )
        .order_by("until_on", "id")
        .values_list("case_id", flat=True)
    )
    return _each(list(cases), lambda case: actions.resume_planned(case, actor=None))


def mind_promises(now: datetime | None = None) -> int:
    """Promised days that come near, come and pass (`cases.promise_terms`); how many steps."""
    return sum(promise_terms.walk(now or timezone.now()).values())


def end_waitings(now: datetime | None = None) -> int:
    """Questions whose limit has passed: the work goes on (`Waiting`); how many."""
    passed = Waiting.objects.filter(ended_at=None, until__lte=now or timezone.now())
    cases = passed.order_by("until", "id").values_list("case_id", flat=True)[:BATCH]
    return _each(list(cases), actions.waiting_over)


def _latest_day(now: datetime) -> date:
    """The date where it is latest: what is due there is looked at, and asked again by zone."""
    return (now.astimezone(UTC) + _EASTMOST).date()


def calendar_warnings(today: date | None = None) -> list[dict[str, object]]:
    """What is missing of the production calendar: `calendar_missing` and `calendar_unconfirmed`.

    Of this year always, of the next one from October on (two queries at most).
    """
    day = today or timezone.localdate()
    years = [day.year] + ([day.year + 1] if day.month >= _MONTH_OF_NEXT_YEAR else [])
    known = production_years()
    found: list[dict[str, object]] = []
    for year in years:
        if year not in known:
            found.append({"code": "calendar_missing", "year": year})
        elif not known[year]:
            found.append({"code": "calendar_unconfirmed", "year": year})
    return found


def mind_templates(now: datetime | None = None) -> int:
    """Tell the owner of a template before its last day and after it, each once a last day.

    One without an owner is counted on the administrators' first page.
    """
    today = timezone.localdate(now)
    owned = ReplyTemplate.objects.filter(owner__is_active=True).select_related("owner")
    told = []
    for state, rows in (("soon", owned.expiring(today)), ("past", owned.expired(today))):
        for template in rows:
            told.append(
                News(
                    kind="template",
                    key=f"template:{template.pk}:{template.expires_on}:{state}",
                    person=template.owner,
                    data={
                        "state": state,
                        "until_on": template.expires_on.isoformat(),
                        "template_name": template.name,
                        "url": reverse("template-detail", args=[template.pk]),
                    },
                )
            )
    known = set(
        News.objects.filter(key__in=[one.key for one in told]).values_list("key", flat=True)
    )
    fresh = [one for one in told if one.key not in known]
    news.tell_all(fresh)
    return len(fresh)


def check_calendars(now: datetime | None = None) -> int:
    """Tell administrators once a month while the next year's calendar is missing."""
    today = timezone.localdate(now)
    told = 0
    for warning in calendar_warnings(today):
        key = f"calendar:{warning['year']}:{warning['code']}:{today:%Y-%m}"
        if not news.is_told(key):
            news.tell("calendar", key=key, state=warning["code"], day=f"{warning['year']}-01-01")
            told += 1
    return told
