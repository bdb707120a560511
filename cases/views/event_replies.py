"""Personal replies for all members of an event that one may answer: preview, send, result."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from agencies.models import User
from agencies.roles import Right
from cases import event_orders, tasks
from cases.forms_events import OrderForm
from cases.models import Case, EventOrder, EventOrderRow
from cases.views.events import ensure, event_or_404, title_of

_ORDER = ["draft", "refused", "waiting", "sent"]


@login_required
def replies(request: HttpRequest, code: str) -> HttpResponse:
    """GET: how many, and the first texts as their citizens will get them; POST sends."""
    user: User = request.user  # type: ignore[assignment]
    ensure(user, Right.ANSWER_CASES)
    event = event_or_404(user, code)
    form = OrderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = event_orders.start(user, event, outcome=form.cleaned_data["outcome"])
        event_orders.carry_out(made, event_orders.AT_ONCE)
        tasks.queue_event_replies(made)
        return redirect("event-order", code=event.code, pk=made.pk)
    usable = bool(event.approved_text) and event.closed_at is None
    context = {
        "event": event,
        "form": form,
        "total": event_orders.answerable(user, event).count() if usable else 0,
        "rows": [
            (case, title_of(case, user), text)
            for case, text in (event_orders.preview(user, event) if usable else [])
        ],
        "earlier": EventOrder.objects.filter(event=event, actor=user).order_by("-pk")[:5],
    }
    status = 422 if form.is_bound else 200
    return render(request, "cases/events/replies.html", context, status=status)


@login_required
@require_safe
def result(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One's own order with what became of each case; those that need a hand first."""
    user: User = request.user  # type: ignore[assignment]
    made = get_object_or_404(
        EventOrder.objects.select_related("event"), pk=pk, event__code=code, actor=user
    )
    ensure(user, Right.ANSWER_CASES)
    counts = dict.fromkeys(EventOrderRow.State.values, 0)
    for state in made.rows.order_by().values_list("state", flat=True):
        counts[state] += 1
    rows = (
        made.rows.filter(case__in=Case.objects.visible_to(user))
        .select_related("case__citizen")
        .defer("case__search")
    )
    ordered = sorted(rows[:1000], key=lambda row: (_ORDER.index(row.state), row.pk))
    context = {
        "made": made,
        "counts": counts,
        "total": sum(counts.values()),
        "rows": [(row, title_of(row.case, user)) for row in ordered[: event_orders.SHOWN]],
    }
    name = "_result.html" if request.htmx else "result.html"  # type: ignore[attr-defined]
    return render(request, f"cases/events/{name}", context)
