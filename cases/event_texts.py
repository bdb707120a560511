"""The approved text of a mass event with what is personal in it; plain Python."""

import re
from dataclasses import dataclass

NAME, ADDRESS, NUMBER = "name", "address", "number"
# As a person writes them in the text, in Russian or English.
PLACES: dict[str, str] = {
    "имя": NAME,
    "name": NAME,
    "адрес": ADDRESS,
    "address": ADDRESS,
    "номер": NUMBER,
    "number": NUMBER,
}
_PLACE = re.compile(r"\[([^\[\]|\n]{2,60})\]")
# «Здравствуйте, [имя]!» without a name is «Здравствуйте!».
_NAMED = re.compile(r",?\s*\[(?:имя|name)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card of a case says; empty where it does not. `name`: how he is addressed."""

    name: str = ""
    address: str = ""
    number: str = ""


def unknown_places(text: str) -> list[str]:
    """Brackets nothing of a card fills in."""
    found = _PLACE.findall(text)
    return list(dict.fromkeys(one for one in found if one.strip().lower() not in PLACES))


def has_personal(text: str) -> bool:
    """Whether the text has a place that makes each reply its own."""
    return any(one.strip().lower() in PLACES for one in _PLACE.findall(text))


def filled(text: str, facts: Facts) -> str | None:
    """The text for one case; None where the card lacks an address or number it asks for."""
    if not facts.name:
        text = _NAMED.sub("", text)
    missing = False

    def put(match: re.Match[str]) -> str:
        nonlocal missing
        place = PLACES.get(match.group(1).strip().lower())
        value: str = getattr(facts, place) if place else ""
        missing = missing or not value
        return value

    made = _PLACE.sub(put, text)
    return None if missing else made
