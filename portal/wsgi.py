"""The web server's entry point: the application, ready for its first request."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()


def settle() -> None:
    """Load what every worker needs sooner or later, then take it from the garbage collector.

    A full collection walks half a million objects that live as long as the process: 85
    milliseconds, once in some three hundred requests. Frozen, they are not looked at again. What
    a request makes goes with its last reference: looking for cycles every 700 objects, a hundred
    times a page, cost 3 to 7 % of it.
    """
    from django.urls import reverse  # noqa: PLC0415

    from portal.one_language import remember_words  # noqa: PLC0415

    remember_words()
    reverse("home")  # reads all routes
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


settle()
