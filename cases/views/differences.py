"""Two texts side by side: sentences, and the words that differ in them."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from cases.screens import Piece


@dataclass(frozen=True, slots=True)
class DiffRow:
    before: list[Piece]
    now: list[Piece]
    same: bool


def _sentences(text: str) -> list[str]:
    parts: list[str] = []
    for line in text.splitlines():
        start = 0
        for at, sign in enumerate(line):
            if sign in ".!?" and (at + 1 == len(line) or line[at + 1] == " "):
                parts.append(line[start : at + 1].strip())
                start = at + 1
        parts.append(line[start:].strip())
    return [part for part in parts if part]


def _words(before: str, now: str) -> tuple[list[Piece], list[Piece]]:
    """Two sentences with their differing words marked: deleted left, inserted right."""
    old, new = before.split(" "), now.split(" ")
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if a < b:
            left.append(Piece(" ".join(old[a:b]) + " ", () if tag == "equal" else ("del",)))
        if c < d:
            right.append(Piece(" ".join(new[c:d]) + " ", () if tag == "equal" else ("ins",)))
    return left, right


def difference(before: str, now: str) -> list[DiffRow]:
    """Sentences side by side: same ones once on each side, changed ones word by word."""
    old, new = _sentences(before)[:200], _sentences(now)[:200]
    rows: list[DiffRow] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            same = [Piece(" ".join(old[a:b]))]
            rows.append(DiffRow(same, same, same=True))
            continue
        for at in range(max(b - a, d - c)):
            was = old[a + at] if a + at < b else ""
            is_now = new[c + at] if c + at < d else ""
            left, right = _words(was, is_now)
            rows.append(DiffRow(left, right, same=False))
    return rows
