"""The import through its command: files of a few rows, and what the command says of them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from intake.fields import EXPORT_FIELDS

# A row of a plain file.
ROW = {
    "id": "wall-1_2",
    "datetime": "10.06.2026 10:12",
    "source": "vk",
    "author_id": "id77",
    "author_name": "Марина Кузнецова",
    "text": "Во дворе дома пять по улице Садовой вторую неделю не горит фонарь.",
    "address": "улица Садовая, 5",
}
_HEADER = {field.name: field.headers[0] for field in EXPORT_FIELDS}
_INCIDENT = {
    "cabinet": "Заречная область",
    "external_id": "41000000",
    "incident_number": "800000",
    "agency": "Ведомство own",
    "assigned_at": "2026-06-10 10:20:00.000",
    "in_time": "-",
    "step": "В работе",
    "posted_at": "2026-06-10 10:12:33.123",
    "topic_group": "Дороги",
    "topic": "roads.pits",
    "territory": "centre",
    "settlement": "Заречск",
    "street": "Садовая улица",
    "house": "5",
    "kind": "Решаемый",
    "url": "http://vk.com/wall-1_2?reply=3",
    "text": "'Во дворе яма, когда её засыпят?",
    "reply_1": "'",
    "reply_2": "'",
    "reply_3": "'",
    "audience": "120",
    "author_url": "http://vk.com/id77",
}
ANSWERED = {
    "first_reply_at": "2026-06-10 15:00:00",
    "first_reply_text": "'[id77|Житель], яму засыпали щебнем.",
    "first_reply_elapsed": "0 days, 4:47:27.000000",
    "executor_reply_at": "2026-06-10 15:00:00",
    "approval_sent_at": "2026-06-10 14:30:00",
    "approval_elapsed": "0:30:00",
    "step": "Оценка удовлетворенности",
    "outcome": "Решено",
    "reply_1": "'[id77|Житель], яму засыпали щебнем.",
    "satisfaction_at": "2026-06-10 15:00:00",
}


def incident(**changes: str) -> dict[str, str]:
    """A row of the 47-column export by our names of fields -> by its headers."""
    values = {**_INCIDENT, **changes}
    return {_HEADER[name]: values.get(name, "") for name in _HEADER}


def write(path: Path, rows: list[dict[str, Any]], headers: list[str] | None = None) -> Path:
    headers = headers or list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, headers, restval="")
        table.writeheader()
        table.writerows(rows)
    return path


def bring(path: Path, *options: str) -> dict[str, Any]:
    """What `--json` prints last."""
    out = io.StringIO()
    call_command("import_messages", str(path), "--json", *options, stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue().strip().splitlines()[-1])
    return found


def counts_of(result: dict[str, Any]) -> tuple[int, int, int]:
    return result["created"], result["updated"], result["unchanged"]


def files_in(settings: Any, folder: Path) -> None:
    """Keep uploaded files there: a real folder, as an installation has it."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder)},
        },
    }
