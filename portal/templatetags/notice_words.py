"""Words and marks of notices for templates, of pages and of letters."""

from datetime import date, timedelta

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.templatetags.portal import moment
from notices.inbox import Group, Shown
from notices.kinds import Kind
from notices.letters import Lines
from notices.models import Notice
from portal import wording_notices

register = template.Library()


@register.filter
def notice_words(notice: Notice) -> str:
    return wording_notices.word_notice(notice.kind, notice.data)


@register.filter
def notice_actor(notice: Notice) -> str:
    return wording_notices.word_actor(notice.data)


@register.filter
def notice_icon(kind: str) -> str:
    return wording_notices.ICONS.get(kind, "info")


@register.filter
def notice_tone(kind: str) -> str:
    return wording_notices.TONES.get(kind, "")


@register.filter
def group_words(group: Group) -> str:
    return wording_notices.word_many(group.kind, len(group.rows))


@register.filter
def near_day(day: date) -> str:
    """«Сегодня», «Вчера», «14 мая»."""
    today = timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "j E" if day.year == today.year else "j E Y")


@register.filter
def notice_address(notice: Notice) -> str:
    """Where a notice without a case leads; empty where there is no such page."""
    batch = notice.data.get("batch")
    if notice.kind == Kind.IMPORT_FINISHED and isinstance(batch, int):
        return reverse("import-batch", kwargs={"pk": batch})
    if notice.kind == Kind.TERMS_LATE:
        return reverse("case-list") + "?overdue=true"
    if notice.kind == Kind.CALENDAR:
        return reverse("admin:agencies_calendarday_changelist")
    return str(notice.data.get("url", ""))


@register.filter
def row_address(row: Shown) -> str:
    """Where the line of a letter leads, without the portal's own address."""
    return row.url or notice_address(row.notice) or reverse("notices")


@register.filter
def line_words(line: Lines) -> str:
    return wording_notices.word_many(line.kind, line.count)


# Kinds that ask for an answer: their lines say by when.
_WITH_TERM = frozenset(
    {Kind.ASSIGNED, Kind.ARRIVED, Kind.HANDOVER, Kind.RETURNED, Kind.REOPENED, Kind.CONTROL}
)


@register.filter
def answer_by(row: Shown) -> str:
    """«15 мая, 11:05» where the notice asks for an answer and the case has a term."""
    case = row.case
    if case is None or case.due_at is None or not case.is_open:
        return ""
    return moment(case.due_at) if row.notice.kind in _WITH_TERM else ""


@register.filter
def figure_lines(notice: Notice) -> list[dict[str, object]]:
    return wording_notices.figure_lines(notice.kind, notice.data)
