"""Names of places and agencies in one form, and the time zone of a place. Plain Python."""

import re
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_QUOTES = re.compile(r"[«»\"'“”„`]")
_SPACE = re.compile(r"[\s.]+")
# «Заречск г.о.», «городской округ Заречск» and «Заречск» are one place.
_PLACE_KIND = re.compile(
    r"\b(?:г о|м о|м р|м р-н|р-н|г|го|мо|мр|городской округ|муниципальный округ"
    r"|муниципальный район|муниципальное образование|город|район)\b"
)


def plain_name(name: str) -> str:
    """The form names are compared in: lower case, ё as е, without quotes."""
    return _SPACE.sub(" ", _QUOTES.sub("", name.lower().replace("ё", "е"))).strip()


def plain_place(name: str) -> str:
    return " ".join(_PLACE_KIND.sub(" ", plain_name(name)).split())


class ZoneOf:
    def __init__(self, by_place: dict[str, str], fallback: tzinfo) -> None:
        self._fallback = fallback
        self._by_place = by_place
        self._known: dict[str, tzinfo] = {}

    def __call__(self, territory: str) -> tzinfo:
        found = self._known.get(territory)
        if found is None:
            try:
                name = self._by_place.get(plain_place(territory), "")
                found = ZoneInfo(name) if name else self._fallback
            except (ZoneInfoNotFoundError, ValueError):
                found = self._fallback
            self._known[territory] = found
        return found
