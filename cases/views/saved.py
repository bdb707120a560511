"""Saved views: the row over a list, saving what is shown, arranging and sharing them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import lists, saved
from cases.errors import BadChange
from cases.forms import word_change
from cases.forms_saved import ViewForm
from cases.lists import SAVED_AS
from cases.views.chips import chips_of

_DIGITS = 9  # the first views have a key each


def _list_name(request: HttpRequest) -> str:
    name = request.GET.get("list", "")
    name = SAVED_AS.get(name, name)
    if name not in lists.SAVABLE:
        raise Http404
    return name


@login_required
@require_safe
def row(request: HttpRequest) -> HttpResponse:
    """The views with their counts, asked for by a list once it stands on the screen."""
    here = _list_name(request)
    shown = saved.views_of(request.user)
    saved.count(shown, request.user)
    now = lists.conditions_of(here, request.GET)
    context = {
        "views": [
            {
                "one": one,
                "key": f"Digit{at}" if at <= _DIGITS else "",
                "digit": at,
                "current": (one.view.list_name, one.view.conditions) == (here, now),
            }
            for at, one in enumerate(shown, 1)
        ]
    }
    return render(request, "cases/saved/_row.html", context)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    shown = saved.views_of(request.user)
    saved.count(shown, request.user)
    own = [one for one in shown if one.own]
    context = {
        "own": own,
        "shared": [one for one in shown if not one.own],
        "shares": saved.may_share(request.user),
        "has_first": any(one.first for one in shown),
        "lists": {name: lists.LISTS[name].title for name in lists.SAVABLE},
    }
    return render(request, "cases/saved/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Save the conditions of the list one comes from; they stand in the address."""
    name = _list_name(request)
    given = QueryDict(request.META.get("QUERY_STRING", ""))
    conditions = lists.conditions_of(name, given)
    form = ViewForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            view = saved.save(
                request.user, list_name=name, conditions=conditions, **form.cleaned_data
            )
        except BadChange as error:
            _refuse(form, error)
        else:
            messages.success(request, _("The view «%(name)s» is saved.") % {"name": view.name})
            return redirect(saved.address_of(view))
    found = lists.filter_of(name, request.user, conditions)
    context: dict[str, Any] = {
        "form": form,
        "title": lists.LISTS[name].title,
        "chips": chips_of(found, given) if found.is_valid() else [],
        "back": saved.address_of(saved.SavedView(list_name=name, conditions=conditions)),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/saved/new.html", context, status=status)


def _refuse(form: ViewForm, error: BadChange) -> None:
    field = error.params.get("field")
    form.add_error(field if field in form.fields else None, word_change(error.code))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one view; `do` says what besides its name."""
    if request.method != "POST":
        return _form(request, pk, None)
    user = request.user
    match request.POST.get("do", ""):
        case "first":
            saved.set_first(user, pk)
            messages.success(request, _("Your work begins with this view now."))
        case "usual":
            saved.view_of(user, pk)
            saved.set_first(user, None)
            messages.success(request, _("Your work begins with the usual page now."))
        case "up":
            saved.shift(user, pk, -1)
        case "down":
            saved.shift(user, pk, 1)
        case "delete":
            saved.remove(user, pk)
            messages.success(request, _("The view is deleted."))
        case _:
            return _changed(request, pk)
    return redirect("saved-views")


def _changed(request: HttpRequest, pk: int) -> HttpResponse:
    form = ViewForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            saved.change(request.user, pk, **form.cleaned_data)
        except BadChange as error:
            _refuse(form, error)
        else:
            return redirect("saved-views")
    return _form(request, pk, form)


def _form(request: HttpRequest, pk: int, form: ViewForm | None) -> HttpResponse:
    shown = saved.view_of(request.user, pk, change=True)
    begun = {"name": shown.view.name, "shared": shown.view.agency_id is not None}
    context = {"one": shown, "form": form or ViewForm(initial=begun, user=request.user)}
    return render(request, "cases/saved/one.html", context, status=422 if form else 200)
