"""Figures of the reply check, and what another threshold would have changed last month."""

import json
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

import quality
from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.checking import thresholds
from cases.models import Case, Reply
from cases.verdicts import rehearse_threshold
from quality import RULES_VERSION, points, risk_at

FIGURES = Path(quality.__file__).parent / "figures.json"
DAYS = 30
_RIGHTS = (Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES)
_KINDS = (
    "warm_empty",
    "legal_empty",
    "numbers_decoy",
    "vague_promise",
    "interim_undated",
    "other_question",
    "short_concrete",
    "officialese_concrete",
    "honest_refusal",
    "mass_info",
    "interim_dated",
    "half_answered",
    "plain_borderline",
)


@lru_cache(maxsize=1)
def _figures() -> dict[str, Any]:
    """What `evaluate_quality --write` kept with this release."""
    try:
        data: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return data


def _part(figures: dict[str, Any]) -> dict[str, Any]:
    """One set of pairs as the template shows it."""
    kinds = figures["hard_kinds"]
    return {
        **figures,
        "kinds": [(name, kinds[name]) for name in _KINDS if name in kinds],
        "codes": sorted(figures["checks"].items()),
    }


def _rehearsed(request: HttpRequest) -> dict[str, Any] | None:
    """What a threshold in points would have changed, on replies whose numbers are seen."""
    text = request.GET.get("points", "").strip()
    if not text:
        return None
    if not text.isdigit() or not 1 <= int(text) <= 99:
        return {"error": True, "points": text}
    replies = Reply.objects.filter(
        case__in=Case.objects.visible_to(request.user, Right.VIEW_STATES),
        submitted_at__gte=timezone.now() - timedelta(days=DAYS),
    )
    return {"points": int(text), "found": rehearse_threshold(replies, risk_at(int(text)))}


@login_required
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    if not holds_anywhere(request.user, _RIGHTS):
        raise PermissionDenied
    found = _figures()
    limits, _setting = thresholds()
    context = {
        "on": date_format(date.fromisoformat(found["on"]), "j E Y") if found.get("on") else "",
        "rules": RULES_VERSION,
        "parts": [
            (name, _part(found[name])) for name in ("development", "sealed") if name in found
        ],
        "baselines": found.get("baselines", []),
        "groups": found.get("groups_off", []),
        "flag_points": points(limits.flag_in_force()),
        "rehearsed": _rehearsed(request),
        "days": DAYS,
        "settings_open": holds_anywhere(request.user, (Right.MANAGE_AGENCIES,)),
    }
    return render(request, "cases/figures.html", context)
