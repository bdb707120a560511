"""The generator of the API's description, for the page and for the command `spectacular`."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from portal.api import documented


class Generator(SchemaGenerator):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        documented.apply()
        super().__init__(*args, **kwargs)
