"""Every check with texts it must and must not find."""
# ruff: noqa: E501

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quality import EarlierReply, Severity, Situation, assess

PIT = "На Садовой у дома 14 огромная яма. Когда сделают?"
LAMP = "На Школьной у дома 3 не горит фонарь, темно."
DONE = "Здравствуйте! Яму у дома 14 на Садовой засыпали 12 апреля, мастер Олег Пронин, 8 (4842) 55-12-30."
EMPTY = "Здравствуйте! Ваше обращение рассмотрено. Работы выполняются в плановом порядке."


def codes(message: str, reply: str, **more: Any) -> set[str]:
    return {f.code for f in assess(Situation(message, reply, **more)).findings}


HITS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("Q01", PIT, "", {}),
    ("Q01", PIT, "Здравствуйте!", {}),
    ("Q01", PIT, "https://gorod.example/news/1", {}),
    ("Q02", PIT, "Уважаемый {ФИО}! Яму засыпали 3 мая.", {}),
    ("Q02", PIT, "Яму засыпали [указать дату].", {}),
    ("Q02", PIT, "Работы ведёт [кто], закончит до [что и когда]. Яму засыпали 3 мая.", {}),
    ("Q02", PIT, "Коллеги, просим согласовать ответ. Яму засыпали 3 мая.", {}),
    ("Q03", PIT + " Мой телефон 8 900 123-45-67", "Позвоним на 8 (900) 123 45 67.", {"is_public": True}),
    ("Q03", PIT, "СНИЛС 123-456-789 01 получили, яму засыпали.", {"is_public": True}),
    ("Q03", PIT, "Иванова Анна просила засыпать яму, засыпали 3 мая.",
     {"is_public": True, "citizen_names": ("Иванова Анна Петровна",)}),
    ("Q04", PIT, "Хватит ныть, яму засыпали 3 мая.", {}),
    ("Q05", PIT, DONE, {"has_media": False, "case_type": "solvable", "kind": "final"}),
    ("Q06", PIT, "Вопрос изучаем, о результатах сообщим дополнительно.", {"kind": "interim"}),
    ("Q12", PIT, EMPTY, {}),
    ("Q13", PIT, "Здравствуйте! По данному вопросу Вам необходимо обратиться в администрацию.", {}),
    ("Q14", PIT, "Решить данный вопрос не представляется возможным.", {}),
    ("Q14", PIT, "Изложенные факты не нашли своего подтверждения.", {}),
    ("Q15", PIT, "Здравствуйте! Благодарим за обращение.", {}),
    ("Q16", LAMP, "Контейнеры вывозит региональный оператор, мусор с площадки забирают часто, "
     "баки для отходов новые.", {}),
    ("Q17", PIT, EMPTY + " Вопрос взят на контроль, принято к сведению. Надеемся на понимание.", {}),
    ("Q30", PIT, "Яму отремонтируем в ближайшее время.", {}),
    ("Q31", PIT, "Яму засыпали 3 мая.", {}),
    ("Q32", PIT, "Яму отремонтируют.", {}),
    ("Q33", PIT, "Согласно статье 13 Федерального закона от 08.11.2007 № 257-ФЗ дороги содержатся.", {}),
    ("Q34", PIT, "Ремонт выполнят при наличии финансирования.", {}),
    ("Q35", PIT, "В целях недопущения вышеуказанного осуществляется проведение мероприятий, "
     "производится надлежащее обеспечение данного участка посредством реализации плана.", {}),
    ("Q36", PIT, "Яму на Садовой засыпали 3 мая.", {}),
    ("Q37", PIT, "Здравствуйте! Вопрос рассмотрим. Оцените нашу работу!", {}),
    ("Q39", PIT, "Вы сами виноваты, что туда заехали.", {}),
    ("Q19", PIT, "Яму на Садовой засыпать не будем.",
     {"earlier_texts": ("Яму на Садовой засыплем 5 мая.",)}),
    ("Q20", PIT, "Яму засыплем 5 июня.", {"postponements": 2}),
    ("Q41", PIT, "Ваше сообщение передали специалистам, вопрос изучается.", {}),
    ("Q42", PIT, "Напишите здесь номер телефона и адрес проживания.", {"is_public": True}),
    ("Q43", PIT, "Яму засыпали 3 мая. С уважением, администрация Лугового района.",
     {"agency_names": ("Дорожная служба Заречска",)}),
    ("Q44", PIT, "Вопрос изучаем, дополнительно сообщим о решении.", {"kind": "final"}),
    ("Q45", PIT, "Приглашаем на субботник 25 апреля, акция продлится до 2 мая.", {}),
    ("Q46", PIT, "За 2025 год в области отремонтировано 412 км дорог на 8,7 млрд рублей.", {}),
    ("Q47", PIT, "Осуществление непосредственного взаимодействия уполномоченных подразделений "
     "исполнительных органов государственной власти обеспечивает надлежащее функционирование "
     "автоматизированных информационных систем мониторинга дорожно-эксплуатационных мероприятий, "
     "регламентированных нормативными правовыми документами соответствующего регионального "
     "законодательства, предусматривающего последовательное совершенствование организационных "
     "механизмов планирования капитального восстановления покрытий.", {}),
    ("Q48", PIT, "Обращение рассмотрели, принимаются меры реагирования.", {}),
    ("P1", PIT, DONE, {"has_media": True}),
    ("P2", PIT, DONE, {}),
    ("P3", PIT, DONE, {}),
    ("P4", PIT, "Извините, это наша ошибка: забыли участок. Яму на Садовой засыпали 3 мая.", {}),
    ("P5", PIT, "Здравствуйте! Яму на Садовой засыплем 5 мая.", {}),
]  # fmt: skip
MISSES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("Q01", "Собаку заберите!", "приют полон, собаку забрала волонтёр", {}),
    ("Q01", PIT, "Засыпали вчера.", {}),
    ("Q02", PIT, DONE, {}),
    ("Q02", PIT, f"[id1001|Руслан], здравствуйте! {DONE}", {}),
    ("Q03", PIT, DONE, {"is_public": True}),
    ("Q03", PIT + " Мой телефон 8 900 123-45-67", "Позвоним на 8 (900) 123 45 67.", {}),
    ("Q03", PIT, "Уважаемая Анна Петровна! Засыпали.",
     {"is_public": True, "citizen_names": ("Иванова Анна Петровна",)}),
    ("Q03", PIT, "Звоните диспетчеру 8 800 250-33-11.",
     {"is_public": True, "citizen_contacts": ("+7 900 111-22-33",)}),
    ("Q04", "Трубы худые", "Трубы стали хуже, заменим 3 мая. Застрахуйте дом.", {}),
    ("Q05", PIT, DONE, {}),
    ("Q06", PIT, "Пробы взяли, ответим до 16 мая.", {"kind": "interim"}),
    ("Q12", "Собаку у теплотрассы заберите!", "приют полон, собаку забрала волонтёр", {}),
    ("Q12", PIT, "Яму засыпали вчера.", {}),
    ("Q13", PIT, "Яму засыпали 3 мая. Если просядет, обратитесь в отдел дорог, 8 (4842) 55-12-30.", {}),
    ("Q14", "Поставьте лежачий полицейский на Лесной",
     "На Лесной поставить нельзя, потому что до перекрёстка 20 метров, а нужно 50. Поставим знак.", {}),
    ("Q15", PIT, "Яму засыплем 5 мая.", {}),
    ("Q16", LAMP, "Фонарь на Школьной починили.", {}),
    ("Q17", PIT, DONE, {}),
    ("Q30", PIT, "Яму засыплем 5 мая.", {}),
    ("Q31", PIT, DONE, {}),
    ("Q32", PIT, DONE, {}),
    ("Q33", PIT, DONE, {}),
    ("Q34", PIT, "Ремонт выполнят в 2027 году при наличии финансирования.", {}),
    ("Q35", PIT, DONE, {}),
    ("Q36", PIT, "[id12|Анна], яму засыпали.", {}),
    ("Q37", PIT, "Яму на Садовой засыпали 3 мая. Оцените нашу работу!", {}),
    ("Q39", PIT, DONE, {}),
    ("Q19", PIT, "Яму на Садовой засыпали 5 мая.",
     {"earlier_texts": ("Яму на Садовой засыплем 5 мая.",)}),
    ("Q20", PIT, "Яму засыплем 5 июня.", {"postponements": 1}),
    ("Q20", PIT, "Яму засыпали 5 июня.", {"postponements": 2}),
    ("Q41", PIT, "Обращение передали в Дорожную службу 3 мая, номер 118, ответят до 10 мая.", {}),
    ("Q42", PIT, "Напишите номер телефона личным сообщением.", {"is_public": True}),
    ("Q43", PIT, "Яму засыпали 3 мая. С уважением, дорожная служба.",
     {"agency_names": ("Дорожная служба Заречска",)}),
    ("Q44", PIT, "Яму засыплем 5 мая, о работе сообщим дополнительно.", {"kind": "final"}),
    ("Q45", PIT, "Яму засыплем 5 мая. Приглашаем на субботник 25 апреля.", {}),
    ("Q46", PIT, DONE, {}),
    ("Q47", PIT, DONE, {}),
    ("Q48", PIT, DONE, {}),
    ("P2", PIT, EMPTY, {}),
    ("P4", PIT, "Приносим извинения за неудобства.", {}),
    ("P5", PIT, EMPTY, {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "reply", "more"), HITS)
def test_a_check_finds_its_sign(code: str, message: str, reply: str, more: dict[str, Any]) -> None:
    assert code in codes(message, reply, **more)


@pytest.mark.parametrize(("code", "message", "reply", "more"), MISSES)
def test_a_check_stays_silent(code: str, message: str, reply: str, more: dict[str, Any]) -> None:
    assert code not in codes(message, reply, **more)


def test_an_answer_within_two_minutes_is_told_and_a_later_one_is_not() -> None:
    start = datetime(2026, 5, 12, 10, tzinfo=UTC)
    soon, later = start + timedelta(seconds=90), start + timedelta(minutes=30)
    assert "Q38" in codes(PIT, DONE, assigned_at=start, replied_at=soon)
    assert "Q38" not in codes(PIT, DONE, assigned_at=start, replied_at=later)
    assert "Q38" not in codes(PIT, DONE, replied_at=soon)


LONG = (
    "Здравствуйте! Сообщаем, что специалистами отдела изучены поступившие материалы, схема движения, "
    "состояние покрытия и обочин, после чего подготовлены предложения о включении участка в перечень "
    "объектов содержания, о чём уведомлены заинтересованные службы и подрядчик."
)


def test_an_empty_text_sent_about_another_case_is_a_near_copy_with_spans() -> None:
    earlier = EarlierReply("7", LONG, case_message="Плохая обочина на Лесной")
    found = assess(Situation(PIT, LONG.replace("перечень", "список")), [earlier])
    finding = next(f for f in found.findings if f.code == "Q10")
    assert finding.severity is Severity.RETURN
    assert found.flagged
    assert finding.spans
    assert found.reuse is not None
    assert found.reuse.sources[0].key == "7"


def test_the_same_text_to_the_same_author_is_told_apart() -> None:
    earlier = EarlierReply("7", LONG, author="u1", case_message="Плохая обочина на Лесной")
    found = assess(Situation(PIT, LONG, author="u1"), [earlier])
    assert {"Q11"} == {f.code for f in found.findings} & {"Q10", "Q11"}


def test_a_verbatim_but_concrete_answer_is_reported_and_not_blamed() -> None:
    text = (
        "Здравствуйте! Горячую воду на Гагарина отключили из-за прорыва трубы у котельной, бригада "
        "Теплосети меняет участок в сорок метров, воду дадут сегодня к 19:00, диспетчер отвечает "
        "круглосуточно по телефону 8 (4842) 55-12-30, перерасчёт сделают без заявления."
    )
    earlier = EarlierReply("7", text, case_message="Воды нет, Гагарина 5")
    found = assess(Situation("Почему нет воды на Гагарина 8?", text), [earlier])
    assert found.reuse is not None
    assert found.reuse.similarity == 1.0
    assert not found.flagged
    assert "Q10" not in {f.code for f in found.findings}


def test_an_approved_text_is_no_copying() -> None:
    earlier = EarlierReply("7", LONG, case_message="Плохая обочина на Лесной")
    found = assess(Situation(PIT, LONG, approved_texts=(LONG,)), [earlier])
    assert found.reuse is None


def test_a_short_text_is_counted_and_never_called_a_copy() -> None:
    text = "Засыпали, спасибо."
    earlier = [EarlierReply(str(n), text, case_message=f"Яма {n}") for n in range(5)]
    found = assess(Situation(PIT, text), earlier)
    assert "Q10" not in {f.code for f in found.findings}
    assert [f.params for f in found.findings if f.code == "Q40"] == [{"times": 5}]


def test_style_alone_weighs_nothing() -> None:
    advice = {"Q17", "Q35", "Q36"}
    found = assess(Situation(PIT, HITS[18][2] + " Осуществляется проведение мероприятий в целях."))
    assert all(f.weight == 0 for f in found.findings if f.code in advice)


def test_questions_are_numbered_with_the_sentence_that_answers() -> None:
    message = "Когда откроют мост? И почему объезд не освещён?"
    reply = "Здравствуйте! Мост откроют 20 октября."
    first, second = assess(Situation(message, reply)).questions
    assert (first.number, first.answered, second.answered) == (1, "yes", "no")
    assert message[first.start : first.end].startswith("Когда откроют мост")
    assert first.answer_span is not None
    assert "20 октября" in reply[slice(*first.answer_span)]
