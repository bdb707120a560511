"""Repeats side by side: what was asked before, what was answered, what is asked again."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import repeat_list
from cases.directory import directory_of
from cases.masking import mask_text
from cases.models import Case, RepeatPair
from cases.querysets import may
from cases.views.events import ensure, whole

STATES = ("found", "confirmed", "refused")


def _said(text: str, case: Case, user: User) -> str:
    if may(user, Right.VIEW_CONTACTS, case):
        return text
    return mask_text(text, case.citizen.hidden_name)


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *repeat_list.READERS)
    state = request.GET.get("state", "")
    state = state if state in STATES else RepeatPair.State.FOUND.value
    agency = whole(request.GET.get("agency"))
    pairs, more = repeat_list.listed(
        user, state=state, agency=agency, before=whole(request.GET.get("before"))
    )
    judges = holds_anywhere(user, repeat_list.JUDGES)
    kept = f"state={state}" + (f"&agency={agency}" if agency is not None else "")
    scope = repeat_list.scope_of(user)
    known = agency is not None and (scope is None or agency in scope)
    context = {
        "state": state,
        "states": [(one, RepeatPair.State(one).label) for one in STATES],
        "rows": [
            {
                "pair": one.pair,
                "case": one.pair.case,
                "text": _said(one.text, one.pair.case, user),
                "earlier": one.earlier,
                "earlier_text": _said(one.earlier_text, one.earlier, user) if one.earlier else "",
                "reply": _said(one.reply.text, one.earlier, user)
                if one.reply and one.earlier
                else "",
                "judges": judges
                and any(may(user, right, one.pair.case) for right in repeat_list.JUDGES),
            }
            for one in pairs
        ],
        "counts": repeat_list.counts_of(user),
        "agency": directory_of(user).agencies.get(agency or 0) if known else None,
        "here": request.get_full_path(),
        "next": f"?{kept}&before={more}" if more else "",
    }
    return render(request, "cases/repeats.html", context)
