"""The page, the API and `check_replies` judge the same text alike."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from agencies.roles import Role
from cases import checking
from cases.models import Case
from cases.workflow import Status
from quality import points
from quality.batch import check_lines
from quality.fit import MATERIAL
from tests import factories

pytestmark = pytest.mark.django_db


def texts() -> list[str]:
    with MATERIAL.open(encoding="utf-8") as lines:
        replies = [json.loads(line)["reply_text"] for line in lines]
    chosen = replies[::12]
    return [
        *chosen,
        "Яму\r\nзасыпали вчера.\r\n\r\nСпасибо 🙂🙂",
        "😀" * 40 + " Вопрос на контроле.",
        "е\u0308лка на сп\u200bил",
        "<b>Работы</b> & «прочее» 12.05.2026",
        " ",
    ]


def line_of(case: Case, text: str) -> dict[str, Any]:
    """The case as a line of a file."""
    values = checking.values_of(case, checking.message_of(case), text, kind="final")
    return {
        "id": "1",
        "case_text": values.message,
        "reply_text": text,
        "topic": values.topic,
        "channel": values.channel,
        "agency": values.agency,
        "author": values.author,
        "kind": "final",
        "case_type": values.case_type,
        "regime": values.regime,
        "is_public": values.is_public,
        "place": values.place,
        "citizen_names": list(values.citizen_names),
        "citizen_contacts": list(values.citizen_contacts),
        "agency_names": list(values.agency_names),
        "postponements": values.postponements,
    }


def test_page_api_and_file_give_the_same_answer() -> None:
    factories.load_reference()
    own = factories.make_region()["own"]
    official = factories.make_person(Role.EXECUTOR, own)
    case = factories.make_case(Status.IN_WORK, own, executor=official)
    page = Client(headers={"HX-Request": "true"})
    page.force_login(official)
    token = Token.objects.create(user=official).key
    caller = Client(headers={"Authorization": f"Token {token}"})
    flags = set()
    for text in texts():
        shown = page.post(reverse("case-check", args=[case.number]), {"text": text, "tab": "t"})
        text = text.replace("\r\n", "\n")  # a form sends lines so, what is judged does not change
        told = caller.post(
            reverse("api-case-check", args=[case.number]), {"text": text}, "application/json"
        )
        if not text.strip():
            assert shown.context.get("panel") is None
            assert "Q01" in {finding["code"] for finding in told.json()["findings"]}
            continue
        (line,) = check_lines([json.dumps(line_of(case, text))])
        panel, answer = shown.context["panel"], told.json()
        assert panel.score == answer["score"] == points(line["score"]), text
        assert panel.flagged == answer["flagged"] == line["flagged"], text
        found = {(f["code"], json.dumps(f["spans"])) for f in answer["findings"]}
        assert found == {
            (f.code, json.dumps(f.spans)) for f in (*panel.must, *panel.advice, *panel.praise)
        }
        # How long the reply took is known to a case only; praise is not in a file's answer.
        counted = {pair for pair in found if pair[0] not in ("Q38",) and pair[0][0] == "Q"}
        reasons = {(f["code"], json.dumps(f["spans"])) for f in line["reasons"]}
        assert counted == reasons, text
        assert answer["questions"] == json.loads(json.dumps(_plain(panel.questions)))
        ring = re.search(r'class="ring-text"[^>]*>(\d+)<', shown.content.decode())
        assert ring is not None
        assert int(ring[1]) == answer["score"]
        flags.add(answer["flagged"])
    assert flags == {True, False}


def _plain(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the API tells of them."""
    return [{name: q[name] for name in ("number", "text", "answered")} for q in questions]
