"""How far a reply stays from its message."""

import pytest

from quality.asking import asked
from quality.clauses import read_clauses
from quality.distance import distance
from quality.evidence import body, profile

MESSAGE = "Во дворе на Лесной, 4 сломаны качели. Когда почините качели?"


def far(reply: str, message: str = MESSAGE) -> dict[str, float]:
    case = profile(message, None, None)
    return distance(case, asked(message), read_clauses(body(reply, message), case))


@pytest.mark.parametrize(
    ("reply", "silent", "unmet"),
    [
        ("Качели починим 12 мая.", 0.0, 0.0),
        ("Качели починим.", 0.0, 1.0),
        ("Запись в секцию лыж идёт до 12 мая.", 1.0, 0.0),
        ("Секция лыж ждёт ребят.", 1.0, 1.0),
        ("", 1.0, 1.0),
    ],
)
def test_naming_what_is_asked_and_the_kind_of_answer_are_told_apart(
    reply: str, silent: float, unmet: float
) -> None:
    found = far(reply)
    assert found["silent"] == silent
    assert found["unmet"] == unmet


def test_the_words_of_the_message_given_back_do_not_come_closer() -> None:
    given_back = far("Вы пишете, что во дворе на Лесной, 4 сломаны качели. Когда почините качели?")
    assert given_back == far("")


def test_saying_more_never_leads_away() -> None:
    short = far("Качели починим.")
    for more in ("Приходите на праздник.", "Мастер приедет 12 мая.", "Спасибо за обращение!"):
        longer = far(f"Качели починим. {more}")
        assert all(longer[name] <= short[name] for name in short)


def test_a_message_without_a_question_is_not_passed_over_in_silence() -> None:
    assert far("Секция лыж ждёт ребят.", "Во дворе темно и страшно")["silent"] == 0.0
