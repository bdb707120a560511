"""Upload, preview, progress, quarantine."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/upload.html")
