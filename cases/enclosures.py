"""Files that go with a notice's letter: made by the room that told the news, when it is sent.

A letter is made of what its person may see at that moment; so are the files with it. Rooms beside
each other do not know each other: the one registers who makes its files, the other asks here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agencies.models import User


@dataclass(frozen=True, slots=True)
class Enclosure:
    name: str
    media_type: str
    body: bytes


# Person, data of the news -> the files; None: the person may not have them any more.
Maker = Callable[[User, Mapping[str, Any]], list[Enclosure] | None]
_MAKERS: dict[str, Maker] = {}


def register(kind: str, maker: Maker) -> None:
    """`kind`: of the news whose letter carries the files."""
    _MAKERS[kind] = maker


def enclosures_of(person: User, kind: str, data: Mapping[str, Any]) -> list[Enclosure] | None:
    """The files of such a notice; none for kinds that have none."""
    maker = _MAKERS.get(kind)
    return [] if maker is None else maker(person, data)
