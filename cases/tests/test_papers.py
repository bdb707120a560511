"""Papers by 59-FZ: what they say, their hash, and who sees the citizen's name in them."""

import hashlib
import re
import zlib
from typing import Any

import pytest
from django.test import Client

from agencies.models import Agency, User
from cases import actions, papers
from cases.models import Appeal, Attachment, Case, Paper
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(settings: Any, tmp_path: Any) -> dict[str, Agency]:
    settings.MEDIA_ROOT = tmp_path
    factories.load_reference()
    return factories.make_region()


def words_of(body: bytes) -> str:
    """The text of a PDF by its fonts' tables of characters; order and spaces are not kept."""
    streams = [
        zlib.decompress(raw)
        for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", body, re.S)
        if raw[:1] == b"\x78"
    ]
    found = ""
    for stream in streams:
        if b"beginbfchar" in stream or b"beginbfrange" in stream:
            for code in re.findall(rb"<[0-9A-Fa-f]+> <([0-9A-Fa-f]+)>", stream):
                found += bytes.fromhex(code.decode()).decode("utf-16-be", "replace")
    return found


def answered(agency: Agency, **facts: Any) -> Case:
    case = factories.make_case(Status.APPROVAL, agency, regime="law59", **facts)
    actions.publish(
        case,
        actor=factories.make_person("approver", agency, position="Заместитель министра"),
        url="https://vk.example/wall1",
        outgoing_number="12-о/145",
        signer="",
        result="measures",
    )
    return Case.objects.get(pk=case.pk)


def test_the_letter_is_kept_with_its_hash_and_the_same_values_make_the_same_bytes(
    region: dict[str, Agency],
) -> None:
    case = answered(region["own"])
    paper = Paper.objects.select_related("attachment").get(case=case)
    with papers.files.opened(paper.attachment.sha256) as stored:
        body = stored.read()
    assert body.startswith(b"%PDF-")
    assert hashlib.sha256(body).hexdigest() == paper.attachment.sha256
    assert papers.render("paper.typ", paper.data) == body
    assert (paper.number, paper.kind) == ("12-о/145", Paper.Kind.LETTER)
    assert paper.data["text"] == case.replies.get().text
    assert paper.data["position"] == "Заместитель министра"
    assert Appeal.objects.get(case=case).outgoing_number == "12-о/145"


def test_a_paper_does_not_go_with_the_next_reply_of_who_signed_it(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], regime="law59")
    both = factories.make_person("approver", region["own"])
    factories.hold(both, "executor", region["own"])
    actions.extend_appeal(
        case,
        actor=both,
        until=factories.next_workday(10),
        ground="Запрос",
        outgoing_number="1",
    )
    actions.submit_reply(
        Case.objects.get(pk=case.pk), actor=both, text=factories.REPLY, override="да"
    )
    assert Attachment.objects.get(case=case).reply_id is None


@pytest.mark.parametrize("api", [False, True])
def test_who_may_not_see_contacts_gets_the_paper_without_them(
    region: dict[str, Agency], api: bool
) -> None:
    author = factories.make_citizen(name="Щукина Эльвира", address="Щорса, 5")
    case = answered(region["own"], citizen=author)
    file = Attachment.objects.get(case=case)
    sees = factories.make_person("executor", region["own"])
    masked = factories.make_person("auditor", region["own"])
    path = f"/api/cases/{case.number}/attachments/{file.pk}/"
    path = path if api else f"/cases/{case.number}/files/{file.pk}/"
    bodies = {}
    for person in (sees, masked):
        client = Client()
        client.force_login(person)
        answer = client.get(path)
        assert answer.status_code == 200
        bodies[person] = b"".join(answer.streaming_content)
    assert hashlib.sha256(bodies[sees]).hexdigest() == file.sha256
    # «Щ» stands in the name and the address alone: the masked paper has no such letter but one.
    assert words_of(bodies[sees]).count("Щ") >= 1
    assert bodies[masked] == papers.masked(Paper.objects.get(case=case))
    values = Paper.objects.get(case=case).data
    assert values["to"]["name"] == "Щукина Эльвира"
    assert _masked_values(masked, case) == {"name": "Эльвира Щ.", "address": "•••"}


def _masked_values(person: User, case: Case) -> dict[str, str]:
    from unittest.mock import patch

    with patch("cases.papers.render") as render:
        papers.masked(Paper.objects.get(case=case))
    return render.call_args.args[1]["to"]


def test_markup_in_what_people_wrote_stays_what_they_wrote(region: dict[str, Agency]) -> None:
    text = '#strong[нет] *нет* `нет` $x$ #import "@preview/x:1": * <b> \\u{41}'
    body = papers.render(
        "paper.typ",
        {
            **dict.fromkeys(
                ("number", "dated", "incoming", "incoming_on", "case", "signer", "position"), "1"
            ),
            **dict.fromkeys(("executor", "executor_phone"), "1"),
            "kind": "letter",
            "sender": {"name": text, "phone": text, "email": text},
            "to": {"name": text, "address": text, "kind": "person"},
            "text": text,
        },
    )
    assert {"#", "*", "`", "$", "@", "<", "\\"} <= set(words_of(body))


def test_the_card_is_masked_as_the_page_is(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    for role, status in (("executor", 200), ("auditor", 200), ("administrator", 404)):
        client = Client()
        client.force_login(factories.make_person(role, region["own"]))
        answer = client.get(f"/cases/{case.number}/card/")
        assert answer.status_code == status
        if status == 200:
            assert answer.content.startswith(b"%PDF-")
