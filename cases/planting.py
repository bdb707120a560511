"""A made-up stream of messages with known events and repeats in it, and how well they are found.

Noise: the messages of the demo region, moved at random into the stretch of days; each seed draws
other moments, streets and orders. The finding itself is what the worker runs (`quality.alike`,
`quality.grouping`), over the same window, without a database.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.demo.sources import HERE, read_texts
from cases.reference_data import read_yaml
from quality.alike import WINDOW, Flow, Rarity, Said, alike, place_of, repeats, words_of
from quality.grouping import Near, belongs, grown

DAYS = 60
START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Planted:
    """A message and what is true of it; `event` "" is noise."""

    said: Said
    event: str
    tune: bool = False


@dataclass(slots=True)
class Counted:
    """Found, rightly found and all there were; joined over seeds by adding."""

    found: int = 0
    right: int = 0
    there: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


class Codes:
    """Numbers for topics and territories, as the database would give them."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __getitem__(self, code: str) -> int:
        return self._known.setdefault(code, len(self._known) + 1)


def stream(seed: int, *, times: int = 2) -> list[Planted]:
    """Messages of two months in their order: noise `times` over, and every planted event."""
    dice = random.Random(seed)  # noqa: S311  a reproducible draw
    codes = Codes()
    rows: list[tuple[datetime, str, str, str, str, str, bool, int]] = []
    author = 0
    for text in _noise(dice, times):
        author += 1
        at = START + timedelta(days=dice.uniform(0, DAYS))
        street = ", ".join(str(p) for p in (text.get("street"), text.get("house")) if p)
        place = f"{text['territory']}, {street}" if street else ""
        rows.append((at, text["text"], text["topic"], text["territory"], place, "", False, author))
    for event in read_yaml(HERE / "planted.yaml")["events"]:
        at = START + timedelta(days=dice.uniform(20, DAYS - 4))
        for message in event["messages"]:
            author += 1
            at += timedelta(hours=dice.expovariate(1 / 3))
            house = dice.randint(1, 60)
            street = dice.choice(event["streets"])
            text = message.format(house=house)
            place = f"{event['territory']}, {street}, {house}" if street else ""
            rows.append((at, text, event["topic"], event["territory"], place, event["code"],
                         event["tune"], author))  # fmt: skip
    rows.sort()
    made = []
    for key, (at, text, topic, land, place, code, tune, who) in enumerate(rows, 1):
        where = place_of(place)
        said = Said(key, at, words_of(text, where), codes[topic], codes[land], where, who)
        made.append(Planted(said, code, tune))
    return made


def _noise(dice: random.Random, times: int) -> Iterable[dict[str, Any]]:
    """The texts as they are once; further rounds are words of three texts of a topic group,
    elsewhere and of another topic of the group: their vocabulary is alike, their matter is not."""
    texts = [text for text in read_texts() if not text.get("event")]
    yield from texts
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for text in texts:
        groups[text["topic"].split(".")[0]].append(text)
    lands = sorted({text["territory"] for text in texts})
    for _round in range(times - 1):
        for text in texts:
            group = groups[text["topic"].split(".")[0]]
            words = " ".join(dice.choice(group)["text"] for _ in range(3)).split()
            yield {
                **dice.choice(group),
                "text": " ".join(dice.sample(words, min(len(words), dice.randint(8, 30)))),
                "territory": dice.choice(lands),
                "house": dice.randint(1, 90),
            }


def groups_in(planted: Sequence[Planted]) -> dict[int, list[int]]:
    """Offer -> keys of its members, found by walking the stream once as the worker does."""
    counts: Counter[int] = Counter()
    known: list[Said] = []
    of: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for one in planted:
        new = one.said
        counts.update(new.words)
        rarity = Rarity(counts, len(known) + 1)
        recent = [other for other in known if new.at - other.at <= WINDOW]
        flow = flow_of(new, known)
        near = [
            Near(other, found, offer=of.get(other.key))
            for other in recent
            if (found := alike(new, other, rarity, flow))
        ]
        known.append(new)
        told = belongs(new, near)
        if told.offer is not None:
            groups[told.offer].append(new.key)
            of[new.key] = told.offer
        elif told.group:
            said = [new, *(other.said for other in told.group)]
            free = [other for other in recent if other.key not in of and other not in said]
            said += [
                one
                for one, _told in grown(said, free, lambda a, b: alike(a, b, rarity, flow))  # noqa: B023
            ]
            members = [one.key for one in said]
            groups[new.key] = members
            of.update(dict.fromkeys(members, new.key))
    return groups


def flow_of(new: Said, known: Iterable[Said]) -> Flow:
    """The new message among the earlier ones of its topic and territory."""
    ages = [
        new.at - one.at
        for one in known
        if one.topic == new.topic and one.territory == new.territory
    ]
    history = min(56.0, (new.at - START).total_seconds() / 86400)
    if history < 14:  # noqa: PLR2004  two weeks tell what is usual
        return Flow()
    recent = sum(age <= timedelta(days=2) for age in ages) + 1
    before = sum(timedelta(days=2) < age <= timedelta(days=56) for age in ages)
    return Flow(recent, 2 * before / max(1.0, history - 2))


@dataclass(frozen=True, slots=True)
class Report:
    """Events (an offer that mostly holds one event finds it) and single messages."""

    events: Counted
    messages: Counted


def judge(planted: Sequence[Planted], groups: dict[int, list[int]], *, tune: bool | None) -> Report:
    """`tune`: of the events looked at while tuning, of the others, None: of all."""
    truth = {one.said.key: one for one in planted}
    wanted = {p.event for p in planted if p.event and (tune is None or p.tune is tune)}
    events, messages = Counted(there=len(wanted)), Counted()
    messages.there = sum(p.event in wanted for p in planted)
    seen: set[str] = set()
    for members in groups.values():
        names = Counter(truth[key].event for key in members)
        name, most = max(names.items(), key=lambda item: (item[0] != "", item[1]))
        if name and name not in wanted:
            continue  # an event of the other half
        events.found += 1
        messages.found += len(members)
        if name and most * 2 > len(members):
            messages.right += most
            if name not in seen:
                events.right += 1
                seen.add(name)
            else:
                events.found -= 1  # a second offer of the same event is no false one
    events.missed = sorted(wanted - seen)
    return Report(events, messages)


def add(one: Counted, other: Counted) -> Counted:
    return Counted(
        one.found + other.found,
        one.right + other.right,
        one.there + other.there,
        one.missed + other.missed,
    )


def repeats_in(seed: int) -> tuple[Counted, list[str]]:
    """Pairs found among all messages answered before; the labelled ones are right."""
    dice = random.Random(seed)  # noqa: S311  a reproducible draw
    data = read_yaml(HERE / "planted.yaml")
    codes = Codes()
    rows: list[tuple[datetime, dict[str, Any]]] = []
    author = 0
    texts = read_texts()
    keys: dict[str, int] = {}
    for text in texts:
        author += 1
        keys[text["key"]] = keys.get(text.get("repeat_of", ""), author)
        street = ", ".join(str(p) for p in (text.get("street"), text.get("house")) if p)
        rows.append((
            datetime.fromisoformat(text["posted"]).replace(tzinfo=UTC),
            {"name": text["key"], "text": text["text"], "topic": text["topic"],
             "land": text["territory"], "place": street, "author": keys[text["key"]],
             "of": text.get("repeat_of", "")},
        ))  # fmt: skip
    for kind in ("repeats", "others"):
        for at, pair in enumerate(data[kind]):
            author += 2
            first = START + timedelta(days=dice.uniform(0, 40))
            later = first + timedelta(days=dice.uniform(8, 70))
            common = {"land": pair["territory"], "place": pair["place"], "author": author}
            name = f"{kind}-{at}"
            rows.append((first, {**common, "name": name, "text": pair["first"],
                                 "topic": pair["topic"], "of": ""}))  # fmt: skip
            rows.append((later, {
                **common, "name": f"{name}-then", "text": pair["then"],
                "topic": pair.get("then_topic", pair["topic"]),
                "author": author if pair["author"] else author - 1,
                "of": name if kind == "repeats" else "",
            }))  # fmt: skip
    rows.sort(key=lambda row: row[0])
    counts: Counter[int] = Counter()
    known: list[tuple[Said, str]] = []
    told = Counted(there=sum(bool(row["of"]) for _at, row in rows))
    wrong: list[str] = []
    for key, (at, row) in enumerate(rows, 1):
        where = place_of(row["place"])
        new = Said(key, at, words_of(row["text"], where), codes[row["topic"]], codes[row["land"]],
                   where, row["author"])  # fmt: skip
        counts.update(new.words)
        rarity = Rarity(counts, key)
        best = max(
            (
                (found.score, name)
                for other, name in known
                if timedelta(days=5) <= at - other.at <= timedelta(days=120)
                and (found := repeats(new, other, rarity))
            ),
            default=None,
        )
        known.append((new, row["name"]))
        if best is not None:
            told.found += 1
            if best[1] == row["of"] or (row["of"] and keys.get(best[1]) == keys.get(row["of"])):
                told.right += 1
            else:
                wrong.append(f"{row['name']}~{best[1]} {best[0]:.2f}")
        elif row["of"]:
            told.missed.append(row["name"])
    return told, wrong
