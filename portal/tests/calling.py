"""What calls of the API carry."""

from typing import Any

JSON = "application/json"


def message(**given: Any) -> dict[str, Any]:
    return {
        "channel": "vk",
        "external_id": "wall-1_2",
        "text": "Когда засыпят яму на Садовой, 5? Звоните +7 912 345-67-89.",
        "posted_at": "2026-06-10T10:12:00+03:00",
        "author": "id77",
        "author_name": "Марина Кузнецова",
        **given,
    }
