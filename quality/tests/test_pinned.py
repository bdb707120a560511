"""Results on fixed texts are pinned to the version of the rules: nobody changes them silently.

    python -m quality.tests.test_pinned     # after RULES_VERSION was raised: pins the new results

`pinned.json` keeps what each version found, a digest for each check, newest version last.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quality import RULES_VERSION, Assessment, EarlierReply, Situation, assess
from quality.memory import MemoryIndex

HERE = Path(__file__).parent
PINNED = HERE / "pinned.json"
_MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_SPOILED = (
    "{}",
    "Уважаемая [обращение], {}",
    "[id1|Марина], {} Срок: ____.",
    "{} Прошу согласовать до 15.00.",
    "{} Вопрос решён, работы выполнены.",
    "{} Поставьте нам пятёрку!",
    "{} Ольга Петровна Смирнова, ваш телефон 8 900 123-45-67.",
)
_SHARP = (
    "Хватит ныть, яму на Садовой засыпать не будем.",
    "Вы сами виноваты. Вопрос рассмотрим. Оцените нашу работу!",
    "Напишите здесь номер телефона и адрес проживания.",
)
_EMPTY = (
    "Здравствуйте! Специалистами отдела изучены поступившие материалы, схема движения, состояние "
    "покрытия и обочин, после чего подготовлены предложения о включении участка в перечень "
    "объектов содержания, о чём уведомлены заинтересованные службы и подрядчик."
)


def situations() -> Iterator[Situation]:
    """Every text of two sets with the facts of a case changing from one to the next."""
    rows = [
        json.loads(line)
        for name in ("dev_set.jsonl", "hard_set.jsonl")
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()
    ]
    for at, row in enumerate(rows):
        plain = Situation(row["case_text"], row["reply_text"])
        yield plain
        told = _SPOILED[at % len(_SPOILED)].format(plain.reply)
        yield replace(
            plain,
            reply=told,
            kind=("final", "interim", None)[at % 3],
            is_public=at % 2 == 0,
            has_media=(None, False, True)[at // 2 % 3],
            case_type=("solvable", "unsolvable", "informational", None)[at % 4],
            outcome=("solved", None)[at // 3 % 2],
            evidence_faults=((), ("older",), ("reused",), ("older", "reused"))[at % 4],
            citizen_names=("Смирнова Ольга Петровна",),
            assigned_at=_MOMENT,
            replied_at=_MOMENT + timedelta(minutes=(1, 90)[at % 2]),
            agency_names=("Министерство дорог", "Горсвет"),
            earlier_texts=(rows[at - 1]["reply_text"],) if at % 5 == 0 else (),
            postponements=at % 4,
            sent_this_month=(0, 3, 40)[at % 3],
        )
    pit = "Засыпьте яму на Садовой. Когда?"
    yield from (Situation("", ""), Situation(pit, "."), Situation(pit, "{ФИО}, засыпали."))
    for reply in _SHARP:
        yield Situation(pit, reply, is_public=True, earlier_texts=("Яму засыплем 5 мая.",))
    yield Situation(pit, _EMPTY, author="1")
    yield Situation("Плохая обочина на Лесной", _EMPTY.replace("все", "уже все"), author="1")


def results() -> list[Assessment]:
    """Each text beside those before it, so that copies are among them."""
    index = MemoryIndex()
    found = []
    for at, situation in enumerate(situations()):
        approved = (situation.reply,) if at % 17 == 0 else ()
        earlier = index.candidates(situation.reply, approved)
        found.append(
            assess(replace(situation, approved_texts=approved), earlier, formulas=index.formulas)
        )
        index.add(EarlierReply(str(at), situation.reply, "1", "1", situation.message, _MOMENT))
    return found


def _digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:12]


def digests() -> dict[str, str]:
    """What was found, by check; `risk`, `reuse`, `questions` for the whole."""
    rows: dict[str, list[Any]] = {}
    for at, one in enumerate(results()):
        for finding in one.findings:
            told = (
                at,
                finding.severity,
                finding.spans,
                sorted(map(str, (finding.params or {}).items())),
            )
            rows.setdefault(finding.code, []).append([*told, round(finding.weight, 3)])
        rows.setdefault("risk", []).append((round(one.risk, 3), one.flagged))
        copied = one.reuse and [
            (s.key, round(s.similarity, 3), round(s.share, 3), s.spans) for s in one.reuse.sources
        ]
        rows.setdefault("reuse", []).append((copied, one.personal_share, one.stems))
        rows.setdefault("questions", []).append(
            [(q.answered, q.answer_span) for q in one.questions]
        )
    return {name: _digest(of) for name, of in sorted(rows.items())}


def pinned() -> dict[str, dict[str, str]]:
    versions: dict[str, dict[str, str]] = json.loads(PINNED.read_text(encoding="utf-8"))
    return versions


def test_results_change_with_the_version_of_the_rules_only() -> None:
    assert list(pinned())[-1] == RULES_VERSION, "python -m quality.tests.test_pinned"
    known, found = pinned()[RULES_VERSION], digests()
    changed = sorted(c for c in known.keys() | found.keys() if known.get(c) != found.get(c))
    assert changed == [], "results changed: raise RULES_VERSION in quality/engine.py, then pin"


def test_the_fixed_texts_reach_nearly_every_check() -> None:
    """A check that finds nothing here could change unseen."""
    code = "".join(path.read_text(encoding="utf-8") for path in HERE.parent.glob("checks_*.py"))
    told = set(re.findall(r'"([QP]\d+)"', code))
    assert len(told) > 40
    assert told - pinned()[RULES_VERSION].keys() == set()


def main() -> None:
    versions = pinned() if PINNED.exists() else {}
    if RULES_VERSION in versions and versions[RULES_VERSION] != digests():
        raise SystemExit(f"{RULES_VERSION} is pinned with other results: raise RULES_VERSION")
    versions[RULES_VERSION] = digests()
    PINNED.write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
