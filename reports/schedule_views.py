"""A person's own reports by mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.models import User
from cases.directory import directory_of
from reports import snapshots
from reports.figures import Scope
from reports.forms import PERIOD_CHOICES
from reports.made.all import REPORTS
from reports.models import Schedule
from reports.schedules import next_after
from reports.snapshot_views import _person
from reports.views import _offered

MOST = 20  # of a person
_FORMATS = (("pdf", "PDF"), ("xlsx", "XLSX"))


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    report = forms.ChoiceField(label=_("Report"))
    period = forms.ChoiceField(label=_("Period"), choices=PERIOD_CHOICES[:-1])
    weekday = forms.TypedChoiceField(
        label=_("Weekday, if every week"), coerce=int, choices=list(WEEKDAYS.items())
    )
    day = forms.IntegerField(
        label=_("Day of the month, if every month"), min_value=1, max_value=28, initial=1
    )
    hour = forms.IntegerField(label=_("Hour"), min_value=0, max_value=23, initial=8)
    formats = forms.MultipleChoiceField(
        label=_("Attach"), choices=_FORMATS, widget=forms.CheckboxSelectMultiple, initial=["pdf"]
    )

    class Meta:
        model = Schedule
        fields = ("report", "period", "agency", "every", "weekday", "day", "hour", "formats")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        offered = snapshots.offered(user)
        self.fields["report"].choices = [  # type: ignore[attr-defined]
            (report.code, f"{report.number}. {report.title}") for report in offered
        ]
        known = _offered(Scope.of(user), directory_of(user))
        agency = self.fields["agency"]
        if len(known) > 1:
            agency.choices = [("", _("all I may count")), *known]  # type: ignore[attr-defined]
        else:
            del self.fields["agency"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        report, agency = REPORTS.get(values.get("report", "")), values.get("agency")
        if report is not None and agency is not None:
            reach = snapshots.reach_of(self.user, report)
            if reach is not None and agency.pk not in reach:
                self.add_error("agency", _("Choose an agency whose figures you may see."))
        return values


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def schedules(request: HttpRequest) -> HttpResponse:
    """One's reports by mail, and the form of a new one."""
    user = _person(request)
    form = ScheduleForm(request.POST or None, user=user, initial={"report": "r1", "every": "week"})
    own = Schedule.objects.filter(person=user).select_related("agency")
    if request.method == "POST" and form.is_valid():
        if own.count() >= MOST:
            form.add_error(None, _("There are twenty already. Remove one first."))
        else:
            made = form.save(commit=False)
            made.person = user
            made.time_zone = str(user.agency.zone) if user.agency else settings.TIME_ZONE
            made.next_at = next_after(made, timezone.now())
            made.save()
            return redirect("report-schedules")
    context = {
        "form": form,
        "rows": [{"row": row, "report": REPORTS.get(row.report)} for row in own],
        "mail": user.email if settings.MAIL_ON else "",
    }
    return render(request, "reports/schedules.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person's schedule does not exist."""
    user = _person(request)
    get_object_or_404(Schedule, pk=pk, person=user).delete()
    return redirect("report-schedules")
