"""What citizens were promised: the list by day, and the month as a calendar."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.models import Agency, User
from agencies.roles import Right
from cases.models import Promise
from cases.paging import PAGE, read_day_cursor, write_day_cursor
from cases.querysets import PromiseQuerySet, may
from cases.sheets import addresses
from cases.views.chips import Chip

TERMS = (
    ("overdue", _("overdue")),
    ("today", _("today")),
    ("week", _("in seven days")),
    ("month", _("in thirty days")),
)


class PromiseFilter(forms.Form):
    """Conditions of the list and of the API."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("all")), *Promise.State.choices]
    )
    term = forms.ChoiceField(label=_("Term"), required=False, choices=[("", _("any")), *TERMS])
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=_("Agency"),
        required=False,
        to_field_name="code",
        empty_label=_("all"),
    )
    day = forms.DateField(label=_("Day"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].widget.attrs["data-focus"] = ""
        ids = granted_agency_ids(reader, Right.VIEW_CASES)
        known = Agency.objects.filter(is_active=True)
        self.fields["agency"].queryset = (  # type: ignore[attr-defined]
            known if ids is None else known.filter(pk__in=sorted(ids))
        )

    def narrow(self, promises: PromiseQuerySet, today: date) -> PromiseQuerySet:
        """The promises that fit; the form must be valid."""
        given = self.cleaned_data
        if given["state"]:
            promises = promises.filter(state=given["state"])
        if given["agency"] is not None:
            promises = promises.filter(case__agency=given["agency"])
        if given["day"]:
            return promises.filter(until_on=given["day"])
        match given["term"]:
            case "overdue":
                return promises.open().filter(until_on__lt=today)
            case "today":
                return promises.open().filter(until_on=today)
            case "week":
                return promises.of_days(today, today + timedelta(days=7))
            case "month":
                return promises.of_days(today, today + timedelta(days=30))
        return promises

    def chips(self, given: QueryDict) -> list[Chip]:
        """The chosen conditions, each with the address of the list without it."""
        chips = []
        for name, value in self.cleaned_data.items():
            if not value:
                continue
            field = self.fields[name]
            if isinstance(value, date):
                words = date_format(value, "j E Y")
            elif isinstance(field, forms.ModelChoiceField):
                words = str(value)
            else:
                assert isinstance(field, forms.ChoiceField)
                words = str(dict(field.choices)[value])  # type: ignore[arg-type]
            rest = given.copy()
            rest.pop("cursor", None)
            rest.setdefault("state", "")  # without any condition the list shows the open ones
            rest[name] = ""
            chips.append(Chip(str(field.label), words, f"?{rest.urlencode()}"))
        return chips


def page_of_promises(promises: PromiseQuerySet, cursor: str) -> tuple[list[Promise], str]:
    """One page by (day, id), and the cursor of the next (one query)."""
    after = read_day_cursor(cursor)
    if after is not None:
        day, pk = after
        promises = promises.filter(until_on__gte=day).filter(
            Q(until_on__gt=day) | Q(until_on=day, pk__gt=pk)
        )
    rows = list(
        promises.select_related("case__agency", "case__citizen", "case__executor", "moved_from")
        .defer("case__search")
        .order_by("until_on", "pk")[: PAGE + 1]
    )
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], write_day_cursor(last.until_on, last.pk)


def _allowed(user: User) -> None:
    if not holds_anywhere(user, [Right.VIEW_CASES]):
        raise PermissionDenied


@login_required
@require_safe
def promise_list(request: HttpRequest) -> HttpResponse:
    """Open promises first of all: without a condition the list shows those, the nearest first."""
    _allowed(request.user)
    asked = request.GET if request.GET else {"state": Promise.State.OPEN.value}
    form = PromiseFilter(asked, reader=request.user)
    visible = Promise.objects.visible_to(request.user)
    today = timezone.localdate()
    valid = form.is_valid()
    found = form.narrow(visible, today) if valid else visible.none()
    rows, cursor = page_of_promises(found, request.GET.get("cursor", ""))
    rest = {key: value for key, value in request.GET.items() if key != "cursor"}
    return render(
        request,
        "cases/promises/list.html",
        {
            "form": form,
            "chips": form.chips(request.GET) if valid else [],
            "take": addresses("promise-table", urlencode(rest)),
            "rows": [
                {"promise": row, "late": row.state == "open" and row.until_on < today,
                 "sees": may(request.user, Right.VIEW_CONTACTS, row.case)}
                for row in rows
            ],
            "day": form.cleaned_data.get("day") if valid else None,
            "today": today,
            "next_url": "?" + urlencode({**rest, "cursor": cursor}) if cursor else "",
        },
        status=200 if valid else 400,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar with its counts; `mine`: of this month."""

    on: date
    mine: bool
    open: int = 0
    kept: int = 0
    broken: int = 0
    moved: int = 0

    @property
    def total(self) -> int:
        return self.open + self.kept + self.broken + self.moved


def month_of(raw: str, today: date) -> date:
    """The first of the month «2026-11»; this month where it is none."""
    try:
        first = date.fromisoformat(f"{raw}-01")
    except ValueError:
        return today.replace(day=1)
    return first if 2000 <= first.year <= 2100 else today.replace(day=1)


def weeks_of(user: User, first: date, agency: Agency | None = None) -> list[list[Day]]:
    """The weeks of a month with the promises `user` may see (one query by an index)."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    found = Promise.objects.visible_to(user).of_days(weeks[0][0], weeks[-1][-1])
    if agency is not None:
        found = found.filter(case__agency=agency)
    counts: dict[date, dict[str, int]] = {}
    for day, state, count in (
        found.order_by().values_list("until_on", "state").annotate(n=Count("pk"))
    ):
        counts.setdefault(day, {})[state] = count
    return [
        [Day(day, day.month == first.month, **counts.get(day, {})) for day in week]
        for week in weeks
    ]


@login_required
@require_safe
def promise_calendar(request: HttpRequest) -> HttpResponse:
    """The month: how many promises stand on each day and what became of them."""
    _allowed(request.user)
    form = PromiseFilter(request.GET, reader=request.user)
    agency = form.cleaned_data.get("agency") if form.is_valid() else None
    today = timezone.localdate()
    first = month_of(request.GET.get("month", ""), today)
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    chosen = f"&agency={agency.code}" if agency else ""
    return render(
        request,
        "cases/promises/calendar.html",
        {
            "form": form,
            "weeks": weeks_of(request.user, first, agency),
            "title": date_format(first, "F Y"),
            "before": f"?month={before:%Y-%m}{chosen}",
            "after": f"?month={after:%Y-%m}{chosen}",
            "this_month": f"?month={today:%Y-%m}{chosen}",
            "chosen": chosen,
            "month": f"{first:%Y-%m}",
            "today": today,
        },
    )
