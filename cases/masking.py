"""Masking of a citizen's personal data for readers without the right to see it.

Used by templates, API, exports and logs alike. It hides phones, e-mails, flat numbers,
profile links and surnames; it is careful rather than clever: a work phone in a *message*
is hidden too, in a *reply* nothing is masked (the check Q03 keeps personal data out of it).
"""

import re

PHONE = re.compile(r"(?<!\d)(?:\+?7|8)[\s\-]?\(?\d{3,5}\)?(?:[\s\-]?\d){5,7}(?!\d)")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
FLAT = re.compile(r"(?i)\b(кв(?:артир[аеуы])?\.?\s*№?\s*)\d{1,4}\b")
LINK = re.compile(r"(?i)\b(?:https?://|vk\.com/|ok\.ru/|t\.me/)\S{1,300}")
MENTION = re.compile(r"\[(?:id|club)\d+\|([^\]]{1,80})\]")
HIDDEN = "•••"


def mask_text(text: str, name: str = "") -> str:
    """The text with phones, mails, flat numbers and links replaced by «•••».

    `name`: the author's full name as the card has it; hidden too where it stands in this form.
    """
    words = [re.escape(word) for word in name.split()]
    if len(words) > 1:
        text = re.sub(r"(?i)\b" + r"\s+".join(words) + r"\b", HIDDEN, text)
    text = MENTION.sub(r"\1", text)
    text = LINK.sub(HIDDEN, text)
    text = EMAIL.sub(HIDDEN, text)
    text = PHONE.sub(HIDDEN, text)
    return FLAT.sub(rf"\g<1>{HIDDEN}", text)


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
    if len(words) >= 3 and words[2].endswith(("вич", "вна", "ич", "ична", "оглы", "кызы")):
        return f"{words[1]} {words[0][0]}."
    return f"{words[0]} {words[1][0]}."
