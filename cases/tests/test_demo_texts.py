"""Texts of the demo are written one by one: none is another with a word changed."""

from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

from cases.demo.sources import HERE, read_texts
from cases.reference_data import read_yaml

MOST = 0.5


class Grams:
    """3-grams of letters as bits of one number: a pair costs a microsecond."""

    def __init__(self) -> None:
        self._bits: dict[str, int] = {}

    def of(self, text: str) -> int:
        plain = " ".join(text.lower().split())
        found = 0
        for at in range(len(plain) - 2):
            found |= 1 << self._bits.setdefault(plain[at : at + 3], len(self._bits))
        return found


def likeness(one: int, other: int) -> float:
    return (one & other).bit_count() / ((one | other).bit_count() or 1)


def told_messages() -> Iterator[str]:
    for row in read_texts():
        yield row["text"]
    yield from read_yaml(HERE / "spike.yaml")["messages"]
    for event in read_yaml(HERE / "planted.yaml")["events"]:
        yield from event["messages"]
    for life in chain(read_yaml(HERE / "lives.yaml"), read_yaml(HERE / "templated.yaml")["uses"]):
        yield life["text"]


def told_replies() -> list[tuple[str, str, str]]:
    """Key of the message, of the one whose reply is copied (or none), and the reply."""
    rows: list[tuple[str, str, str]] = [
        (row["key"], reply["copy_of"] or "", reply["text"])
        for row in read_texts()
        for reply in row.get("replies") or []
    ]
    for at, life in enumerate(read_yaml(HERE / "lives.yaml")):
        rows += [(f"life-{at}", "", text) for text in _replies_of(life)]
    return rows


def _replies_of(life: dict[str, Any]) -> Iterator[str]:
    for step in life["steps"]:
        if step[2] == "reply":
            yield step[3]["text"]


def test_no_message_is_another_rewritten() -> None:
    grams = Grams()
    messages = [(text, grams.of(text)) for text in told_messages()]
    assert len(messages) >= 400
    near = [
        (one, other) for (one, a), (other, b) in combinations(messages, 2) if likeness(a, b) > MOST
    ]
    assert near == []


def test_replies_are_alike_only_where_one_is_said_to_copy_the_other() -> None:
    grams = Grams()
    replies = [(key, source, text, grams.of(text)) for key, source, text in told_replies()]
    assert len(replies) >= 600
    near = [
        (one, other) for one, other in combinations(replies, 2) if likeness(one[3], other[3]) > MOST
    ]

    def family(reply: tuple[str, str, str, int]) -> str:
        return reply[1] or reply[0]

    assert [(one[2], other[2]) for one, other in near if family(one) != family(other)] == []
    # And what is said to be a copy is one.
    copies = {(key, text) for key, source, text, _ in replies if source}
    found = {(reply[0], reply[2]) for pair in near for reply in pair}
    assert copies
    assert copies - found == set()
