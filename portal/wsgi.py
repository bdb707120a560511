"""The web server's entry point: the application, ready for its first request."""

import os

import django

from portal import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from portal.posted import Handler  # noqa: E402

application = Handler()


def settle() -> None:
    """Load the words and the routes every worker needs, then keep the collector off what is there.

    Templates are compiled later, each when it is first shown, and stay with the collector.
    """
    from django.urls import reverse  # noqa: PLC0415

    from portal.one_language import remember_words  # noqa: PLC0415

    remember_words()
    reverse("home")  # reads all routes
    collector.settle()


settle()
