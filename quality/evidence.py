"""What a reply says, sentence by sentence: measures, terms, causes, answers, contacts."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from quality import lexicon as lex
from quality import patterns as pat
from quality import signs
from quality.families import kin_of
from quality.masks import stem
from quality.morph import Word, is_content, root, word
from quality.textform import Prepared, Sentence, prepare

_STOP = lex.words(
    """
    дом улица город день год месяц неделя человек быть мочь весь это наш ваш свой который
    такой какой делать сделать просить прошу знать хотеть время раз дело место час сегодня
    помощь принять меры мера житель гражданин уважаемый здравствовать добрый спасибо вопрос
    проблема обращение работа новый очень администрация решить сказать говорить писать район
    область адрес номер
    """
)
_ASKS = re.compile(r"\b(?:прош[уи]|прос(?:им|ит|ят)|требу(?:ю|ем|ет)|[а-я]{3,14}(?:ите|йте|ьте))\b")
_MESSAGE_TOKENS = 800
"""Words of a message that are looked up: what it is about stands at its beginning."""


@dataclass(frozen=True, slots=True)
class CaseProfile:
    """What the message is about: roots of its words, names of places, fields."""

    roots: frozenset[str]
    places: frozenset[str]
    fields: frozenset[str]
    grams: frozenset[tuple[str, ...]]
    words: int
    wants_reference: bool
    verbs: frozenset[str]  # roots of its verbs: what is asked to be done
    asked: frozenset[str]  # roots of the sentences that ask
    numbers: frozenset[str]  # digits of its numbers
    asked_kin: frozenset[str]  # families of the words of those sentences (`quality.families`)


@dataclass(frozen=True, slots=True)
class Body:
    """A reply without greeting and signature. `shown`: clean text with those struck out; `facts`:
    also without titles of acts, registration lines, programmes' years and what was taken from
    the message; `laws`, `restated` (with registration lines): their places."""

    prepared: Prepared
    sentences: tuple[Sentence, ...]
    shown: str
    facts: str
    laws: tuple[tuple[int, int], ...]
    restated: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Said:
    """Evidence of one sentence; the figures are 0..1 and already weighed by relevance."""

    sentence: Sentence
    relevance: float
    overlap: int
    action: float = 0.0
    done: float = 0.0
    term: float = 0.0
    answer: float = 0.0
    numbers: int = 0
    contact: float = 0.0
    cause: bool = False
    reason: bool = False  # a cause, a fault found, or the condition the matter hangs on
    vague: bool = False
    law: float = 0.0
    generic: bool = False
    elsewhere: bool = False
    formula: bool = False
    terms: list[tuple[int, int]] = field(default_factory=list)
    vague_spans: list[tuple[int, int]] = field(default_factory=list)
    planned: bool = False
    reference: bool = False
    subject: bool = False
    restated: bool = False
    own: list[bool] = field(default_factory=list)  # words not restated from the message


FIGURE = re.compile(r"\b\d{1,3}(?: \d{3}){1,3}\b|\b\d{1,9}(?:[.,]\d{1,3})?\b")


def digits(text: str) -> str:
    """A number without its blanks."""
    return re.sub(r"[^\d]", "", text)


@lru_cache(maxsize=60_000)
def fields_of(text: str) -> frozenset[str]:
    """Fields of the lexicon a word belongs to."""
    return frozenset(name for name, stems in lex.FIELDS.items() if text.startswith(stems))


def usable(form: Word) -> bool:
    """Whether the word can tell what a text is about."""
    return is_content(form) and form.lemma not in _STOP and form.lemma not in lex.EMPTY_OBJECTS


@lru_cache(maxsize=512)
def profile(message: str, topic: str | None, place: str | None) -> CaseProfile:
    """Profile of a message; topic and place of the case add their words."""
    prepared = prepare(message)
    roots: set[str] = set()
    places: set[str] = set()
    fields: set[str] = set()
    shouting = sum(map(str.isupper, message[:400])) > 0.3 * len(message[:400])
    begins = {sentence.tokens[0].start for sentence in prepared.sentences}
    for token in prepared.tokens[:_MESSAGE_TOKENS]:
        form = word(token.text)
        raw_char = message[prepared.offsets[token.start]]
        named = not shouting and raw_char.isupper() and token.start not in begins
        if form.place or (named and len(token.text) > 3):
            places.add(root(form.lemma))  # «Школьная» is a street, not a school
        elif usable(form):
            roots.add(root(form.lemma))
            fields |= fields_of(token.text)
    for extra in (topic, place):
        if extra:
            for token in prepare(extra).tokens:
                form = word(token.text)
                if usable(form):
                    (places if extra is place else roots).add(root(form.lemma))
                    fields |= fields_of(token.text)
    verbs = {
        root(form.lemma)
        for form in (word(token.text) for token in prepared.tokens[:_MESSAGE_TOKENS])
        if form.pos in ("VERB", "INFN", "PRTS") and usable(form)
    }
    asked = {
        root(form.lemma)
        for sentence in prepared.sentences
        if sentence.question or _ASKS.search(sentence.text)
        for form in (word(token.text) for token in sentence.tokens)
        if usable(form)
    }
    stems = [stem(token.text) for token in prepared.tokens]
    grams = frozenset(tuple(stems[i : i + 4]) for i in range(len(stems) - 3))
    return CaseProfile(
        frozenset(roots),
        frozenset(places),
        frozenset(fields),
        grams,
        len(prepared.tokens),
        any(s.question and signs.ASKS_REFERENCE.search(s.text) for s in prepared.sentences),
        frozenset(verbs),
        frozenset(asked),
        frozenset(digits(m.group()) for m in FIGURE.finditer(prepared.clean)),
        kin_of(
            word(token.text).lemma
            for sentence in prepared.sentences
            if sentence.question or _ASKS.search(sentence.text)
            for token in sentence.tokens
        ),
    )


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the spans struck out, of the same length."""
    pieces = []
    begin = 0
    for start, end in sorted(spans):
        if end > begin:
            start = max(start, begin)
            pieces.append(text[begin:start])
            pieces.append("\x7f" * (end - start))
            begin = end
    pieces.append(text[begin:])
    return "".join(pieces)


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [m.span() for m in pattern.finditer(text)]


def _copied(prepared: Prepared, case: CaseProfile) -> list[tuple[int, int]]:
    """Runs of four and more words taken from the message: restating is no answer."""
    tokens = prepared.tokens
    stems = [stem(token.text) for token in tokens]
    return [
        (tokens[i].start, tokens[i + 3].end)
        for i in range(len(stems) - 3)
        if tuple(stems[i : i + 4]) in case.grams
    ]


def _verb_weight(
    form: Word,
    said: Said,
    *,
    planned: bool,
    specific: bool,
    own_object: bool,
    work: bool,
    hollow: bool,
) -> float:
    lemma = form.lemma
    if lemma in lex.EMPTY:
        return 0.0
    if lemma in lex.LIGHT:
        if hollow:
            return 0.04
        if work and not planned:
            return 0.9
        base = (
            0.85
            if specific
            else 0.55
            if said.overlap and own_object
            else 0.25
            if own_object
            else 0.04
        )
        return (
            base if not planned else (0.8 if specific and said.term else 0.3 * (base > 0.2) + 0.03)
        )
    if lemma in lex.PHYSICAL:
        return 1.0 if not planned else (0.95 if said.term else 0.42)
    if lemma in lex.WEAK:
        if specific and said.overlap:
            return 0.5
        return 0.34 if said.overlap else 0.22 if own_object else 0.08
    if planned:
        return 0.8 if said.term else 0.28 if said.overlap else 0.08
    return 0.85 if specific else 0.7 if said.overlap else 0.3 if own_object else 0.1


def _actions(said: Said) -> None:
    tokens = said.sentence.tokens
    forms = [word(token.text) for token in tokens]
    own_object = any(
        form.pos in ("NOUN", "LATN")
        and form.lemma not in lex.EMPTY_OBJECTS
        and form.lemma not in _STOP
        for form in forms
    )
    specific = bool(said.term or said.numbers)
    conditional = bool(signs.CONDITION.search(said.sentence.text))
    for index, form in enumerate(forms):
        text = tokens[index].text
        if said.own and not said.own[index]:
            continue
        before = [tokens[k].text for k in range(max(0, index - 4), index)]
        negated = bool(before) and before[-1] == "не"
        auxiliary = any(
            w
            in (
                "будет",
                "будут",
                "будем",
                "должен",
                "должны",
                "должна",
                "планируется",
                "планируем",
                "намечено",
                "решено",
                "начнут",
                "начнем",
                "обещают",
                "готовы",
                "сможем",
                "хотим",
            )
            for w in before
        )
        planned = False
        if (
            form.pos == "PRTS"
            and form.perfective
            or form.pos == "VERB"
            and form.perfective
            and form.past
        ):
            planned = auxiliary
        elif (form.pos == "VERB" and form.perfective and form.future) or (
            form.pos == "INFN" and auxiliary
        ):
            planned = True
        elif form.pos == "VERB" and form.present and form.lemma in lex.GOING_ON:
            weight = 0.6 if said.overlap or said.term or own_object else 0.35
            if not said.vague and not negated:
                said.action = max(said.action, weight)
            continue
        elif form.pos == "NOUN" and form.lemma in lex.TROUBLE_NOUNS:
            said.answer = max(said.answer, 0.5 if not said.vague else 0.1)
            continue
        elif form.lemma in lex.STATE_WORDS and form.pos in ("ADJS", "ADJF", "PRTS", "ADVB"):
            said.answer = max(said.answer, 0.55 if form.pos != "ADJF" else 0.3)
            continue
        else:
            continue
        weight = _verb_weight(
            form,
            said,
            planned=planned,
            specific=specific,
            own_object=own_object,
            work=any(other.lemma in lex.WORK_NOUNS for other in forms[index + 1 : index + 5])
            or any(other.lemma in lex.WORK_NOUNS for other in forms[max(0, index - 5) : index]),
            hollow=any(
                other.lemma in ("работа", "мера", "мероприятие", "беседа", "контроль", "анализ")
                for other in forms[max(0, index - 3) : index + 4]
            )
            and not said.term,
        )
        if negated:
            weight *= 0.25
        if planned:
            said.planned = True
            if (said.vague or conditional) and not said.term:
                weight *= 0.55
        if text in ("принято", "взято"):
            weight = min(weight, 0.15)
        said.action = max(said.action, weight)
        if not planned:
            said.done = max(said.done, weight)


def _relevance(said: Said, case: CaseProfile, previous: float) -> None:
    roots: set[str] = set()
    fields: set[str] = set()
    foreign: dict[str, int] = {}
    placed = narrative = False
    nouns = 0
    for token in said.sentence.tokens:
        form = word(token.text)
        narrative = narrative or form.lemma in lex.PHYSICAL and form.pos in ("VERB", "PRTS")
        if not usable(form):
            continue
        own = root(form.lemma)
        placed = placed or own in case.places
        if form.person and own not in case.places:
            continue
        nouns += form.pos == "NOUN"
        if own in case.roots:
            roots.add(own)
        for name in fields_of(token.text):
            fields.add(name)
            foreign[name] = foreign.get(name, 0) + 1
    said.overlap = len(roots) + placed
    text = said.sentence.text
    figures = bool(signs.BIG_FIGURES.search(text))
    statistics = (
        figures or not placed and bool(signs.STATISTICS.search(text) or signs.COUNTS.search(text))
    )
    decoy = bool(signs.DECOY.search(said.sentence.text))
    if said.overlap:
        said.relevance = 1.0
    elif fields & case.fields:
        said.relevance = 0.85
    elif case.fields and nouns >= 2 and max(foreign.values(), default=0) >= 2:
        said.relevance = 0.2 if previous < 0.9 else 0.45
        said.elsewhere = True
    elif not case.words:
        said.relevance = 1.0
    else:
        said.relevance = 0.8 if previous >= 0.6 else 0.35
    if decoy and not placed:
        said.relevance = min(said.relevance, 0.12)
        said.elsewhere = True
    if not narrative and not case.wants_reference and signs.REFERENCE.search(text):
        said.relevance = min(said.relevance, 0.3)
        said.reference = True
    if statistics and (figures and not placed or said.overlap < 3):
        said.relevance = min(said.relevance, 0.15)
        said.elsewhere = True


@lru_cache(maxsize=256)
def body(reply: str, message: str, topic: str | None = None, place: str | None = None) -> Body:
    """The reply's own words, with what is no word about the matter struck out."""
    prepared = prepare(reply)
    case = profile(message, topic, place)
    clean = prepared.clean
    signature = pat.SIGNATURE.search(clean)
    body_end = signature.start() if signature else len(clean)
    lead = len(clean) - len(clean.lstrip())
    hidden = [(a + lead, b + lead) for a, b in _found(pat.GREETING, clean[lead:])]
    hidden += [m.span() for m in pat.EXECUTOR.finditer(clean)]
    laws = [m.span() for m in pat.LAW.finditer(clean)]
    masked_facts = _found(signs.PROGRAMME, clean)
    restated = sorted([*_copied(prepared, case), *_found(pat.REGISTRATION, clean)])
    shown = blank(clean, hidden)
    facts = blank(shown, [*laws, *masked_facts, *restated])
    sentences = []
    for whole in prepared.sentences:
        if whole.start >= body_end:
            break
        end = min(whole.end, body_end)
        tokens = tuple(t for t in whole.tokens if t.end <= end and shown[t.start] != "\x7f")
        if tokens:
            text = shown[whole.start : end].replace("\x7f", " ")
            sentences.append(Sentence(text, whole.start, end, tokens, whole.question))
    return Body(prepared, tuple(sentences), shown, facts, tuple(laws), tuple(restated))


@lru_cache(maxsize=256)
def read(
    reply: str, message: str, topic: str | None = None, place: str | None = None
) -> tuple[Said, ...]:
    """Evidence of every sentence of the reply outside greeting and signature."""
    case = profile(message, topic, place)
    own = body(reply, message, topic, place)
    prepared, facts = own.prepared, own.facts
    laws, restated = own.laws, own.restated
    asked_text = prepare(message).clean
    begins = [a for a, _ in restated]
    # How far the spans that begin before a place reach: they overlap, and there may be thousands.
    reach = [-1, *accumulate((b for _, b in restated), max)]
    result: list[Said] = []
    previous = 0.8
    for sentence in own.sentences:
        whole, end, tokens = sentence, sentence.end, sentence.tokens
        said = Said(sentence, 1.0, 0)
        said.own = [reach[bisect_right(begins, t.start)] <= t.start for t in tokens]
        _relevance(said, case, previous)
        text = facts[whole.start : end]
        said.formula = bool(pat.FORMULA_SENTENCE.search(sentence.text)) and len(tokens) < 16
        law = sum(min(b, end) - max(a, whole.start) for a, b in laws if a < end and b > whole.start)
        said.law = min(1.0, law / max(1, end - whole.start))
        said.vague_spans = [
            (whole.start + m.start(), whole.start + m.end()) for m in pat.VAGUE.finditer(text)
        ]
        said.vague = bool(said.vague_spans)
        terms = [
            m.span()
            for m in pat.TERM.finditer(text)
            if not (":" in m.group() and m.group() in asked_text)  # the time complained about
        ]
        years = [m.span() for m in pat.YEAR.finditer(blank(text, terms))]
        said.terms = [(whole.start + a, whole.start + b) for a, b in terms]
        said.term = 1.0 if terms else 0.4 if years else 0.0
        rest = blank(text, [*terms, *years])
        phones = [m.span() for p in signs.PHONE_OR_ROOM for m in p.finditer(rest)]
        rest = blank(rest, phones)
        said.numbers = sum(1 for m in pat.NUMBER.finditer(rest))
        units = sum(
            1 for m in pat.NUMBER.finditer(rest) if signs.UNIT.match(rest[m.end() : m.end() + 24])
        )
        linked = any(whole.start <= a < end for a, _ in (*prepared.links, *prepared.emails))
        roles = signs.ROLES.search(sentence.text)
        person = any(word(t.text).person for t in tokens)
        said.subject = bool(roles)
        said.contact = min(1.0, 0.7 * bool(phones) + 0.5 * linked + 0.5 * (person and bool(roles)))
        said.generic = any(
            word(t.text).lemma in lex.GENERIC_PRESENT and word(t.text).pos == "VERB" for t in tokens
        )
        said.cause = bool(signs.CAUSE.search(text)) and not signs.EMPTY_CAUSE.search(text)
        if said.formula:
            said.term, said.numbers, units = 0.0, 0, 0
        _actions(said)
        if said.cause:
            said.answer = max(said.answer, 0.55)
        said.reason = said.answer >= 0.45 and said.relevance >= 0.3
        if said.overlap and re.search(r"\bесли\b", sentence.text):
            said.reason = True
        if terms and said.overlap and not said.generic and not said.vague:
            said.answer = max(said.answer, 0.45)
        if units and (said.relevance >= 0.8):
            said.answer = max(said.answer, 0.4 if units == 1 else 0.6)
        if re.search(r"\b(?:никто не|по-прежнему|как и раньше)\b", text) and said.overlap >= 2:
            said.answer = max(said.answer, 0.5)
        we = any(word(t.text).present and t.text.endswith("м") for t in tokens)
        if terms and we and not (said.generic or said.vague or said.elsewhere):
            said.answer = max(said.answer, 0.4)
        words = {t.text for t in tokens}
        if words & lex.REFERENCE_WORDS and said.relevance >= 0.8:
            said.answer = max(said.answer, 0.45)
        if said.contact >= 0.5 and re.search(r"\b\w{3,14}(?:йте|ите)\b", sentence.text):
            said.answer = max(said.answer, 0.25)
        if said.generic and not said.term and not units and said.done < 0.8:
            said.action *= 0.25
            said.answer *= 0.3
        if said.law > 0.35:
            said.action *= 0.3
            said.answer *= 0.3
        if said.formula:
            said.action *= 0.15
            said.answer *= 0.3
        said.restated = 2 * sum(said.own) <= len(tokens) and said.action < 0.35
        weight = said.relevance * (0.15 if said.restated else 1.0)
        said.action *= weight
        said.done *= weight
        said.answer *= weight
        said.term *= weight
        if not said.formula:
            previous = said.relevance
        result.append(said)
    return tuple(result)
