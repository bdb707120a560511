"""The rules of likeness, and how well they find what was planted."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import planting
from cases.event_texts import Facts, filled, unknown_places
from quality.alike import Flow, Place, Rarity, Said, alike, place_of, repeats, words_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RARITY = Rarity({}, 1000)


def said(text: str, **facts: object) -> Said:
    place = facts.pop("place", Place())
    values = {"key": 1, "at": NOW, "topic": 1, "territory": 1, "author": 1, **facts}
    return Said(words=words_of(text, place), place=place, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Заречск, Садовая улица, 5", Place("садов", "5")),
        ("ул. Садовая, д. 5", Place("садов", "5")),
        ("Нижнереченск, просп. Мира, 80а", Place("мир", "80а")),
        ("остановка «Рынок»", Place()),
        ("", Place()),
    ],
)
def test_a_place_is_a_street_and_a_house(text: str, place: Place) -> None:
    assert place_of(text) == place


def test_the_same_words_a_fortnight_later_are_another_event() -> None:
    text = "Прорвало трубу у школы"
    assert alike(said(text), said(text), RARITY, Flow())
    assert not alike(said(text), said(text, at=NOW - timedelta(days=14)), RARITY, Flow())


def test_unlike_words_go_together_only_when_the_topic_surges() -> None:
    one, other = said("моюсь из чайника третий день"), said("греем воду в чайнике, ребёнок мал")
    assert not alike(one, other, RARITY, Flow(recent=5, usual=3))
    found = alike(one, other, RARITY, Flow(recent=9, usual=1))
    assert found.why == ("surge",)


def test_another_house_of_the_street_is_no_repeat() -> None:
    street = {"topic": 2, "author": 5}
    first = said("Лифт не работает, застревает", place=Place("мир", "82"), **street)
    later = said(
        "Лифт не работает, застревает", place=Place("мир", "90"), **{**street, "author": 6}
    )
    assert not repeats(later, first, RARITY)
    same = said("Лифт опять не работает", place=Place("мир", "82"), topic=2, author=7)
    assert "house" in repeats(same, first, RARITY).why


def test_planted_events_are_found_among_the_noise() -> None:
    planted = planting.stream(1)
    told = planting.judge(planted, planting.groups_in(planted), tune=None)
    assert told.events.precision >= 0.9
    assert told.events.recall >= 0.9
    assert told.messages.precision >= 0.9
    assert told.messages.recall >= 0.8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_repeats_are_found(seed: int) -> None:
    """15 of 18 and none wrong on each seed (docs/events.md): one pair more may go astray."""
    told, wrong = planting.repeats_in(seed)
    assert told.there == 18
    assert told.precision >= 0.93, wrong
    assert told.recall >= 0.77, told.missed


def test_a_text_is_filled_in_from_the_card() -> None:
    text = "Здравствуйте, [имя]! По адресу [адрес] воду дадут 5 декабря, № [номер]."
    facts = Facts(name="Марина", address="Садовая, 5", number="26-000001")
    assert filled(text, facts) == (
        "Здравствуйте, Марина! По адресу Садовая, 5 воду дадут 5 декабря, № 26-000001."
    )
    assert filled("Здравствуйте, [имя]!", Facts()) == "Здравствуйте!"
    assert filled(text, Facts(name="Марина")) is None
    assert unknown_places("[имя], ждите [дата]") == ["дата"]
