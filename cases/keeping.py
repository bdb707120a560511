"""What the portal does with cases by itself when a term has passed; each case a transaction.

Every pass finds its cases by their state, so that it may run as often as it likes: what is done
is not found again.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cases import actions, news
from cases.calendar import production_years, work_calendar
from cases.errors import CaseError
from cases.limits import current_limits
from cases.models import Case, Clock, Mark, Promise, PromiseMark
from cases.workflow import Status
from deadlines import CalendarGap

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
    """Tell of promised days on their morning, and of those that passed; reopen what was closed."""
    moment = now or timezone.now()
    done = 0
    for step in PromiseMark.Step:
        found = (
            Promise.objects.filter(
                ~Exists(PromiseMark.objects.filter(promise=OuterRef("pk"), step=step)),
                state=Promise.State.OPEN,
                until_on__lte=_latest_day(moment) + timedelta(days=3),
            )
            .order_by("until_on", "id")
            .values_list("pk", flat=True)
        )
        for pk in list(found):
            done += _mind(pk, step, moment)
    return done


@transaction.atomic
def _mind(pk: int, step: PromiseMark.Step, now: datetime) -> int:
    promise = (
        Promise.objects.select_related("case__agency")
        .defer("case__search")
        .select_for_update(of=("self", "case"), skip_locked=True)
        .filter(pk=pk, state=Promise.State.OPEN)
        .first()
    )
    if promise is None or promise.case.agency is None:
        return 0
    zone = promise.case.agency.zone
    ends = datetime.combine(promise.until_on, time(23, 59, 59), tzinfo=zone)
    broken = step == PromiseMark.Step.BROKEN
    if now <= (ends if broken else _morning(promise, now)):
        return 0
    if not broken and now > ends:
        # Nobody is told today that yesterday is near.
        PromiseMark.objects.get_or_create(promise=promise, step=step)
        return 0
    _mark, fresh = PromiseMark.objects.get_or_create(promise=promise, step=step)
    if not fresh:
        return 0
    news.tell(
        "promise_broken" if broken else "promise_due",
        key=f"promise:{promise.pk}:{step}",
        case=promise.case,
        until_on=promise.until_on.isoformat(),
    )
    if broken and promise.case.status == Status.CLOSED:
        actions.reopen(promise.case, actor=None, reason="", cause="promise")
    return 1


def _morning(promise: Promise, now: datetime) -> datetime:
    """The opening of the promised day, or of the last working day before it."""
    agency = promise.case.agency
    assert agency is not None  # asked before
    calendar = work_calendar(agency.calendar_id)
    day = promise.until_on
    for _back in range(12):
        try:
            hours = calendar.intervals(day)
        except CalendarGap:
            break
        if hours:
            start = datetime.combine(day, time(), tzinfo=agency.zone)
            return start + timedelta(minutes=hours[0][0])
        day -= timedelta(days=1)
    return datetime.combine(promise.until_on, time(9), tzinfo=agency.zone)


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
