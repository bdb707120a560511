"""Column mappings: which header of a file means which field of ours.

Found by name, never by position: cabinets and years of the same system order their columns
differently. A mapping is a value; `to_json` and `from_json` let a person save it, edit it and use
it for the next file of the same kind.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any

from intake.fields import BY_NAME, EXPORT_SIGNS, FIELDS, IDENTIFYING, NEEDED, SOURCING

HEADER_SEARCH = 40  # lines looked at for a header
_NOT_WORD = re.compile(r"[^0-9a-zа-я№]+")
# Latin letters that look like Cyrillic ones: typed by mistake, invisible to the eye.
_LOOKALIKE = str.maketrans("aceopxykmhtbi", "асеорхукмнтви")
_CYRILLIC = re.compile("[а-я]")
_DIGITS = re.compile(r"\d+")


def normal(header: object) -> str:
    """The form headers are compared in: lower case, ё as е, anything but letters a blank."""
    text = str(header or "").lower().replace("ё", "е")
    if _CYRILLIC.search(text):
        text = " ".join(
            word.translate(_LOOKALIKE) if _CYRILLIC.search(word) else word for word in text.split()
        )
    return _NOT_WORD.sub(" ", text).strip()


_SYNONYMS: dict[str, str] = {}
for _field in FIELDS:
    for _header in _field.headers:
        _SYNONYMS.setdefault(normal(_header), _field.name)


def known(header: object) -> str | None:
    """The field a header names exactly; None when it names none."""
    return _SYNONYMS.get(normal(header))


@dataclass(frozen=True, slots=True)
class Mapping:
    """Headers of a file and the fields they fill.

    `columns`: header -> field, in the file's order. `default_source`: channel code of rows that
    name none. `sources`: a file's own words for channels, in lower case -> channel code.
    `content_ids`: derive an id from channel, moment, author and text where there is no other.
    """

    columns: dict[str, str]
    layout: str = "plain"  # "incident" for the 47-column export
    unused: tuple[str, ...] = ()
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    default_source: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    content_ids: bool = False

    def header_of(self, name: str) -> str:
        """The file's header of a field; the field's own name when the file has none."""
        return next((h for h, f in self.columns.items() if f == name), name)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "layout": self.layout,
            "columns": [{"header": h, "field": f} for h, f in self.columns.items()],
            "default_source": self.default_source,
            "sources": dict(self.sources),
            "content_ids": self.content_ids,
        }

    @classmethod
    def from_json(cls, value: MappingType[str, Any]) -> "Mapping":
        """Raises ValueError naming what is wrong: an unknown field, or one given twice."""
        columns: dict[str, str] = {}
        for entry in value.get("columns", ()):
            header, name = str(entry["header"]), str(entry.get("field") or "")
            if not name:
                continue
            if name not in BY_NAME:
                raise ValueError(f"unknown field: {name}")
            if name in columns.values():
                raise ValueError(f"field given twice: {name}")
            columns[header] = name
        return cls(
            columns,
            layout=str(value.get("layout", "plain")),
            default_source=str(value.get("default_source", "")),
            sources={str(k).lower(): str(v) for k, v in value.get("sources", {}).items()},
            content_ids=bool(value.get("content_ids", False)),
        )

    def bind(self, headers: Sequence[str]) -> "Mapping | Unknown":
        """This mapping on another file's headers: same names in any order, some may be missing."""
        wanted = {normal(h): f for h, f in self.columns.items()}
        columns: dict[str, str] = {}
        for header in headers:
            name = wanted.pop(normal(header), None)
            if name:
                columns[header] = name
        missing = lacking(columns.values(), self)
        if missing:
            return Unknown(tuple(headers), missing, {}, columns)
        return Mapping(
            columns,
            self.layout,
            tuple(h for h in headers if h and h not in columns),
            default_source=self.default_source,
            sources=self.sources,
            content_ids=self.content_ids,
        )


@dataclass(frozen=True, slots=True)
class Unknown:
    """Headers that do not make a mapping by themselves; a person has to say.

    `missing`: fields without a column; alternatives are joined by "|" ("external_id|url|…").
    `ambiguous`: field -> headers that all claim it. `columns`: what was recognised so far.
    """

    headers: tuple[str, ...]
    missing: tuple[str, ...]
    ambiguous: dict[str, tuple[str, ...]]
    columns: dict[str, str]


def lacking(fields: Iterable[str], options: Mapping | None = None) -> tuple[str, ...]:
    """Needed fields that `fields` do not cover, as in `Unknown.missing`."""
    have = set(fields)
    missing = [name for name in NEEDED if name not in have]
    if not have.intersection(IDENTIFYING) and not (options and options.content_ids):
        missing.append("|".join(IDENTIFYING))
    if not have.intersection(SOURCING) and not (options and options.default_source):
        missing.append("|".join(SOURCING))
    return tuple(missing)


def recognise(
    headers: Sequence[str], *, default_source: str = "", content_ids: bool = False
) -> Mapping | Unknown:
    """Find the fields by header name: exact synonyms first, then small typos.

    Two headers that claim one field: a needed field makes the whole Unknown, any other takes the
    first of them and lists the rest in `ambiguous`.
    """
    claims: dict[str, list[str]] = defaultdict(list)
    for header in headers:
        name = known(header)
        if name:
            claims[name].append(header)
    # In a file with a plain «Номер обращения» beside «ID» the first synonym in our list wins.
    for name, claimed in claims.items():
        order = [normal(h) for h in BY_NAME[name].headers]
        claimed.sort(key=lambda h, order=order: order.index(normal(h)))  # type: ignore[misc]
    taken = {h for claimed in claims.values() for h in claimed}
    for header, name in _near([h for h in headers if h and h not in taken], set(claims)):
        claims[name].append(header)
    # A clear synonym and a weaker one are no conflict; twice the very same header is.
    ambiguous = {
        name: tuple(claimed)
        for name, claimed in claims.items()
        if len(claimed) > 1 and _same_rank(name, claimed)
    }
    chosen = {claimed[0]: name for name, claimed in claims.items()}
    columns = {h: chosen[h] for h in headers if h in chosen}
    options = Mapping({}, default_source=default_source, content_ids=content_ids)
    missing = lacking(columns.values(), options)
    unclear = {n: h for n, h in ambiguous.items() if n in (*NEEDED, "external_id")}
    if missing or unclear:
        return Unknown(tuple(headers), missing, ambiguous, columns)
    layout = "incident" if len(EXPORT_SIGNS.intersection(columns.values())) >= 3 else "plain"
    return Mapping(
        columns,
        layout,
        tuple(h for h in headers if h and h not in columns),
        ambiguous,
        default_source,
        {},
        content_ids,
    )


def _same_rank(name: str, claimed: Sequence[str]) -> bool:
    """Nothing but order in the file would decide between the first two."""
    first, second = (_bare(h) for h in claimed[:2])
    return first == second


def _bare(header: str) -> str:
    return normal(re.sub(r" \(\d+\)$", "", header))


def _near(headers: Sequence[str], taken: set[str]) -> list[tuple[str, str]]:
    """Pairs (header, field) for headers a typo away from a synonym of a field still free."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415  seven megabytes for imports alone

    found = []
    for header in headers:
        form = normal(header)
        if len(form) < 5:
            continue
        allowed = 1 if len(form) < 9 else 2 if len(form) < 25 else 4
        for synonym, name in _SYNONYMS.items():
            if name in taken or abs(len(synonym) - len(form)) > allowed:
                continue
            # «1ый ответ ПИ» and «2ой ответ ПИ» are a typo apart and mean different columns.
            if _DIGITS.findall(synonym) != _DIGITS.findall(form):
                continue
            distance = OSA.distance(synonym, form, score_cutoff=allowed)
            if distance <= allowed:
                found.append((distance, header, name))
    pairs: list[tuple[str, str]] = []
    used: set[str] = set(taken)
    for _distance, header, name in sorted(found, key=lambda item: item[0]):
        if name not in used and all(header != h for h, _ in pairs):
            used.add(name)
            pairs.append((header, name))
    return pairs


@dataclass(frozen=True, slots=True)
class HeaderLines:
    """Where the header stands: indexes of its first and last line, both inclusive."""

    first: int
    last: int
    headers: tuple[str, ...]
    found: int  # headers that name a field


def find_header(rows: Sequence[Sequence[object]], extra: Iterable[str] = ()) -> HeaderLines | None:
    """The line (or two lines) among the first ones that best names fields.

    `extra`: headers of a saved mapping, counted as known. None when no line names two fields.
    """
    also = {normal(h) for h in extra}
    best: HeaderLines | None = None
    for index, row in enumerate(rows[:HEADER_SEARCH]):
        options = [HeaderLines(index, index, *_one_line(row, also))]
        if index + 1 < len(rows):
            options.append(HeaderLines(index, index + 1, *_two_lines(row, rows[index + 1], also)))
        for option in options:
            if option.found >= 2 and (best is None or option.found > best.found):
                best = option
    return best


def first_wide_line(rows: Sequence[Sequence[object]]) -> HeaderLines | None:
    """The header of a table that names no field of ours: the first line of the usual width."""
    widths = [sum(1 for c in row if _text(c)) for row in rows[:HEADER_SEARCH]]
    usual = max(widths, default=0)
    if usual < 2:
        return None
    index = next(i for i, width in enumerate(widths) if width * 2 > usual)
    return HeaderLines(index, index, unique([_text(c) for c in rows[index]]), 0)


def _one_line(row: Sequence[object], also: set[str]) -> tuple[tuple[str, ...], int]:
    headers = unique([_text(cell) for cell in row])
    return headers, _count(headers, also)


def _two_lines(
    top: Sequence[object], bottom: Sequence[object], also: set[str]
) -> tuple[tuple[str, ...], int]:
    width = max(len(top), len(bottom))
    upper = [_text(c) for c in top] + [""] * (width - len(top))
    lower = [_text(c) for c in bottom] + [""] * (width - len(bottom))
    headers: list[str] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        # A merged cell keeps its text in its first column only; the rest come empty.
        group = above or (group if below else "")
        both = f"{group} {below}".strip()
        if not below:
            headers.append(above)
        elif group and (known(both) or normal(both) in also):
            headers.append(both)
        else:
            headers.append(below)
    names = unique(headers)
    return names, _count(names, also)


def _count(headers: Iterable[str], also: set[str]) -> int:
    return len({known(h) or normal(h) for h in headers if known(h) or normal(h) in also - {""}})


def _text(cell: object) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def unique(headers: Sequence[str]) -> tuple[str, ...]:
    """Twice the same header gets a number, so that raw cells can be kept by header."""
    seen: Counter[str] = Counter()
    result = []
    for header in headers:
        seen[header] += 1
        again = header and seen[header] > 1
        result.append(f"{header} ({seen[header]})" if again else header)
    return tuple(result)
