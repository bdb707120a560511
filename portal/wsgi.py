"""The web server's entry point: the application, ready for its first request."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from portal.posted import Handler  # noqa: E402

application = Handler()


def settle() -> None:
    """Load the words and the routes every worker needs, then keep the collector off what is there.

    A full collection walks half a million objects that live as long as the process: 85
    milliseconds, once in some three hundred requests. Frozen, they are not looked at again.
    Templates are compiled later, each when it is first shown, and stay with the collector. What a
    request makes goes with its last reference: looking for cycles every 700 objects, a hundred
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
