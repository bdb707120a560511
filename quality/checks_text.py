"""Checks of form: empty, placeholders, personal data, rudeness, style, clocks."""

import re

from quality import patterns as pat
from quality.context import Context
from quality.morph import word
from quality.textform import prepare
from quality.types import Finding, Severity

_PLACEHOLDER = re.compile(
    r"\{[^{}]{0,60}\}|"
    # A variable of a template; «[id1|Имя]» is how a network names a person.
    r"\[(?=[^\[\]|]{0,60}[а-я])[^\[\]|]{2,60}\]|<(?:фио|дата|адрес|имя|срок|указать)[^>]{0,40}>"
    r"|_{3,}|\bх{2}\.х{2}\.|\bx{2}\.x{2}\.|\bх{3,}\b|\bx{3,}\b|\bтодо\b|\btodo\b|\.{5,}|\blorem "
    r"ipsum"
)
_INTERNAL = re.compile(
    r"\b(?:прос(?:им|ьба|шу) согласовать|прошу согласовать|на согласовани[еи]\b|для служебного "
    r"пользования|проект ответа|вариант ответа|черновик|"
    r"коллеги[,!]|вставить (?:дату|фио|адрес|срок)|текст ответа\s?:|см\. предыдущ|внутренн\w{2,3} "
    r"(?:комментари|заметк|переписк)\w{0,2}|не публиковать|не для публикации|"
    r"уточнить у \w{3,20} перед|ответить до \d|срок ответа\s?:)"
)
_RUDE = re.compile(
    r"\b(?:хрен\w{0,4}|нахрен|пошл[аи]? (?:вон|к черту|на)|идиот\w{0,3}|дурак\w{0,3}|дур[аы]\b|"
    r"дебил\w{0,3}|кретин\w{0,3}|урод(?:ы|ов|ам)?\b|сволоч\w{0,3}|твар(?:ь|и|ей)\b|мраз\w{1,3}|"
    r"туп(?:ой|ая|ые|ых|ица)\b|бред(?:ите|ятин\w)?\b|заткн\w{1,5}|отстаньте|достали (?:уже |своим|"
    r"вы)|надоели|бестолоч\w{0,2}|нытик\w{0,3}|ныть\b|хватит (?:ныть|жаловаться|писать)|"
    r"бля\w{0,5}|[а-я]{0,3}ху[йеяю]\w{0,5}|пизд\w{1,8}|[еи]бан\w{1,5}|[зу]?а?еб(?:ал|ат|ут)\w{0,4}|"
    r"мудак\w{0,3}|говн\w{1,5}|жоп\w{1,3}|чушь\b|делать вам нечего)\b"
)
_RUDE_SAFE = frozenset({"хуже", "худой", "застрахуй"})
_BLAME = re.compile(
    r"\b(?:сами (?:же )?(?:виноват|не|мусор|слом|лома|раз(?:бр|вел)|должны|выбра)\w{0,6}|по "
    r"(?:вашей|собственной) (?:же )?вине|ваша вина|вам следовало|надо было|нужно было (?:раньше|"
    r"вам|самим)|"
    r"вместо того,? чтобы (?:жаловаться|писать)|научитесь|если бы вы (?:не|внимательн|прочит)|"
    r"внимательн\w{2,3} (?:читайте|надо читать)|следите за своим|а вы сами)\b"
)
_MARK = re.compile(
    r"\b(?:оцени(?:те|ть)|поставьте (?:нам )?(?:оценку|отметку|\d)|просим (?:вас )?оценить|ставьте "
    r"(?:лайк|пять|оценку)|дайте оценку)\b"
)
_SNILS = re.compile(r"\b\d{3}-\d{3}-\d{3}[ -]\d{2}\b")
_PASSPORT = re.compile(r"\bпаспорт\w{0,2}[^\d]{0,20}\d{2} ?\d{2} ?№? ?\d{6}\b")
_CARD = re.compile(r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b")
_BIRTH = re.compile(
    r"\b(?:дата рождения|родил\w{1,3}|г\.р\.|года рождения)[^\d]{0,12}\d{1,2}[. ]\d{0,2}\.?|"
    r"\b\d{1,2}\.\d{2}\.(?:19|20)\d{2} (?:г\.? ?р\.?|года рождения)"
)
_LIVES = re.compile(r"\bпрожива\w{2,5}(?: по адресу)?:? [^.!?]{3,60}?\bкв(?:артир\w)?\.? ?\d{1,4}")
_DIAGNOSIS = re.compile(r"\b(?:ваш\w{0,2}|у вас|его|ее) диагноз\w{0,2} [^.!?]{3,60}")
_PRIVATE = re.compile(
    r"\b(?:ваш\w{0,3} (?:номер|телефон|сын\w?|доч\w{1,4}|муж\w?|жен\w|ребен\w{2,3})|"
    r"заявител\w{1,4}|гражданин\w?|гражданк\w|сосед\w{0,3}|собственник\w?|житель|жильц\w|жилец|"
    r"должник\w?|нарушител\w|потерпевш\w{2,3}|пациент\w{0,2}|ученик\w?)\b"
)
_APOLOGY = re.compile(
    r"\b(?:извин\w{2,8}|просим прощения|прости(?:те)?|очень жаль|приносим свои извинения)\b"
)
_ACKNOWLEDGED = re.compile(
    r"\b(?:подтверд\w{2,8}|наша (?:вина|ошибка)|это (?:наша )?(?:вина|ошибка)|нарушили|не "
    r"справились|не успели|задержались|сломал\w{1,3}|по вине)\b"
)


def digits(text: str) -> str:
    """Last ten digits: one phone in any spelling."""
    return re.sub(r"\D", "", text)[-10:]


def empty(c: Context) -> list[Finding]:
    """Q01: nothing but a greeting or a link."""
    words = sum(len(s.sentence.tokens) for s in c.said)
    letters = sum(len(t.text) for s in c.said for t in s.sentence.tokens)
    if words and letters >= c.thresholds.minimum_characters or c.features.substance > 0.5:
        return []
    if words >= 2 and c.features.action + c.features.answer > 0.3:
        return []
    return [c.finding("Q01", Severity.BLOCK, [(0, len(c.clean))] if c.clean else [], 2.0)]


def placeholder(c: Context) -> list[Finding]:
    """Q02: an unfilled slot or a note for colleagues."""
    text = c.clean.replace("\x7f", " ")
    spans = [m.span() for m in _PLACEHOLDER.finditer(text)]
    internal = [m.span() for m in _INTERNAL.finditer(text)]
    if not spans and not internal:
        return []
    return [c.finding("Q02", Severity.BLOCK, [*spans, *internal], 1.5)]


def personal_data(c: Context) -> list[Finding]:
    """Q03: data of the author or a private person in a public text; work contacts are allowed."""
    situation = c.situation
    if situation.is_public is not True:
        return []
    raw_clean = c.clean
    allowed = {digits(x) for x in situation.work_contacts if len(digits(x)) >= 5}
    forbidden = {digits(x) for x in situation.citizen_contacts if len(digits(x)) >= 5}
    message = prepare(situation.message)
    forbidden |= {
        digits(m.group()) for m in pat.PHONE.finditer(message.clean) if len(digits(m.group())) >= 6
    }
    spans: list[tuple[int, int]] = []
    for phone in pat.PHONE.finditer(raw_clean):
        number = digits(phone.group())
        if number in allowed or len(number) < 6:
            continue
        near = raw_clean[max(0, phone.start() - 40) : phone.start()]
        if number in forbidden or re.search(r"\bваш\w{0,3} (?:\w{3,12} )?(?:номер|телефон)", near):
            spans.append(phone.span())
    lowered = [x.lower().strip() for x in situation.citizen_contacts if "@" in x]
    source = situation.reply.lower()
    raw_spans = []
    for contact in lowered:
        at = source.find(contact)
        if at >= 0 and len(source) == len(situation.reply):
            raw_spans.append((at, at + len(contact)))
    for pattern in (_SNILS, _PASSPORT, _CARD, _BIRTH, _LIVES, _DIAGNOSIS):
        spans.extend(m.span() for m in pattern.finditer(raw_clean))
    for name in situation.citizen_names:
        parts = [t for t in prepare(name).tokens if len(t.text) > 2]
        if len(parts) < 2:
            continue
        wanted = {word(t.text).lemma[:5] for t in parts}
        surnames = {word(t.text).lemma[:5] for t in parts if not _first_or_patronymic(t.text)}
        tokens = c.prepared.tokens
        for i in range(len(tokens) - 1):
            pair = {word(tokens[i].text).lemma[:5], word(tokens[i + 1].text).lemma[:5]}
            if len(pair & wanted) == 2 and (pair & surnames):
                spans.append((tokens[i].start, tokens[i + 1].end))
    for one in c.said:
        tokens3 = one.sentence.tokens
        for i in range(len(tokens3) - 2):
            if re.search(r"(?:ович|евич|овн|евн|ичн|ьич)\w{0,3}$", tokens3[i + 2].text) and all(
                word(t.text).person for t in tokens3[i : i + 3]
            ):
                before = raw_clean[
                    max(one.sentence.start, tokens3[i].start - 40) : tokens3[i].start
                ]
                if _PRIVATE.search(before):
                    spans.append((tokens3[i].start, tokens3[i + 2].end))
    if not spans and not raw_spans:
        return []
    found = c.finding("Q03", Severity.BLOCK, spans, 0.0, count=len(spans) + len(raw_spans))
    merged = tuple(sorted({*found.spans, *raw_spans}))
    return [Finding("Q03", Severity.BLOCK, merged, found.params, 0.0)]


def _first_or_patronymic(text: str) -> bool:
    from quality.morph import _analyzer

    return any(
        "Name" in p.tag or "Patr" in p.tag for p in _analyzer().parse(text)[:4] if p.score > 0.1
    )


def rude(c: Context) -> list[Finding]:
    """Q04: profanity or insult."""
    spans = [m.span() for m in _RUDE.finditer(c.clean) if word(m.group()).lemma not in _RUDE_SAFE]
    return [c.finding("Q04", Severity.BLOCK, spans, 1.5)] if spans else []


def blames(c: Context) -> list[Finding]:
    """Q39: the author is blamed."""
    spans = [m.span() for m in _BLAME.finditer(c.clean)]
    return [c.finding("Q39", Severity.WARN, spans)] if spans else []


def asks_mark(c: Context) -> list[Finding]:
    """Q37: asks for a mark though nothing is done."""
    spans = [m.span() for m in _MARK.finditer(c.clean)]
    if not spans or max((s.done for s in c.said), default=0.0) >= 0.5:
        return []
    return [c.finding("Q37", Severity.WARN, spans)]


def cliches(c: Context) -> list[Finding]:
    """Q17, advice only: clichés stand in good replies too and must not decide (weight 0)."""
    spans = [m.span() for m in pat.CLICHE.finditer(c.clean)]
    words = max(1, len(c.prepared.tokens))
    density = 100 * len(spans) / words
    if len(spans) < 2 or density < c.thresholds.cliche_per_100:
        return []
    return [c.finding("Q17", Severity.WARN, spans, 0.0, count=len(spans))]


def officialese(c: Context) -> list[Finding]:
    """Q35, advice only: long sentences and officialese."""
    long = [
        (s.start, s.end)
        for s in c.prepared.sentences
        if len(s.tokens) > c.thresholds.long_sentence_words
    ]
    spans = [m.span() for m in pat.OFFICIALESE.finditer(c.clean)]
    words = max(1, len(c.prepared.tokens))
    heavy = len(spans) >= 3 and 100 * len(spans) / words >= c.thresholds.officialese_per_100
    if not long and not heavy:
        return []
    return [
        c.finding("Q35", Severity.WARN, [*long, *(spans if heavy else [])], 0.0, long=len(long))
    ]


def greeting(c: Context) -> list[Finding]:
    """Q36, advice only: neither a greeting nor a name."""
    if c.prepared.mention or pat.GREETING.search(c.clean) or len(c.prepared.tokens) < 3:
        return []
    first = [word(t.text) for t in c.prepared.tokens[:2]]
    if any(form.person for form in first) or c.prepared.tokens[0].text in ("друзья", "уважаемые"):
        return []
    return [c.finding("Q36", Severity.WARN)]


def pasted(c: Context) -> list[Finding]:
    """Q38: answered within two minutes of the assignment."""
    assigned, replied = c.situation.assigned_at, c.situation.replied_at
    if assigned is None or replied is None or (assigned.tzinfo is None) != (replied.tzinfo is None):
        return []
    seconds = (replied - assigned).total_seconds()
    if not 0 <= seconds <= c.thresholds.paste_seconds:
        return []
    return [c.finding("Q38", Severity.WARN, seconds=int(seconds))]


def apology(c: Context) -> list[Finding]:
    """P4: an apology for a confirmed fault."""
    found = _APOLOGY.search(c.clean)
    if found and _ACKNOWLEDGED.search(c.clean) and c.features.substance >= 0.5:
        return [c.finding("P4", Severity.PRAISE, [found.span()])]
    return []


def photo(c: Context) -> list[Finding]:
    """P1: a photo or document is attached."""
    return [c.finding("P1", Severity.PRAISE)] if c.situation.has_media else []


CHECKS = (
    empty,
    placeholder,
    personal_data,
    rude,
    blames,
    asks_mark,
    cliches,
    officialese,
    greeting,
    pasted,
    apology,
    photo,
)
