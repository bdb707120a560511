"""Bodies of calls: every one of the API is an object."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class ObjectParser(JSONParser):
    """JSON whose root is no object is a mistake of the caller's, wherever it was sent."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        body = super().parse(*args, **kwargs)
        if not isinstance(body, dict):
            raise ParseError(_("The body must be a JSON object."))
        return body
