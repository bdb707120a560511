"""Templates at work in the demo region: replies that began from them, and what became of these.

Each is sent by the actions themselves, so the figures of a template, its returns and marks are
those the portal counted.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agencies.models import User
from cases.demo.lives import Lives
from cases.demo.people import Cast
from cases.models import ReplyTemplate
from cases.reference_data import read_yaml

_FILE = Path(__file__).parent / "templated.yaml"
_NUMBERED_FROM = 1000  # lives.yaml has the numbers before
_AGENCY = "min-transport"
_APPROVED_BEFORE = timedelta(days=90)


def tell(*, now: datetime, cast: Cast) -> int:
    """All of templated.yaml; how many cases they made."""
    data = read_yaml(_FILE)
    templates = {one.name: one for one in ReplyTemplate.objects.all()}
    _keep(templates, data["keepers"], now)
    lives = Lives(now=now, cast=cast)
    uses = sorted(data["uses"], key=lambda use: -use["days"])
    for number, use in enumerate(uses, _NUMBERED_FROM):
        lives.tell(number, _life(use, templates[use["template"]]))
    return len(uses)


def _keep(
    templates: dict[str, ReplyTemplate], keepers: list[dict[str, Any]], now: datetime
) -> None:
    """They were approved before the first reply of these; some have an owner and a last day."""
    people = {user.username: user for user in User.objects.all()}
    for template in templates.values():
        template.approved_at = now - _APPROVED_BEFORE
        template.approved_by = people["coordinator"]
    for row in keepers:
        kept = templates[row["template"]]
        kept.owner = people[row["owner"]]
        kept.expires_on = (now + timedelta(days=row["until"])).date()
    ReplyTemplate.objects.bulk_update(
        templates.values(), ["approved_at", "approved_by", "owner", "expires_on"]
    )


def _life(use: dict[str, Any], template: ReplyTemplate) -> dict[str, Any]:
    """From arrival to what the citizen or the supervisor said of the reply."""
    reply = {
        "text": _text(use, template),
        "template": template.pk,
        "outcome": use.get("outcome", "postponed"),
    }
    steps: list[list[Any]] = [
        [1, "operator", "start_moderation", {}],
        [1, "operator", "route", {}],
        [2, "executor", "take", {}],
        [5, "executor", "reply", reply],
        [3, "approver", "publish", {}],
    ]
    if "returned" in use:
        steps.append([4, "supervisor", "return_for_rework", use["returned"]])
    if "mark" in use:
        steps.append([26, "operator", "record_mark", {"value": use["mark"]}])
    return {"agency": _AGENCY, **use, "steps": steps}


def _text(use: dict[str, Any], template: ReplyTemplate) -> str:
    fill = iter(use["fill"])
    words = "".join(next(fill) if blank else words for words, blank in template.pieces)
    words = words.replace(use.get("cut", "\0"), "")
    return f"{words} {use['own']}".strip()
