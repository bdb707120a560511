"""Pages that concern every agency: for administrators of the whole region."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from agencies.access import holds
from agencies.roles import Right


def administrator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """403 for whoever does not administrate the region."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not holds(request.user, Right.MANAGE_AGENCIES, None):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner
