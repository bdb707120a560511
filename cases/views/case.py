"""The page of a case: message, editor with the live check, history, and its moves."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cases import actions, checking
from cases.doors import DOORS, open_doors
from cases.views.common import case_or_404


@login_required
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    return render(
        request,
        "cases/case.html",
        {
            "case": case,
            "messages_of_case": case.messages.filter(is_current=True),
            "events": case.events.select_related("actor")[:50],
            "replies": case.replies.order_by("-version"),
            "doors": open_doors(case, request.user),
        },
    )


def move_view(name: str) -> Callable[..., HttpResponse]:
    """The page of a move: GET shows its form, POST makes the move."""
    door = DOORS[name]

    @login_required
    def view(request: HttpRequest, number: str) -> HttpResponse:
        case = case_or_404(request.user, number)
        form = door.form(request.POST or None, case=case, actor=request.user)
        if request.method == "POST" and form.is_valid():
            door.perform(case, actor=request.user, **form.cleaned_data)
            return redirect(case)
        return render(request, "cases/move.html", {"case": case, "door": door, "form": form})

    view.__name__ = f"move_{name}"
    return view


@login_required
@require_POST
def draft(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    actions.save_draft(case, actor=request.user, text=request.POST.get("text", ""))
    return HttpResponse(status=204)


@login_required
@require_POST
def check(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    found = checking.check(case, request.POST.get("text", ""))
    return render(request, "cases/_quality.html", {"case": case, "found": found})


@login_required
@require_POST
def attach(request: HttpRequest, number: str) -> HttpResponse:
    case_or_404(request.user, number)
    raise Http404


@login_required
@require_safe
def attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    case = case_or_404(request.user, number)
    get_object_or_404(case.attachments, pk=pk)
    raise Http404
