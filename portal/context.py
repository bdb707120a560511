"""What every page knows: the person's settings and menu; no query for anonymous pages."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notices.inbox import waiting
from portal.headers import token_of
from portal.menu import menu_for


def workplace(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    token = SimpleLazyObject(lambda: token_of(request))
    if user is None or not user.is_authenticated:
        return {"demo": settings.DEMO, "csrf_token": token}
    return {
        "demo": settings.DEMO,
        "csrf_token": token,
        "menu": menu_for(request),
        # Called by the template that shows it: fragments of a page do not ask.
        "unread": lambda: waiting(user),
    }
