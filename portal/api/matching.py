"""If-Match for what has no version of its own: an ETag made of its state."""

import re
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from portal.api.problems import Stale

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you were given (`etag`); 412 when somebody changed it meanwhile.",
)
ETAG_HELP = "send it back in If-Match"
_ETAG = re.compile(r'(?:W/)?"?([0-9a-f]{16,64})"?')


def print_of(*state: Any) -> str:
    """The ETag of these values, without its quotes."""
    # A choice that was just set is a member, one that was read is its text.
    plain = [str(value) if isinstance(value, str) else value for value in state]
    return sha256(repr(plain).encode()).hexdigest()[:32]


def quoted(tag: str) -> dict[str, str]:
    """The header of an answer."""
    return {"ETag": f'"{tag}"'}


def wanted_print(request: Request) -> str:
    """The print of If-Match; empty without the header or for «*»."""
    raw = request.headers.get("If-Match", "").strip()
    if raw in ("", "*"):
        return ""
    found = _ETAG.fullmatch(raw)
    if found is None:
        raise ParseError(_("If-Match takes the ETag you were given."))
    return found[1]


def ensure_seen(request: Request, tag: str) -> None:
    """412 unless the caller saw the object as it is; ask under the lock it is changed under."""
    if (seen := wanted_print(request)) and seen != tag:
        raise Stale
