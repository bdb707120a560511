"""Minimal ORM views of the portal's rows, without middleware: what the same data cost at least."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings  # noqa: E402

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import path  # noqa: E402

from cases.models import Case  # noqa: E402

_ENGINE = Engine()
_LIST = _ENGINE.from_string(
    "<table>{% for c in cases %}<tr><td>{{ c.due_at }}</td><td>{{ c.number }} {{ c.title }}</td>"
    "<td>{{ c.topic.name }}</td><td>{{ c.territory.name }}</td><td>{{ c.status }}</td>"
    "<td>{{ c.agency.short_name }}</td></tr>{% endfor %}</table>"
)
_ONE = _ENGINE.from_string(
    "<h1>{{ c.number }} {{ c.title }}</h1>{% for m in messages %}<p>{{ m.text }}</p>{% endfor %}"
    "{% for r in replies %}<p>{{ r.text }}</p>{% endfor %}"
    "{% for e in events %}<li>{{ e.at }} {{ e.move }}</li>{% endfor %}"
)


def _rows(order: str) -> HttpResponse:
    cases = (
        Case.objects.select_related("topic", "territory", "agency").defer("search").order_by(order)
    )
    if order == "due_at":
        cases = cases.filter(is_open=True)
    return HttpResponse(_LIST.render(Context({"cases": cases[:50]})))


def queue(request: HttpRequest) -> HttpResponse:
    return _rows("due_at")


def newest(request: HttpRequest) -> HttpResponse:
    return _rows("-received_at")


def one(request: HttpRequest, number: str) -> HttpResponse:
    case = Case.objects.select_related("topic", "agency").defer("search").get(number=number)
    context = {
        "c": case,
        "messages": case.messages.all(),
        "replies": case.replies.all(),
        "events": case.events.all(),
    }
    return HttpResponse(_ONE.render(Context(context)))


urlpatterns = [path("queue/", queue), path("cases/", newest), path("cases/<str:number>/", one)]
