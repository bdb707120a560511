"""The page of the worker's jobs; administrators of the whole region only."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.views.administrator import administrator
from portal import jobs as found


@administrator
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """`?part=1`: the moving part alone, which asks for itself."""
    part = "part" in request.GET
    template = "service/_jobs.html" if part else "service/jobs.html"
    return render(request, template, found.overview())


@administrator
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    if found.retry(pk):
        messages.success(request, _("Job %(job)s runs again") % {"job": pk})
    else:
        messages.info(request, _("Job %(job)s has nothing to repeat") % {"job": pk})
    return redirect("jobs")
