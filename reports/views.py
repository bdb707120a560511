"""Pages of figures: the dashboard, the dictionary of metrics, the rows behind a figure."""

from collections.abc import Iterable, Mapping
from datetime import date
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.directory import Directory, directory_of
from cases.models import Case
from cases.paging import read_day_cursor, write_day_cursor
from reports import board, wording
from reports.figures import Scope, fact_value, figures_of, figures_of_parts, rows
from reports.metrics import METRICS, Metric
from reports.models import Fact
from reports.periods import KINDS, Period, chosen, region_today

PAGE = 50


def asked_period(given: Mapping[str, str], today: date) -> tuple[str, Period, bool]:
    """(kind, period, whether the address could be read); a broken one gives the week."""
    try:
        return *chosen(given, today), True
    except ValueError:
        return "week", Period.week(today), False


def whole(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _reach(user: User, right: str, agency: int | None) -> Scope:
    """The agencies of the person, or the chosen one of them; 404 for a foreign one."""
    scope = Scope.of(user, right)
    if agency is None:
        return scope
    if scope.ids is not None and agency not in scope.ids:
        raise Http404
    return scope.narrowed([agency])


def _offered(scope: Scope, directory: Directory) -> list[tuple[int, str]]:
    found = [
        (pk, agency.short_name or agency.name)
        for pk, agency in directory.agencies.items()
        if scope.ids is None or pk in scope.ids
    ]
    return sorted(found, key=lambda row: row[1])


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Figures of the agencies on which the person may see numbers (about fifteen queries)."""
    user: User = request.user  # type: ignore[assignment]
    if not holds_anywhere(user, (Right.VIEW_STATES,)):
        raise PermissionDenied
    today = region_today()
    kind, period, valid = asked_period(request.GET, today)
    agency = whole(request.GET, "agency")
    directory = directory_of(user)
    asked = board.Asked(
        user=user,
        scope=_reach(user, Right.VIEW_STATES, agency),
        period=period,
        today=today,
        directory=directory,
        agency=agency,
        links=holds_anywhere(user, (Right.VIEW_CASES,)),
    )
    offered = _offered(Scope.of(user), directory)
    context = {
        "kind": kind,
        "kinds": KINDS[:-1],
        "period": period,
        "valid": valid,
        "period_words": wording.period_words(period),
        "previous_words": wording.period_words(period.previous()),
        "offered": offered,
        "agency": directory.agencies.get(agency) if agency is not None else None,
        "numbers": board.numbers(asked),
        "league": _league(request, asked),
        "whole": request.GET.get("all") == "1",
        "links": board.links(asked),
        "heat": board.heat_map(asked, per_resident=request.GET.get("heat") != "count"),
        "ages": board.ages(asked),
        "workload": board.workload(asked),
        "query": _kept(request, "period", "from", "to", "agency"),
    }
    return render(request, "reports/dashboard.html", context)


def _league(request: HttpRequest, asked: board.Asked) -> list[board.AgencyClass]:
    """The agencies of the reader; none where he has chosen one."""
    if asked.agency:
        return []
    only = request.GET.get("class", "")
    return board.league(
        asked,
        whole=request.GET.get("all") == "1",
        only=only if only in board.CLASS_CODES else "",
        page=whole(request.GET, "page") or 1,
    )


def _kept(request: HttpRequest, *names: str) -> str:
    """These values of the address, to go on with."""
    given = request.GET.copy()
    for name in list(given):
        if name not in names:
            del given[name]
    return given.urlencode()


@login_required
@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    """Every metric with its definition and its figure for the chosen period."""
    user: User = request.user  # type: ignore[assignment]
    if not holds_anywhere(user, (Right.VIEW_STATES,)):
        raise PermissionDenied
    today = region_today()
    kind, period, valid = asked_period(request.GET, today)
    found = figures_of(list(METRICS), Scope.of(user), period, today)
    context = {
        "kind": kind,
        "kinds": KINDS[:-1],
        "period": period,
        "valid": valid,
        "period_words": wording.period_words(period),
        "metrics": [(metric, found[code]) for code, metric in METRICS.items()],
        "links": holds_anywhere(user, (Right.VIEW_CASES,)),
    }
    return render(request, "reports/dictionary.html", context)


def found_rows(
    user: User, metric: Metric, given: Mapping[str, str], today: date
) -> tuple[list[Fact], str, Period]:
    """A page of the rows behind a figure, newest first, and the cursor of the next one.

    `given`: set (num, den), from, to, agency, topic, territory, cursor.
    """
    _kind, period, _valid = asked_period(given, today)
    which = "denominator" if given.get("set") == "den" else "numerator"
    scope = _reach(user, Right.VIEW_CASES, whole(given, "agency"))
    facts = rows(metric, which, user, period, today=today, scope=scope)  # type: ignore[arg-type]
    for name in ("topic", "territory"):
        value = whole(given, name)
        if value is not None:
            facts = facts.filter(**{f"{name}_id": value})
    after = read_day_cursor(given.get("cursor", ""))
    if after is not None:
        day, pk = after
        facts = facts.filter(day__lte=day).filter(Q(day__lt=day) | Q(pk__lt=pk))
    page = list(facts.order_by("-day", "-pk")[: PAGE + 1])
    cursor = write_day_cursor(page[PAGE - 1].day, page[PAGE - 1].pk) if len(page) > PAGE else ""
    page = page[:PAGE]
    return page, cursor, period


def with_cases(user: User, facts: Iterable[Fact]) -> list[tuple[Fact, Case]]:
    """Each row with its case, of those the person may read (one query)."""
    facts = list(facts)
    cases = (
        Case.objects.visible_to(user)
        .select_related("citizen")
        .only("number", "title", "citizen__kind", "citizen__name")
        .in_bulk({fact.case_id for fact in facts})
    )
    return [(fact, cases[fact.case_id]) for fact in facts if fact.case_id in cases]


@login_required
@require_safe
def metric_rows(request: HttpRequest, code: str) -> HttpResponse:
    """The rows a figure counts: as many as it says."""
    user: User = request.user  # type: ignore[assignment]
    metric = METRICS.get(code)
    if not holds_anywhere(user, (Right.VIEW_CASES,)):
        raise PermissionDenied
    if metric is None or not metric.opens:
        raise Http404
    if metric.parts:
        return _made_of(request, user, metric)
    today = region_today()
    facts, cursor, period = found_rows(user, metric, request.GET, today)
    directory = directory_of(user)
    agency = whole(request.GET, "agency")
    scope = _reach(user, Right.VIEW_CASES, agency)
    figure = figures_of([code], scope, period, today)[code]
    narrow = {
        "topic": directory.topics.get(whole(request.GET, "topic") or 0),
        "territory": directory.territories.get(whole(request.GET, "territory") or 0),
        "agency": directory.agencies.get(agency or 0),
    }
    shown = [
        {
            "fact": fact,
            "case": case,
            "agency": directory.agencies.get(fact.agency_id),
            "topic": directory.topics.get(fact.topic_id),
            "value": _value(metric, fact),
        }
        for fact, case in with_cases(user, facts)
    ]
    context = {
        "metric": metric,
        "figure": figure,
        "denominator": request.GET.get("set") == "den",
        "rows": shown,
        "timed": any(row["value"] for row in shown),
        "narrow": [value for value in narrow.values() if value is not None],
        "cut": narrow["topic"] is not None or narrow["territory"] is not None,
        "period_words": "" if metric.now else wording.period_words(period),
        "other_set": _other_set(request, metric),
        "next": _next(request, cursor),
    }
    return render(request, "reports/rows.html", context)


def _made_of(request: HttpRequest, user: User, metric: Metric) -> HttpResponse:
    """The figures a figure is made of, each with its own rows."""
    today = region_today()
    _kind, period, _valid = asked_period(request.GET, today)
    agency = whole(request.GET, "agency")
    scope = _reach(user, Right.VIEW_CASES, agency)
    parts = [
        {
            "metric": METRICS[part.code],
            "figure": figure,
            "weight": part.weight,
            "period_words": wording.period_words(part.period),
            "query": urlencode(
                {"from": part.period.first, "to": part.period.last}
                | ({} if agency is None else {"agency": agency})
            ),
        }
        for part, figure in figures_of_parts(metric, scope, period, today)
    ]
    context = {
        "metric": metric,
        "figure": figures_of([metric.code], scope, period, today)[metric.code],
        "parts": parts,
        "weighed": any(part["weight"] for part in parts),
        "agency": directory_of(user).agencies.get(agency or 0),
        "period_words": wording.period_words(period),
    }
    return render(request, "reports/made_of.html", context)


def _value(metric: Metric, fact: Fact) -> str:
    value = fact_value(metric, fact)
    return "" if value is None else wording.worded(metric.code, value)


def _next(request: HttpRequest, cursor: str) -> str:
    if not cursor:
        return ""
    given = request.GET.copy()
    given["cursor"] = cursor
    return f"?{given.urlencode()}"


def _other_set(request: HttpRequest, metric: Metric) -> str:
    if not metric.denominator or metric.denominator == metric.numerator:
        return ""
    given = request.GET.copy()
    given["set"] = "num" if given.get("set") == "den" else "den"
    given.pop("cursor", None)
    return f"?{given.urlencode()}"
