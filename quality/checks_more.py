"""Checks against what came before, of hand-overs, of decoys, of the place, of readability."""

import re

from quality import patterns as pat
from quality.clauses import Clause, read_clauses
from quality.context import Context
from quality.evidence import body
from quality.model import real_term
from quality.morph import root, word
from quality.signs import FORWARD
from quality.textform import prepare
from quality.types import Finding, Severity

_SHARED = 2  # words two statements must share to be of one thing
_POSTPONED = 2
_HARD = 0.0  # of the index; school texts lie above 50, statutes about 10
_WORDS = 30  # fewer say nothing of readability
_VOWELS = re.compile("[аеиоуыэюя]")
_PERSONAL = re.compile(
    r"\b(?:пришлите|напишите|укажите|сообщите|оставьте|назовите|отправьте|продиктуйте|скиньте)"
    r"[^.!?]{0,60}?\b(?:паспорт\w{0,3}|снилс|инн|телефон\w{0,2}|номер (?:карты|счета|полиса)|"
    r"дат[уы] рождения|фио|фамили\w{1,2}|домашн\w{2,3} адрес|адрес (?:проживания|регистрации)|"
    r"реквизит\w{0,2}|диагноз)"
)
_PRIVATELY = re.compile(
    r"\b(?:личн\w{2,3} сообщени|в личк|в лс\b|на почту|не в комментари|приватн)"
)
_LATER = re.compile(
    r"\b(?:дополнительно сообщим|сообщим дополнительно|дадим (?:развернутый |дополнительный )?"
    r"ответ|вернемся (?:с ответом|к вам|к вопросу|к разговору)|ответ (?:будет|дадим|направим)|"
    r"отпишемся|будет дан ответ|проинформируем|уведомим|ответим (?:позже|дополнительно|когда))\b"
)
_ADDRESSEE = re.compile(
    r"№|\b\d{2,}\b|\b(?:в|во|на имя) (?:адрес |отдел|департамент|министерств|управлени|комитет|"
    r"прокуратур|инспекци|полици|администраци|фонд|роспотреб|гжи|гибдд|ук\b|тсж|водоканал|"
    r"теплосет|[а-я]{3,20}(?:сет|энерг|газ|канал|строй|сервис))"
)
_FROM = re.compile(r"\bс (?:глубоким )?уважением,? (?P<name>[^.!?]{4,120})")


def _says(clause: Clause) -> bool | None:
    """True for a thing done or promised, False for its denial, None for neither."""
    kinds = {"did", "was", "will", "will_be", "plan", "does", "is"} & set(clause.kinds)
    if not kinds:
        return None
    denied = "refusal" in clause.marks or any(f"{kind}+not" in clause.marks for kind in kinds)
    return not denied


def contradiction(c: Context) -> list[Finding]:
    """Q19: denies what an earlier reply to this person said, or the other way round."""
    spans = []
    for text in c.situation.earlier_texts[:8]:
        before = read_clauses(body(text, c.situation.message), c.case)
        for old in before:
            said = _says(old)
            if said is None or old.idle:
                continue
            for new in c.clauses:
                now = _says(new)
                if now is None or now == said or new.idle:
                    continue
                if len(old.roots & new.roots) >= _SHARED:
                    spans.append((new.start, new.end))
    return [c.finding("Q19", Severity.RETURN, spans)] if spans else []


def moved_twice(c: Context) -> list[Finding]:
    """Q20: a promise already moved twice is moved again."""
    moved = c.situation.postponements
    if moved is None or moved < _POSTPONED:
        return []
    spans = [(k.start, k.end) for k in c.clauses if {"will", "plan", "will_be"} & set(k.kinds)]
    return [c.finding("Q20", Severity.RETURN, spans, times=moved)] if spans else []


def handed_over(c: Context) -> list[Finding]:
    """Q41: forwarded, and neither to whom nor under which number."""
    spans = [
        (s.sentence.start + m.start(), s.sentence.start + m.end())
        for s in c.said
        for m in FORWARD.finditer(s.sentence.text)
        if not _ADDRESSEE.search(s.sentence.text) and not s.subject and not s.terms
    ]
    return [c.finding("Q41", Severity.WARN, spans)] if spans and c.empty else []


def asks_private(c: Context) -> list[Finding]:
    """Q42: asks for personal data where everyone reads."""
    if c.situation.is_public is not True or _PRIVATELY.search(c.clean):
        return []
    spans = [m.span() for m in _PERSONAL.finditer(c.clean)]
    return [c.finding("Q42", Severity.WARN, spans)] if spans else []


def other_agency(c: Context) -> list[Finding]:
    """Q43: signed by another agency than the one that answers."""
    own = {
        root(word(t.text).lemma)
        for name in c.situation.agency_names
        for t in prepare(name).tokens
        if len(t.text) > 3
    }
    signed = _FROM.search(c.clean)
    if not own or not signed:
        return []
    names = [t for t in prepare(signed.group("name")).tokens if len(t.text) > 3]
    official = [t for t in names if not word(t.text).person]
    if len(official) < 2 or {root(word(t.text).lemma) for t in official} & own:
        return []
    return [c.finding("Q43", Severity.WARN, [signed.span("name")])]


def unfinished(c: Context) -> list[Finding]:
    """Q44: called final and promises the answer for later, without a date."""
    if c.situation.kind not in (None, "final") or c.features.term >= 0.6:
        return []
    spans = [m.span() for m in _LATER.finditer(c.clean)]
    return [c.finding("Q44", Severity.WARN, spans)] if spans and c.empty else []


def other_dates(c: Context) -> list[Finding]:
    """Q45: there are dates, and none is a term of this matter."""
    if any(real_term(clause) for clause in c.clauses):
        return []
    aside = {"decoy", "sum", "law", "reference"}
    spans = [
        (clause.start, clause.end)
        for clause in c.clauses
        if aside & clause.marks.keys() and pat.TERM.search(c.clean, clause.start, clause.end)
    ]
    return [c.finding("Q45", Severity.WARN, spans)] if spans and c.empty else []


def statistics(c: Context) -> list[Finding]:
    """Q46: figures of the whole region instead of this case."""
    spans = [
        (clause.start, clause.end)
        for clause in c.clauses
        if {"big", "percent"} & clause.marks.keys()
        and "place" not in clause.marks
        and "asked" not in clause.marks
    ]
    share = sum(end - start for start, end in spans) / max(1, len(c.clean))
    return [c.finding("Q46", Severity.WARN, spans)] if share > 0.3 and c.empty else []


def readability(c: Context) -> list[Finding]:
    """Q47, advice only: Flesch's index for Russian, 206.835 − 1.3·words − 60.1·syllables.

    Оборнева И. В. Автоматизированная оценка сложности учебных текстов. М., 2006.
    """
    words = [t for t in c.prepared.tokens if t.text.isalpha()]
    if len(words) < _WORDS:
        return []
    syllables = sum(max(1, len(_VOWELS.findall(t.text))) for t in words)
    length = len(words) / max(1, len(c.prepared.sentences))
    index = 206.835 - 1.3 * length - 60.1 * syllables / len(words)
    if index >= _HARD:
        return []
    return [c.finding("Q47", Severity.WARN, index=round(index))]


def place_unnamed(c: Context) -> list[Finding]:
    """Q48: neither the place nor the object of the message is named."""
    if not c.case.places or not c.clauses or not c.empty:
        return []
    if any({"place", "case", "own"} & clause.marks.keys() for clause in c.clauses):
        return []
    return [c.finding("Q48", Severity.WARN)]


CHECKS = (
    contradiction,
    moved_twice,
    handed_over,
    asks_private,
    other_agency,
    unfinished,
    other_dates,
    statistics,
    readability,
    place_unnamed,
)
