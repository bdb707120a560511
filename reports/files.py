"""A frozen report as a workbook and as a printed paper; both made of the snapshot alone."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from agencies.models import Agency, User
from cases import papers
from cases.workbooks import workbook
from reports import sentences, wording
from reports.content import unscaled
from reports.metrics import METRICS, Unit
from reports.models import Snapshot
from reports.periods import Period, region_zone
from reports.showing import Cell, Reading, Shown

HERE = Path(__file__).parent / "paper"
MOST_ON_PAPER = 400  # rows of a table on paper; the workbook has all
_WIDE = 7


def period_words(pair: tuple[Any, Any]) -> str:
    return wording.period_words(Period(*pair))


def region_name() -> str:
    region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
    return region.name if region is not None else ""


def scope_words(reading: Reading) -> str:
    """Whose cases were counted."""
    snapshot, known = reading.snapshot, reading.directory.agencies
    if snapshot.scope is None:
        return _("The whole region")
    names = [known[pk].short_name for pk in snapshot.scope if pk in known]
    shown = ", ".join(names[:3])
    rest = len(snapshot.scope) - 3
    return shown if rest <= 0 else _("%(names)s and %(n)s more") % {"names": shown, "n": rest}


def _moment(snapshot: Snapshot) -> str:
    """By the region's clock: a paper says the same whoever prints it."""
    return date_format(timezone.localtime(snapshot.made_at, region_zone()), "j E Y, H:i")


def footer_words(snapshot: Snapshot) -> str:
    return _("Snapshot № %(pk)s of %(moment)s, sha256 %(hash)s…") % {
        "pk": snapshot.pk, "moment": _moment(snapshot), "hash": snapshot.sha256[:24],
    }  # fmt: skip


# The workbook


def xlsx(reading: Reading) -> bytes:
    """A sheet for each table, numbers as numbers; a share has its two counts beside it."""
    out = io.BytesIO()
    with workbook(out, in_memory=True) as book:
        # The same snapshot gives the same bytes.
        book.set_properties({"created": reading.snapshot.made_at.replace(tzinfo=None)})
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "number": book.add_format({"num_format": "#,##0"}),
            "fraction": book.add_format({"num_format": "#,##0.00"}),
        }
        _cover(book.add_worksheet(_("Snapshot")), reading, formats)
        names: set[str] = set()
        for shown in reading.tables():
            _sheet(book.add_worksheet(_sheet_name(str(shown.table.title), names)), shown, formats)
    return out.getvalue()


def _sheet_name(title: str, taken: set[str]) -> str:
    name = "".join(" " if sign in "[]:*?/\\" else sign for sign in title)[:28].strip()
    while name in taken:
        name = f"{name[:28]} 2"
    taken.add(name)
    return name


def _cover(sheet: Any, reading: Reading, formats: dict[str, Any]) -> None:
    snapshot = reading.snapshot
    rows = [
        (reading.report.number, str(reading.report.title)),
        (_("Period"), period_words(reading.period)),
        (_("Compared with"), period_words(reading.before)),
        (_("Agencies"), scope_words(reading)),
        (_("Snapshot"), f"№ {snapshot.pk}"),
        (_("Made"), _moment(snapshot)),
        ("sha256", snapshot.sha256),
        *((_("Note"), note) for note in reading.notes),
    ]
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 80)
    for at, (name, value) in enumerate(rows):
        sheet.write_string(at, 0, name, formats["head"])
        sheet.write_string(at, 1, value)


def _spread(shown: Shown) -> list[tuple[int, str, Callable[[Cell], Any], str]]:
    """(column, heading, its value, format): a share takes three columns."""
    found: list[tuple[int, str, Callable[[Cell], Any], str]] = []
    for at, column in enumerate(shown.columns):
        title = str(column.title)
        shares = any(row[at].counts is not None for row in shown.rows)
        mixed = column.kind == "of_metric"
        if not column.is_number:
            found.append((at, title, lambda cell: cell.text, ""))
            continue
        if mixed:
            found.append((at, title, lambda cell: cell.text, ""))
        unit = METRICS[column.metric].unit if column.metric in METRICS else None
        minutes = column.kind == "figure" and unit in (Unit.MINUTES, Unit.WORKED)
        heading = f"{title}, {_('minutes')}" if minutes else title
        kind = "share" if shares and not mixed else "number"
        if column.kind in ("rate", "tenths", "times") or unit is Unit.POINTS:
            kind = "fraction"
        if not mixed:
            found.append((at, heading, lambda cell: cell.number, kind))
        else:
            found.append((at, f"{title}: {_('number')}", lambda cell: cell.number, "fraction"))
        if shares:
            found.append(
                (at, f"{title}: {_('count')}", lambda cell: (cell.counts or (None,))[0], "number")
            )
            found.append(
                (at, f"{title}: {_('of')}", lambda cell: (cell.counts or (None, None))[1], "number")
            )
    return found


def _sheet(sheet: Any, shown: Shown, formats: dict[str, Any]) -> None:
    spread = _spread(shown)
    sheet.freeze_panes(1, 0)
    for at, (_source, title, _value, kind) in enumerate(spread):
        sheet.set_column(at, at, 14 if kind else 32)
        sheet.write_string(0, at, title, formats["head"])
    for number, row in enumerate(shown.rows, 1):
        for at, (source, _title, value_of, kind) in enumerate(spread):
            value = value_of(row[source])
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(number, at, value)
            else:
                sheet.write_number(number, at, value, formats[kind or "number"])


# The paper


def pdf(reading: Reading) -> bytes:
    with override("ru"):
        if reading.report.code == "r1":
            return papers.render("slice.typ", slice_values(reading), HERE)
        return papers.render("report.typ", pdf_values(reading), HERE)


def _paper_table(shown: Shown) -> dict[str, Any]:
    numeric = [column.is_number for column in shown.headings]
    note = str(shown.table.note)
    if len(shown.rows) > MOST_ON_PAPER:
        rest = _("%(n)s more rows are in the workbook.") % {
            "n": wording.number(len(shown.rows) - MOST_ON_PAPER)
        }
        note = f"{note} {rest}".strip()
    words = [at for at, number in enumerate(numeric) if not number]
    return {
        "title": str(shown.table.title),
        "titles": [
            _narrow(str(column.title)) if column.is_number else str(column.title)
            for column in shown.headings
        ],
        "numeric": numeric,
        "widths": ["wide" if at in words[:3] else "" for at in range(len(numeric))],
        "groups": [
            {
                "title": group.title,
                "rows": [[[cell.text, cell.sub] for cell in row] for row in group.rows],
            }
            for group in shown.grouped(shown.rows[:MOST_ON_PAPER])
        ],
        "note": note,
    }


def _narrow(title: str) -> str:
    """A long heading over a column of numbers on two lines."""
    if len(title) < 14 or " " not in title:
        return title
    middle = len(title) / 2
    blanks = [at for at, sign in enumerate(title) if sign == " "]
    cut = min(blanks, key=lambda at: abs(at - middle))
    return f"{title[:cut]}\n{title[cut + 1 :]}"


_FEW = "мало"


def _heading(reading: Reading) -> dict[str, Any]:
    return {
        "title": str(reading.report.title),
        "period": period_words(reading.period),
        "before": period_words(reading.before),
        "scope": scope_words(reading),
        "region": region_name(),
        "notes": reading.notes,
        "footer": footer_words(reading.snapshot),
    }


def pdf_values(reading: Reading) -> dict[str, Any]:
    tables = [_paper_table(shown) for shown in reading.tables()]
    return {
        **_heading(reading),
        "wide": any(len(table["titles"]) > _WIDE for table in tables),
        "tables": tables,
    }


_ON_TOP = ("overdue_share", "reply_time", "brush_off_share", "repeat_share", "satisfaction")


def slice_values(reading: Reading) -> dict[str, Any]:
    shown = {one.code: one for one in reading.tables()}
    raw = reading.data["tables"]
    return {
        **_heading(reading),
        "title": _("What residents write about and how agencies answer"),
        "summary": _summary(reading),
        "numbers": numbers(reading),
        **texts(reading),
        "topics": [
            {
                "topic": row[0].text, "now": row[1].text, "before": row[2].text,
                "where": row[3].text, "weeks": values[4],
            }
            for row, values in zip(shown["topics"].rows, raw["topics"]["rows"], strict=True)
        ],
        "days": days(reading) if len(raw["days"]["rows"]) <= 7 else [],
        "spikes": sentences.spikes(reading),
        "events": events(reading),
        "agencies": _plain(shown["agencies"]),
        "promises": promises(reading),
        "control": _columns(shown["control"], ("case", "agency", "topic", "status", "until")),
    }  # fmt: skip


def _plain(shown: Shown) -> dict[str, Any]:
    return _columns(shown, shown.codes)


def _columns(shown: Shown, codes: Any) -> dict[str, Any]:
    places = [shown.codes.index(code) for code in codes]
    return {
        "titles": [str(shown.columns[at].title) for at in places],
        "numeric": [shown.columns[at].is_number for at in places],
        "rows": [
            [
                _("few") if row[at].sub.startswith(_FEW) else row[at].text
                for at in places
            ]
            for row in shown.rows
        ],
    }  # fmt: skip


def _summary(reading: Reading) -> str:
    received = next(
        (row[1][0] for row in reading.data["tables"]["numbers"]["rows"] if row[0] == "received"), 0
    )
    return _("%(n)s messages. %(scope)s") % {
        "n": wording.number(received), "scope": scope_words(reading),
    }  # fmt: skip


def numbers(reading: Reading) -> list[dict[str, Any]]:
    """The five numbers over the slice."""
    found = []
    table = reading.report.table("numbers")
    assert table is not None
    cells = {row[0]: shown for row, shown in zip(
        reading.data["tables"]["numbers"]["rows"], reading.table(table).rows, strict=True
    )}  # fmt: skip
    rows = {row[0]: row for row in reading.data["tables"]["numbers"]["rows"]}
    for code in _ON_TOP:
        row, metric = rows[code], METRICS[code]
        value, unit = wording.parted(metric, unscaled(code, row[1]))
        was = unscaled(code, row[2])
        found.append(
            {
                "title": str(metric.title),
                "value": value,
                "unit": unit,
                "before": _("was %(value)s") % {"value": wording.worded(code, was)}
                if was is not None
                else _("no figure before"),
                "few": "" if row[1][3] or was is None and value == "—" else cells[code][1].sub,
                "url": cells[code][1].url,
            }
        )
    return found


def texts(reading: Reading) -> dict[str, list[str]]:
    """What a person wrote of it, else what the rules say."""
    words = reading.snapshot.words
    return {
        "main": words.get("main") or sentences.main(reading),
        "decide": words.get("decide") or sentences.decide(reading),
    }


def days(reading: Reading) -> list[dict[str, Any]]:
    return [
        {
            "day": date_format(date.fromisoformat(day), "D, j E"), "now": now, "before": before,
        }
        for day, now, before in reading.data["tables"]["days"]["rows"]
    ]  # fmt: skip


def events(reading: Reading) -> list[dict[str, str]]:
    found = []
    for event, members, open_, _answered, _since, _until, decided in reading.data["tables"][
        "events"
    ]["rows"]:
        row = reading.events.get(event)
        found.append(
            {
                "title": row.title if row else f"№ {event}",
                "facts": _("%(n)s messages, %(open)s open.")
                % {"n": wording.number(members), "open": wording.number(open_)},
                "decision": _cut(row.decision) if row and decided else "",
            }
        )
    return found


def _cut(text: str, most: int = 180) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0] + "…"


def promises(reading: Reading) -> list[str]:
    found = []
    for line, promised, kept, broken, awaited in reading.data["tables"]["promises"]["rows"]:
        words = (
            _("Due in the period: %(promised)s; kept %(kept)s, broken %(broken)s, without a report"
              " %(awaited)s.")
            if line == "promises_period"
            else _("Due in the next seven days: %(promised)s; kept already %(kept)s.")
        )  # fmt: skip
        found.append(
            words
            % {
                "promised": wording.number(promised), "kept": wording.number(kept),
                "broken": wording.number(broken), "awaited": wording.number(awaited),
            }
        )  # fmt: skip
    return found


FORMATS: dict[str, tuple[str, Callable[[Reading], bytes]]] = {
    "pdf": ("application/pdf", pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
    "json": ("application/json", lambda reading: reading.snapshot.content.encode()),
}


def file_of(snapshot: Snapshot, user: User, file_format: str) -> tuple[str, str, bytes]:
    """(name, media type, bytes) for a person who may open it.

    The JSON holds executors' keys where the table is the head's alone: only he is given it.
    """
    media_type, make = FORMATS[file_format]
    name = f"{snapshot.report}-{snapshot.first:%Y-%m-%d}-{snapshot.pk}.{file_format}"
    return name, media_type, make(Reading(snapshot, user))


__all__ = ["FORMATS", "file_of", "footer_words", "pdf", "scope_words", "xlsx"]
