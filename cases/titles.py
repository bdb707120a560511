"""A case's heading from the citizen's words: the first sentence, without mentions and data."""

import re

from cases.masking import mask_text

_SPACE = re.compile(r"\s+")
_GREETING = re.compile(
    r"(?i)^(?:здравствуйте|добрый (?:день|вечер)|доброе утро|приветствую"
    r"|уважаем\w+[^,.!]{0,60})[\s,.!]+"
)
_END = re.compile(r"[.!?…](?:\s|$)")
LONGEST = 110


def make_title(text: str, name: str = "") -> str:
    """At most 110 characters, cut at a word; personal data masked (a title stands in lists).

    `name`: of the author, who may sign in the first sentence.
    """
    return heading(mask_text(text, name))


def heading(masked: str) -> str:
    """`make_title` of a text that is masked already."""
    line = _GREETING.sub("", _SPACE.sub(" ", masked).strip())
    end = _END.search(line)
    if end and end.start() >= 25:
        line = line[: end.end()].rstrip(" .")
    if len(line) > LONGEST:
        line = line[:LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
    return line[:1].upper() + line[1:] if line else "—"
