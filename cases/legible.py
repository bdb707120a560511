"""Text as the fonts of papers can show it: a citizen's emoji must not stop a letter."""

import unicodedata
from typing import Any

# What both Golos Text files of cases/paper/fonts have (their cmap tables).
_RANGES = (
    "0a 0d 20-7e a0-107 10a-113 116-11b 11e-123 126-127 12a-12b 12e-133 136-137 139-13e 141-148"
    " 14a-14d 150-15b 15e-161 164-165 16a-17e 192 218-21b 237 2bc 2c6-2c7 2da 2dc-2dd 300-301"
    " 303-304 308 401-40c 40e-44f 451-45c 45e-45f 490-491 4b0-4b1 1e80-1e85 1e9e 1ef2-1ef3 2009"
    " 2013-2014 2018-201a 201c-201e 2020 2022 2026 2039-203a 2044 20ac 20b4 20b8 20bd 2116 2122"
    " 2191 2193 2212 2215"
)
_SPAN = [
    (int(first, 16), int(last or first, 16))
    for first, _sep, last in (part.partition("-") for part in _RANGES.split())
]
COVERED = frozenset(code for first, last in _SPAN for code in range(first, last + 1))
_INSTEAD = {"→": "->", "←": "<-", "\u2011": "-", "\u202f": "\u00a0", "\t": " "}
UNKNOWN = "?"


def legible(value: Any) -> Any:
    """The same values with every sign the fonts lack said by another one.

    Marks without a sign of their own (joiners, variations, direction) are left out.
    """
    if isinstance(value, str):
        return "".join(map(_sign, value))
    if isinstance(value, dict):
        return {key: legible(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [legible(item) for item in value]
    return value


def _sign(sign: str) -> str:
    if ord(sign) in COVERED:
        return sign
    if sign in _INSTEAD:
        return _INSTEAD[sign]
    if unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc"):
        return ""
    plain = unicodedata.normalize("NFKD", sign)
    if plain != sign and all(ord(part) in COVERED for part in plain):
        return plain
    return UNKNOWN
