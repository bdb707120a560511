"""Lists of cases: one's own queue, the approver's, everything visible, search."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cases.models import Case
from cases.workflow import Status


@login_required
def my_queue(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.visible_to(request.user).open().for_list().order_by("due_at", "id")
    return render(request, "cases/queue.html", {"cases": cases[:50]})


@login_required
def approval_queue(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.visible_to(request.user).filter(status=Status.APPROVAL).for_list()
    return render(request, "cases/queue.html", {"cases": cases.order_by("due_at", "id")[:50]})


@login_required
def case_list(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.visible_to(request.user).for_list().order_by("-received_at", "-id")
    return render(request, "cases/queue.html", {"cases": cases[:50]})


@login_required
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip().lstrip("№").strip()
    visible = Case.objects.visible_to(request.user)
    if words and (found := visible.filter(number=words).first()):
        return redirect(found)
    cases = visible.matching(words).for_list().order_by("-received_at", "-id")[:50] if words else []
    return render(request, "cases/queue.html", {"cases": cases, "words": words})
