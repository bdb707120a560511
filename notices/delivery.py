"""When a notice may leave by mail, by the person's wishes."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.conf import settings

from agencies.models import User
from cases.calendar import calendar_stamp, work_calendar
from deadlines import CalendarGap
from notices.kinds import ORDERED, Delivery
from notices.models import MailSettings, Notice
from notices.timing import Hours, after_quiet, next_digest

# So long a notice waits for others: what comes together leaves as one letter.
GATHER = timedelta(minutes=1)
_SATURDAY = 5


class Post:
    """The wishes of these people (three queries), for planning when their mail leaves."""

    def __init__(self, people: Iterable[int]) -> None:
        found = User.objects.select_related("agency").filter(pk__in=list(people), is_active=True)
        self.people: dict[int, User] = {person.pk: person for person in found}
        self._chosen = MailSettings.objects.in_bulk(list(self.people))
        self._hours: dict[int, Hours] = {}
        self._stamp: tuple[object, ...] | None = None

    def wishes(self, person: User) -> MailSettings:
        found = self._chosen.get(person.pk)
        if found is None:
            return MailSettings(person=person)
        found.person = person
        return found

    def plan(self, notice: Notice) -> None:
        """Set when the unsaved notice may leave; read ones and people without address never."""
        person = self.people[notice.person_id]
        if notice.read_at is not None or not person.email or not settings.MAIL_ON:
            return
        delivery = self.wishes(person).delivery(notice.kind)
        if delivery == Delivery.OFF:
            return
        hours = self.hours(person)
        notice.digest = delivery == Delivery.DIGEST
        if notice.kind in ORDERED and not notice.digest:
            notice.mail_at = notice.at
            return
        if notice.digest:
            notice.mail_at = next_digest(notice.at, hours)
        else:
            notice.mail_at = after_quiet(notice.at + GATHER, hours)

    def hours(self, person: User) -> Hours:
        if person.pk not in self._hours:
            wishes = self.wishes(person)
            digests = [wishes.morning_at] if wishes.morning or not wishes.evening else []
            if wishes.evening:
                digests.append(wishes.evening_at)
            self._hours[person.pk] = Hours(
                zone=wishes.zone(),
                digests=tuple(digests),
                quiet_from=wishes.quiet_from,
                quiet_until=wishes.quiet_until,
                is_workday=self._workdays(person) if wishes.quiet_days_off else None,
            )
        return self._hours[person.pk]

    def _workdays(self, person: User) -> Callable[[date], bool]:
        """By the agency's calendar; beyond its years and without an agency Monday to Friday."""
        agency = person.agency
        if agency is None:
            return _is_weekday
        if self._stamp is None:
            self._stamp = calendar_stamp()
        calendar = work_calendar(agency.calendar_id, self._stamp)

        def is_workday(day: date) -> bool:
            try:
                return bool(calendar.is_workday(day))
            except CalendarGap:
                return _is_weekday(day)

        return is_workday


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY
