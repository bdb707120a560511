"""The columns written: those the import reads, under the headers it knows them by."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.workflow import Status
from intake.fields import BY_NAME, EXPORT_FIELDS, Field
from intake.lists import KINDS, OUTCOMES, REGIMES


class Table(TextChoices):
    """What a file may look like."""

    INCIDENT = "incident", _("47 columns of “Incident”")
    WIDE = "wide", _("47 columns and what they lack")


@dataclass(frozen=True, slots=True)
class Column:
    field: Field
    header: str


_INCIDENT = tuple(Column(field, field.headers[0]) for field in EXPORT_FIELDS)
# What the 47 columns have no place for; the import reads these too.
_FURTHER = tuple(
    Column(BY_NAME[name], header)
    for name, header in {
        "source": "Источник",
        "author_id": "ID автора",
        "author_name": "Автор",
        "author_phone": "Телефон",
        "lat": "Широта",
        "lon": "Долгота",
        "regime": "Режим рассмотрения",
        "fast_track": "Ускоренный порядок",
        "incoming_number": "Входящий номер",
        "appeal_registered_at": "Дата регистрации обращения",
        "migration": "Миграционное законодательство",
    }.items()
)
COLUMNS = {Table.INCIDENT: _INCIDENT, Table.WIDE: (*_INCIDENT, *_FURTHER)}

# A state -> the step the import reads back as the same step, or as the nearest one there is.
STEP_WORDS: dict[str, str] = {
    Status.RECEIVED: "На модерации",
    Status.MODERATION: "На модерации",
    Status.ROUTED: "Назначено",
    Status.IN_WORK: "В работе",
    Status.APPROVAL: "На согласовании",
    Status.REVIEW: "На согласовании",
    Status.REWORK: "На доработке",
    Status.REDIRECT_ASKED: "Спор о компетенции",
    Status.INTERIM: "Промежуточный ответ",
    Status.PLANNED: "Запланировано",
    Status.ANSWERED: "Оценка удовлетворенности",
    Status.REOPENED: "Возобновлено",
    Status.CLOSED: "Готово",
    Status.CEASED: "Готово",
    Status.REJECTED: "Отклонено",
}


def _first_words(words: dict[str, str]) -> dict[str, str]:
    """Code -> the first word the import knows it by, with a capital."""
    found: dict[str, str] = {}
    for word, code in words.items():
        found.setdefault(code, word[:1].upper() + word[1:])
    return found


KIND_WORDS = {**_first_words(KINDS), "unsolvable": "Не решаемый"}
OUTCOME_WORDS = _first_words(OUTCOMES)
REGIME_WORDS = {**_first_words(REGIMES), "pos": "ПОС", "law59": "59-ФЗ"}
