# ruff: noqa: SIM905
"""Sentences for generated cases: the demo's own ones with other words in the same forms.

Words come from pymorphy3's dictionary, by part of speech, case, number and gender, so that the
vocabulary is as wide as a region's (rare words are really rare: the choice is skewed).
"""

import json
import pickle
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).parent.parent / "cases" / "demo" / "texts"
_WORD = re.compile(r"[а-яё]{5,}")
_PREFIXES = (
    "ба бе бо бр ва ве во вы га го гр да де до др за зе зи ка ки ко кр ла ле ли ма ме ми мо"
    " на не но об ос от па пе пи по пр ра ре ро ру са се ск со ст та те то тр ус фа фо хо це че"
).split()
_WITHOUT = {"Name", "Surn", "Patr", "Geox", "Abbr", "Orgn", "Trad", "Erro", "Dist", "Arch", "Slng"}
_PER_FORM = 6000
# Official frames: what every agency writes, with what changes from case to case.
FRAMES = (
    "Здравствуйте! Ваше сообщение № {n} рассмотрено {date}.",
    "Специалисты учреждения выезжали по адресу {street}, {house} {date}.",
    "Работы по адресу {street}, {house} завершат до {date}, ответственный — мастер {person}.",
    "По итогам осмотра составлен акт № {n} от {date}.",
    "Подрядчик «{firm}» устранит недостатки в срок до {date}.",
    "Вопрос включён в план работ на {date}, исполнитель — {person}.",
    "Телефон для справок: 8 (3599) {a}-{b}, добавочный {n}.",
    "На участке у дома {house} по {street} уложено {n} кв. м покрытия.",
    "Повторная проверка назначена на {date}, о её итогах сообщит {person}.",
    "В управляющую организацию «{firm}» направлено предписание № {n}.",
    "По данным диспетчерской, заявка № {n} закрыта {date}.",
    "Финансирование в сумме {n} тыс. рублей предусмотрено, торги объявят {date}.",
    "Информация принята к сведению, работа будет проведена в установленном порядке.",
    "Благодарим за обращение. Вопрос находится на контроле.",
)
MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
_PEOPLE = "Петров Сомов Лапин Гуськов Ершова Рябинина Щукин Котова Дроздов Зимина".split()
_STREETS = (
    "Садовая Гончарная Заводская Мира Речная Восточная Парковая Тихая Прибрежная Лесная"
    " Кузнечная Луговая Северная Полевая Мельничная Озёрная Вокзальная Школьная"
).split()


@dataclass(slots=True)
class Template:
    """A sentence cut into fixed runs and places where another word of that form may stand."""

    parts: list[str] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)


def _form(tag: object) -> str | None:
    pos = getattr(tag, "POS", None)
    if pos not in ("NOUN", "ADJF") or tag.case is None:  # type: ignore[attr-defined]
        return None
    found = (pos, tag.case, tag.number, tag.gender, tag.animacy)  # type: ignore[attr-defined]
    return "/".join(str(part) for part in found)


def _sentences(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for sentence in re.split(r"(?<=[.!?])\s+", text.replace("\n", " ")):
            if 25 <= len(sentence) <= 260:
                yield sentence.strip()


class Words:
    """The vocabulary; building it takes about half a minute of one core (see `vocabulary`)."""

    def __init__(self) -> None:
        from pymorphy3 import MorphAnalyzer  # noqa: PLC0415  40 MB only where it is needed

        morph = MorphAnalyzer(lang="ru")
        self.forms = self._dictionary(morph)
        rows = [
            json.loads(line)
            for path in sorted(TEXTS.glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line
        ]
        replies = [item["text"] for row in rows for item in row.get("replies", [])]
        self.asked = self._templates(morph, [row["text"] for row in rows])
        self.answered = self._templates(morph, replies)
        self.titles = self._templates(
            morph, [row["title"] + "." for row in rows if row.get("title")]
        )

    def _dictionary(self, morph: Any) -> dict[str, list[str]]:
        forms: dict[str, list[str]] = {}
        for prefix in _PREFIXES:
            for at, (word, tag, *_rest) in enumerate(morph.dictionary.iter_known_words(prefix)):
                # Every seventh word: all forms, all stems, an eighth of the time.
                if at % 7 or not 4 <= len(word) <= 16 or tag.grammemes & _WITHOUT:
                    continue
                key = _form(tag)
                if key is not None:
                    forms.setdefault(key, []).append(word)
        dice = random.Random(1)
        for words in forms.values():
            dice.shuffle(words)
            del words[_PER_FORM:]
        return forms

    def _templates(self, morph: Any, texts: list[str]) -> list[Template]:
        made = []
        for sentence in _sentences(texts):
            template, end = Template(), 0
            for match in _WORD.finditer(sentence):
                key = _form(morph.parse(match.group())[0].tag)
                if key is None or key not in self.forms:
                    continue
                template.parts.append(sentence[end : match.start()])
                template.places.append((len(template.parts), key))
                template.parts.append(match.group())
                end = match.end()
            template.parts.append(sentence[end:])
            made.append(template)
        return made

    def sentence(self, dice: random.Random, template: Template, share: float) -> str:
        """The sentence with about `share` of its nouns and adjectives replaced."""
        parts = template.parts.copy()
        for at, key in template.places:
            if dice.random() < share:
                words = self.forms[key]
                parts[at] = words[int(len(words) * dice.random() ** 3)]
        return "".join(parts)

    def frame(self, dice: random.Random) -> str:
        return dice.choice(FRAMES).format(
            n=dice.randint(3, 9999),
            a=dice.randint(20, 99),
            b=dice.randint(10, 99),
            date=f"{dice.randint(1, 28)} {dice.choice(MONTHS)}",
            street=f"ул. {dice.choice(_STREETS)}",
            house=dice.randint(1, 180),
            person=f"{dice.choice(_PEOPLE)} {dice.choice('АВГДЕИ')}. {dice.choice('АВГМНП')}.",
            firm=dice.choice(_STREETS) + dice.choice(("строй", "сервис", "трест", "дор")),
        )

    def message(self, dice: random.Random) -> str:
        return " ".join(
            self.sentence(dice, dice.choice(self.asked), 0.4) for _ in range(dice.randint(2, 5))
        )

    def title(self, dice: random.Random) -> str:
        return self.sentence(dice, dice.choice(self.titles), 0.3).rstrip(".")[:200]

    def reply(self, dice: random.Random) -> str:
        free = [
            self.sentence(dice, dice.choice(self.answered), 0.45) for _ in range(dice.randint(2, 4))
        ]
        frames = [self.frame(dice) for _ in range(dice.randint(1, 2))]
        return " ".join([frames[0], *free, *frames[1:]])

    def place(self, dice: random.Random) -> str:
        return f"ул. {dice.choice(_STREETS)}, {dice.randint(1, 180)}"

    def near_copy(self, dice: random.Random, text: str) -> str:
        """The same reply sent again with other numbers."""
        return re.sub(r"\d+", lambda _m: str(dice.randint(2, 99)), text)


def vocabulary() -> Words:
    """The vocabulary, kept in the data folder for the next process and the next load."""
    from django.conf import settings  # noqa: PLC0415  the data folder only

    changed = max(path.stat().st_mtime_ns for path in (Path(__file__), *TEXTS.glob("*.jsonl")))
    kept = Path(settings.DATA_DIR) / f"bench-words-{changed}.pickle"
    if kept.exists():
        found: Words = pickle.loads(kept.read_bytes())  # noqa: S301  our own file
        return found
    made = Words()
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(".new")
    fresh.write_bytes(pickle.dumps(made))
    fresh.rename(kept)
    return made
