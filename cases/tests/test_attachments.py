"""Files: what they really are, whose they are, and what they travel with."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agencies.models import Agency, User
from cases import actions
from cases.models import Attachment, Case, Message, Reply
from cases.workflow import Status
from tests import factories
from tests.acting import client_of
from tests.world import PNG

pytestmark = pytest.mark.django_db
# A PDF by its first bytes; a page of HTML that calls itself a picture.
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def case(region: dict[str, Agency]) -> Case:
    return factories.make_case(Status.IN_WORK, region["own"])


def author(case: Case) -> User:
    assert case.executor is not None
    return case.executor


def picture(name: str = "двор.png", data: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def attach(client: Client, case: Case, *files: SimpleUploadedFile) -> None:
    for file in files or (picture(),):
        client.post(f"/cases/{case.number}/attach/", {"file": file})


def test_a_file_is_kept_under_its_hash_and_goes_with_the_reply(case: Case) -> None:
    client = client_of(author(case))
    attach(client, case)
    file = case.attachments.get()
    assert (file.media_type, file.size, file.reply) == ("image/png", len(PNG), None)
    assert "двор.png" in client.get(f"/cases/{case.number}/").content.decode()
    reply = actions.submit_reply(case, actor=author(case), text=factories.REPLY)
    file.refresh_from_db()
    assert file.reply == reply
    got = client.get(f"/cases/{case.number}/files/{file.pk}/")
    assert b"".join(got.streaming_content) == PNG
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["двор.png", "акт.pdf", "page.html"])
def test_the_type_is_what_the_file_is_not_what_it_says(case: Case, name: str) -> None:
    client = client_of(author(case))
    attach(client, case, SimpleUploadedFile(name, PAGE, "image/png"))
    assert not case.attachments.exists()
    attach(client, case, SimpleUploadedFile("photo.png", PDF, "image/png"))
    assert case.attachments.get().media_type == "application/pdf"


@pytest.mark.parametrize("status", [Status.APPROVAL, Status.ANSWERED, Status.CLOSED])
def test_nothing_is_attached_when_no_reply_is_being_written(
    region: dict[str, Agency], status: str
) -> None:
    case = factories.make_case(status, region["own"])
    answer = client_of(author(case)).post(f"/cases/{case.number}/attach/", {"file": picture()})
    assert answer.status_code == 409
    assert not case.attachments.exists()


def test_a_file_is_taken_away_by_its_owner_before_it_is_sent(case: Case) -> None:
    mine = client_of(author(case))
    attach(mine, case)
    file = case.attachments.get()
    colleague = factories.make_person("executor", author(case).agency)
    client_of(colleague).post(f"/cases/{case.number}/files/{file.pk}/remove/")
    assert case.attachments.count() == 1
    mine.post(f"/cases/{case.number}/files/{file.pk}/remove/")
    assert not case.attachments.exists()
    assert [event.move for event in case.events.all()[:2]] == ["detach", "attach"]


def test_a_sent_file_stays_and_the_next_version_has_it_too(case: Case) -> None:
    client = client_of(author(case))
    attach(client, case)
    actions.submit_reply(case, actor=author(case), text=factories.REPLY)
    sent = case.attachments.get()
    client.post(f"/cases/{case.number}/files/{sent.pk}/remove/")
    assert case.attachments.get() == sent
    actions.withdraw_reply(case, actor=author(case))
    again = case.attachments.get(reply=None)
    assert (again.sha256, again.uploaded_by) == (sent.sha256, author(case))
    second = actions.submit_reply(case, actor=author(case), text=factories.REPLY + " Готово.")
    assert set(Attachment.objects.values_list("reply__version", flat=True)) == {1, 2}
    assert second.attachments.get() == again


def test_a_colleagues_unsent_file_does_not_go_with_my_reply(
    case: Case, region: dict[str, Agency]
) -> None:
    colleague = factories.make_person("executor", region["own"])
    attach(client_of(colleague), case)
    actions.submit_reply(case, actor=author(case), text=factories.REPLY)
    assert case.attachments.get().reply is None


def test_work_called_done_needs_a_photo_where_the_topic_asks_for_one(case: Case) -> None:
    case.topic.photo_required = True
    case.topic.save()
    done = "Здравствуйте! Яму во дворе засыпали и заасфальтировали 3 июня, мастер Петров."
    client = client_of(author(case))
    page = client.post(f"/cases/{case.number}/submit-reply/", {"text": done})
    assert page.status_code == 422
    assert not Reply.objects.filter(case=case).exists()
    attach(client, case)
    assert client.post(f"/cases/{case.number}/submit-reply/", {"text": done}).status_code == 302


def test_no_more_than_ten_files_wait_for_a_reply(case: Case) -> None:
    client = client_of(author(case))
    attach(client, case, *(picture(f"{at}.png") for at in range(11)))
    assert case.attachments.count() == 10


def _message(region: dict[str, Agency], **given: Any) -> Any:
    factories.make_channel()
    body = {
        "channel": "vk",
        "external_id": "photo-1",
        "text": "Во дворе темно",
        "posted_at": "2026-06-10T10:12:00+03:00",
        **given,
    }
    service = User.objects.filter(username="service").first() or factories.make_person(
        "import_service", region["region"], "service"
    )
    client = client_of(service)
    return client.post("/api/messages/", body, headers={"Idempotency-Key": "k"})


def test_files_of_a_message_come_over_the_api_once(region: dict[str, Agency]) -> None:
    first = _message(region, files=[picture("a.png"), picture("b.pdf", PDF)])
    assert first.status_code == 201, first.content
    message = Message.objects.get(external_id="photo-1")
    assert {f.name for f in message.attachments.all()} == {"a.png", "b.pdf"}
    again = _message(region, files=[picture("a.png"), picture("b.pdf", PDF)])
    assert again["Idempotency-Replayed"] == "true"
    other = _message(region, files=[picture("c.png")])
    assert other.json()["code"] == "idempotency_key_reused"
    assert message.attachments.count() == 2
    reader = factories.make_person("operator", region["region"])
    page = client_of(reader).get(f"/cases/{message.case.number}/")
    assert "b.pdf" in page.content.decode()


def test_a_message_with_a_refused_file_is_not_taken_in(region: dict[str, Agency]) -> None:
    answer = _message(region, files=[picture("a.png", PAGE)])
    assert answer.status_code == 422
    assert answer.json()["code"] == "file_type_refused"
    assert not Message.objects.exists()


def test_a_merged_message_brings_its_files(region: dict[str, Agency]) -> None:
    _message(region, files=[picture("a.png")])
    case = Message.objects.get().case
    operator = factories.make_person("operator", region["region"])
    actions.start_moderation(case, actor=operator)
    main = factories.make_case(Status.IN_WORK, region["own"])
    actions.merge(case, actor=operator, into=main)
    assert main.attachments.get().name == "a.png"


def test_files_of_a_reply_over_the_api(case: Case, region: dict[str, Agency]) -> None:
    client = client_of(author(case))
    path = f"/api/cases/{case.number}/attachments/"
    made = client.post(path, {"file": picture()})
    assert made.status_code == 201
    one = f"{path}{made.json()['id']}/"
    assert b"".join(client.get(one).streaming_content) == PNG
    for who, status in (("executor", 422), ("approver", 403)):
        person = factories.make_person(who, region["own"])
        assert client_of(person).delete(one).status_code == status
    stranger = client_of(factories.make_person("executor", region["other"]))
    assert stranger.get(one).status_code == stranger.delete(one).status_code == 404
    assert client.post(path, {"file": picture(data=PAGE)}).status_code == 422
    assert client.post(path, {}).status_code == 400
    assert client.delete(one).status_code == 204
    assert not case.attachments.exists()
