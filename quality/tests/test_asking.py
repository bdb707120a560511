"""What a message asks for, where questions lean upon their neighbours, and words of one meaning."""

import pytest

from quality.answers import looks
from quality.asking import Asked, asked
from quality.clauses import Clause, read_clauses
from quality.distance import distance
from quality.evidence import body, profile
from quality.families import FAMILIES
from quality.textform import prepare
from quality.verbs import verb_class


def found(message: str) -> list[tuple[str, str]]:
    source = prepare(message)
    spans = [(one.kind, *source.span(one.start, one.end)) for one in asked(message)]
    return [(kind, message[start:end].strip(" .,;?!«»")) for kind, start, end in spans]


def clauses_of(reply: str, message: str) -> tuple[Clause, ...]:
    return read_clauses(body(reply, message), profile(message, None, None))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Прошу помочь вернуть деньги.", [("request", "Прошу помочь вернуть деньги")]),
        (
            "Прошу обязать «Теплосеть» сделать перерасчёт.",
            [("request", "Прошу обязать «Теплосеть» сделать перерасчёт")],
        ),
        (
            "Уберите снег и посыпьте тротуар!",
            [("request", "Уберите снег и"), ("request", "посыпьте тротуар")],
        ),
        # What was said to the citizen, what is wished for and what cannot be done asks nothing.
        ("В окошке говорят «ждите». Когда примут?", [("when", "Когда примут")]),
        (
            "Прошу выдать справку, чтобы оформить дом и прописаться.",
            [("request", "Прошу выдать справку, чтобы оформить дом и прописаться")],
        ),
        (
            "Просим починить телефон, дочь не может дозвониться.",
            [("request", "Просим починить телефон, дочь не может дозвониться")],
        ),
        ("лифт стоит неделю почему", [("why", "лифт стоит неделю почему")]),
        ("Во сколько мне обойдётся вызов?", [("how_much", "Во сколько мне обойдётся вызов")]),
        ("Приедет кто-нибудь?", [("yes_no", "Приедет кто-нибудь")]),
        ("Можно ли узнать, кто отвечает?", [("yes_no", "Можно ли узнать")]),
        # «я.» ends a sentence, an initial does not.
        ("Дважды звонила я. Почему молчите?", [("why", "Почему молчите")]),
    ],
)
def test_what_is_asked(message: str, expected: list[tuple[str, str]]) -> None:
    told = found(message)
    assert told[: len(expected)] == expected


def test_a_question_that_names_nothing_leans_upon_what_was_told_before() -> None:
    long, short = asked("Почему трамвай не едет до вокзала? Надолго?")
    assert long.around == frozenset()
    assert short.around
    assert short.around <= long.roots


def test_a_request_without_an_object_leans_upon_the_next() -> None:
    first, second = asked("Огородите и накажите застройщика!")
    assert first.around == second.roots - second.deeds


@pytest.mark.parametrize(
    ("asks", "told"),
    [("спилить", "обрезка"), ("вернуть", "возврат"), ("вывезти", "вывоз"), ("чинить", "ремонт")],
)
def test_words_of_one_meaning_are_one_family(asks: str, told: str) -> None:
    assert FAMILIES[asks] == FAMILIES[told]


def test_another_word_of_the_same_meaning_breaks_the_silence() -> None:
    message = "Спилите ветки у окон!"
    case = profile(message, None, None)
    for reply, silent in (("Обрезку проведём 3 апреля.", 0.0), ("Концерт начнём 3 апреля.", 1.0)):
        assert distance(case, asked(message), clauses_of(reply, message))["silent"] == silent


@pytest.mark.parametrize(
    ("lemma", "expected"),
    [
        ("докрасить", "deed"),
        ("перекопать", "deed"),
        ("опечатывать", "doing"),
        ("хотеть", "other"),
        ("вырасти", "growth"),
    ],
)
def test_a_verb_is_read_by_what_it_is_made_from(lemma: str, expected: str) -> None:
    assert verb_class(lemma) == expected


def test_a_sentence_answers_one_question_only() -> None:
    message = "Когда почините лифт? Когда почините кровлю?"
    questions: tuple[Asked, ...] = asked(message)
    one = clauses_of("Лифт починим 12 мая.", message)
    both = clauses_of("Лифт починим 12 мая. Кровлю починим 14 мая.", message)
    left = [look.features["left_over"] for look in looks(questions, one, [3.0] * len(one), -3.0)]
    assert left == [0.0, 1.0]
    none = [look.features["left_over"] for look in looks(questions, both, [3.0] * len(both), -3.0)]
    assert none == [0.0, 0.0]
