"""Values of each move for a case of the world (tests.world.World), as a page or API sends them.

A move without a row here fails `test_access` with its name.
"""

from collections.abc import Callable
from typing import Any

from cases.models import Case, ReasonKind
from cases.workflow import Regime
from tests.factories import REPLY, first_reason, next_workday

Body = Callable[["Any", Case], dict[str, Any]]

MOVES: dict[str, Body] = {
    "start_moderation": lambda world, case: {},
    "amend": lambda world, case: {"title": "Яма у подъезда"},
    "reject": lambda world, case: {"reason": first_reason(ReasonKind.REJECTION)},
    "register_appeal": lambda world, case: {"incoming_number": "А-15/26"},
    "confirm_rejection": lambda world, case: {"note": "Согласна"},
    "decline_rejection": lambda world, case: {"note": "Вопрос есть"},
    "merge": lambda world, case: {"into": world.merge_target(case).number},
    "route": lambda world, case: {"agency": "neutral"},
    "split": lambda world, case: {
        "answer": "several",
        **{"agency_1": "neutral", "part_1": "Когда засыпят яму?"},
        **{"agency_2": "beside", "part_2": "Когда заменят фонарь?"},
        **({"outgoing_number": "12-р/1"} if case.regime == Regime.LAW59 else {}),
    },
    "recall_routing": lambda world, case: {"reason": "Не то ведомство"},
    "take": lambda world, case: {},
    "assign": lambda world, case: {"executor": world.executor_of(case).username},
    "respond_first": lambda world, case: {"url": "https://vk.example/wall-1_1"},
    "dispute_competence": lambda world, case: {
        "reason": first_reason(ReasonKind.REDIRECT),
        "proposed": "neutral",
    },
    "forward_appeal": lambda world, case: {
        "body": "Прокуратура области",
        "outgoing_number": "12-п/1",
    },
    "short_notice": lambda world, case: {"kind": "court", "outgoing_number": "12-у/1"},
    "redirect": lambda world, case: {"agency": "neutral"},
    "refuse_redirect": lambda world, case: {"note": "Ваша территория"},
    "submit_reply": lambda world, case: {"text": REPLY},
    "withdraw_reply": lambda world, case: {},
    "return_to_author": lambda world, case: {"remark": "Назовите срок"},
    "accept_reply": lambda world, case: {},
    "return_for_rework": lambda world, case: {"grounds": [first_reason(ReasonKind.RETURN)]},
    "dispute_return": lambda world, case: {"objection": "Срок назван во втором предложении"},
    "judge_reply": lambda world, case: {"task": world.task_of(case).pk, "verdict": "good"},
    "undo_verdict": lambda world, case: world.judged(case, world.sender) or {},
    "publish": lambda world, case: {
        "url": "https://vk.example/wall-1_2",
        **({"outgoing_number": "12-о/1"} if case.regime == Regime.LAW59 else {}),
    },
    "give_interim": lambda world, case: {"url": "https://vk.example/wall-1_3"},
    "plan": lambda world, case: {
        "url": "https://vk.example/wall-1_4",
        **({"outgoing_number": "12-о/2"} if case.regime == Regime.LAW59 else {}),
    },
    "resume_planned": lambda world, case: {},
    "add_promise": lambda world, case: {
        "until": f"{next_workday(9):%Y-%m-%d}",
        "what": "Покрасить ограду",
    },
    "keep_promise": lambda world, case: {
        "promise": world.promise_of(case).pk,
        "proof": "Акт № 5 от 3 декабря",
    },
    "move_promise": lambda world, case: {
        "promise": world.promise_of(case).pk,
        "until": f"{next_workday(40):%Y-%m-%d}",
        "reason": "Краски не привезли",
        "url": "https://vk.example/wall-1_9",
    },
    "ask_citizen": lambda world, case: {
        "question": "Какой подъезд?",
        "url": "https://vk.example/wall-1_7",
    },
    "citizen_answered": lambda world, case: {"answer": "Третий"},
    "ask_part": lambda world, case: {"agency": "neutral", "task": "Назовите владельца сетей"},
    "withdraw_part": lambda world, case: {
        "part": world.part_of(case, "asked").pk,
        "reason": "Уже выяснили",
    },
    "return_part": lambda world, case: {
        "part": world.part_of(case, "given").pk,
        "remark": "Нет даты",
    },
    "recall_publication": lambda world, case: {"reason": "Не та ссылка"},
    "correct_reply": lambda world, case: {"reason": "Опечатка в сроке"},
    "record_mark": lambda world, case: {"value": "2", "comment": "Ничего не сделали"},
    "cease": lambda world, case: {
        "agreed_by": world.colleague_of(case).username,
        "no_new_arguments": "on",
        "outgoing_number": "12-п/9",
    },
    "close": lambda world, case: {"reason": first_reason(ReasonKind.CLOSING)},
    "reopen": lambda world, case: {"reason": "Житель возразил"},
    "resume": lambda world, case: {},
    "set_control": lambda world, case: {"reason": "Поручение губернатора"},
    "propose_lifting": lambda world, case: {"outcome": "Двор расчищен, жители довольны"},
    "decline_lifting": lambda world, case: {"note": "Проверим после оттепели"},
    "lift_control": lambda world, case: {"reason": "Исполнено"},
    "extend": lambda world, case: {
        "until": f"{next_workday(30):%Y-%m-%d}T12:00",
        "reason": "Ждём запчасти",
    },
    "extend_appeal": lambda world, case: {
        "until": f"{next_workday(10):%Y-%m-%d}",
        "ground": "Запрошены сведения у владельца сетей",
        "outgoing_number": "12-у/2",
    },
    "join_event": lambda world, case: {"event": world.joined_by(case).code},
    "leave_event": lambda world, case: {"reason": "О другом"},
    "judge_repeat": lambda world, case: {"verdict": "refused"},
    "add_note": lambda world, case: {"text": "Позвонить мастеру"},
}
