"""Names of the reasons and grounds whose codes are stored with events and reviews."""

import re
import time
from collections.abc import Iterable

from cases.models import Reason

_CODE = re.compile(r"[a-z][a-z0-9-]*")
# Reasons change a few times a year: a renamed one may be shown by its old name so long.
_SECONDS = 60.0
_names: dict[tuple[str, str], str] = {}
_read_at = -_SECONDS


def _table(*, again: bool) -> dict[tuple[str, str], str]:
    global _read_at  # noqa: PLW0603  one table for the process
    now = time.monotonic()
    if again or now - _read_at > _SECONDS:
        _names.clear()
        _names.update({(kind, code): name for kind, code, name in _rows()})
        _read_at = now
    return _names


def _rows() -> Iterable[tuple[str, str, str]]:
    return Reason.objects.values_list("kind", "code", "name")


def reason_name(kind: str, code: str) -> str:
    """The name of a reason by its code; what is no code (words from an import) stays itself.

    At most one query a minute, and one more for a code that is not known yet.
    """
    if not _CODE.fullmatch(code):
        return code
    key = (kind, code)
    return _table(again=False).get(key) or _table(again=True).get(key, code)
