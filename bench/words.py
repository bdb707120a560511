# ruff: noqa: SIM905
"""Sentences for generated cases: the demo's own ones with other words in the same forms.

Words come from pymorphy3's dictionary, by part of speech, case, number, gender, tense, so that
the vocabulary is as wide as a region's (rare words are really rare: the choice is skewed). So
many words of a reply's sentence are others that no two replies pass for copies of each other:
`bench_load` measures on a sample how many do.
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
_WORD = re.compile(r"[А-ЯЁа-яё][а-яё]{3,}")
_WITHOUT = {"Name", "Surn", "Patr", "Geox", "Abbr", "Orgn", "Trad", "Erro", "Dist", "Arch", "Slng"}
_GRAMMEMES = ("case", "number", "gender", "animacy", "aspect", "tense", "person", "transitivity")
_CHANGING = {"NOUN", "ADJF", "ADJS", "VERB", "INFN", "PRTF", "PRTS", "ADVB", "COMP", "GRND"}
_LETTERS = "абвгдежзийклмнопрстуфхцчшщэюя"
_FORMS = 600_000  # word forms read: 20,000 to 30,000 words
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
    "Бригада вышла на объект {date}, заменено {n} м трубы, осталось {house}.",
    "Жители подъезда {a} предупреждены об отключении {date} с {b} часов.",
    "Отдел благоустройства принял заявление {date}, номер записи {n}.",
    "Замеры выполнены {date}, уровень шума {a} децибел при норме {b}.",
    "Лаборатория взяла пробы воды {date}, протокол № {n} подписала {person}.",
    "Автобус маршрута {a} вернули на линию {date}, водитель отстранён.",
    "Светильники по {street} заменены {date}, горят {house} из {n}.",
    "Комиссия осмотрела подвал дома {house} по {street} {date}.",
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
    places: list[tuple[int, list[str], bool]] = field(default_factory=list)  # words, capital


def _form(tag: Any) -> str | None:
    if tag.POS not in _CHANGING or tag.grammemes & _WITHOUT or "Supr" in tag or "impr" in tag:
        return None
    return "/".join(str(part) for part in (tag.POS, *(getattr(tag, g) for g in _GRAMMEMES)))


def _sentences(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for sentence in re.split(r"(?<=[.!?])\s+", text.replace("\n", " ")):
            if 25 <= len(sentence) <= 260:
                yield " ".join(sentence.replace("\\", "/").split())


def _is_loose(template: Template) -> bool:
    """Whether no four words in a row stay: four are a passage that `quality` calls copied."""
    fixed = {at for at, _words, _capital in template.places}
    kept = (part for at, part in enumerate(template.parts) if at not in fixed)
    return all(len(re.findall(r"[а-яё]+|\d+", part.lower())) < 4 for part in kept)


class Words:
    """The vocabulary; building it takes about ten seconds of one core (see `vocabulary`)."""

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
        self.asked = self._templates(morph, _sentences([row["text"] for row in rows]))
        self.answered = [t for t in self._templates(morph, _sentences(replies)) if _is_loose(t)]
        self.frames = self._templates(morph, FRAMES)
        titles = [row["title"] + "." for row in rows if row.get("title")]
        self.titles = self._templates(morph, _sentences(titles))

    def _dictionary(self, morph: Any) -> dict[str, list[str]]:
        """Words of random beginnings: every stem of a beginning with all its forms."""
        dice = random.Random(1)
        dictionary = morph.dictionary
        known: dict[tuple[int, int], str | None] = {}
        forms: dict[str, list[str]] = {}
        beginnings = [a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS]
        dice.shuffle(beginnings)
        seen = 0
        for beginning in beginnings:
            if seen > _FORMS:
                break
            for word, place in dictionary.words.iteritems(beginning):
                seen += 1
                if not 4 <= len(word) <= 16:
                    continue
                if place not in known:
                    known[place] = _form(dictionary.build_tag_info(*place))
                key = known[place]
                if key is not None:
                    forms.setdefault(key, []).append(word)
        for words in forms.values():
            dice.shuffle(words)
            del words[_PER_FORM:]
        return forms

    def _templates(self, morph: Any, sentences: Any) -> list[Template]:
        made = []
        for sentence in sentences:
            template, end = Template(), 0
            for match in _WORD.finditer(sentence):
                # A capital inside a sentence is a name: it stays.
                capital = match.group()[0].isupper()
                if capital and match.start() > 0:
                    continue
                words = self.forms.get(_form(morph.parse(match.group().lower())[0].tag) or "")
                if words is None or len(words) < 30:
                    continue
                template.parts.append(sentence[end : match.start()])
                template.places.append((len(template.parts), words, capital))
                template.parts.append(match.group())
                end = match.end()
            template.parts.append(sentence[end:])
            made.append(template)
        return made

    def sentence(self, dice: random.Random, template: Template, share: float) -> str:
        """The sentence with about `share` of its changeable words replaced."""
        parts = template.parts.copy()
        roll = dice.random
        for at, words, capital in template.places:
            if roll() < share:
                word = words[int(len(words) * roll() ** 3)]
                parts[at] = word.capitalize() if capital else word
        return "".join(parts)

    def frame(self, dice: random.Random) -> str:
        roll = dice.random
        return self.sentence(dice, dice.choice(self.frames), 0.8).format(
            n=int(3 + 9997 * roll()),
            a=int(20 + 80 * roll()),
            b=int(10 + 90 * roll()),
            date=f"{int(1 + 28 * roll())} {dice.choice(MONTHS)}",
            street=f"ул. {dice.choice(_STREETS)}",
            house=int(1 + 180 * roll()),
            person=f"{dice.choice(_PEOPLE)} {dice.choice('АВГДЕИ')}. {dice.choice('АВГМНП')}.",
            firm=dice.choice(_STREETS) + dice.choice(("строй", "сервис", "трест", "дор")),
        )

    def message(self, dice: random.Random) -> str:
        return " ".join(
            self.sentence(dice, dice.choice(self.asked), 0.4)
            for _ in range(2 + int(4 * dice.random()))
        )

    def title(self, dice: random.Random) -> str:
        return self.sentence(dice, dice.choice(self.titles), 0.3).rstrip(".")[:200]

    def reply(self, dice: random.Random) -> str:
        said = [
            self.sentence(dice, dice.choice(self.answered), 0.9)
            for _ in range(2 + int(3 * dice.random()))
        ]
        said.insert(0, self.frame(dice))
        if dice.random() < 0.5:
            said.append(self.frame(dice))
        return " ".join(said)

    def place(self, dice: random.Random) -> str:
        return f"ул. {dice.choice(_STREETS)}, {int(1 + 180 * dice.random())}"

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
