"""Checks of substance: measures, terms, questions, redirects, refusals, reuse."""

import re

from quality import patterns as pat
from quality.context import Context
from quality.evidence import fields_of
from quality.masks import stem
from quality.morph import root, word
from quality.signs import ALTERNATIVE, FORWARD, REDIRECT, REFUSAL
from quality.textform import prepare
from quality.types import Finding, Severity

_NO_FUNDS = re.compile(
    r"\b(?:(?:отсутстви\w|нехватк\w|дефицит\w?|недостат\w{2,3}) (?:средств\w?|финансировани\w|"
    r"бюджет\w{1,3}|денег)|(?:средств\w|финансировани\w|денег|расход\w) [^.!?]{0,60}не "
    r"(?:предусмотрен|выделен|заложен)\w{0,2}|"
    r"при (?:наличии|поступлении|выделении) (?:дополнительн\w{2,3} )?(?:финансировани\w|средств\w?|"
    r"доходов)|по мере (?:поступления )?финансировани\w|нет (?:денег|средств))"
)
_YEAR = re.compile(r"\b20\d\d\b|\b(?:следующ|эт|текущ)\w{1,3} год\w{0,2}\b")
_INTERIM = re.compile(
    r"\b(?:дополнительно сообщ|сообщим дополнительно|о результатах|ответ (?:будет|дадим)|вернемся|"
    r"будет дан)\w{0,6}"
)


def _evident(c: Context) -> bool:
    return not c.empty


def _emptiest(c: Context) -> list[tuple[int, int]]:
    """Places of the statements that say least, three at most."""
    order = sorted(range(len(c.clauses)), key=lambda k: (c.values[k], k))[:3]
    return [(c.clauses[k].start, c.clauses[k].end) for k in sorted(order) if c.values[k] < 0.5]


def no_substance(c: Context) -> list[Finding]:
    """Q12: after reading it the citizen knows no more than before."""
    if not c.empty:
        return []
    return [c.finding("Q12", Severity.RETURN, _emptiest(c))]


def vague_time(c: Context) -> list[Finding]:
    """Q30: only a vague time where a term is expected."""
    if c.features.term >= 0.45:
        return []
    spans = [span for s in c.said for span in s.vague_spans]
    planned = any(s.planned for s in c.said)
    done = max((s.done for s in c.said), default=0.0)
    if spans:
        return [c.finding("Q30", Severity.WARN, spans)]
    if planned and done < 0.6:
        promised = [(s.sentence.start, s.sentence.end) for s in c.said if s.planned]
        return [c.finding("Q30", Severity.WARN, promised)]
    return []


def interim(c: Context) -> list[Finding]:
    """Q06: an interim reply or a plan without a date."""
    if c.situation.kind != "interim" or c.features.term >= 0.35:
        return []
    return [c.finding("Q06", Severity.BLOCK, [(0, len(c.clean))], 0.9)]


def unproved(c: Context) -> list[Finding]:
    """Q05: said to be done, a photo is required and missing."""
    if c.situation.has_media is not False or c.situation.case_type != "solvable":
        return []
    if c.situation.kind not in (None, "final"):
        return []
    spans = [(s.sentence.start, s.sentence.end) for s in c.said if s.done >= 0.8]
    if not spans and c.situation.outcome != "solved":
        return []
    return [c.finding("Q05", Severity.BLOCK, spans[:3])]


def worn_evidence(c: Context) -> list[Finding]:
    """Q18: a picture that is older than the message, or was shown before."""
    return [c.finding("Q18", Severity.RETURN, why=why) for why in c.situation.evidence_faults]


def responsible(c: Context) -> list[Finding]:
    """Q31: nobody is named who does or did the work."""
    if any(s.subject for s in c.said) or c.features.contact >= 0.5:
        return []
    return [c.finding("Q31", Severity.WARN)]


def contact(c: Context) -> list[Finding]:
    """Q32: no phone, room, address or person; not asked of a reply that reports the work done."""
    if (
        pat.PHONE.search(c.clean)
        or c.prepared.links
        or c.prepared.emails
        or pat.ROOM.search(c.clean)
    ):
        return []
    if max((s.done for s in c.said), default=0.0) >= 0.8:
        return []
    return [c.finding("Q32", Severity.WARN)]


def sends_elsewhere(c: Context) -> list[Finding]:
    """Q13: the citizen is sent elsewhere and nothing was forwarded or arranged for him."""
    spans = [
        (s.sentence.start + m.start(), s.sentence.start + m.end())
        for s in c.said
        for m in REDIRECT.finditer(s.sentence.text)
    ]
    if not spans or FORWARD.search(c.clean):
        return []
    helped = c.features.contact >= 0.7 and c.features.answer >= 0.2
    if c.features.substance >= 0.42 or helped:
        return []
    return [c.finding("Q13", c.worse, spans)]


def refusal(c: Context) -> list[Finding]:
    """Q14: a refusal without its ground and without another way."""
    spans = [
        (s.sentence.start + m.start(), s.sentence.start + m.end())
        for s in c.said
        for m in REFUSAL.finditer(s.sentence.text)
    ]
    if not spans and c.situation.kind != "refusal":
        return []
    grounds = any(s.cause or (s.numbers and s.relevance >= 0.8) for s in c.said)
    text = " ".join(s.sentence.text for s in c.said)
    other = bool(ALTERNATIVE.search(text)) and c.features.substance >= 0.3
    if grounds or other or c.features.substance >= 0.5:
        return []
    return [c.finding("Q14", c.worse, spans)]


_BARE = re.compile(
    r"\b(?:факт\w?[^.!?]{0,40} не (?:подтвердил|нашел|нашл)\w{1,3}|не нашли своего подтверждения|"
    r"нарушени\w[^.!?]{0,50} не (?:выявлен|установлен|допущен|зафиксирован)\w?|"
    r"(?:действи|снят|решени|отказ)\w{1,3} [^.!?]{0,50}правомерн\w|"
    r"ответ (?:вам )?(?:был )?дан ранее|вопрос (?:закрыт|снят|исчерпан)\w?|"
    r"(?:выполнен|произведен|проведен)\w{0,2} в полном объеме|строго в соответствии)"
)
_CHECKED = re.compile(
    r"\b(?:осмотре|обследова|замер|проб[ыау]\b|измер|выезд|комисси|провери|акт\w? (?:от|№)|журнал|"
    r"камер|видео|опрос|протокол|свидетел|запис[ьи])\w*"
)


def bare_denial(c: Context) -> list[Finding]:
    """Q14: «не подтвердилось», «выполнено в полном объёме» without a word of what was looked at."""
    spans = [m.span() for m in _BARE.finditer(c.clean)]
    if not spans or _CHECKED.search(c.clean) and c.features.substance >= 0.6:
        return []
    if any(s.cause for s in c.said) and c.features.term >= 0.8:
        return []
    return [c.finding("Q14", c.worse, spans)]


def unanswered(c: Context) -> list[Finding]:
    """Q15: questions left without an answer; a share of several, or the only one evaded."""
    missing = [q for q in c.questions if q.answered == "no"]
    if not missing:
        return []
    numbers = ", ".join(str(q.number) for q in missing)
    return [
        c.finding("Q15", c.worse, missing=len(missing), total=len(c.questions), numbers=numbers)
    ]


def unrelated(c: Context) -> list[Finding]:
    """Q16: the reply speaks of another field and names nothing of the message."""
    own = [s for s in c.said if not s.formula]
    if not own or not c.case.words or c.case.words < 4 or any(s.overlap for s in own):
        return []
    counts: dict[str, int] = {}
    for s in own:
        for token in s.sentence.tokens:
            for name in fields_of(token.text):
                counts[name] = counts.get(name, 0) + 1
    if max(counts.values(), default=0) < 2 or not c.case.fields or set(counts) & c.case.fields:
        return []
    if sum(len(s.sentence.tokens) for s in own) < 6:
        return []
    spans = [(s.sentence.start, s.sentence.end) for s in own][:3]
    return [c.finding("Q16", c.worse, spans)]


def acts(c: Context) -> list[Finding]:
    """Q33: acts are cited and nothing is explained."""
    spans = [m.span() for m in pat.LAW.finditer(c.clean)]
    if not spans or _evident(c):
        return []
    return [c.finding("Q33", Severity.WARN, spans)]


def funding(c: Context) -> list[Finding]:
    """Q34: no money, and no year or programme when there will be."""
    spans = [m.span() for m in _NO_FUNDS.finditer(c.clean)]
    if not spans or _YEAR.search(c.clean) or c.features.term >= 0.4:
        return []
    return [c.finding("Q34", Severity.WARN, spans)]


def _tied_to_case(c: Context) -> bool:
    """The reply names the place or, where the message has none, the objects of this case."""
    message = prepare(c.situation.message)
    numbers = {t.text for t in message.tokens if t.text.isdigit()}
    roots = {root(word(t.text).lemma) for t in c.prepared.tokens}
    if c.case.places:
        return bool(roots & c.case.places)
    if numbers:
        return bool(numbers & {t.text for t in c.prepared.tokens})
    return sum(s.overlap for s in c.said) >= 2


def copied(c: Context) -> list[Finding]:
    """Q10, Q11, Q40: the text was sent before, and its shared part says nothing of this case."""
    comparison = c.comparison
    own_message = [stem(t.text) for t in prepare(c.situation.message).tokens]
    others = [
        e
        for e in comparison.detected
        if e.case_message is None
        or [stem(t.text) for t in prepare(e.case_message).tokens] != own_message
    ]
    result: list[Finding] = []
    if comparison.stems < c.thresholds.short_stems:
        times = c.situation.sent_this_month
        times = len(comparison.exact) if times is None else times
        if times >= 2:
            result.append(c.finding("Q40", Severity.WARN, times=times))
        return result
    if comparison.reuse is None or not others:
        return result
    reuse = comparison.reuse
    percent = round(100 * max(reuse.similarity, reuse.containment))
    spans = tuple(sorted({(s[0], s[1]) for m in reuse.sources[:1] for s in m.spans}))
    same_author = [
        e for e in others if e.author and c.situation.author and e.author == c.situation.author
    ]
    lacking = c.empty or (not _tied_to_case(c) and comparison.personal_share < 0.35)
    if same_author and lacking:
        result.append(Finding("Q11", Severity.RETURN, spans, {"percent": percent}, 0.6))
    elif lacking:
        result.append(
            Finding("Q10", Severity.RETURN, spans, {"percent": percent, "times": len(others)}, 0.5)
        )
    return result


def praise(c: Context) -> list[Finding]:
    """P2 a term, P3 who and how to reach them, P5 every question answered."""
    result = []
    terms = [span for s in c.said if s.term >= 0.6 for span in s.terms]
    if terms and c.features.term >= 0.6:
        result.append(c.finding("P2", Severity.PRAISE, terms))
    if c.features.contact >= 0.7 and any(s.subject for s in c.said):
        spans = [m.span() for m in pat.PHONE.finditer(c.clean)]
        result.append(c.finding("P3", Severity.PRAISE, spans))
    if c.questions and not c.empty and all(q.answered == "yes" for q in c.questions):
        result.append(c.finding("P5", Severity.PRAISE, count=len(c.questions)))
    return result


CHECKS = (
    no_substance,
    vague_time,
    interim,
    unproved,
    worn_evidence,
    responsible,
    contact,
    sends_elsewhere,
    refusal,
    bare_denial,
    unanswered,
    unrelated,
    acts,
    funding,
    copied,
    praise,
)
