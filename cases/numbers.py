"""Case numbers as people write them."""

import re

# «26-048213», «№ 26–48213», «26 048213»: as numbers are spoken and pasted.
_NUMBER = re.compile(r"(?:№|N|No\.?)?\s*(\d{2})\s*[-‐‑–—−\s]\s*(\d{1,9})")  # noqa: RUF001


def number_in(words: str) -> str:
    """The case number these words are, in the form it is stored; "" for any other words."""
    found = _NUMBER.fullmatch(words)
    return f"{found[1]}-{int(found[2]):06d}" if found else ""
