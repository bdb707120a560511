"""What the figures of the weekly slice come to, in sentences: plain rules over the content."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import wording
from reports.content import unscaled
from reports.figures import wilson
from reports.metrics import METRICS
from reports.showing import Reading

# A change smaller than this part of what was is called none.
_NOTICEABLE = 0.05
_MOST_TO_DECIDE = 4


def _rows(reading: Reading, code: str) -> list[list[Any]]:
    rows: list[list[Any]] = reading.data["tables"][code]["rows"]
    return rows


def _changes(reading: Reading) -> list[str]:
    """«Просрочено: 0,8 %, было 1,2 % — лучше», of the metrics with a direction."""
    better, worse = [], []
    for code, now, before in _rows(reading, "numbers"):
        metric = METRICS.get(code)
        value, was = unscaled(code, now), unscaled(code, before)
        if metric is None or not metric.better or value is None or was is None:
            continue
        if not now[3] or not before[3] or abs(value - was) <= _NOTICEABLE * max(abs(was), 1e-9):
            continue
        words = _("%(title)s: %(now)s, was %(was)s") % {
            "title": str(metric.title).lower(),
            "now": wording.worded(code, value),
            "was": wording.worded(code, was),
        }
        (better if (value > was) is (metric.better > 0) else worse).append(words)
    found = []
    if better:
        found.append(_("Better: %(list)s.") % {"list": "; ".join(better)})
    if worse:
        found.append(_("Worse: %(list)s.") % {"list": "; ".join(worse)})
    return found or [_("The main shares are about what they were.")]


def main(reading: Reading) -> list[str]:
    directory = reading.directory
    found = []
    rows = _rows(reading, "numbers")
    total = next((row for row in rows if row[0] == "received"), None)
    if total is not None:
        now, before = total[1][0], total[2][0]
        change = now - before
        found.append(
            _("%(now)s messages came, %(change)s against the period before (%(before)s).")
            % {
                "now": wording.number(now),
                "change": ("+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "")
                + wording.number(abs(change)),
                "before": wording.number(before),
            }
        )
    found += _changes(reading)
    grown = [
        row
        for row in _rows(reading, "topics")
        if row[1] - row[2] >= 3 and row[0] in directory.topics
    ]
    if grown:
        topic, now, before, where, _weeks = max(grown, key=lambda row: row[1] - row[2])
        place = directory.territories.get(where[0][0]) if where else None
        found.append(
            (
                _("Grew most: “%(topic)s”, %(now)s against %(before)s; most in %(place)s (%(n)s).")
                if place
                else _("Grew most: “%(topic)s”, %(now)s against %(before)s.")
            )
            % {
                "topic": directory.topics[topic].name, "now": wording.number(now),
                "before": wording.number(before),
                "place": place.name if place else "",
                "n": wording.number(where[0][1]) if where else "",
            }
        )  # fmt: skip
    return found


def spikes(reading: Reading) -> list[str]:
    """«Ямы, Верхний Яр: 12 ноября пришло 63 сообщения, обычно 7.»; of the slices made before the
    alarms were named in them, by their seven days."""
    columns = reading.data["tables"]["spikes"]["columns"]
    found = []
    for values in _rows(reading, "spikes"):
        row = dict(zip(columns, values, strict=True))
        topic = reading.directory.topics.get(row["topic"])
        place = reading.directory.territories.get(row["territory"])
        if topic is None:
            continue
        count = row["arrived"]
        day = row.get("day")
        words = (
            ngettext(
                "%(topic)s, %(place)s: %(count)s message on %(day)s, usually %(usual)s.",
                "%(topic)s, %(place)s: %(count)s messages on %(day)s, usually %(usual)s.",
                count,
            )
            if day
            else _("%(topic)s, %(place)s: %(count)s messages in seven days, usually %(usual)s.")
        )
        found.append(
            words
            % {
                "topic": topic.name, "place": place.name if place else _("place not named"),
                "count": wording.number(count), "usual": wording.number(row["usual"] / 10, 1),
                "day": date_format(date.fromisoformat(day), "j E") if day else "",
            }
        )  # fmt: skip
    return found


def decide(reading: Reading) -> list[str]:
    """What asks for a decision: spikes, events without one, brush-offs above all others', late
    promises and controls. A person writes his own lines instead (`Snapshot.words`)."""
    found: list[str] = []
    for words in spikes(reading)[:2]:
        found.append(_("%(spike)s Name who answers for it and by when.") % {"spike": words})
    for event, members, open_, _answered, _since, _until, decided in _rows(reading, "events"):
        if not decided and event in reading.events:
            found.append(
                _("%(title)s: %(count)s messages, %(open)s open, no decision. Take one and say it.")
                % {
                    "title": reading.events[event].title, "count": wording.number(members),
                    "open": wording.number(open_),
                }
            )  # fmt: skip
    found += _worst(reading)
    period = next(iter(_rows(reading, "promises")), None)
    if period is not None and period[3] + period[4]:
        late = period[3] + period[4]
        found.append(
            ngettext(
                "%(n)s promise of the period has no report. Have the agency name a new day.",
                "%(n)s promises of the period have no report. Have the agencies name new days.",
                late,
            )
            % {"n": wording.number(late)}
        )
    overdue = [row for row in _rows(reading, "control") if row[6]]
    if overdue:
        found.append(
            ngettext(
                "%(n)s case under personal control is past its day: № %(list)s.",
                "%(n)s cases under personal control are past their day: № %(list)s.",
                len(overdue),
            )
            % {"n": len(overdue), "list": ", ".join(row[0] for row in overdue[:3])}
        )
    return found[:_MOST_TO_DECIDE]


def _worst(reading: Reading) -> list[str]:
    """The agency whose share of brush-offs is surely above the region's."""
    whole = next((row[1] for row in _rows(reading, "numbers") if row[0] == "brush_off_share"), None)
    if whole is None or not whole[2]:
        return []
    usual = whole[1] / whole[2]
    columns = reading.data["tables"]["agencies"]["columns"]
    at = columns.index("brush_off_share")
    worst = None
    for row in _rows(reading, "agencies"):
        _value, over, under, enough = row[at]
        if enough and wilson(over, under)[0] > usual and row[0] in reading.directory.agencies:
            share = over / under
            if worst is None or share > worst[1]:
                worst = (row[0], share)
    if worst is None:
        return []
    return [
        _("%(agency)s: brush-offs %(share)s, in the region %(usual)s. Hear the head.")
        % {
            "agency": reading.directory.agencies[worst[0]].short_name,
            "share": wording.worded("brush_off_share", worst[1]),
            "usual": wording.worded("brush_off_share", usual),
        }
    ]
