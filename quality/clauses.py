"""Statements of a reply: what each clause does, to what of this case, with which term.

A clause is a run of words around one or more predicates. Its marks are names of facts about it:
the kind of the predicate (done, under way, promised, habitual, asked for), its class
(`quality.verbs`), what is bound to it (a term, a number, a name, a law), and whether it speaks of
this case. No mark tells style: greeting, clichés, length of sentences, punctuation, polite forms
are not looked at. `quality.model` weighs the marks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from quality import lexicon as lex
from quality import patterns as pat
from quality.evidence import Body, CaseProfile, fields_of, usable
from quality.families import FAMILIES
from quality.morph import Word, root, word
from quality.scan import Scan, Spans, scan
from quality.textform import Sentence, Token
from quality.verbs import verb_class

MAX_CLAUSES = 160
_FORMULA_WORDS = 12
_YES_NO = re.compile(r"\s*(?:да|нет|есть|можно|нельзя|будет|будем|не будет|не будем)\b")
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
_WE = frozenset({"мы", "нами", "нам", "нас", "наш", "наша", "наши", "наше", "нашего"})
_YOU = frozenset({"вы", "вам", "вас", "вами"})
_YOUR = lex.words("ваш ваша ваше ваши вашего вашей вашему вашим вашу ваших вашими вашем")


@dataclass(slots=True)
class Clause:
    """`start`, `end` in the clean text; `marks` with how often they hold (at most 2)."""

    start: int
    end: int
    sentence: int
    marks: dict[str, float]
    roots: frozenset[str]
    kinds: tuple[str, ...]
    kin: frozenset[str]  # families of its words
    idle: bool  # weighs nothing: taken from the message, a formula, a cliché, mere feeling


class _Look(NamedTuple):
    """A word looked up once: its reading, root, fields, word lists, class."""

    text: str
    form: Word
    root: str
    telling: bool  # a word that tells what a text is about
    predicate: bool
    fields: frozenset[str]
    lists: tuple[str, ...]
    group: str
    kin: str  # family, empty where it has none


# Without a predicate only these say something.
_BARE_FACTS = lex.words(
    "term number big percent count name role phone asked case place same trouble cause yes_no"
)
# A feeling told beside one of these is told in passing.
_FACTS = frozenset(
    {
        "term",
        "deed",
        "number",
        "date",
        "asked",
        "case",
        "doing",
        "look",
        "mishap",
    }
)
_LISTS = (
    ("everyone", _EVERYONE),
    ("work", lex.WORK_NOUNS),
    ("trouble", lex.TROUBLE_NOUNS),
    ("warm", _WARM),
    ("count", _COUNT_WORD),
)
_PATTERNS = (
    "same",
    "percent",
    "phones",
    "roles",
    "causes",
    "reference",
    "rest",
    "now",
    "habits",
    "refusals",
    "forwards",
)
_NAMES = {
    "phones": "phone",
    "roles": "role",
    "causes": "cause",
    "habits": "habit",
    "refusals": "refusal",
    "forwards": "forward",
}


@lru_cache(maxsize=60_000)
def _look(text: str) -> _Look:
    form = word(text)
    lists = [name for name, lemmas in _LISTS if form.lemma in lemmas]
    if form.lemma in lex.STATE_WORDS and form.pos != "ADJF":
        lists.append("condition")
    if text in _WE:
        lists.append("we")
    if text in _YOU:
        lists.append("you")
    if text in _YOUR:
        lists.append("your")
    return _Look(
        text,
        form,
        root(form.lemma),
        usable(form),
        form.pos in ("VERB", "PRTS", "INFN", "ADJS", "PRED"),
        fields_of(text),
        tuple(lists),
        verb_class(form.lemma),
        FAMILIES.get(form.lemma, ""),
    )


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


def _split(tokens: Sequence[Token], cuts: Spans) -> list[list[Token]]:
    """Runs of words between cuts; a run without a predicate joins its neighbour."""
    runs: list[list[Token]] = []
    for token in tokens:
        if runs and not cuts.within(runs[-1][-1].end - 1, token.start + 1):
            runs[-1].append(token)
        else:
            runs.append([token])
    joined: list[list[Token]] = []
    full = False  # whether the last joined run has a predicate
    for run in runs:
        own = any(_look(token.text).predicate for token in run)
        if joined and not (own and full):
            joined[-1].extend(run)
            full = full or own
        else:
            joined.append(run)
            full = own
    return joined


def _mark_predicates(
    marks: dict[str, float], looks: Sequence[_Look], case: CaseProfile, bound: Sequence[str]
) -> list[str]:
    """Marks of the clause's predicates with what is bound to them; the kinds found."""
    kinds: list[str] = []
    working = any("work" in look.lists for look in looks)

    def mark(name: str) -> None:
        marks[name] = min(2.0, marks.get(name, 0.0) + 1.0)

    for index, look in enumerate(looks):
        if not look.predicate or look.form.lemma in ("быть", "мочь", "стать"):
            continue
        before = [other.text for other in looks[max(0, index - 5) : index]]
        after = [other.text for other in looks[index + 1 : index + 3]]
        kind = kind_of(look.form, before)
        put_off = kind in ("to", "may") and any(text in _FUTURE_AUX for text in after)
        if put_off:
            kind = "will_be"  # «засыпать не будем»
        if kind is None or kind == "aux":
            continue
        kinds.append(kind)
        group = look.group
        if working and group in ("light", "rule") and kind in ("did", "was", "will"):
            group = "deed"  # «осуществлён возврат» says what «вернули» says
        mark(kind)
        if kind == "does" and look.form.who == "3p" and not look.form.reflexive:
            mark("they")
        mark(group)
        mark(f"{_GROUP[kind]}.{group}")
        if look.root in case.verbs:
            mark("asked_deed")
            mark(f"{kind}+deed")
        if before and before[-1] == "не" or put_off and "не" in after:
            mark(f"{kind}+not")
        for name in bound:
            mark(f"{kind}+{name}")
    return kinds


_ASIDE = 0.4
_GENERAL = frozenset({"may", "ask", "goes", "to", "state"})
_TOUCHES = frozenset({"own", "place", "same", "asked"})


def _set_aside(
    marks: dict[str, float], case: CaseProfile, placed: bool, general: bool
) -> dict[str, float]:
    """Dates of events and programmes are nothing but that; standing information and what may be
    done in general, without a word of this case, count little."""
    if "decoy" in marks and not placed:
        return {"decoy": 1.0}
    told = "did" in marks or "was" in marks
    if general and not _TOUCHES & marks.keys():
        return {name: v * _ASIDE for name, v in marks.items()}
    if "reference" in marks and not case.wants_reference and not told:
        return {name: v if name == "reference" else v * _ASIDE for name, v in marks.items()}
    return marks


@dataclass(slots=True)
class _Mood:
    """What holds for a whole sentence."""

    conditional: bool
    statistic: bool
    decoy: bool
    lawful: float
    ruled: bool
    formula: bool


def _mood(sentence: Sentence, found: Scan) -> _Mood:
    start, end = sentence.start, sentence.end
    lawful = found.laws.covered(start, end) / max(1, end - start)
    return _Mood(
        conditional=found.condition.within(start, end) > 0,
        statistic=found.statistics.within(start, end) > 0,
        decoy=found.decoys.within(start, end) > 0,
        lawful=lawful,
        ruled=lawful > 0 and found.rules.within(start, end) > 0,
        formula=len(sentence.tokens) < _FORMULA_WORDS
        and pat.FORMULA_SENTENCE.search(sentence.text) is not None,
    )


def _bound(start: int, end: int, mood: _Mood, found: Scan, named: bool, about: bool) -> list[str]:
    """What is bound to the predicates of a clause."""
    figures = [found.big[k] for k in found.numbers.inside(start, end)]
    held = (
        ("term", bool(found.terms.inside(start, end))),
        ("case", about),
        ("vague", found.vague.within(start, end) > 0),
        ("sum", mood.statistic),
        ("big", any(figures)),
        ("number", bool(figures) and not any(figures)),
        ("name", named),
        ("law", mood.lawful > 0.1),
        ("if", mood.conditional),
    )
    return [name for name, holds in held if holds]


def _mark_relation(
    marks: dict[str, float], looks: Sequence[_Look], case: CaseProfile, own: int, asked: int
) -> None:
    """Whether the clause speaks of this case, of its field, or of another."""
    if own:
        marks["own"] = min(own, 4) / 2
    if asked:
        marks["asked"] = min(asked, 3) / 1.5
    if own or "place" in marks:
        return
    fields = frozenset().union(*(look.fields for look in looks))
    if fields & case.fields:
        marks["field"] = 1.0
    elif fields and case.fields:
        marks["elsewhere"] = 1.0
        for name in ("term", "did", "was", "will", "does"):
            if name in marks:
                marks[f"{name}+else"] = 1.0
    else:
        marks["apart"] = 1.0


def _clause(
    tokens: list[Token], number: int, mood: _Mood, found: Scan, taken: Spans, case: CaseProfile,
    shown: str,
) -> Clause:  # fmt: skip
    start, end = tokens[0].start, tokens[-1].end
    looks = [_look(token.text) for token in tokens]
    roots = frozenset(look.root for look in looks if look.telling)
    own = len(roots & case.roots)
    kin = frozenset(look.kin for look in looks if look.kin)
    placed = any(
        look.root in case.places for look in looks if look.form.pos == "NOUN" or look.form.place
    )
    named = any(look.form.person for look in looks)
    bound = _bound(start, end, mood, found, named, bool(own) or placed)
    marks: dict[str, float] = {}
    kinds = _mark_predicates(marks, looks, case, bound)
    if not kinds:
        marks["bare"] = 1.0
    for name in bound:
        marks[name] = 1.0
    for k in found.terms.inside(start, end):
        marks[found.term_kinds[k]] = 1.0
    if "term" in marks and "case" in marks:
        marks["term+case"] = 1.0
    if kinds and _GROUP[kinds[0]] == "may" and case.wants_reference:
        marks["may+wanted"] = 1.0
    if mood.decoy:
        marks["decoy"] = 1.0
    if mood.ruled:
        marks["ruled"] = 1.0
    for name in _PATTERNS:
        if getattr(found, name).within(start, end):
            marks[_NAMES.get(name, name)] = 1.0
    for look in looks:
        for name in look.lists:
            marks[name] = 1.0
    if placed:
        marks["place"] = 1.0
    _mark_relation(marks, looks, case, own, len(roots & case.asked))
    if _YES_NO.match(shown, start, end):
        marks["yes_no"] = 1.0
    marks = _set_aside(marks, case, placed, bool(kinds) and _GENERAL.issuperset(kinds))
    idle = (
        mood.formula
        or taken.covered(start, end) * 2 > end - start
        or found.cliches.covered(start, end) * 2 > end - start
        or (("feel" in marks or "warm" in marks) and not _FACTS & marks.keys())
        or (not kinds and not _BARE_FACTS & marks.keys())
    )
    return Clause(start, end, number, marks, roots, tuple(kinds), kin, idle)


def _trails(tokens: Sequence[Token], found: Scan) -> bool:
    """Whether the words only finish what was said before: «По мере возможности.»"""
    start, end = tokens[0].start, tokens[-1].end
    if found.terms.inside(start, end) or found.phones.inside(start, end):
        return False
    if found.numbers.inside(start, end) or found.roles.inside(start, end):
        return False
    return not any(_look(t.text).predicate or _look(t.text).form.person for t in tokens)


def read_clauses(own_words: Body, case: CaseProfile) -> tuple[Clause, ...]:
    """Clauses of a reply's body, at most `MAX_CLAUSES`."""
    shown = own_words.shown
    found = scan(shown, own_words.facts, sorted(own_words.laws), case.numbers)
    taken = Spans(sorted(own_words.restated))
    parts: list[tuple[list[Token], int, _Mood]] = []
    for number, sentence in enumerate(own_words.sentences):
        mood = _mood(sentence, found)
        following = own_words.sentences[number + 1 : number + 2]
        if following and found.condition.within(following[0].start, following[0].start + 3):
            mood.conditional = True  # «Отправим. Как только просохнет.» is one condition
        for part in _split(sentence.tokens, found.cuts):
            # Stops in place of commas must make no difference.
            if parts and not parts[-1][2].formula and not mood.formula and _trails(part, found):
                parts[-1][0].extend(part)
            elif len(parts) < MAX_CLAUSES:
                parts.append((part, number, mood))
    return tuple(
        _clause(tokens, number, mood, found, taken, case, shown) for tokens, number, mood in parts
    )
