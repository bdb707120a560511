"""Rules of terms and calendars: what is in force, a change and its rehearsal, a calendar's year."""

from calendar import Calendar
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.models import Agency, CalendarDay, WorkingCalendar
from agencies.roles import Right
from cases import rehearsal
from cases.admin_reference import ROLLS, UNITS, word_step, word_term
from cases.calendar import production_years, work_calendar
from cases.keeping import calendar_warnings
from cases.models import Case, DeadlineRule, LadderStep, TermChange
from cases.term_forms import DaysForm, RuleChangeForm
from cases.views.administrator import administrator
from cases.watch_tasks import queue_rehearsal
from deadlines import CalendarGap, clock

PRODUCTION = "production"
_CHANGES = 20


@administrator
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rules: dict[str, dict[str, Any]] = {}
    for rule in DeadlineRule.objects.filter(is_active=True).order_by("code", "-in_force_from"):
        row = rules.setdefault(rule.code, {"now": None, "next": None})
        if rule.in_force_from > today:
            row["next"] = rule
        elif row["now"] is None:
            row["now"] = rule
    for row in rules.values():
        for name in ("now", "next"):
            if row[name] is not None:
                row[f"{name}_words"] = word_term(row[name])
    changes = TermChange.objects.select_related("made_by")[:_CHANGES]
    context = {
        "rules": sorted(rules.items()),
        "changes": [{"change": change, "title": _title(change)} for change in changes],
        "calendars": WorkingCalendar.objects.order_by("name"),
        "year": today.year,
        "warnings": calendar_warnings(),
        "ladder": [(word_step(s), s) for s in LadderStep.objects.filter(is_active=True)],
    }
    return render(request, "service/terms.html", context)


def _title(change: TermChange) -> str:
    values = change.values
    if change.kind == TermChange.Kind.RULE:
        words = word_term(DeadlineRule(amount=values["amount"], unit=values["unit"]))
        return f"{values['code']}: {words}"
    calendar = (
        WorkingCalendar.objects.filter(pk=values["calendar"]).first()
        if values["calendar"] is not None
        else None
    )
    name = calendar.name if calendar else _("production calendar")
    days = [date.fromisoformat(row["day"]) for row in values["days"]]
    span = f"{days[0]:%d.%m.%Y}" + (f" – {days[-1]:%d.%m.%Y}" if len(days) > 1 else "")
    kind = dict(CalendarDay.Kind.choices).get(values["days"][0]["kind"], _("as usual in the week"))
    return f"{name}, {span}: {kind}"


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """The versions of a rule; a POST proposes a new one, which is rehearsed first."""
    versions = list(DeadlineRule.objects.filter(code=code).order_by("-in_force_from", "-pk"))
    if not versions:
        raise Http404
    form = RuleChangeForm(request.POST or None, rule=versions[0])
    if request.method == "POST" and form.is_valid():
        change = rehearsal.propose(TermChange.Kind.RULE, form.values(), by=request.user)
        queue_rehearsal()
        return redirect("term-change", change.pk)
    units, rolls = dict(UNITS), dict(ROLLS)
    context = {
        "code": code,
        "rule": versions[0],
        "versions": [
            {"rule": one, "words": word_term(one), "unit": units.get(one.unit),
             "roll": rolls.get(one.roll)}
            for one in versions
        ],
        "form": form,
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return render(request, "service/rule.html", context, status=status)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """A year of a calendar in months; a POST proposes other days, which are rehearsed first."""
    own = None if code == PRODUCTION else get_object_or_404(WorkingCalendar, code=code)
    years = production_years()
    form = DaysForm(request.POST or None, years=frozenset(years))
    if request.method == "POST" and form.is_valid():
        values = form.values(own.pk if own else None)
        change = rehearsal.propose(TermChange.Kind.CALENDAR, values, by=request.user)
        queue_rehearsal()
        return redirect("term-change", change.pk)
    agencies = Agency.objects.filter(calendar=own, is_active=True) if own else Agency.objects.none()
    context = {
        "code": code,
        "calendar": own,
        "year": year,
        "years": sorted(years),
        "missing": year not in years,
        "unconfirmed": year in years and not years[year],
        "months": _months(own, year) if year in years else [],
        "agencies": agencies.count(),
        "zones": sorted(set(agencies.values_list("time_zone", flat=True))),
        "form": form,
    }
    return render(request, "service/year.html", context, status=422 if form.is_bound else 200)


def _months(own: WorkingCalendar | None, year: int) -> list[dict[str, Any]]:
    model = own or WorkingCalendar.objects.filter(follows_production=True).order_by("pk").first()
    rows = {row.day: row for row in CalendarDay.objects.filter(calendar=None, day__year=year)}
    calendar = work_calendar(model.pk) if model is not None else None
    if own is not None and calendar is not None:
        mine = {row.day: row for row in CalendarDay.objects.filter(calendar=own, day__year=year)}
        rows = {**(rows if own.follows_production else {}), **mine}
    months = []
    for month in range(1, 13):
        weeks = [
            [_day(day, month, rows.get(day), calendar) for day in week]
            for week in Calendar().monthdatescalendar(year, month)
        ]
        months.append({"first": date(year, month, 1), "weeks": weeks})
    return months


def _day(day: date, month: int, row: CalendarDay | None, calendar: Any) -> dict[str, Any]:
    if day.month != month:
        return {}
    try:
        hours = calendar.intervals(day) if calendar is not None else ()
    except CalendarGap:
        hours = ()
    said = [row.get_kind_display(), row.title] if row else []
    if hours:
        said.append(", ".join(f"{clock(start)}–{clock(end)}" for start, end in hours))
    else:
        said.append(_("day off"))
    short = row is not None and bool(hours) and row.kind in ("shortened", "special")
    return {
        "day": day,
        "state": "short" if short else "work" if hours else "off",
        "special": row is not None,
        "words": ", ".join(filter(None, said)),
        "today": day == timezone.localdate(),
    }


@administrator
@require_safe
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """A rehearsal while it runs and its result; `?part=1`: the moving part alone."""
    found = get_object_or_404(TermChange.objects.select_related("made_by", "decided_by"), pk=pk)
    result = found.result
    names = Agency.objects.in_bulk([int(key) for key in result.get("agencies", {}) if key != "0"])
    rows = [
        {"agency": str(names.get(int(key), _("the centre"))), **counts}
        for key, counts in result.get("agencies", {}).items()
    ]
    # Numbers of cases, nothing of their words: administrators may see no more.
    ids = [row["case"] for row in result.get("cases", ())]
    seen = Case.objects.visible_to(request.user, Right.VIEW_STATES).filter(pk__in=ids)
    numbers = {pk: number for pk, number in seen.values_list("pk", "number")}  # noqa: C416
    context = {
        "change": found,
        "title": _title(found),
        "result": result,
        "agencies": sorted(rows, key=lambda row: (-row["more"], row["agency"])),
        "cases": [
            {
                **row,
                "number": numbers.get(row["case"], ""),
                "before": datetime.fromisoformat(row["before"]),
                "until": datetime.fromisoformat(row["until"]),
            }
            for row in result.get("cases", ())
        ],
        "since": found.made_at - rehearsal.PAST,
    }
    template = "service/_change.html" if "part" in request.GET else "service/change.html"
    return render(request, template, context)


@administrator
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(TermChange, pk=pk)
    if "take" in request.POST:
        done = rehearsal.take(found.pk, by=request.user)
        words = _("In force: running terms are being counted again")
    else:
        done = rehearsal.drop(found.pk, by=request.user)
        words = _("Dropped, nothing has changed")
    if done:
        messages.success(request, words)
    else:
        messages.error(request, _("Somebody has decided already, or the rehearsal still runs"))
    return redirect("term-change", found.pk)
