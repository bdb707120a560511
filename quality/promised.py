"""Dates a reply promises: a term bound to something that will be done, as a day of the calendar.

What is recognised is offered to the author, who confirms it: a day too many costs him one press,
a day overlooked nobody would ask for. Deeds done, statistics, programmes, conditions and what the
citizen is asked to do are no promises.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from quality import patterns as pat
from quality.clauses import Clause, read_clauses
from quality.evidence import body, profile
from quality.textform import Prepared, prepare

AddWorkdays = Callable[[date, int], date]
MOST = 5
_FARTHEST = timedelta(days=3 * 366)
# A year that is not told is the one that puts the day nearest to the day of writing.
_NEAR = timedelta(days=183)
_COMING = frozenset({"will", "will_be", "plan"})
_UNDER_WAY = frozenset({"goes", "does", "is"})
_PAST = frozenset({"did", "was", "used"})
_NOT_OURS = frozenset({"ask", "may", "to"})
_NO_PROMISE = frozenset({"if", "sum", "decoy", "ruled", "big", "habit", "schedule"})
_NOT_DONE = ("will+not", "will_be+not", "plan+not", "goes+not", "does+not")
_DUE_WORD = re.compile(r"\b(?:срок\w{0,3}|дат[аы] (?:окончания|завершения)|не позднее)\b")
_PLANNED = re.compile(r"\b(?:за)?(?:планирован|намечен|назначен)\w{0,2}\b")

_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_WEEKDAYS = ("понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресен")
_SMALL = {
    **dict.fromkeys(("один", "одного", "одну", "одной"), 1),
    **dict.fromkeys(("два", "две", "двух", "пара", "пары", "пару", "полутора"), 2),
    **dict.fromkeys(("три", "трех"), 3),
    **dict.fromkeys(("четыре", "четырех"), 4),
    **dict.fromkeys(("пять", "пяти"), 5),
    **dict.fromkeys(("шесть", "шести"), 6),
    **dict.fromkeys(("семь", "семи"), 7),
    **dict.fromkeys(("восемь", "восьми"), 8),
    **dict.fromkeys(("девять", "девяти"), 9),
    **dict.fromkeys(("десять", "десяти"), 10),
    **dict.fromkeys(("двадцать", "двадцати"), 20),
    **dict.fromkeys(("тридцать", "тридцати"), 30),
}
_ORDINALS = (
    *("перв", "втор", "треть", "четверт", "пят", "шест", "седьм", "восьм", "девят", "десят"),
    *("одиннадцат", "двенадцат", "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат"),
    *("семнадцат", "восемнадцат", "девятнадцат"),
)
_QUARTERS = {"1": 1, "i": 1, "перв": 1, "2": 2, "ii": 2, "втор": 2}
_QUARTERS |= {"3": 3, "iii": 3, "трет": 3, "4": 4, "iv": 4, "четв": 4}
_SEASON_ENDS = {"вес": (5, 31), "лет": (8, 31), "осен": (11, 30), "зим": (2, 28)}

_NUMERIC = re.compile(r"\b(\d{1,2})\.(0\d|1[0-2])(?:\.((?:20)?\d\d))?")
_DAY_MONTH = re.compile(rf"(\d{{1,2}})(?:-?(?:го|е|му))?\s({pat.MONTH_ANY})(?:\s(\d{{4}}))?")
_WORD_MONTH = re.compile(rf"\b({pat.ORDINAL})\s({pat.MONTH_ANY}|числа)")
_MONTH = re.compile(rf"\b({pat.MONTH_ANY})\b")
_NUMBER_DAY = re.compile(r"\b(\d{1,2})(?:-?го|-?е)?(?:\sчисла)?$")
_WEEKDAY = re.compile(pat.WEEKDAY)
_PERIOD = re.compile(
    r"(?:(?P<count>\d{1,3}|[а-я]{2,9})\s)?(?:(?P<kind>рабоч|календарн)\w{1,3}\s)?"
    r"(?P<unit>час|сут|дн|день|недел|месяц|год|полгода)\w{0,3}$"
)
_QUARTER = re.compile(r"([1-4]|i{1,3}|iv|перв|втор|трет|четв)\w{0,4}\sквартал")
_YEAR = re.compile(r"\b(20[2-4]\d)\b")
_AFTER_YEAR = re.compile(r"^\s(20[2-4]\d)\b")
_BOUND = re.compile(r"\b(?:до|к|ко)\s*$")
_RANGE = re.compile(r"\d\s?(?:-|по|до)\s?\d")
_SINCE = re.compile(r"\b(?:с|со|от|после)\s*$")


@dataclass(frozen=True, slots=True)
class Promised:
    """`start`, `end`: where the day stands in the reply, end exclusive. `what`: the sentence."""

    start: int
    end: int
    until: date
    what: str


def five_day_week(day: date, count: int) -> date:
    """`count` days from Monday to Friday after `day`: where no better calendar is at hand."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


@lru_cache(maxsize=64)
def _clauses(reply: str) -> tuple[Clause, ...]:
    return read_clauses(body(reply, ""), profile("", None, None))


def promised(
    reply: str, said_on: date, *, add_workdays: AddWorkdays = five_day_week
) -> tuple[Promised, ...]:
    """The days a reply of `said_on` promises, the nearest first, each once, at most `MOST`."""
    prepared = prepare(reply)
    if not (pat.TERM.search(prepared.clean) or _YEAR.search(prepared.clean)):
        return ()
    own = body(reply, "")
    clauses = [c for c in _clauses(reply) if _promises(c, own.facts)]
    found: dict[date, Promised] = {}
    for clause in clauses:
        for start, end, until in _days(own.facts, clause, said_on, add_workdays):
            if until not in found and said_on <= until <= said_on + _FARTHEST:
                place = prepared.span(start, end)
                found[until] = Promised(*place, until, _sentence(prepared, clause))
    return tuple(found[day] for day in sorted(found))[:MOST]


def _promises(clause: Clause, facts: str) -> bool:
    kinds = set(clause.kinds)
    if _NO_PROMISE & clause.marks.keys() or any(name in clause.marks for name in _NOT_DONE):
        return False
    if kinds & _COMING or _PLANNED.search(facts, clause.start, clause.end):
        return True
    if kinds & (_PAST | _NOT_OURS):
        return False
    if kinds & _UNDER_WAY:
        return True
    # «Срок — 20 декабря»: no predicate, but a term that is named one.
    return bool(_DUE_WORD.search(facts, clause.start, clause.end))


def _sentence(prepared: Prepared, clause: Clause) -> str:
    sentences = prepared.sentences
    home = next((s for s in sentences if s.start <= clause.start < s.end), None)
    start, end = prepared.span(*(home.start, home.end) if home else (clause.start, clause.end))
    return " ".join(prepared.raw[start:end].split())[:300]


def _days(
    facts: str, clause: Clause, said_on: date, add_workdays: AddWorkdays
) -> list[tuple[int, int, date]]:
    result: list[tuple[int, int, date]] = []
    taken: list[tuple[int, int]] = []
    for match in pat.TERM.finditer(facts, clause.start, min(len(facts), clause.end + 8)):
        start, end = match.span()
        # A term may be found as «до 15» where «августа» follows.
        whole = _DAY_MONTH.search(facts, start, min(len(facts), end + 16))
        if whole is not None and whole.start() < end:
            end = max(end, whole.end())
        begins = _SINCE.search(facts, max(0, start - 6), start)
        if begins and not _RANGE.search(facts, start, end):
            # «с 3 июня»: when it begins, not when it is done.
            continue
        until = _day_of(facts, start, end, said_on, add_workdays)
        taken.append((start, end))
        if until is not None:
            result.append((start, end, until))
    for match in _YEAR.finditer(facts, clause.start, clause.end):
        if any(a <= match.end() + 1 and match.start() <= b + 6 for a, b in taken):
            continue
        ends_before = _BOUND.search(facts, max(0, match.start() - 4), match.start())
        year = int(match[1]) - (1 if ends_before else 0)
        result.append((*match.span(), date(year, 12, 31)))
    return result


def _day_of(
    facts: str, start: int, end: int, said_on: date, add_workdays: AddWorkdays
) -> date | None:
    """The last day of the term that stands there; None for hours, timetables and beginnings."""
    text, before = facts[start:end], facts[max(0, start - 14) : start]
    year = _AFTER_YEAR.match(facts[end : end + 6])
    given = int(year[1]) if year else None
    for read in (_numeric, _day_month, _ordinal_day, _month):
        day = read(text, before, given, said_on)
        if day is not None:
            return day
    return _relative(text, before, given, said_on, add_workdays)


def _made(year: int | None, month: int, day: int, said_on: date) -> date | None:
    """A real day; without a year the nearest one."""
    try:
        if year is not None:
            return date(year if year > 99 else 2000 + year, month, day)
        near = [
            date(said_on.year + step, month, day)
            for step in (-1, 0, 1)
            if not (month == 2 and day == 29) or calendar.isleap(said_on.year + step)
        ]
    except ValueError:
        return None
    return min(near, key=lambda one: abs(one - said_on), default=None)


def _month_number(word: str) -> int:
    return next(n for n, stem in enumerate(_MONTHS, 1) if word.startswith(stem) and _fits(word, n))


def _fits(word: str, month: int) -> bool:
    return month != 5 or not word.startswith("мар")


def _numeric(text: str, _before: str, given: int | None, said_on: date) -> date | None:
    match = _NUMERIC.search(text)
    if match is None:
        return None
    return _made(int(match[3]) if match[3] else given, int(match[2]), int(match[1]), said_on)


def _day_month(text: str, _before: str, given: int | None, said_on: date) -> date | None:
    # «3-7 июля», «с 3 по 7 июля»: the last of the days stands before the month.
    match = _DAY_MONTH.search(text)
    if match is None:
        return None
    return _made(
        int(match[3]) if match[3] else given, _month_number(match[2]), int(match[1]), said_on
    )


def _ordinal_number(words: str) -> int:
    tens, last = (words.split(" ") + [""])[:2] if " " in words else ("", words)
    base = {"двадцать": 20, "тридцать": 30}.get(tens, 0)
    if last.startswith("двадцат"):
        return 20
    if last.startswith("тридцат"):
        return 30
    return base + next((n for n, stem in enumerate(_ORDINALS, 1) if last.startswith(stem)), 0)


def _ordinal_day(text: str, _before: str, given: int | None, said_on: date) -> date | None:
    match = _WORD_MONTH.search(text)
    if match is None:
        return None
    day = _ordinal_number(match[1])
    if match[2] == "числа":
        return _of_month(day, said_on)
    return _made(given, _month_number(match[2]), day, said_on)


def _of_month(day: int, said_on: date) -> date | None:
    """«20 числа»: of this month, or of the next one where it has passed."""
    first = said_on.replace(day=1)
    for _month in range(2):
        last = calendar.monthrange(first.year, first.month)[1]
        if 1 <= day <= last and first.replace(day=day) >= said_on:
            return first.replace(day=day)
        first = (first + timedelta(days=32)).replace(day=1)
    return None


def _month(text: str, before: str, given: int | None, said_on: date) -> date | None:
    match = _MONTH.search(text)
    if match is None:
        return None
    month = _month_number(match[1])
    year = given
    if year is None:
        near = _made(None, month, 15, said_on)
        year = near.year if near else said_on.year
    head = f"{before}{text[: match.start()]}"
    last = date(year, month, calendar.monthrange(year, month)[1])
    if "конц" in head:
        return last
    if "середин" in head:
        return last.replace(day=15)
    if "начал" in head:
        return last.replace(day=10)
    if re.search(r"\b(?:до|к)\s$", head):
        return last.replace(day=1) - timedelta(days=1)
    return None if re.search(r"\b(?:с|от)\s$", head) else last


def _relative(
    text: str, before: str, given: int | None, said_on: date, add_workdays: AddWorkdays
) -> date | None:
    if text.startswith(("вчера", "позавчера", "кажд", "по ", "круглосуточно")):
        return None
    named = {"сегодня": 0, "завтра": 1, "послезавтра": 2}
    for word, days in named.items():
        if text.startswith(word):
            return said_on + timedelta(days=days)
    weekday = _WEEKDAY.search(text)
    if weekday is not None:
        return _weekday(text, weekday[0], said_on)
    quarter = _QUARTER.search(text)
    if quarter is not None:
        return _quarter(quarter[1], given, said_on)
    if "недел" in text and re.search(r"следующ|будущ|этой|текущ", text):
        ahead = 7 if re.search(r"следующ|будущ", text) else 0
        return said_on - timedelta(days=said_on.weekday()) + timedelta(days=6 + ahead)
    end = _end_of(text, before, given, said_on)
    if end is not None:
        return end
    number = _NUMBER_DAY.search(text)
    if number is not None and (text.startswith("до") or "числ" in text):
        return _of_month(int(number[1]), said_on)
    return _period(text, said_on, add_workdays)


def _weekday(text: str, word: str, said_on: date) -> date:
    wanted = next(n for n, stem in enumerate(_WEEKDAYS) if word.startswith(stem))
    if "следующ" in text:
        monday = said_on - timedelta(days=said_on.weekday()) + timedelta(days=7)
        return monday + timedelta(days=wanted)
    return said_on + timedelta(days=(wanted - said_on.weekday()) % 7 or 7)


def _quarter(word: str, given: int | None, said_on: date) -> date:
    number = next(n for stem, n in _QUARTERS.items() if word == stem)
    month = 3 * number
    year = given or said_on.year
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last if given or last >= said_on else last.replace(year=year + 1)


def _end_of(text: str, before: str, given: int | None, said_on: date) -> date | None:
    """«До конца недели, месяца, квартала, года», «летом», «в следующем месяце»."""
    ahead = re.search(r"следующ|будущ", text) is not None
    if "месяц" in text and re.search(r"конц|этом|этого|следующ|текущ|будущ", text):
        first = said_on.replace(day=1)
        if ahead:
            first = (first + timedelta(days=32)).replace(day=1)
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    if "квартал" in text and "конц" in text:
        return _quarter(str((said_on.month - 1) // 3 + 1 + (1 if ahead else 0)), given, said_on)
    if re.search(r"\bгод[ау]", text) and re.search(r"конц|этом|этого|следующ|текущ|будущ", text):
        return date(given or said_on.year + (1 if ahead else 0), 12, 31)
    if re.search(r"нов(?:ому|ого) год", text):
        return date(said_on.year, 12, 31)
    for stem, (month, day) in _SEASON_ENDS.items():
        if re.search(rf"\b{stem}\w{{1,3}}$", text):
            year = given or said_on.year
            last = date(year, month, day)
            return last if given or last >= said_on else last.replace(year=year + 1)
    return None


def _period(text: str, said_on: date, add_workdays: AddWorkdays) -> date | None:
    match = _PERIOD.search(text)
    if match is None or not text.startswith(("через", "в ", "за ", "на ", "раньше", "не позд")):
        return None
    count, unit = match["count"], match["unit"]
    number = 1
    if count:
        number = int(count) if count.isdigit() else _SMALL.get(count, 1)
    if unit == "полгода":
        return said_on + timedelta(days=183)
    if match["kind"] == "рабоч" and unit in ("дн", "день"):
        return add_workdays(said_on, number)
    days = {"час": (number + 23) // 24, "сут": number, "дн": number, "день": number}
    days |= {"недел": 7 * number, "месяц": 30 * number, "год": 365 * number}
    return said_on + timedelta(days=days[unit])
