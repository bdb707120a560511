"""What the description of the API says of a call, kept until somebody asks for the description.

drf-spectacular builds its classes as soon as a view is decorated, and loads Django's test client
for that: five megabytes in every web worker, for a page that is hardly ever asked for.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

F = TypeVar("F", bound=Callable[..., Any])
_WAITING: list[tuple[Callable[..., Any], dict[str, Any]]] = []
_HANDING_OVER = Lock()


def extend_schema(**words: Any) -> Callable[[F], F]:
    """As drf_spectacular.utils.extend_schema, for methods of views."""

    def keep(method: F) -> F:
        _WAITING.append((method, words))
        return method

    return keep


def apply() -> None:
    """Hand over what was kept; the generator of the description calls it (portal.api.schema)."""
    from drf_spectacular import utils  # noqa: PLC0415  loaded when it is needed

    with _HANDING_OVER:  # who asks meanwhile waits for the whole of it
        while _WAITING:
            method, words = _WAITING.pop()
            utils.extend_schema(**words)(method)


def description(request: HttpRequest) -> HttpResponseBase:
    """The description in OpenAPI."""
    from drf_spectacular.views import SpectacularAPIView  # noqa: PLC0415  loaded when needed

    return SpectacularAPIView.as_view()(request)
