"""The measured server: the portal as it is served, with the page of `bench.pages`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings  # noqa: E402

settings.ROOT_URLCONF = "bench.pages"

from portal.wsgi import application  # noqa: E402

__all__ = ["application"]
