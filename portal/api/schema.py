"""The generator of the API's description, for the page and for the command `spectacular`."""

from typing import Any

from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from portal.api import documented


class Generator(SchemaGenerator):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _routes = get_resolver().url_patterns  # views say what they are when they are loaded
        documented.apply()
        super().__init__(*args, **kwargs)
