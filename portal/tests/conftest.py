"""What tests of the API begin with."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from agencies.models import User
from portal.tests.calling import JSON


@pytest.fixture
def api() -> Callable[..., Any]:
    """api(user, "post", path, body, **headers): a call with the user's token."""
    client = Client()

    def call(user: User | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if user is not None:
            token = Token.objects.get_or_create(user=user)[0]
            headers["Authorization"] = f"Token {token.key}"
        given = {} if body is None else {"data": json.dumps(body), "content_type": JSON}
        return getattr(client, method)(f"/api/{path}", **given, headers=headers)

    return call
