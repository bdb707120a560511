"""Django's admin as its user works it: rows ticked, an action chosen, what it said."""

from typing import Any

from django.test import Client

MARKER = "ЗАКЛАДКА77"
CASES = "/admin/cases/case/"


def act(client: Client, rows: list[Any], action: str, url: str = CASES, **values: Any) -> Any:
    """Tick the rows, choose the action; with values also confirm it."""
    data: dict[str, Any] = {
        "action": action,
        "_selected_action": [row.pk for row in rows],
        **values,
    }
    if values:
        data["confirmed"] = "1"
    return client.post(url, data, follow=True)


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]
