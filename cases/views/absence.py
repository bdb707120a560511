"""Who stands in for whom: one's own absence, and that of the people one leads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies import absence
from agencies.models import Deputy, User
from cases import absences
from cases.forms_absence import DeputyForm


@dataclass(slots=True)
class Row:
    row: Deputy
    first: date
    last: date
    runs: bool
    may_end: bool


def rows_for(user: User) -> list[Row]:
    """Running and coming ones: the person's own, those he stands in for, of those he leads."""
    led = {person.pk for person in absence.led_by(user)}
    found = (
        Deputy.objects.filter(Q(person__in={user.pk, *led}) | Q(deputy=user))
        .filter(ends_at__gt=timezone.now())
        .select_related("person__agency", "deputy__agency", "named_by")
        .order_by("starts_at", "pk")
    )
    now = timezone.now()
    return [
        Row(
            row,
            *absence.days_of(row),
            runs=row.starts_at <= now,
            may_end=user.pk in (row.person_id, row.deputy_id) or row.person_id in led,
        )
        for row in found
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absences_page(request: HttpRequest) -> HttpResponse:
    form = DeputyForm(request.POST or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        try:
            absences.name(**values, actor=request.user)
        except absence.BadAbsence as error:
            form.refuse(error)
        else:
            messages.success(request, _("The deputy is named; both have a notice."))
            return redirect("absences")
    rows = rows_for(request.user)
    return render(
        request,
        "cases/absences.html",
        {
            "form": form,
            "covering": [row for row in rows if row.row.deputy_id == request.user.pk],
            "absent": [row for row in rows if row.row.deputy_id != request.user.pk],
        },
        status=400 if form.errors else 200,
    )


def row_or_404(user: User, pk: int) -> Deputy:
    """A row its reader takes part in or leads; else as if there were none."""
    row = Deputy.objects.select_related("person__agency", "deputy__agency").filter(pk=pk).first()
    if row is None or not absence.may_end(user, row):
        raise Http404
    return row


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    if absences.end(row_or_404(request.user, pk), actor=request.user):
        messages.success(request, _("Standing in has ended"))
    return redirect("absences")
