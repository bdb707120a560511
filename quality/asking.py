"""What a message asks: questions, requests, or, where there are none, the matter complained of."""

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from quality import lexicon as lex
from quality.evidence import usable
from quality.morph import root, word
from quality.textform import LIMIT, QUOTES, Prepared, Sentence, Token, prepare

MAX_QUESTIONS = 12
_KINDS = (
    (
        "when",
        r"когда(?!-)|во сколько(?! (?:мне |нам )?(?:обойд|выйд))|до какого(?! уровня)|с какого|"
        r"(?:сколько|скока) (?:еще|времени|ждать|сидеть|терпеть)|доколе|долго ли|"
        r"как долго|надолго|в какие сроки|в какой срок|в котором часу|как скоро|скоро ли|до каких|"
        r"на какой (?:срок|год)|на сколько это",
    ),
    (
        "why",
        r"почему|зачем|отчего|по какой причине|на каком основании|на каких основаниях|за что|"
        r"с чего|что случилось|что происходит|в чем (?:дело|причина)|"
        r"чем (?:воняет|пахнет|дыш\w{2,3})|"
        r"по какому праву|куда дел[аио]с\w|куда делся|какова причина",
    ),
    (
        "where",
        r"куда|где|откуда|как (?:мне|нам|можно|получить|записаться|попасть|оформить|подать|узнать|"
        r"вернуть|быть|теперь|догонять)|к кому|по какому|каким образом|что (?:мне |нам |теперь )?"
        r"делать|какие документы|что нужно|кому (?:писать|платить|звонить|подавать)",
    ),
    ("who", r"кто(?!-| нибудь)|кому(?!-)|кого(?!-)|чья|чей|чье|чьи|с кого|кем"),
    (
        "how_much",
        r"сколько|какова стоимость|как(?:ая|ой|ое) (?:сумма|цена|очередь|плата|номер|у нас)|"
        r"на сколько|почем|на каком месте|до какого уровня|по какой цене",
    ),
    ("what", r"что|чего|чем|как|какой|какая|какое|какие|каков\w?"),
)
_KIND = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _KINDS)
_ASKING = (
    r"(?:во сколько|на сколько|на каком|на каких|до какого|до каких|с какого|по какой|в какой|"
    r"когда|куда|откуда|где|почему|зачем|отчего|за что|кто|кому|кого|чья|чей|чье|сколько|как|"
    r"какой|какая|какое|какие|каков\w?|что|надолго|можно ли|будет ли|будут ли|нужно ли|есть ли|"
    r"\w{3,16} ли)"
)
_STARTS = re.compile(
    rf"^[\s,;:()-]*(?:\d{{1,2}}\s?[.)]?\s)?(?:(?:и|а|но|или|так|ну|вот|если\s\w{{3,12}})[\s,]+){{0,2}}{_ASKING}\b"
)
_CUT = re.compile(
    rf"(?:[,;:]|\s-\s|(?<=\s)(?:и|а|или)\s|(?:^|(?<=\s))\d{{1,2}}[.)]?\s)\s?"
    rf"(?=(?:и |а |или |но )?(?:{_ASKING})\b)"
)
_LIST_CUT = re.compile(r"[;]|(?:^|(?<=[\s:;.,?]))\d{1,2}\s?[.)]\s")
_RHETORICAL = re.compile(
    r"\b(?:сколько (?:можно|уже можно)|доколе|как (?:так|же так|жить|нам жить)|и что|ну что|вы "
    r"серьезно|это нормально|вы издеваетесь|не стыдно|куда (?:вы )?смотр\w+|"
    r"где (?:совесть|справедливость|вы все)|вам не стыдно|о чем вы думаете|"
    r"вы там (?:живые|сами|уснули)|для чего вы|что за (?:бред|цирк|издевательство))\b"
)
_INSIDE = re.compile(r"\b(?:почему|зачем|когда|сколько|скока|надолго|доколе|куда)\b(?!-)")
_QUOTED = re.compile(rf"[{QUOTES}][^{QUOTES}]{{1,60}}[{QUOTES}]")
_BREAK = re.compile(r"[,;:.()]| - ")
_ABLE = frozenset({"может", "могу", "могут", "можем", "смог", "смогла", "мог", "могла", "могли"})
_TELL = lex.words(
    """
    сказать подсказать объяснить ответить сообщить назвать написать разъяснить пояснить уточнить
    рассказать узнать дать
    """
)
_ASK = frozenset(
    [
        "просить",
        "попросить",
        "требовать",
        "потребовать",
        "хотеть",
        "умолять",
        "настаивать",
        "предлагать",
        "ходатайствовать",
    ]
)
_NO_REQUEST = lex.words(
    """
    здравствовать извинить простить понять представить смотреть посмотреть знать читать думать
    верить поверить видеть говорить слушать послушать приезжать полюбоваться мочь подумать иметь
    учесть учитывать есть
    """
)
_PLEASE = re.compile(r"\b(?:нужн[аоы]?|надо|необходимо|давайте|пусть|верните|хватит)\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question found in the message; `kind` decides what answers it. Clean span."""

    start: int
    end: int
    kind: str
    roots: frozenset[str]
    deeds: frozenset[str]
    around: frozenset[str] = frozenset()  # what a question that names nothing leans upon


_LONG = re.compile(r"^.{0,12}\b(?:долго|скоро) ли\b")
_WHETHER = re.compile(
    r"^[\W\d]{0,6}(?:(?:и|а|но|или|еще|вообще)\W{1,3}){0,2}(?:[а-я]{3,16} ли\b|.{0,20}\bправда\b)"
)


def kind_of(text: str) -> str:
    """Kind of a question by its first question word; yes_no without one."""
    if _WHETHER.match(text) and not _LONG.match(text):
        return "yes_no"
    first = None
    for number, (kind, pattern) in enumerate(_KIND):
        found = pattern.search(text)
        if found and (first is None or (found.start(), number) < first[:2]):
            first = (found.start(), number, kind)
    return first[2] if first else "yes_no"


def _asked(prepared: Prepared, start: int, end: int, kind: str) -> Asked:
    forms = [word(t.text) for t in prepared.tokens if start <= t.start < end]
    return Asked(
        start,
        end,
        kind,
        frozenset(root(f.lemma) for f in forms if usable(f)),
        frozenset(root(f.lemma) for f in forms if f.pos in ("VERB", "INFN", "PRTS") and usable(f)),
    )


def _pieces(text: str) -> list[tuple[int, int]]:
    cuts = sorted(
        {0, len(text)}
        | {m.end() for m in _CUT.finditer(text)}
        | {m.end() for m in _LIST_CUT.finditer(text)}
    )
    pieces: list[tuple[int, int]] = []
    pending: int | None = None
    for a, b in zip(cuts, cuts[1:], strict=False):
        if not re.search("[а-я]", text[a:b]):
            continue
        begin = a if pending is None else pending
        # «кто и на каких основаниях решил» is one question, and so is «что делать тем, кто …».
        if b < len(text) and _OPEN.match(text[a:b]):
            pending = begin
            continue
        pieces.append((begin, b))
        pending = None
    return pieces


_OPEN = re.compile(
    r"^\W{0,3}(?:(?:и|а|или|но)\s)?(?:[а-я]{1,8}\s)?[а-я]{1,7}\W{0,2}(?:\s(?:и|а|или|тем|те|то)\W{0,2})?$"
)


def _questions(prepared: Prepared, sentence: Sentence) -> list[Asked]:
    """Parts of a sentence with a question mark, each with its own question word."""
    found: list[Asked] = []
    pieces = _pieces(sentence.text)
    for a, b in pieces:
        text = sentence.text[a:b]
        asks = bool(_STARTS.match(text)) or " ли " in f" {text} "
        if len(pieces) > 1 and not asks and (a, b) != pieces[-1]:
            continue  # what leads up to the question
        if _RHETORICAL.search(text) and len(text.split()) < 7:
            continue
        kind = kind_of(text)
        one = _asked(prepared, sentence.start + a, sentence.start + b, kind)
        if kind == "yes_no" and not one.roots:
            continue
        found.append(one)
    return found


def _quoted(prepared: Prepared) -> frozenset[int]:
    """Starts of the words inside short quotations: «ждите» was said to the citizen."""
    spans = [m.span() for m in _QUOTED.finditer(prepared.raw[:LIMIT])]
    if not spans:
        return frozenset()
    begins = [a for a, _ in spans]
    found = []
    for token in prepared.tokens:
        at = prepared.offsets[token.start]
        k = bisect_right(begins, at) - 1
        if k >= 0 and at < spans[k][1]:
            found.append(token.start)
    return frozenset(found)


def _deeds(
    sentence: Sentence, asking: bool = False, quoted: frozenset[int] = frozenset()
) -> list[tuple[Token, str]]:
    """Verbs that ask: imperatives, and infinitives after «прошу». «Помогите вернуть» asks once;
    «чтобы ходить», «не может дозвониться» ask nothing."""
    found: list[tuple[Token, str]] = []
    if asking:  # a list after «требую:», an item begins with its infinitive
        first = [t for t in sentence.tokens if not t.text.isdigit()][:1]
        asking = bool(first) and word(first[0].text).pos == "INFN"
    purpose = linked = False
    last = sentence.start
    for index, token in enumerate(sentence.tokens):
        gap = sentence.text[last - sentence.start : token.start - sentence.start]
        last = token.end
        if _BREAK.search(gap):
            purpose = linked = False
        if token.text in ("чтобы", "чтоб"):
            purpose = True
        if token.text in ("и", "или", "а"):
            linked = False
        form = word(token.text)
        if form.lemma in _ASK and form.present:
            asking = True
            continue
        if _PLEASE.match(token.text):
            asking = asking or token.text not in ("пусть", "верните")
        imperative = form.pos == "VERB" and (
            form.imperative or token.text.endswith(("ите", "йте", "ьте")) and form.who != "3p"
        )
        wanted = imperative or (asking and form.pos == "INFN")
        if not wanted or form.lemma in _NO_REQUEST or token.start in quoted:
            continue
        before = [t.text for t in sentence.tokens[max(0, index - 3) : index]]
        aside = form.pos == "INFN" and (purpose or any(w in _ABLE for w in before))
        if aside or found and (linked and form.pos == "INFN" or before[-1:] == ["не"]):
            continue
        found.append((token, form.lemma))
        linked = True
    return found


def _requests(
    prepared: Prepared,
    sentence: Sentence,
    asking: bool = False,
    quoted: frozenset[int] = frozenset(),
) -> list[Asked]:
    """Requests of a sentence without a question mark; «скажите, когда» is a question."""
    deeds = _deeds(sentence, asking, quoted)
    text = sentence.text
    found: list[Asked] = []
    if not deeds:
        pieces = _pieces(text)
        for a, b in pieces:
            if _STARTS.match(text[a:b]) and not _RHETORICAL.search(text[a:b]):
                first = (a, b) == pieces[0] or bool(found)
                if first or a > 0 and text[a - 2 : a].strip() in (":", "и", ".", ")"):
                    found.append(
                        _asked(prepared, sentence.start + a, sentence.start + b, kind_of(text[a:b]))
                    )
        return found
    for number, (token, lemma) in enumerate(deeds):
        begin = token.start - sentence.start
        until = (
            deeds[number + 1][0].start - sentence.start if number + 1 < len(deeds) else len(text)
        )
        part = text[begin:until]
        if lemma in _TELL:
            inner = [
                (a, b) for a, b in _pieces(part) if _STARTS.match(part[a:b]) or " ли " in part[a:b]
            ]
            if inner:
                for a, b in inner:
                    start = sentence.start + begin
                    found.append(_asked(prepared, start + a, start + b, kind_of(part[a:b])))
                continue
            if not _asked(prepared, token.end, sentence.start + until, "request").roots:
                continue
        lead = 0
        if number == 0:
            comma = max(text.rfind(mark, 0, begin) for mark in (",", ";", ":", " - "))
            lead = begin - (comma + 1)
        found.append(
            _asked(prepared, sentence.start + begin - lead, sentence.start + until, "request")
        )
    return found


def _leaning(found: list[Asked], prepared: Prepared) -> tuple[Asked, ...]:
    """The same questions; one that names next to nothing leans upon what is told just before it,
    «закройте и» upon the object that follows."""
    told = [
        (s.start, frozenset(root(f.lemma) for f in (word(t.text) for t in s.tokens) if usable(f)))
        for s in prepared.sentences
    ]
    result = []
    for number, one in enumerate(found):
        around: frozenset[str] = frozenset()
        if len(one.roots) < 2 or one.roots <= one.deeds:
            following = found[number + 1 : number + 2]
            if one.kind == "request" and following and following[0].kind == "request":
                around = following[0].roots - following[0].deeds
            if not around:
                before = [
                    roots for start, roots in told if start <= one.start and roots - one.roots
                ]
                after = [roots for start, roots in told if start > one.start and roots]
                around = before[-1] if before else after[0] if after else around
        result.append(replace(one, around=around - one.roots) if around else one)
    return tuple(result)


def asked(message: str) -> tuple[Asked, ...]:
    """Questions and requests in order; the matter itself where nothing is asked."""
    prepared = prepare(message)
    found: list[Asked] = []
    asking = False
    quoted = _quoted(prepared)
    for sentence in prepared.sentences:
        if len(found) >= MAX_QUESTIONS:
            break
        asking = asking or any(
            word(t.text).lemma in _ASK and word(t.text).present for t in sentence.tokens
        )
        if sentence.question:
            requests = _deeds(sentence, False, quoted)
            pieces = _questions(prepared, sentence)
            if not pieces and requests:
                pieces = _requests(prepared, sentence, False, quoted)
            found.extend(pieces)
        else:
            found.extend(_requests(prepared, sentence, asking, quoted))
    if not found:
        best = max(
            prepared.sentences,
            key=lambda s: len({t.text for t in s.tokens if usable(word(t.text))}),
            default=None,
        )
        if best is not None:
            inside = _INSIDE.search(best.text)
            kind = kind_of(best.text[inside.start() :]) if inside else "matter"
            found.append(_asked(prepared, best.start, best.end, kind))
    return _leaning(found[:MAX_QUESTIONS], prepared)
