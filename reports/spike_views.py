"""The page of spikes: what came far above its usual in the last two weeks, and what was usual."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.directory import directory_of
from cases.models import Territory, Topic
from cases.trend import chart
from reports.periods import DAY, region_today
from reports.spikes import SHOWN_DAYS, Spike, spikes


def _drawn(spike: Spike) -> dict[str, object]:
    bound = spike.bound
    counts = [count for _day, count, _bound in spike.days]
    labels = [date_format(day, "j.m") for day, _count, _bound in spike.days]
    return {
        "spike": spike,
        "chart": chart(counts, labels, usual=bound.middle, hot=bound.alarm - 1),
        "times": [(date_format(day, "j E"), count) for day, count, _bound in spike.days],
        "table": [(date_format(day, "j E"), n, one.high) for day, n, one in spike.days],
    }


def spikes_for(user: User) -> list[tuple[Spike, Topic, Territory]]:
    """Of the whole region: for who sees its numbers (about five queries)."""
    if granted_agency_ids(user, Right.VIEW_STATES) is not None:
        raise PermissionDenied
    today = region_today()
    directory = directory_of(user)
    found = []
    for spike in spikes(today - (SHOWN_DAYS - 1) * DAY, today)[:50]:
        topic = directory.topics.get(spike.topic)
        land = directory.territories.get(spike.territory)
        if topic is not None and land is not None:
            found.append((spike, topic, land))
    return found


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    context = {
        "rows": [
            {"topic": topic, "territory": land, **_drawn(spike)}
            for spike, topic, land in spikes_for(user)
        ],
        "today": region_today(),
        "links": granted_agency_ids(user, Right.VIEW_CASES) is None
        and holds_anywhere(user, (Right.VIEW_CASES,)),
        "keeps": holds_anywhere(user, (Right.CLOSE_CASES,)),
    }
    return render(request, "reports/spikes.html", context)
