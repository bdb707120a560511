"""Are two messages about one thing: by their words, their place, and how unusual the flow is.

People write of one breakdown in few and different words («горячей нет с утра», «моюсь из
чайника»). So words alone decide only where they are much alike; else the same street, or a flow
of messages far above the usual one, must speak for it too. Every likeness says why.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import xxhash

from quality.masks import stem
from quality.textform import prepare

WINDOW = timedelta(days=7)
"""Messages of one event are not further apart."""
LEAST_CASES, LEAST_AUTHORS = 4, 3
"""So many make an event; one person who writes ten times makes none."""
TEXT_ALONE = 0.34
"""From this likeness of words on nothing else is asked but the territory or the topic."""
TEXT_NEAR = 0.05
TEXT_SURGE = 0.02
SURGE_TIMES, SURGE_CASES = 4.0, 4
SURGE_DAYS = timedelta(days=2)
STRONG = 0.55
"""A single message so much alike is enough to join it to an event."""
REPEAT_TEXT, REPEAT_STREET, REPEAT_AUTHOR = 0.30, 0.12, 0.08
KEYS = 6
_SMALL = 3  # letters; shorter words carry nothing
_WORD = re.compile(r"[а-яa-z]{2,40}")
# What stands in any message: forms of address, complaint, asking.
_EMPTY_WORDS = """
здравствуйте добрый день вечер утро пожалуйста спасибо прошу просим просьба помогите
скажите подскажите почему когда сколько можно нельзя это этот эта эти того тому этом
который которая которые есть было была были быть будет будут нет что чтобы как так уже
еще или для при про под над без все всё весь вся всех они она оно его мне меня нам нас
наш наша наши ваш ваша ваши вам вас мой моя мои свой свои там тут здесь где куда кто
если только даже очень просто вообще опять снова после перед между через около тоже
год года лет месяц неделя неделю день дня дней сегодня вчера завтра час часа часов
минут раз улица улице дом дома доме квартира город городе область района район жители
житель люди человек ответ ответьте ответа вопрос вопросы обращение обращаюсь писал
писала пишу звонил звонила звонили
"""


@cache
def _empty() -> frozenset[str]:
    """Stems of words that say nothing of a matter; the stemmer is loaded when first asked."""
    return frozenset(stem(word) for word in _EMPTY_WORDS.split())


_HOUSE = re.compile(r"(?:^|[\s,])(?:д\.?|дом)?\s*(\d{1,4}[а-я]?(?:/\d{1,3})?)\s*$")
_KIND = re.compile(
    r"\b(?:улица|ул|проспект|просп|пр-т|переулок|пер|бульвар|бул|шоссе|площадь|пл|проезд|набережная"
    r"|микрорайон|мкр|тракт)\b\.?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A street by its stems and a house; empty where the card does not say."""

    street: str = ""
    house: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a case as it is compared. `author`: who wrote it."""

    key: int
    at: datetime
    words: frozenset[int]
    topic: int | None = None
    territory: int | None = None
    place: Place = field(default_factory=Place)
    author: int = 0


@dataclass(frozen=True, slots=True)
class Likeness:
    """`words`: 0 to 1, rare words weigh more. `why`: codes, the strongest first."""

    words: float
    why: tuple[str, ...] = ()
    score: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.why)


class Rarity:
    """How much a word tells: few messages have it, it tells much."""

    def __init__(self, counts: Mapping[int, int], total: int) -> None:
        self._counts = counts
        self._total = max(total, 1)

    def __getitem__(self, word: int) -> float:
        return math.log((self._total + 1) / (self._counts.get(word, 0) + 1)) + 0.1

    def keys_of(self, words: Iterable[int], most: int = KEYS) -> list[int]:
        """The rarest words that were met before or may be met again: an index asks by them."""
        return sorted(sorted(words), key=lambda word: -self[word])[:most]


def _code(text: str) -> int:
    value = xxhash.xxh32_intdigest(text.encode(), seed=7)
    return value - (1 << 32) if value >= 1 << 31 else value


def place_of(text: str) -> Place:
    """«Заречск, Садовая улица, 5» and «ул. Садовая, д. 5»: street and house, comparable."""
    clean = text.lower().replace("ё", "е")
    found = _HOUSE.search(clean)
    house = found.group(1) if found else ""
    rest = clean[: found.start()] if found else clean
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    named = [part for part in parts if _KIND.search(part)]
    if not named and not (house and parts):
        return Place()
    street = _KIND.sub(" ", named[-1] if named else parts[-1])
    stems = sorted(stem(word) for word in _WORD.findall(street))
    return Place(" ".join(stems)[:80], house) if stems else Place()


def words_of(text: str, place: Place) -> frozenset[int]:
    """Codes of the words that tell something; the street is compared by itself."""
    streets = set(place.street.split())
    found = set()
    for word in _WORD.findall(prepare(text).clean):
        root = stem(word)
        if len(root) >= _SMALL and root not in _empty() and root not in streets:
            found.add(_code(root))
    return frozenset(found)


def likeness_of_words(one: frozenset[int], other: frozenset[int], rarity: Rarity) -> float:
    """Cosine of the two sets, each word with its rarity."""
    common = one & other
    if not common:
        return 0.0
    both = sum(rarity[word] ** 2 for word in common)
    own = sum(rarity[word] ** 2 for word in one)
    far = sum(rarity[word] ** 2 for word in other)
    return both / math.sqrt(own * far)


@dataclass(frozen=True, slots=True)
class Flow:
    """Messages of a topic in a territory in the last two days, and how many are usual."""

    recent: int = 0
    usual: float = 0.0

    @property
    def surges(self) -> bool:
        """Far above the usual; False where too little is known of what is usual."""
        return self.recent >= SURGE_CASES and self.recent >= SURGE_TIMES * max(self.usual, 0.5)


def alike(one: Said, other: Said, rarity: Rarity, flow: Flow) -> Likeness:
    """Whether both tell of one thing now; an empty `why` means no."""
    if abs(one.at - other.at) > WINDOW:
        return Likeness(0.0)
    words = likeness_of_words(one.words, other.words, rarity)
    same_topic = one.topic is not None and one.topic == other.topic
    same_land = one.territory is not None and one.territory == other.territory
    same_street = same_land and bool(one.place.street) and one.place.street == other.place.street
    why = []
    if words >= TEXT_ALONE and (same_topic or same_land):
        why.append("words")
    if same_street and same_topic and words >= TEXT_NEAR:
        why.append("house" if one.place.house and one.place == other.place else "street")
    together = same_topic and same_land and abs(one.at - other.at) <= SURGE_DAYS
    if together and flow.surges and (words >= TEXT_SURGE or same_street):
        why.append("surge")
    score = words + 0.2 * same_street + 0.1 * same_topic + 0.1 * ("surge" in why)
    return Likeness(words, tuple(why), min(1.0, score) if why else 0.0)


def repeats(later: Said, earlier: Said, rarity: Rarity) -> Likeness:
    """Whether the later message asks again what was answered; the words must speak for it."""
    words = likeness_of_words(later.words, earlier.words, rarity)
    same_author = bool(later.author) and later.author == earlier.author
    same_land = later.territory is not None and later.territory == earlier.territory
    same_street = (
        same_land and bool(later.place.street) and later.place.street == (earlier.place.street)
    )
    same_house = same_street and bool(later.place.house) and later.place == earlier.place
    other_house = same_street and later.place.house != earlier.place.house
    same_topic = later.topic is not None and later.topic == earlier.topic
    why = []
    if same_author and words >= (REPEAT_AUTHOR / 2 if same_topic else REPEAT_AUTHOR):
        why.append("author")
    if same_house and words >= REPEAT_STREET / 2:
        why.append("house")
    elif same_street and not other_house and words >= REPEAT_STREET:
        why.append("street")
    if words >= REPEAT_TEXT and same_land and same_topic and not other_house:
        why.append("words")
    score = words + 0.3 * same_author + 0.2 * same_street + 0.1 * same_house
    return Likeness(words, tuple(why), min(1.0, score) if why else 0.0)
