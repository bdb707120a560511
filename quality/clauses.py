"""Statements of a reply: what each clause does, to what of this case, with which term.

A clause is a run of words around one or more predicates. Its marks are names of facts about it:
the kind of the predicate (done, under way, promised, habitual, asked for), its class
(`quality.verbs`), what is bound to it (a term, a number, a name, a law), and whether it speaks of
this case. No mark tells style: greeting, clichés, length of sentences, punctuation, polite forms
are not looked at. `quality.model` weighs the marks.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from quality import lexicon as lex
from quality import patterns as pat
from quality import signs
from quality.evidence import FIGURE, Body, CaseProfile, digits, fields_of, usable
from quality.morph import Word, root, word
from quality.textform import Token
from quality.verbs import verb_class

MAX_CLAUSES = 160
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
_YES_NO = re.compile(r"^\s*(?:да|нет|есть|можно|нельзя|будет|будем|не будет|не будем)\b")
_COUNT_WORD = lex.words(
    "два две двое три трое четыре пять шесть семь восемь девять десять оба обе полтора пара"
)
_EVERYONE = lex.words(
    """
    каждый любой всякий многие некоторые подобный гражданин лицо работник
    собственник пользователь потребитель абонент пациент гость желающий гражданин субъект
    """
)
_WARM = lex.words(
    """
    сердце душа любовь счастье радость улыбка слеза тепло забота доброта мечта надежда чудо
    красота праздник детство бабушка дедушка мама молодец герой героиня вдохновение настроение
    чувство терпение характер гордость друг дружба сказка песня смех юмор боль тревога
    сочувствие неравнодушие энтузиазм оптимизм поклон привет земляк обида огорчение душевный
    добрый теплый светлый любимый родной чудесный замечательный прекрасный золотой
    """
)
_FUTURE_AUX = frozenset({"будет", "будут", "будем", "буду"})
_MODAL = lex.words(
    """
    можно нужно надо необходимо следует вправе можете могут может должен должны должна сможете
    рекомендуем нельзя требуется достаточно советуем просим придется стоит
    """
)
_PLAN = lex.words(
    """
    планируется планируем планируют намечено намечен намечена запланирован запланирована
    запланировано запланированы назначен назначена назначено назначены должен должны
    """
)
# Real and coming deeds, what goes on, what might or should be.
_GROUP = {
    "did": "real",
    "was": "real",
    "used": "real",
    "will": "next",
    "will_be": "next",
    "plan": "next",
    "does": "now",
    "goes": "now",
    "is": "now",
    "ask": "may",
    "may": "may",
    "to": "may",
    "state": "state",
}
_SCHEDULE = re.compile(r"^(?:по |кажд|круглосуточно|ежедневно)")
_PERIOD = re.compile(
    r"^(?:за|в течение|на|до|раньше чем|не позднее чем|это|через) ?.{0,24}"
    r"(?:минут|час|сут|дн|день|недел|месяц|год)"
)
_CLOCK = re.compile(
    r"^\d{1,2}:\d\d|^(?:до|к|с|в|после|около|по) \d{1,2} (?:час|утра|вечера|дня|ночи)"
)
_WE = frozenset({"мы", "нами", "нам", "нас", "наш", "наша", "наши", "наше", "нашего"})


@dataclass(slots=True)
class Clause:
    """`start`, `end` in the clean text; `marks` with how often they hold (at most 2)."""

    start: int
    end: int
    sentence: int
    marks: dict[str, float]
    roots: frozenset[str]
    kinds: tuple[str, ...]
    term: bool
    restated: bool


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\x7f" * (end - start) + text[end:]
    return text


class Spans:
    """Where a pattern was found, asked by place."""

    __slots__ = ("ends", "starts")

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def within(self, start: int, end: int) -> int:
        """How many begin inside."""
        return bisect_right(self.starts, end - 1) - bisect_right(self.starts, start - 1)

    def covered(self, start: int, end: int) -> int:
        """Characters covered inside."""
        total = 0
        for a, b in zip(self.starts, self.ends, strict=True):
            if a < end and b > start:
                total += min(b, end) - max(a, start)
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


def kind_of(form: Word, before: list[str]) -> str | None:
    """Kind of a predicate: what time and mood make of it."""
    if form.pos == "PRTS":
        if any(w in _FUTURE_AUX for w in before):
            return "will"
        return "was" if form.perfective else "is"
    if form.pos == "VERB":
        if form.imperative or form.who == "2p" and "вы" not in before and "если" not in before:
            return "ask"
        if form.past:
            return "did" if form.perfective else "used"
        if form.future:
            return "will" if form.perfective else "aux"
        return "goes" if form.reflexive else "does"
    if form.pos == "INFN":
        if any(w in _FUTURE_AUX for w in before):
            return "will_be"
        if any(w in _PLAN for w in before):
            return "plan"
        return "may" if any(w in _MODAL for w in before) else "to"
    if form.pos in ("ADJS", "PRED"):
        return "state"
    return None


def _has_predicate(tokens: list[Token]) -> bool:
    return any(word(t.text).pos in ("VERB", "PRTS", "INFN", "ADJS", "PRED") for t in tokens)


def _split(tokens: tuple[Token, ...], cuts: Spans) -> Iterator[list[Token]]:
    """Runs of words between cuts; a run without a predicate joins its neighbour."""
    parts: list[list[Token]] = []
    for token in tokens:
        if not parts or cuts.within(parts[-1][-1].end - 1, token.start + 1):
            parts.append([token])
        else:
            parts[-1].append(token)
    joined: list[list[Token]] = []
    for part in parts:
        if joined and not (_has_predicate(part) and _has_predicate(joined[-1])):
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    yield from joined


@dataclass(slots=True)
class _Scan:
    """Everything found in the text once; clauses only ask by place."""

    terms: Spans
    term_kinds: list[str]
    vague: Spans
    laws: Spans
    numbers: list[tuple[int, int, bool]]
    same: Spans
    percent: Spans
    phones: Spans
    roles: Spans
    causes: Spans
    reference: Spans
    condition: Spans
    now: Spans
    rules: Spans
    habits: Spans
    cuts: Spans
    statistics: Spans
    decoys: Spans
    refusals: Spans
    forwards: Spans
    units: int = 0


_BIG_UNIT = re.compile(r"^ ?(?:тыс|млн|млрд|%|процент|тонн|га\b|км\b|единиц|человек|граждан)")
_YEAR_LIKE = re.compile(r"^(?:19|20)\d\d$")


def _scan(shown: str, facts: str, laws: list[tuple[int, int]], known: frozenset[str]) -> _Scan:
    terms = [m.span() for m in pat.TERM.finditer(facts)]
    rest = _blank(facts, terms)
    phones = [m.span() for m in pat.PHONE.finditer(rest)]
    rest = _blank(rest, phones)
    numbers = []
    same = []
    for m in FIGURE.finditer(rest):
        text = digits(m.group())
        if text in known:
            same.append(m.span())
            continue
        big = (len(text) >= 3 and not _YEAR_LIKE.match(text)) or bool(
            _BIG_UNIT.match(rest[m.end() : m.end() + 10])
        )
        numbers.append((m.start(), m.end(), big))
    empty = {m.start() for m in signs.EMPTY_CAUSE.finditer(facts)}
    causes = [m.span() for m in signs.CAUSE.finditer(facts) if m.start() not in empty]
    statistics = sorted(
        m.span()
        for p in (signs.STATISTICS, signs.BIG_FIGURES, signs.COUNTS)
        for m in p.finditer(shown)
    )
    return _Scan(
        terms=Spans(terms),
        term_kinds=[term_kind(facts[a:b]) for a, b in terms],
        vague=_spans(pat.VAGUE, facts),
        laws=Spans(laws),
        numbers=numbers,
        same=Spans(same),
        percent=_spans(re.compile("%|процент"), rest),
        phones=Spans(phones),
        roles=_spans(signs.ROLES, facts),
        causes=Spans(causes),
        reference=_spans(signs.REFERENCE, facts),
        condition=_spans(_CONDITION, facts),
        now=_spans(_NOW, facts),
        rules=_spans(_RULE, facts),
        habits=_spans(_HABIT, facts),
        cuts=_spans(_CUT, shown),
        statistics=Spans(statistics),
        decoys=_spans(signs.DECOY, shown),
        refusals=_spans(signs.REFUSAL, shown),
        forwards=_spans(signs.FORWARD, shown),
    )


def _mark_predicates(
    marks: dict[str, float],
    tokens: list[Token],
    forms: list[Word],
    case: CaseProfile,
    bound: list[str],
) -> list[str]:
    kinds: list[str] = []
    texts = [t.text for t in tokens]
    working = any(form.lemma in lex.WORK_NOUNS for form in forms)

    def mark(name: str) -> None:
        marks[name] = min(2.0, marks.get(name, 0.0) + 1.0)

    for index, form in enumerate(forms):
        kind = kind_of(form, texts[max(0, index - 5) : index])
        if kind is None or kind == "aux":
            continue
        if form.lemma in ("быть", "мочь", "стать"):
            continue
        kinds.append(kind)
        group = verb_class(form.lemma)
        if working and group in ("light", "rule") and kind in ("did", "was", "will"):
            group = "deed"  # «осуществлён возврат» says what «вернули» says
        mark(kind)
        mark(group)
        mark(f"{_GROUP[kind]}.{group}")
        if root(form.lemma) in case.verbs:
            mark("asked_deed")
            mark(f"{kind}+deed")
        if index and texts[index - 1] == "не":
            mark(f"{kind}+not")
        for name in bound:
            mark(f"{kind}+{name}")
    return kinds


def read_clauses(own_words: Body, case: CaseProfile) -> tuple[Clause, ...]:
    """Clauses of a reply's body, at most `MAX_CLAUSES`."""
    shown = own_words.shown
    scan = _scan(shown, own_words.facts, sorted(own_words.laws), case.numbers)
    taken = Spans(sorted(own_words.restated))
    result: list[Clause] = []
    for number, sentence in enumerate(own_words.sentences):
        conditional = scan.condition.within(sentence.start, sentence.end) > 0
        statistic = scan.statistics.within(sentence.start, sentence.end) > 0
        decoy = scan.decoys.within(sentence.start, sentence.end) > 0
        length = max(1, sentence.end - sentence.start)
        lawful = scan.laws.covered(sentence.start, sentence.end) / length
        ruled = lawful > 0 and scan.rules.within(sentence.start, sentence.end) > 0
        for part in _split(sentence.tokens, scan.cuts):
            if len(result) >= MAX_CLAUSES:
                return tuple(result)
            start, end = part[0].start, part[-1].end
            forms = [word(t.text) for t in part]
            nouns = [f for f in forms if usable(f)]
            roots = frozenset(root(f.lemma) for f in nouns)
            own = len(roots & case.roots)
            placed = any(root(f.lemma) in case.places for f in forms if f.pos == "NOUN" or f.place)
            asked = len(roots & case.asked)
            fields = {name for t in part for name in fields_of(t.text)}
            restated = taken.covered(start, end) * 2 > end - start
            term = scan.terms.within(start, end) > 0
            figures = [big for a, _, big in scan.numbers if start <= a < end]
            named = sum(f.person for f in forms)
            vague = scan.vague.within(start, end) > 0
            bound = []
            kinds_of_term = {
                kind
                for a, kind in zip(scan.terms.starts, scan.term_kinds, strict=True)
                if start <= a < end
            }
            if term:
                bound.append("term")
            if own or placed:
                bound.append("case")
            if vague:
                bound.append("vague")
            if statistic:
                bound.append("sum")
            if any(figures):
                bound.append("big")
            elif figures:
                bound.append("number")
            if named:
                bound.append("name")
            if lawful > 0.1:
                bound.append("law")
            if conditional:
                bound.append("if")
            marks: dict[str, float] = {}
            kinds = _mark_predicates(marks, part, forms, case, bound)
            if not kinds:
                marks["bare"] = 1.0
            for name in bound:
                marks[name] = 1.0
            for name in kinds_of_term:
                marks[name] = 1.0
            if term and (own or placed):
                marks["term+case"] = 1.0
            if kinds and _GROUP[kinds[0]] == "may" and case.wants_reference:
                marks["may+wanted"] = 1.0
            if decoy:
                marks["decoy"] = 1.0
            if ruled:
                marks["ruled"] = 1.0
            for name, spans in (
                ("same", scan.same),
                ("percent", scan.percent),
                ("phone", scan.phones),
                ("role", scan.roles),
                ("cause", scan.causes),
                ("reference", scan.reference),
                ("now", scan.now),
                ("habit", scan.habits),
                ("refusal", scan.refusals),
                ("forward", scan.forwards),
            ):
                if spans.within(start, end):
                    marks[name] = 1.0
            for name, lemmas in (
                ("everyone", _EVERYONE),
                ("work", lex.WORK_NOUNS),
                ("trouble", lex.TROUBLE_NOUNS),
                ("warm", _WARM),
                ("count", _COUNT_WORD),
            ):
                if any(f.lemma in lemmas for f in forms):
                    marks[name] = 1.0
            if any(f.lemma in lex.STATE_WORDS and f.pos != "ADJF" for f in forms):
                marks["condition"] = 1.0
            if any(t.text in _WE for t in part):
                marks["we"] = 1.0
            if placed:
                marks["place"] = 1.0
            if own:
                marks["own"] = min(own, 4) / 2
            if asked:
                marks["asked"] = min(asked, 3) / 1.5
            if not own and not placed:
                if fields and case.fields and not fields & case.fields:
                    marks["elsewhere"] = 1.0
                elif fields & case.fields:
                    marks["field"] = 1.0
                else:
                    marks["apart"] = 1.0
            if _YES_NO.match(shown[start:end]):
                marks["yes_no"] = 1.0
            result.append(Clause(start, end, number, marks, roots, tuple(kinds), term, restated))
    return tuple(result)
