"""Edited variants of replies, seeded: what a clerk does to a text to send it again."""

import random
import re

_WORD = re.compile(r"[А-Яа-яЁё]{3,}")
_FILLER = (
    "сегодня участок работа дом улица бригада проверка решение вопрос житель отдел город служба "
    "договор подъезд двор машина вода начальник комиссия письмо адрес помощь ответ школа парк"
)
_WORDS = _FILLER.split()
_NAMES = ("Ольга Петровна", "Иван Сергеевич", "Марат Ильдарович", "Нина Львовна", "Пётр Юрьевич")
_STREETS = ("Заводской", "Лермонтова", "Кольцевой", "Дачной", "Молодёжной")
_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"


def edit_words(text: str, share: float, random_: random.Random) -> str:
    """Touch the stated share of words, each once: 40 % replaced, 25 % deleted, 25 % with a word
    put before them, 10 % swapped with the next one."""
    words = text.split()
    touched = random_.sample(range(len(words)), min(len(words), max(1, round(share * len(words)))))
    for place in sorted(touched, reverse=True):
        kind = random_.random()
        if kind < 0.4:
            words[place] = random_.choice(_WORDS)
        elif kind < 0.65 and len(words) > 3:
            del words[place]
        elif kind < 0.9:
            words.insert(place, random_.choice(_WORDS))
        elif place + 1 < len(words):
            words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def change_slots(text: str, random_: random.Random) -> str:
    """Other numbers, months, patronymics and streets in the same text."""
    text = re.sub(r"(Уважаем\w+) \w+ \w+!", lambda m: f"{m[1]} {random_.choice(_NAMES)}!", text)
    text = re.sub(r"(ул\. )\w+", lambda m: m[1] + random_.choice(_STREETS), text)
    months = "|".join(_MONTHS.split())
    text = re.sub(rf"\b({months})\b", lambda _: random_.choice(_MONTHS.split()), text)
    return re.sub(r"\d+", lambda m: str(random_.randrange(1, 10 ** len(m[0]))), text)


def shuffle_sentences(text: str, random_: random.Random) -> str:
    """The same sentences in another order."""
    parts = re.split(r"(?<=[.!?])\s+", text)
    random_.shuffle(parts)
    return " ".join(parts)


def half_copied(text: str, other: str, random_: random.Random) -> str:
    """The first half of the words from one reply, then as many words of another reply."""
    words, added = text.split(), other.split()
    half = len(words) // 2
    start = random_.randrange(max(1, len(added) - half))
    return " ".join(words[:half] + added[start : start + half])
