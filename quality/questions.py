"""Questions and requests of a message, each linked to the sentence that answers it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quality.evidence import Said, profile
from quality.morph import root, word
from quality.signs import REDIRECT
from quality.textform import Sentence, prepare
from quality.types import Answered, Question

MAX_QUESTIONS = 12
_WHEN = re.compile(
    r"\b(?:когда|во сколько|до какого|с какого|сколько (?:еще|времени|ждать|сидеть)|как долго|в "
    r"какие сроки|в какой срок|в котором часу|как скоро)\b"
)
_WHERE = re.compile(
    r"\b(?:куда|где|как (?:мне|нам|можно|получить|записаться|попасть|оформить|подать|узнать)|к "
    r"кому|по какому|каким образом|что (?:мне |нам )?делать)\b"
)
_WHY = re.compile(
    r"\b(?:почему|зачем|отчего|по какой причине|на каком основании|за что|с чего|что случилось|в "
    r"чем (?:дело|причина))\b"
)
_WHO = re.compile(r"\b(?:кто|кому|кого|чья|чей)\b")
_HOW_MUCH = re.compile(
    r"\b(?:сколько|какова стоимость|какая (?:сумма|цена|очередь|плата)|на сколько|почем)\b"
)
_RHETORICAL = re.compile(
    r"\b(?:сколько (?:можно|уже можно)|доколе|как (?:так|же так|жить|нам жить)|и что|ну что|вы "
    r"серьезно|это нормально|"
    r"вы издеваетесь|не стыдно|куда (?:вы )?смотр\w+|где (?:совесть|справедливость)|кто ответит|"
    r"вам не стыдно|о чем вы думаете)\b"
)
_REQUEST = re.compile(
    r"\b(?:прошу|просим|требу(?:ю|ем)|сделайте|примите|почините|уберите|установите|отремонтируйте|"
    r"помогите|проверьте|разберитесь|"
    r"верните|спилите|вывезите|засыпьте|почистите|включите|дайте|накажите|поставьте|замените|"
    r"приезжайте|объясните|восстановите)\b"
)
_SPLIT = re.compile(
    r"(?:,|\bи\b|\bа\b)\s?(?=(?:и |а |если )?(?:когда|куда|где|почему|зачем|кто|сколько|во сколько|"
    r"на сколько|до какого|как|какой|какая|можно ли|будет ли|нужно ли)\b)"
)
_YES_NO_ANSWER = re.compile(
    r"\b(?:да|нет|можно|нельзя|будет|не будет|нужно|не нужно|подтвержд\w+|входит|вош\w+|никто не|"
    r"разреш\w+|запрещ\w+|пока)\b"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question found in the message; `kind` decides what answers it. Clean span."""

    start: int
    end: int
    kind: str
    roots: frozenset[str]


def _kind(text: str) -> str:
    for kind, pattern in (
        ("when", _WHEN),
        ("why", _WHY),
        ("where", _WHERE),
        ("who", _WHO),
        ("how_much", _HOW_MUCH),
    ):
        if pattern.search(text):
            return kind
    return "yes_no"


def _pieces(sentence: Sentence) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _SPLIT.finditer(sentence.text)), len(sentence.text)]
    pieces = []
    for a, b in zip(cuts, cuts[1:], strict=False):
        if len(sentence.text[a:b].split()) >= 1 and re.search(r"[а-я]", sentence.text[a:b]):
            pieces.append((sentence.start + a, sentence.start + b))
    return pieces or [(sentence.start, sentence.end)]


def asked(message: str) -> tuple[Asked, ...]:
    """Questions with a question mark, split at a second question word, and plain requests."""
    prepared = prepare(message)
    stop = profile(message, None, None).roots
    found: list[Asked] = []
    for sentence in prepared.sentences:
        if len(found) >= MAX_QUESTIONS:
            break
        if sentence.question:
            for start, end in _pieces(sentence):
                text = prepared.clean[start:end]
                if _RHETORICAL.search(text) or len(text.split()) < 1:
                    continue
                kind = _kind(text)
                if kind == "yes_no" and len(text.split()) < 2:
                    continue
                roots = {
                    root(word(t.text).lemma)
                    for t in sentence.tokens
                    if start <= t.start < end and root(word(t.text).lemma) in stop
                }
                if kind == "yes_no" and not roots:
                    continue
                found.append(Asked(start, end, kind, frozenset(roots)))
        else:
            request = _REQUEST.search(sentence.text)
            if request:
                embedded = [
                    (a, b)
                    for a, b in _pieces(sentence)
                    if _kind(prepared.clean[a:b]) in ("when", "why")
                    and _SPLIT.search(sentence.text)
                ]
                roots = {root(word(t.text).lemma) for t in sentence.tokens} & stop
                for a, b in embedded:
                    found.append(Asked(a, b, _kind(prepared.clean[a:b]), frozenset(roots)))
                if embedded:
                    continue
                found.append(Asked(sentence.start, sentence.end, "request", frozenset(roots)))
    return tuple(found[:MAX_QUESTIONS])


def _fit(question: Asked, one: Said) -> float:
    """How well a sentence answers: 1 fully, 0.5 in part, 0 not at all."""
    if one.formula or one.restated or one.relevance < 0.3:
        return 0.0
    own = {root(word(t.text).lemma) for t in one.sentence.tokens} & question.roots
    near = 1.0 if own else 0.8
    if question.kind == "when":
        if one.term >= 0.35:
            return 1.0 * near
        return 0.4 if one.vague or one.planned else 0.0
    if question.kind == "why":
        if one.cause or one.reason:
            return 1.0 * near
        return 0.4 if one.law > 0.3 else 0.0
    if question.kind == "who":
        return near if one.subject and max(one.action, one.answer) >= 0.3 else 0.4 * one.subject
    if question.kind == "how_much":
        return near if one.numbers or one.term >= 0.35 else 0.0
    if question.kind == "where":
        if one.contact >= 0.5 or one.action >= 0.5:
            return near
        return 0.8 * near if one.answer >= 0.3 or REDIRECT.search(one.sentence.text) else 0.0
    if question.kind == "yes_no":
        if _YES_NO_ANSWER.search(one.sentence.text) and own:
            return 1.0
        strength = max(one.action, one.answer)
        return near if strength >= 0.45 else 0.5 * near if strength >= 0.25 else 0.0
    strength = max(one.action, one.answer)
    return near if strength >= 0.5 else 0.5 if strength >= 0.25 else 0.0


def match(message: str, reply: str, said: Sequence[Said]) -> tuple[Question, ...]:
    """Every question of the message with the best sentence of the reply."""
    source = prepare(message)
    target = prepare(reply)
    result = []
    for number, question in enumerate(asked(message), 1):
        best, place = 0.0, None
        for one in said:
            fit = _fit(question, one)
            if fit > best:
                best, place = fit, one
        answered: Answered = "yes" if best >= 0.7 else "part" if best >= 0.35 else "no"
        start, end = source.span(question.start, question.end)
        span = (
            target.span(place.sentence.start, place.sentence.end)
            if place and best >= 0.35
            else None
        )
        result.append(Question(number, start, end, message[start:end], answered, span))
    return tuple(result)
