"""Russian morphology, loaded on first use (about a second and 40 MB)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

_MAX_WORD = 40


@lru_cache(maxsize=1)
def _analyzer() -> "MorphAnalyzer":
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer(lang="ru")


@dataclass(frozen=True, slots=True)
class Word:
    """The likeliest reading of a word form, with verbal readings preferred when they are likely."""

    lemma: str
    pos: str
    perfective: bool = False
    past: bool = False
    future: bool = False
    present: bool = False
    person: bool = False  # a first name, patronymic or surname
    place: bool = False
    abbreviation: bool = False
    who: str = ""  # grammatical person and number of a finite verb: "1p", "3s", "s", "p"
    imperative: bool = False
    reflexive: bool = False
    plural: bool = False


_CONTENT = frozenset({"NOUN", "ADJF", "ADJS", "VERB", "INFN", "PRTF", "PRTS", "GRND", "LATN"})


@lru_cache(maxsize=60_000)
def word(text: str) -> Word:
    """Reading of a lower-case word with ё folded to е."""
    if text.isdigit():
        return Word(text, "NUMB")
    if len(text) > _MAX_WORD:
        return Word(text[:_MAX_WORD], "UNKN")
    parses = _analyzer().parse(text)
    best = parses[0]
    for parse in parses:
        if parse.score < 0.2:
            continue
        if parse.tag.mood == "impr" and not text.endswith(("те", "тесь")):
            continue  # nobody is told «ты» here: «пришли» is the past
        if parse.tag.POS in ("VERB", "PRTS"):
            best = parse
            break
    if best.tag.mood == "impr" and not text.endswith(("те", "тесь")):
        best = next((p for p in parses if p.tag.mood != "impr"), best)
    tag = best.tag
    pos = str(tag.POS or ("LATN" if "LATN" in tag else "UNKN"))
    names = any(grammeme in parses[0].tag for grammeme in ("Name", "Surn", "Patr"))
    return Word(
        lemma=best.normal_form.replace("ё", "е"),
        pos=pos,
        perfective=tag.aspect == "perf",
        past=tag.tense == "past",
        future=tag.tense == "futr",
        present=tag.tense == "pres",
        person=names,
        place="Geox" in parses[0].tag,
        abbreviation="Abbr" in tag,
        who=str(tag.person or "")[:1] + str(tag.number or "")[:1],
        imperative=tag.mood == "impr",
        reflexive=text.endswith(("ся", "сь")),
        plural=tag.number == "plur",
    )


def is_content(form: Word) -> bool:
    """Whether the word carries meaning of its own (noun, adjective, verb)."""
    return form.pos in _CONTENT


@lru_cache(maxsize=60_000)
def root(lemma: str) -> str:
    """A crude root so that «вывоз» meets «вывезти»: enough to link a reply to its question."""
    if len(lemma) <= 4:
        return lemma
    return lemma[:4] if len(lemma) < 7 else lemma[:5]
