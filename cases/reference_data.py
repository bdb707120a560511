"""Reference data from the files beside it: topics, deadline rules, reasons, calendar, channels.

Everything is put in by code and may be edited afterwards: a second run adds what is new and
leaves rows that exist as people set them.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agencies.models import CalendarDay
from cases.models import (
    Channel,
    DeadlineRule,
    LadderStep,
    Reason,
    ReasonKind,
    Regime,
    Topic,
    TopicGroup,
)

HERE = Path(__file__).parent / "reference"
CALENDAR = Path(__file__).parent.parent / "agencies" / "reference" / "production_calendar.csv"

# code, name, regime, are replies public
CHANNELS: tuple[tuple[str, str, str, bool], ...] = (
    ("vk", "ВКонтакте", Regime.SOCIAL, True),
    ("ok", "Одноклассники", Regime.SOCIAL, True),
    ("telegram", "Телеграм", Regime.SOCIAL, True),
    ("max", "MAX", Regime.SOCIAL, True),
    ("gospublic", "Госпаблик", Regime.SOCIAL, True),
    ("pos", "Платформа обратной связи", Regime.POS, False),
    ("hotline", "Горячая линия", Regime.HOTLINE, False),
    ("portal", "Региональный портал", Regime.PORTAL, False),
    ("internal", "Внутреннее поручение", Regime.INTERNAL, False),
    ("site", "Сайт ведомства", Regime.PORTAL, False),
    ("reception", "Электронная приёмная", Regime.LAW59, False),
    ("email", "Электронная почта", Regime.PORTAL, False),
    ("import", "Импорт", Regime.SOCIAL, True),
)
_REASON_FILES = {
    ReasonKind.REJECTION: "rejection_reasons.yaml",
    ReasonKind.RETURN: "review_grounds.yaml",
    ReasonKind.CLOSING: "close_reasons.yaml",
    ReasonKind.REDIRECT: "redirect_reasons.yaml",
    ReasonKind.NOTICE: "notice_reasons.yaml",
}


def read_yaml(path: Path) -> Any:
    with path.open(encoding="utf-8") as stream:
        return yaml.safe_load(stream)


def load_topics(path: Path = HERE / "topics.yaml") -> int:
    """Groups and topics; the number of new ones."""
    new = 0
    for group in read_yaml(path):
        row, _ = TopicGroup.objects.get_or_create(
            code=group["code"], defaults={"name": group["name"]}
        )
        known = set(row.topics.values_list("code", flat=True))
        fresh = [
            Topic(
                group=row,
                code=topic["code"],
                name=topic["name"],
                severity=topic.get("severity", 2),
                kind=topic.get("kind") or "solvable",
                photo_required=bool(topic.get("photo_required")),
                belongs=topic.get("belongs") or "",
            )
            for topic in group["topics"]
            if topic["code"] not in known
        ]
        Topic.objects.bulk_create(fresh)
        new += len(fresh)
    return new


def load_channels() -> None:
    Channel.objects.bulk_create(
        [
            Channel(code=code, name=name, regime=regime, is_public=public)
            for code, name, regime, public in CHANNELS
        ],
        ignore_conflicts=True,
    )


def load_reasons() -> None:
    for kind, name in _REASON_FILES.items():
        Reason.objects.bulk_create(
            [
                Reason(kind=kind, code=row["code"], name=row["name"], position=at)
                for at, row in enumerate(read_yaml(HERE / name), start=1)
            ],
            ignore_conflicts=True,
        )


def load_deadline_rules() -> None:
    with (HERE / "deadline_rules.csv").open(encoding="utf-8") as stream:
        DeadlineRule.objects.bulk_create(
            [
                DeadlineRule(
                    code=row["code"],
                    regime=row["regime"],
                    title=TITLES.get(row["code"], row["title_en"]),
                    start=row["start"],
                    amount=int(row["amount"]),
                    unit=row["unit"],
                    roll=row["roll"],
                    counts_day_zero=row["counts_day_zero"] == "yes",
                    cutoff=row["cutoff"],
                    warning_only=row["warning_only"] == "yes",
                    min_severity=int(row["min_severity"] or 1),
                    source=row["source"],
                    in_force_from=date(2020, 1, 1),
                    is_active=row["is_active"] == "yes",
                )
                for row in csv.DictReader(stream)
            ],
            ignore_conflicts=True,
        )


# Titles are data of a Russian region, edited in the admin: not msgids.
TITLES = {
    "SN-FIRST": "Первый ответ в соцсетях",
    "SN-URGENT": "Первый ответ на важное сообщение",
    "SN-PRIMARY": "Первая реакция в соцсетях",
    "SN-FINAL": "Окончательный ответ после промежуточного",
    "SN-MOD": "Модерация",
    "SN-APPR": "Согласование",
    "POS-STD": "Ответ на платформе обратной связи",
    "POS-FAST": "Ускоренный порядок",
    "POS-TARGET": "Целевой срок",
    "L59-REG": "Регистрация обращения",
    "L59-REDIR": "Переадресация обращения",
    "L59-MAIN": "Рассмотрение обращения",
    "L59-EXT": "Продление рассмотрения",
    "L59-MIG": "Рассмотрение по вопросам миграции",
    "L59-SHORT": "Уведомление заявителя",
    "L59-PASS": "Передача обращения по вопросам миграции",
    "PORTAL-8": "Ответ регионального портала",
    "HOTLINE": "Ответ на звонок",
    "INTERNAL": "Ответ на внутреннее поручение",
    "EXEC": "Срок исполнителя",
    "DISPUTE": "Спор о компетенции",
    "REWORK-SN": "Доработка ответа в соцсетях",
    "REWORK": "Доработка ответа",
    "SURVEY": "Ожидание оценки",
    "PART-SN": "Вклад соисполнителя, соцсети",
    "PART": "Вклад соисполнителя",
    "L59-REQ": "Запрос в другой орган по обращению",
}


# Warnings, the end, and who hears of it afterwards: domain note 9.3.
LADDER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("share-50", {"share": 50, "level": "executor", "from_hours": 4}),
    ("share-80", {"share": 80, "level": "executor"}),
    ("due", {"level": "curator"}),
    ("head", {"after": 2, "unit": "working_hours", "level": "head"}),
    ("supervisor", {"after": 1, "unit": "working_days", "level": "supervisor"}),
)


def load_ladder() -> None:
    """Steps that are not there yet; what an administrator changed stays."""
    for code, values in LADDER:
        LadderStep.objects.get_or_create(code=code, defaults=values)


def load_production_calendar() -> None:
    with CALENDAR.open(encoding="utf-8") as stream:
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(
                    day=date.fromisoformat(row["day"]),
                    kind=row["kind"],
                    title=row["title"],
                    replaces=date.fromisoformat(row["replaces"]) if row["replaces"] else None,
                    shorter_by=int(row["shorter_by"]) if row["shorter_by"] else None,
                    source=row["source"],
                    confirmed=row["confirmed"] == "yes",
                )
                for row in csv.DictReader(stream)
            ],
            ignore_conflicts=True,
        )


def load_all() -> None:
    load_channels()
    load_topics()
    load_reasons()
    load_deadline_rules()
    load_ladder()
    load_production_calendar()
