"""How much of a template is left in a reply, and how much of the reply it is."""

import re

from quality.later import distance

_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"\[[^\[\]]{2,60}\]")
# Single words that happen to follow each other («и», «в») are not the template's text.
_RUN = 2


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е"))


def kept_of(template: str, text: str) -> tuple[int, int]:
    """(percent of the template's words that stand in the text in their order, percent of the
    text's words that are those). What the author fills in, [date], is nobody's.

    >>> kept_of("Работы закончат [дата]. Извините.", "Работы закончат 5 июня. Извините.")
    (100, 60)
    """
    parts = [_words(part) for part in _BLANK.split(template)]
    wanted: list[str] = []
    edges = [0]
    for part in parts:
        wanted += part
        edges.append(len(wanted))
    given = _words(text)
    if not wanted or not given:
        return 0, 0
    found = 0
    for step in distance.LCSseq.opcodes(wanted, given):
        if step.tag == "equal":
            found += _runs(step.src_start, step.src_end, edges)
    return min(100, round(100 * found / len(wanted))), min(100, round(100 * found / len(given)))


def _runs(first: int, last: int, edges: list[int]) -> int:
    """Words of a common stretch that count: runs of two and more, or a whole part between
    blanks."""
    count = 0
    for start, end in zip(edges, edges[1:], strict=False):
        length = min(last, end) - max(first, start)
        if length >= min(_RUN, end - start) > 0:
            count += length
    return count
