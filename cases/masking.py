"""Masking of a citizen's personal data for readers without the right to see it.

Used by templates, API, exports and logs alike. It hides phones, e-mails, flat numbers,
profile links and surnames; it is careful rather than clever: a work phone in a *message*
is hidden too, in a *reply* nothing is masked (the check Q03 keeps personal data out of it).
"""

import re
from functools import lru_cache

PHONE = re.compile(
    r"(?<!\d)(?:\+?7|8)[\s\-]?\(?\d{3,5}\)?(?:[\s\-]?\d){5,7}(?!\d)"
    r"|(?<![\d-])\d{3}-\d\d-\d\d(?![\d-])"
)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
FLAT = re.compile(r"(?i)\b(кв(?:артир[аеуы])?\.?\s*№?\s*)\d{1,4}\b")
LINK = re.compile(r"(?i)\b(?:https?://|vk\.com/|ok\.ru/|t\.me/)\S{1,300}")
MENTION = re.compile(r"\[(?:id|club)\d+\|([^\]]{1,80})\]")
HIDDEN = "•••"


def mask_text(text: str, name: str = "") -> str:
    """The text with phones, mails, flat numbers and links replaced by «•••».

    `name`: the author's full name as the card has it. In the text its words are hidden in any
    order and case, the surname also alone; the given name, which lists show, stays.
    """
    if " " in name and _may_stand(name, text):
        for pattern in _names(name):
            text = pattern.sub(HIDDEN, text)
    text = MENTION.sub(r"\1", text)
    text = LINK.sub(HIDDEN, text)
    text = EMAIL.sub(HIDDEN, text)
    text = PHONE.sub(HIDDEN, text)
    return FLAT.sub(rf"\g<1>{HIDDEN}", text)


_VOWELS = "аеёиоуыэюяйь"
# Given names that end as surnames do.
_GIVEN = re.compile(
    r"(?i)(?:мар|ир|екатер|пол|н|валент|ар|кар|рег|крист|ал|гал|васил|август|ангел|антон|акул"
    r"|ефрос|эвел|саб|альб|д|л|з|уст|ад|эльв|мил)ина|инна|яна|илона"
    r"|(?:констант|валент|август|март|эдв|уст|юст)ин|мартын|яков|севастьян|кристиан|себастьян"
)
_SURNAME = re.compile(
    r"(?i).{2,}(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая|ой)|ко|[ую]к|[иы]х|ян|дзе|швили)"
)


def _is_surname(word: str) -> bool:
    return _GIVEN.fullmatch(word) is None and _SURNAME.fullmatch(word) is not None


def _surname_first(words: list[str]) -> bool:
    """«Кузнецова Марина Петровна», «Кузнецова Марина»: the list form of a name."""
    if len(words) >= 3 and words[2].lower().endswith(("вич", "вна", "ич", "ична", "оглы", "кызы")):
        return True
    return _is_surname(words[0]) and not _is_surname(words[1])


@lru_cache(maxsize=1024)
def _stems(name: str) -> tuple[str, ...]:
    words = (word.lower() for word in name.split() if len(word) > 2)
    return tuple(word.rstrip(_VOWELS) if len(word) > 3 else word for word in words)


def _may_stand(name: str, text: str) -> bool:
    """Whether any word of the name is in the text: most have none, and a pattern costs much."""
    lower = text.lower()
    return any(stem in lower for stem in _stems(name))


@lru_cache(maxsize=1024)
def _names(name: str) -> tuple[re.Pattern[str], ...]:
    """What of a full name is hidden: two or more of its words together, its surname alone."""
    words = [word for word in name.split() if len(word) > 2]
    if len(words) < 2:
        return ()
    form = "|".join(_forms(word) for word in words)
    surname = words[0] if _surname_first(words) else words[1]
    alone = _forms(surname[:1].upper() + surname[1:])
    return re.compile(rf"(?i)\b(?:{form})(?:\s+(?:{form}))+\b"), re.compile(rf"\b{alone}\b")


def _forms(word: str) -> str:
    """The word in any case of its declension."""
    stem = word.rstrip(_VOWELS) if len(word) > 3 else word
    return re.escape(stem) + r"[а-яё]{0,3}"


def mask_name(name: str, kind: str = "person") -> str:
    """«Марина Кузнецова» -> «Марина К.», «Кузнецова Марина Петровна» -> «Марина К.».

    A collective keeps its title («Жители дома 7»): it names nobody.
    """
    if kind == "collective":
        return mask_text(name)
    words = name.split()
    if not words:
        return ""
    if len(words) == 1:
        return words[0] if len(words[0]) < 3 else f"{words[0][0]}."
    if _surname_first(words):
        return f"{words[1]} {words[0][0]}."
    return f"{words[0]} {words[1][0]}."
