"""Settings of the test-suite: the portal's own, without the sign-in limit."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("DEMO", "true")
os.environ.setdefault("DATABASE_POOL", "0")

from portal.settings import *  # noqa: F403, E402

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
if template := os.environ.get("TEST_TEMPLATE"):
    DATABASES["default"]["TEST"] = {"TEMPLATE": template}
