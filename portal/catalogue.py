"""The Russian catalogue: what strings there are, and one file made of its parts.

xgettext and msgfmt are not on a bare machine: Babel extracts, Django's own `templatize` turns
templates into something Babel reads. Each room keeps its part in locale/ru/parts.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "locale" / "ru" / "parts"
TARGET = ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.po"
ROOMS = ("portal", "agencies", "cases", "intake", "notices", "reports", "templates")
# function -> argument positions, as Babel wants them
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": None,
}

Message = tuple[str, str | tuple[str, str]]


def strings() -> Iterator[tuple[str, str | tuple[str, str]]]:
    """(place, msgid) of every string marked for translation; plural ones are pairs."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix not in (".py", ".html", ".txt") or "tests" in path.parts:
                continue
            source = path.read_text(encoding="utf-8")
            if path.suffix != ".py":
                source = templatize(source)
            found = extract_python(
                BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}
            )
            for line, function, messages, _comments in found:
                place = f"{path.relative_to(ROOT)}:{line}"
                if isinstance(messages, str) and messages:
                    yield place, messages
                elif function == "pgettext" and isinstance(messages, (tuple, list)):
                    yield place, f"{messages[0]}\x04{messages[1]}"
                elif isinstance(messages, (tuple, list)) and messages and messages[0]:
                    pair = function in ("ngettext", "ngettext_lazy")
                    yield place, (messages[0], messages[1]) if pair else messages[0]


def merged() -> Catalog:
    """All parts together; the first part in the order of names wins."""
    # Fixed dates: the file differs only when a string does.
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    whole = Catalog(
        locale="ru",
        project="po-sushchestvu",
        charset="utf-8",
        fuzzy=False,
        creation_date=long_ago,
        revision_date=long_ago,
    )
    for part in sorted(PARTS.glob("*.po")):
        with part.open("rb") as stream:
            for message in read_po(stream, locale="ru"):
                if message.id and whole.get(message.id, message.context) is None:
                    whole.add(
                        message.id,
                        message.string,
                        flags=message.flags - {"fuzzy"},
                        context=message.context,
                    )
    return whole


def missing() -> list[str]:
    """Places of strings without a Russian translation."""
    whole = merged()
    lost = []
    for place, msgid in strings():
        single = msgid[0] if isinstance(msgid, tuple) else msgid
        context, _sep, rest = single.rpartition("\x04")
        message = whole.get(rest, context or None)
        done = message is not None and (
            all(message.string) if isinstance(message.string, (tuple, list)) else message.string
        )
        if isinstance(msgid, tuple) and message is not None:
            done = isinstance(message.string, (tuple, list)) and all(message.string)
        if not done:
            lost.append(f"{place} {msgid!r}")
    return lost


def write() -> int:
    """Write django.po from the parts; the number of strings in it."""
    whole = merged()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with TARGET.open("wb") as stream:
        write_po(stream, whole, omit_header=False, sort_output=True, width=100)
    return len(whole)
