"""A mail server of one's own for each test that asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from notices import post
from notices.tests.mailserver import MailServer


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 3
    settings.MAIL_ON = True
    settings.PORTAL_URL = "https://portal.example.ru"
    settings.DEFAULT_FROM_EMAIL = "По существу <portal@example.ru>"
    post.SERVER.answered()
    yield server
    post.SERVER.answered()
    server.stop()
