"""A paper is set whatever signs people wrote with."""

import pytest
from django.test import Client

from agencies.models import Agency
from cases.legible import legible
from cases.models import Message
from cases.workflow import Status
from tests import factories


def test_signs_the_fonts_lack_are_said_by_others() -> None:
    assert legible("яма → дом‑5 😡 ½ ① ✓") == "яма -> дом-5 ? ½ 1 ?"
    assert legible({"a": ["ё\u200d", 5, None]}) == {"a": ["ё", 5, None]}


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["😡😡 когда?!", "→ 你好 שלום ﷽", "a\u0336b\u202e", "\u0000x"])
def test_the_card_of_a_case_is_set_whatever_was_written(said: str) -> None:
    factories.load_reference()
    region: dict[str, Agency] = factories.make_region()
    case = factories.make_case(
        Status.IN_WORK, region["own"], text=said.replace("\x00", ""), title=said.strip("\x00")
    )
    assert Message.objects.filter(case=case).exists()
    client = Client()
    client.force_login(factories.make_person("executor", region["own"]))
    answer = client.get(f"/cases/{case.number}/card/")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert body.startswith(b"%PDF")
