"""Mass events and repeats of the demo region: their messages, and what the centre made of them."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agencies.models import User
from cases import events, gathering
from cases.demo.sources import HERE
from cases.models import EventOffer, Territory
from cases.reference_data import read_yaml

# Hours ago in which the messages of each event came; the newest two of the last come late.
_WHEN = {
    "power-storm": (30, 5),
    "ice-sidewalks": (46, 2),
    "school-food": (100, 30),
    "yellow-water": (70, 0.6),
}
_CONFIRMED = "yellow-water"
_LATE = timedelta(hours=9)
_TEXT = (
    "Здравствуйте, [имя]! После промывки водозабора 21 ноября в трубы Каменного Брода попал осадок,"
    " поэтому вода пошла жёлтой. Сети промоем до 30 ноября, каждый день с 9 до 17, пробы берём"
    " утром и вечером и публикуем на странице водоканала. Плату за эти дни пересчитают в квитанции"
    " за ноябрь без заявлений. Если вода останется жёлтой после 30 ноября, звоните диспетчеру"
    " водоканала: 8 (3599) 52-30-30, круглосуточно. Отвечает Ильдар Гареев, Водоканал. Номер"
    " вашего обращения [номер]."
)
_REPLY = (
    "Здравствуйте! Мастер участка Егор Лапшин осмотрел место {day}, неисправность подтвердилась."
    " Её устранили в тот же день, работы принял инженер Павел Дорохов. Если повторится, звоните:"
    " 8 (3599) 44-10-10, по будням с 8 до 17."
)


def rows(now: datetime, places: dict[str, Territory]) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Texts of the demo's shape with their moments; the same for a moment, whatever else."""
    dice = random.Random(20261126)  # noqa: S311  a reproducible draw
    data = read_yaml(gathering_file())
    for event in data["events"]:
        if event["code"] not in _WHEN:
            continue
        longest, newest = _WHEN[event["code"]]
        step = (longest - newest) / (len(event["messages"]) - 1)
        for at, message in enumerate(event["messages"]):
            house = str(dice.randint(1, 60))
            street = dice.choice(event["streets"])
            yield (
                row_of(
                    key=f"{event['code']}-{at}",
                    topic=event["topic"],
                    place=places[event["territory"]],
                    street=street,
                    house=house if street else "",
                    text=message.format(house=house),
                    dice=dice,
                ),
                now - timedelta(hours=longest - at * step),
            )
    for number, pair in enumerate(data["repeats"]):
        street, _sep, house = pair["place"].partition(", ")
        common: dict[str, Any] = {
            "place": places[pair["territory"]],
            "street": street,
            "house": house,
            "dice": dice,
        }
        day = f"{now - timedelta(days=29):%d.%m}"
        first = row_of(
            key=f"pair-{number}",
            topic=pair["topic"],
            text=pair["first"],
            replies=[{"quality": "good", "kind": "final", "text": _REPLY.format(day=day)}],
            **common,
        )
        then = row_of(
            key=f"pair-{number}-then",
            topic=pair.get("then_topic", pair["topic"]),
            text=pair["then"],
            **common,
        )
        if pair["author"]:
            # One author of both: the demo knows him by the key of his first text.
            then["same_author"] = first["key"]
            then["author"], then["channel"] = first["author"], first["channel"]
        yield first, now - timedelta(days=31 + number)
        yield then, now - timedelta(days=1 + number % 4, hours=5)


def gathering_file() -> Any:
    return HERE / "planted.yaml"


_NAMES = ("Марина К.", "Олег С.", "Лидия Ф.", "Тимур Г.", "Анна П.", "Виктор М.", "Зоя Ш.", "")


def row_of(
    *,
    key: str,
    topic: str,
    place: Territory,
    street: str,
    house: str,
    text: str,
    dice: random.Random,
    replies: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    name = dice.choice(_NAMES)
    return {
        "key": key,
        "topic": topic,
        "territory": place.code,
        "channel": dice.choice(("vk", "ok", "telegram")),
        "author": {"name": name, "kind": "person"},
        "settlement": place.name if street else "",
        "street": street,
        "house": house,
        "text": text,
        "replies": replies or [],
    }


def settle(now: datetime, coordinator: User) -> None:
    """Let the portal find what belongs together; the centre has decided on one of the offers."""
    gathering.gather_all(120, until=now - _LATE)
    offer = (
        EventOffer.objects.waiting()
        .filter(topic__code="housing.bad-water", territory__code="kamenny-brod")
        .order_by("-pk")
        .first()
    )
    if offer is not None:
        chosen = list(offer.members.values_list("case_id", flat=True))
        decided = events.confirm(
            offer,
            actor=coordinator,
            chosen=chosen,
            event=None,
            title="Жёлтая вода в Каменном Броде",
        )
        event = decided.event
        assert event is not None
        event.decision = (
            "Глава города поручил промыть сети до 30 ноября и пересчитать плату за дни с жёлтой"
            " водой без заявлений."
        )
        event.decided_on = (now - timedelta(days=1)).date()
        event.forecast_on = (now + timedelta(days=4)).date()
        event.approved_text = _TEXT
        event.save()
    gathering.gather_all(120)
