"""A person's notices: the bell, the list, marking read, how he wants to hear of things."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import presence as company_of
from notices import inbox
from notices.forms import MailSettingsForm
from notices.kinds import FACTS, Kind
from notices.models import MailSettings


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


@login_required
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, for the page that asks every few seconds; 204 where nothing has changed."""
    count = inbox.waiting(request.user)
    if request.GET.get("seen") == str(count):
        return HttpResponse(status=204)
    return render(request, "notices/_bell.html", {"unread": count})


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in Kind.values else ""
    unread = request.GET.get("unread") == "1"
    before = _number(request.GET.get("before", ""))
    page = inbox.page_of(request.user, unread=unread, kind=kind, before=before)
    kept = {**({"unread": "1"} if unread else {}), **({"kind": kind} if kind else {})}
    template = (
        "notices/_list.html"
        if request.headers.get("HX-Target") == "notice-list"
        else "notices/list.html"
    )
    return render(
        request,
        template,
        {
            "days": inbox.by_day(page.rows),
            "newest": page.rows[0].notice.pk if page.rows else 0,
            "kinds": _kind_links(request, kind, unread=unread),
            "kind": kind,
            "only_unread": unread,
            "query": urlencode(kept),
            "next_url": "?" + urlencode({**kept, "before": page.before}) if page.before else "",
        },
    )


def _kind_links(request: HttpRequest, chosen: str, *, unread: bool) -> list[dict[str, Any]]:
    """Kinds that wait unread, each with its number and the address of its list."""
    waiting = inbox.unread_by_kind(request.user)
    return [
        {
            "title": FACTS[kind].short,
            "count": waiting.get(kind, 0),
            "current": kind == chosen,
            "url": "?" + urlencode({"unread": "1", "kind": kind.value}),
        }
        for kind in Kind
        if kind in waiting or kind == chosen
    ]


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Marks read: the ids given, or everything up to the newest one the person saw."""
    ids = [pk for raw in request.POST.getlist("id") if (pk := _number(raw)) is not None]
    until = _number(request.POST.get("until", ""))
    if ids:
        inbox.mark_read(request.user, ids=ids)
    elif until is not None:
        count = inbox.mark_read(request.user, until=until)
        messages.success(request, _("Marked as read: %(count)s") % {"count": count})
    back = "?unread=1" if request.POST.get("unread") == "1" else ""
    return redirect(f"/notices/{back}")


@login_required
def settings(request: HttpRequest) -> HttpResponse:
    mine = MailSettings.of(request.user)
    form = MailSettingsForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
        messages.success(request, _("Settings saved"))
        return redirect("notice-settings")
    status = 422 if form.errors else 200
    return render(request, "notices/settings.html", {"form": form}, status=status)


@login_required
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Stops or starts the renewing of the bell, on all pages of this person."""
    person = request.user
    person.live_bell = request.POST.get("live") == "1"
    person.save(update_fields=["live_bell"])
    return redirect("notices")


@login_required
@require_POST
def presence(request: HttpRequest, number: str) -> HttpResponse:
    """A beat of a case's page: who else is there. Seeing a case reads its notices."""
    page = request.POST.get("page", "")[:36]
    if request.POST.get("leave"):
        company_of.leave(number, request.user, page=page or "-")
        return HttpResponse(status=204)
    writes = request.POST.get("writes") == "1"
    company = company_of.beat(number, request.user, writes=writes, page=page)
    inbox.mark_read(request.user, case=company.case_id)
    return render(
        request,
        "notices/_presence.html",
        {"company": company, "editor": request.POST.get("editor") == "1"},
    )
