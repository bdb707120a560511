"""The table a newcomer of the demo loads: invented messages of these days in the real layout."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

import yaml

from intake.export.columns import COLUMNS, Table
from intake.export.files import Cells, write_xlsx

_ROWS = Path(__file__).parent / "samples" / "demo_region.yaml"
_SITES = {
    "vk": "https://vk.com",
    "ok": "https://ok.ru",
    "telegram": "https://t.me",
    "pos": "https://pos.gosuslugi.ru",
    "nowhere": "https://forum.example.org",
}
_POSTS = {
    "vk": "wall-7700_{n}",
    "ok": "group/7700/topic/{n}",
    "telegram": "zarechnaya_demo/{n}",
    "pos": "appeal/{n}",
    "nowhere": "topic/{n}",
}
_AUTHORS = {"vk": "https://vk.com/id{n}", "ok": "https://ok.ru/profile/{n}"}


def write_sample(out: IO[bytes], day: date) -> None:
    """All that is taken on one day is the same table: loaded twice, it changes nothing."""
    write_xlsx(out, COLUMNS[Table.INCIDENT], rows(day))


def rows(day: date) -> Iterator[Cells]:
    told = yaml.safe_load(_ROWS.read_text(encoding="utf-8"))
    for number, row in enumerate(told, 1):
        yield {
            name: value
            for name, value in _cells(row, day, row.get("same_as", number)).items()
            if value not in ("", None)
        }


def _cells(row: dict[str, Any], day: date, number: int) -> Cells:
    posted = datetime.combine(day, time.fromisoformat(row["at"])) - timedelta(days=row["days"])
    key = day.toordinal() * 100 + number
    source, replies = row["source"], row.get("replies", [])
    hours = row.get("reply_hours")
    replied = posted + timedelta(hours=hours) if hours else None
    sent = replied if row["step"] != "На согласовании" else None
    closed = (sent or posted) + timedelta(days=row["closed_days"]) if "closed_days" in row else None
    assigned = posted + timedelta(hours=row["assigned_hours"]) if "assigned_hours" in row else None
    author = _AUTHORS.get(source, "").format(n=row.get("author", ""))
    return {
        "cabinet": "Заречная область",
        "region": "Заречная область",
        "external_id": str(key),
        "incident_number": str(key),
        "agency": row.get("agency", ""),
        "topic_group": row["group"],
        "topic": row["topic"],
        "territory": row["territory"],
        **{name: row.get(name, "") for name in ("settlement", "street", "house")},
        "step": row["step"],
        "kind": "Решаемый",
        "posted_at": posted,
        "assigned_at": assigned,
        "finished_at": closed,
        "first_reply_at": sent,
        "executor_reply_at": sent,
        "satisfaction_at": sent,
        "approval_sent_at": replied - timedelta(minutes=40) if replied else None,
        "first_reply_text": replies[0] if sent else "",
        **{f"reply_{n}": text for n, text in enumerate(replies, 1)},
        "in_time": row.get("in_time"),
        "reply_has_media": row.get("media", False) if sent else None,
        "message_has_media": False,
        "outcome": row.get("outcome", ""),
        "close_reason": row.get("reason", ""),
        "audience": row.get("audience"),
        "blog_url": _SITES[source],
        "url": f"{_SITES[source]}/{_POSTS[source].format(n=key)}",
        "author_url": author,
        "text": row["text"],
    }
