"""Decisions are told by their number: one each, and whatever names one names one there is."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "docs" / "decisions").glob("*.md"))
NUMBERS = {path.name[:4] for path in FILES}
# "docs/decisions/" and a number, with or without the rest of the file's name.
_NAMED = re.compile(r"docs/decisions/(\d+[\w.-]*)")
# Decisions among themselves: "(0009)", "Decision 0009", "decision 9".
_AMONG = re.compile(r"\((0\d{3})\)|\b[Dd]ecisions? (\d+)")


def _texts() -> Iterator[tuple[Path, str]]:
    rooms = [*ROOT.glob("*.md"), *ROOT.glob("*.toml")]
    rooms += [path.parent for path in ROOT.glob("*/__init__.py")]
    rooms += [ROOT / name for name in ("docs", "templates", "static", "script")]
    for top in sorted(rooms):
        for path in top.rglob("*") if top.is_dir() else [top]:
            if path.suffix in {
                ".py",
                ".md",
                ".html",
                ".js",
                ".css",
                ".toml",
                ".sh",
                ".in",
                ".yaml",
            }:
                yield path, path.read_text("utf-8")


def test_no_two_decisions_share_a_number() -> None:
    assert FILES
    assert [n for n, times in Counter(path.name[:4] for path in FILES).items() if times > 1] == []


def test_a_decision_begins_with_its_number() -> None:
    for path in FILES:
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. "), path.name


def test_whatever_names_a_decision_names_one_there_is() -> None:
    names = {path.name for path in FILES} | {path.stem for path in FILES} | NUMBERS
    named = [(path, name.rstrip(".")) for path, text in _texts() for name in _NAMED.findall(text)]
    assert len(named) > 5
    assert [(path.name, name) for path, name in named if name not in names] == []
    among = [
        (path.name, (bare or told).zfill(4))
        for path in FILES
        for bare, told in _AMONG.findall(path.read_text("utf-8"))
    ]
    assert among
    assert [found for found in among if found[1] not in NUMBERS] == []
