"""While a reply is being written: the draft, the live check, texts that lost their place."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agencies.roles import Right
from cases import checking
from cases.actions import drafts
from cases.doors import DOORS
from cases.errors import RightMissing
from cases.models import Case, Reply
from cases.querysets import may
from cases.reading import visible_case
from cases.views import mending
from cases.views.case import case_context, days_of, known_facts
from cases.views.common import case_or_404
from cases.views.differences import difference
from cases.views.panel import Panel, panel_of
from cases.views.rework import live_rework

_LONGEST = 20_000


def _text(request: HttpRequest) -> str:
    # A form sent without JavaScript ends its lines otherwise; positions must not differ.
    text = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n")
    return text[:_LONGEST]


def _page(request: HttpRequest) -> drafts.Page:
    given = request.POST
    return drafts.Page.of(given.get("tab", ""), given.get("seen"), given.get("template", ""))


def draft_state(saved: drafts.Saved, text: str) -> dict[str, Any]:
    """What the corner of the editor says; a conflict with both texts side by side."""
    return {
        "saved": saved,
        "seen": saved.draft.saved_at.isoformat() if saved.draft else "",
        "lines": difference(saved.draft.text, text) if saved.conflict and saved.draft else [],
    }


@login_required
@require_POST
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """Saves what is being typed; `keep`: over what another tab has saved meanwhile."""
    case = visible_case(request.user, number)
    text, page = _text(request), _page(request)
    if request.POST.get("keep") == "mine":
        saved = drafts.take_over(case, actor=request.user, text=text, page=page)
    else:
        saved = drafts.save_draft(case, actor=request.user, text=text, page=page)
    if saved.draft is None:
        return HttpResponse(status=204)
    return render(request, "cases/_draft_state.html", {"case": case, **draft_state(saved, text)})


@login_required
@require_POST
def check(request: HttpRequest, number: str) -> HttpResponse:
    """The live panel: assesses the text as it stands, stores nothing but the draft."""
    case = visible_case(request.user, number)
    text = _text(request)
    saved = drafts.save_draft(case, actor=request.user, text=text, page=_page(request))
    state = draft_state(saved, text)
    facts = known_facts(case)
    if saved.draft is None or not text.strip():
        if not request.headers.get("HX-Request"):
            return _checked_page(request, number, None)
        context = {"case": case, "inserts": facts, **state}
        return render(request, "cases/_quality_empty.html", context)
    found = checking.check(
        checking.ground_of(case, request.user),
        text,
        kind=request.POST.get("kind") or Reply.Kind.FINAL,
        outcome=request.POST.get("outcome", ""),
        replied_at=timezone.now(),
    )
    panel = panel_of(found, request.user, text=text)
    assert panel is not None  # only a stored reply may be unchecked
    mending.quote_answers(panel, text)
    if not request.headers.get("HX-Request"):
        return _checked_page(request, number, panel)
    mending.offer(panel, facts, text)
    return render(
        request,
        "cases/_quality.html",
        {
            "case": case,
            "panel": panel,
            "said": mending.said(panel),
            "live": True,
            "inserts": facts,
            "days": days_of(case, text, request.POST),
            "rework": live_rework(case, text) if case.returns or case.reopenings else None,
            **state,
        },
    )


def _checked_page(request: HttpRequest, number: str, panel: Panel | None) -> HttpResponse:
    """The whole page with the panel, for a browser without JavaScript; the text stays."""
    case = case_or_404(request.user, number)
    context = case_context(case, request)
    if context["writes"]:
        typed = {name: value for name, value in request.POST.items() if name != "version"}
        context["form"] = DOORS["submit_reply"].form(
            initial={**typed, "text": _text(request)}, case=case, actor=request.user
        )
        context["checked"] = panel
    return render(request, "cases/case.html", context)


@login_required
@require_safe
def copies(request: HttpRequest, number: str) -> HttpResponse:
    """The writer's own earlier texts of this case; loaded when he asks for them."""
    case: Case = visible_case(request.user, number)
    if not may(request.user, Right.ANSWER_CASES, case):
        raise RightMissing("right_missing", move="submit_reply")
    context = {
        "copies": drafts.copies_of(case, request.user),
        "absent": drafts.of_the_absent(case, request.user),
    }
    return render(request, "cases/_copies.html", context)
