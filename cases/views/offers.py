"""An offered mass event: its messages and why they go together; confirm, join, refuse."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import User
from agencies.roles import Right
from cases import events
from cases.errors import BadChange, CaseError
from cases.forms import word_change
from cases.masking import mask_text
from cases.models import EventOffer, MassEvent, Message
from cases.querysets import may
from cases.views.events import ensure, title_of, told, whole


def offer_or_404(user: User, pk: int) -> EventOffer:
    found = (
        EventOffer.objects.visible_to(user)
        .select_related("topic", "territory", "event", "decided_by")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def words_of(user: User, members: list[Any]) -> dict[int, str]:
    """The first message of each case as the reader may see it (one query)."""
    texts: dict[int, str] = {}
    rows = Message.objects.filter(case__in=[m.case_id for m in members], is_current=True)
    for case, text in rows.order_by("case", "id").values_list("case", "text"):
        texts.setdefault(case, text)
    shown = {}
    for member in members:
        case = member.case
        text = texts.get(case.pk, "")
        hide = not may(user, Right.VIEW_CONTACTS, case)
        shown[case.pk] = mask_text(text, case.citizen.hidden_name) if hide else text
    return shown


def suggested_title(offer: EventOffer) -> str:
    parts = [
        offer.topic.name if offer.topic else "",
        offer.territory.name if offer.territory else "",
    ]
    return ", ".join(part for part in parts if part)


@login_required
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the members; POST confirms the chosen ones (into a new or a known event)
    or refuses the whole."""
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *events.FINDERS)
    found = offer_or_404(user, pk)
    if request.method == "POST":
        return _decide(request, user, found)
    members = events.members_of(user, found) if found.state == "waiting" else []
    texts = words_of(user, members)
    running = events.visible_events(user).filter(closed_at=None)
    context = {
        "offer": found,
        "seen": events.print_of(found, members),
        "title": suggested_title(found) or _("Mass event"),
        "rows": [(m, title_of(m.case, user), texts.get(m.case_id, "")) for m in members],
        "running": running.order_by("-starts_on", "-pk")[:50],
    }
    return render(request, "cases/events/offer.html", context)


def _decide(request: HttpRequest, user: User, found: EventOffer) -> HttpResponse:
    given = request.POST
    decision, seen = given.get("decision"), given.get("seen", "")
    try:
        if decision == "refuse":
            events.refuse(found, actor=user, reason=given.get("reason", "")[:300], seen=seen)
            messages.success(request, _("Refused: these messages are not offered again."))
            return redirect(reverse("event-list") + "?view=offered")
        event = None
        if given.get("event"):
            event = MassEvent.objects.running().filter(code=given["event"]).first()
            if event is None:
                raise BadChange("event_closed")
        title = given.get("title", "").strip()[:200] or suggested_title(found)
        chosen = [pk for text in given.getlist("case") if (pk := whole(text)) is not None]
        decided = events.confirm(
            found, actor=user, chosen=chosen, event=event, title=title, seen=seen
        )
    except CaseError as error:
        messages.warning(request, word_change(error.code))
        return redirect("event-offer", pk=found.pk)
    told(request, decided)
    assert decided.event is not None
    return redirect(decided.event.get_absolute_url())
