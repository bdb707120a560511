"""Everything the patterns find in a reply, found once; clauses only ask by place."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from quality import patterns as pat
from quality import signs
from quality.evidence import FIGURE, blank, digits

_CUT = re.compile(r"[,;:()]| - |\b(?:и|а|но|или|чтобы|поэтому|потому|если|когда|пока|который)\b")
_CONDITION = re.compile(
    r"\b(?:если|как только|лишь только|когда|после того|после|по мере|при наличии|при поступлении|"
    r"в случае|при условии|до тех пор|пока не|при первой|по возможности|как появится)\b"
)
_NOW = re.compile(r"\b(?:сейчас|уже|теперь|вчера|сегодня|ночью|утром|завтра|накануне|сразу)\b")
_RULE = re.compile(
    r"\b(?:обязан\w{0,2}|вправе|подлеж\w{2}|должн\w|предусмотрен\w{0,2}|установлен\w{0,2}|"
    r"определен\w{0,2}|закреплен\w{0,2}|регулиру\w{2,4}|регламентир\w{3,6}|утвержден\w{0,2}|"
    r"гарантир\w{2,6}|запреща\w{2,4}|допуска\w{2,4}|отнесен\w{0,2}|возложен\w{0,2}|"
    r"осуществля\w{2,4}|в порядке|в целях|норм\w{0,3}|требовани\w{1,3}|полномочи\w{1,3})\b"
)
_HABIT = re.compile(
    r"\b(?:всегда|обычно|ежегодно|ежедневно|круглый год|круглосуточно|каждый|каждую|каждое|любой|"
    r"бесплатно|раз в|заранее|как правило|нередко|традиционно|постоянно|систематически)\b"
)
_SCHEDULE = re.compile(r"^(?:по |кажд|круглосуточно|ежедневно)")
_PERIOD = re.compile(
    r"^(?:за|в течение|на|до|раньше чем|не позднее чем|это|через) ?.{0,24}"
    r"(?:минут|час|сут|дн|день|недел|месяц|год)"
)
_CLOCK = re.compile(
    r"^\d{1,2}:\d\d|^(?:до|к|с|в|после|около|по) \d{1,2} (?:час|утра|вечера|дня|ночи)"
)
_REST = re.compile(
    r"\b(?:остальн\w{2,3}|ин(?:ые|ым|ых|ому|ой) (?:вопрос|довод|момент|пункт|тем)\w{0,3}|"
    r"проч(?:ие|им|их) (?:вопрос|довод|момент|пункт)\w{0,3}|в остальном)\b"
)
_PERCENT = re.compile("%|процент")


class Spans:
    """Where a pattern was found, asked by place."""

    __slots__ = ("ends", "starts")

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def within(self, start: int, end: int) -> int:
        """How many begin inside."""
        return bisect_right(self.starts, end - 1) - bisect_right(self.starts, start - 1)

    def inside(self, start: int, end: int) -> range:
        """Numbers of those that begin inside."""
        return range(bisect_left(self.starts, start), bisect_left(self.starts, end))

    def covered(self, start: int, end: int) -> int:
        """Characters covered inside; spans are sorted and may overlap."""
        total = 0
        last = start
        for k in range(max(0, bisect_left(self.starts, start) - 8), len(self.starts)):
            if self.starts[k] >= end:
                break
            begin, stop = max(last, self.starts[k]), min(end, self.ends[k])
            if stop > begin:
                total += stop - begin
                last = stop
        return total


def _spans(pattern: re.Pattern[str], text: str) -> Spans:
    return Spans([m.span() for m in pattern.finditer(text)])


def term_kind(text: str) -> str:
    """Whether a term is a point of the calendar, a period, an hour or a timetable."""
    if _SCHEDULE.match(text):
        return "schedule"
    if _CLOCK.match(text):
        return "clock"
    if _PERIOD.match(text):
        return "period"
    return "date"


@dataclass(slots=True)
class Scan:
    """Everything found in the text once; clauses only ask by place."""

    terms: Spans
    term_kinds: list[str]
    vague: Spans
    laws: Spans
    numbers: Spans
    big: list[bool]
    same: Spans
    percent: Spans
    phones: Spans
    roles: Spans
    causes: Spans
    reference: Spans
    condition: Spans
    rest: Spans
    now: Spans
    rules: Spans
    habits: Spans
    cuts: Spans
    statistics: Spans
    decoys: Spans
    refusals: Spans
    forwards: Spans
    cliches: Spans


_BIG_UNIT = re.compile(r"^ ?(?:тыс|млн|млрд|%|процент|тонн|га\b|км\b|единиц|человек|граждан)")
_YEAR_LIKE = re.compile(r"^(?:19|20)\d\d$")


def scan(shown: str, facts: str, laws: list[tuple[int, int]], known: frozenset[str]) -> Scan:
    """Look once for everything. `known`: digits of the message's numbers."""
    terms = [m.span() for m in pat.TERM.finditer(facts)]
    rest = blank(facts, terms)
    phones = [m.span() for m in pat.PHONE.finditer(rest)]
    rest = blank(rest, phones)
    numbers: list[tuple[int, int]] = []
    sizes: list[bool] = []
    same = []
    for m in FIGURE.finditer(rest):
        text = digits(m.group())
        if text in known:
            same.append(m.span())
            continue
        big = (len(text) >= 3 and not _YEAR_LIKE.match(text)) or bool(
            _BIG_UNIT.match(rest[m.end() : m.end() + 10])
        )
        numbers.append(m.span())
        sizes.append(big)
    empty = {m.start() for m in signs.EMPTY_CAUSE.finditer(facts)}
    causes = [m.span() for m in signs.CAUSE.finditer(facts) if m.start() not in empty]
    statistics = sorted(
        m.span()
        for p in (signs.STATISTICS, signs.BIG_FIGURES, signs.COUNTS)
        for m in p.finditer(shown)
    )
    return Scan(
        terms=Spans(terms),
        term_kinds=[term_kind(facts[a:b]) for a, b in terms],
        vague=_spans(pat.VAGUE, facts),
        laws=Spans(laws),
        numbers=Spans(numbers),
        big=sizes,
        same=Spans(same),
        percent=_spans(_PERCENT, rest),
        phones=Spans(phones),
        roles=_spans(signs.ROLES, facts),
        causes=Spans(causes),
        reference=_spans(signs.REFERENCE, facts),
        condition=_spans(_CONDITION, facts),
        rest=_spans(_REST, facts),
        now=_spans(_NOW, facts),
        rules=_spans(_RULE, facts),
        habits=_spans(_HABIT, facts),
        cuts=_spans(_CUT, shown),
        statistics=Spans(statistics),
        decoys=_spans(signs.DECOY, shown),
        refusals=_spans(signs.REFUSAL, shown),
        forwards=_spans(signs.FORWARD, shown),
        cliches=_spans(pat.CLICHE, shown),
    )
