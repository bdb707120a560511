"""The import's pages as an operator of the whole region uses them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agencies.roles import Role
from cases.models import Case, CaseEvent, Message, Reply
from cases.tasks import backlog_size, check_some
from intake.models import ColumnMapping, ImportBatch, QuarantinedRow
from intake.tasks import run_batch
from intake.tests.command import files_in
from tests import factories
from tests.pages import inline_of

pytestmark = pytest.mark.django_db
HEAD = "id,datetime,source,author_id,author_name,text\n"
GOOD = "1,10.06.2026 10:12,vk,id7,Марина Кузнецова,Во дворе не горит фонарь\n"
BAD = "2,99.99.2026,vk,id8,Олег Петров,На дороге яма у школы\n"


@pytest.fixture
def operator(settings: Any, tmp_path: Path) -> Client:
    files_in(settings, tmp_path)
    factories.load_reference()
    region = factories.make_region()
    client = Client()
    client.force_login(factories.make_person(Role.OPERATOR, region["region"], "operator"))
    return client


def upload(client: Client, content: str, name: str = "письма.csv") -> ImportBatch:
    answer = client.post("/import/", {"file": SimpleUploadedFile(name, content.encode())})
    assert answer.status_code == 302, answer.content.decode()
    return ImportBatch.objects.latest("pk")


def run(client: Client, content: str) -> ImportBatch:
    batch = upload(client, content)
    assert client.get(f"/import/{batch.pk}/").status_code == 200
    client.post(f"/import/{batch.pk}/start/")
    run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def test_a_file_goes_through_preview_and_start_to_its_result(operator: Client) -> None:
    batch = upload(operator, HEAD + GOOD + BAD)
    preview = operator.get(f"/import/{batch.pk}/")
    html = preview.content.decode()
    assert "Во дворе не горит фонарь" in html
    assert "datetime" in html
    assert inline_of(html) == []
    assert not Case.objects.exists()
    operator.post(f"/import/{batch.pk}/start/")
    assert 'hx-trigger="every 1s"' in operator.get(f"/import/{batch.pk}/").content.decode()
    run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created, batch.quarantined) == ("done", 1, 1)
    assert "hx-trigger" not in operator.get(f"/import/{batch.pk}/progress/").content.decode()
    for page in ("/import/", f"/import/{batch.pk}/", "/import/quarantine/"):
        assert operator.get(page).status_code == 200


def test_a_row_in_quarantine_is_mended_and_accepted(operator: Client) -> None:
    run(operator, HEAD + BAD)
    row = QuarantinedRow.objects.get()
    page = operator.get(f"/import/quarantine/{row.pk}/")
    assert "99.99.2026" in page.content.decode()
    cells = dict(page.context["form"].initial)
    cells = {f"cell_{n}": row.cells[h] for n, h in enumerate(page.context["form"].headers)}
    at = page.context["form"].headers.index("datetime")
    still_bad = operator.post(f"/import/quarantine/{row.pk}/", {**cells, "accept": "1"})
    assert still_bad.status_code == 200
    assert not Case.objects.exists()
    operator.post(
        f"/import/quarantine/{row.pk}/", {**cells, f"cell_{at}": "10.06.2026 09:00", "accept": "1"}
    )
    row.refresh_from_db()
    assert row.state == "accepted"
    assert row.case == Case.objects.get()


def test_a_row_in_quarantine_is_dropped(operator: Client) -> None:
    run(operator, HEAD + BAD)
    row = QuarantinedRow.objects.get()
    operator.post(f"/import/quarantine/{row.pk}/", {"drop": "1"})
    row.refresh_from_db()
    assert row.state == "dropped"
    assert not Case.objects.exists()


def test_undo_deletes_what_nobody_worked_on_and_keeps_the_rest(operator: Client) -> None:
    batch = run(operator, HEAD + GOOD + GOOD.replace("1,", "5,", 1))
    kept = Case.objects.order_by("pk").first()
    assert kept is not None
    CaseEvent.objects.create(case=kept, actor=batch.started_by, move="add_note")
    operator.post(f"/import/{batch.pk}/undo/", {"reason": "Не тот файл", "confirm": "on"})
    assert list(Case.objects.all()) == [kept]
    batch.refresh_from_db()
    assert (batch.state, batch.undo_reason) == ("undone", "Не тот файл")


def test_undo_restores_the_earlier_text(operator: Client) -> None:
    run(operator, HEAD + GOOD)
    batch = run(operator, HEAD + GOOD.replace("фонарь", "светофор"))
    operator.post(f"/import/{batch.pk}/undo/", {"reason": "Не тот файл", "confirm": "on"})
    assert Message.objects.get().text == "Во дворе не горит фонарь"
    assert Message.objects.get().is_current


def test_an_unknown_layout_is_named_once_and_remembered(operator: Client) -> None:
    content = "ключ,когда пришло,что пишут\n7,10.06.2026 10:12,Яма у школы на Садовой\n"
    batch = upload(operator, content)
    page = operator.get(f"/import/{batch.pk}/")
    assert "когда пришло" in page.content.decode()
    given = {
        "name": "Журнал", "default_source": "hotline",
        "column_0": "external_id", "column_1": "posted_at", "column_2": "text",
    }  # fmt: skip
    assert operator.post(f"/import/{batch.pk}/", given).status_code == 302
    assert ColumnMapping.objects.get().name == "Журнал"
    assert run(operator, content).created == 1


def test_a_file_that_is_no_table_is_refused_on_its_page(operator: Client) -> None:
    batch = upload(operator, "%PDF-1.4 nothing", "a.pdf")
    answer = operator.get(f"/import/{batch.pk}/")
    assert answer.status_code == 400
    assert "PDF" in answer.content.decode()


def test_who_holds_the_right_on_one_agency_only_is_refused(operator: Client) -> None:
    from agencies.models import Agency

    client = Client()
    client.force_login(factories.make_person(Role.OPERATOR, Agency.objects.get(code="own"), "x"))
    assert client.get("/import/").status_code == 403


def test_a_reader_without_contacts_sees_masked_names(operator: Client) -> None:
    from agencies.models import Agency

    batch = upload(operator, HEAD + GOOD)
    client = Client()
    region = Agency.objects.get(code="region")
    client.force_login(factories.make_person(Role.IMPORT_SERVICE, region, "service"))
    html = client.get(f"/import/{batch.pk}/").content.decode()
    assert "Кузнецова" not in html
    assert "Марина К." in html


def test_replies_of_history_are_checked_by_the_worker(operator: Client) -> None:
    head = "id,datetime,source,text,status,ответ,дата ответа,ведомство\n"
    row = (
        "1,10.06.2026 10:12,vk,Во дворе не горит фонарь,Готово,"
        "Ваше обращение принято к сведению,11.06.2026 10:00,own\n"
    )
    run(operator, head + row)
    case = Case.objects.get()
    assert case.status == "closed"
    assert Reply.objects.get().state == "published"
    assert backlog_size() == 1
    assert check_some() == 1
    assert backlog_size() == 0
    assert Reply.objects.get().risk is not None
    assert Case.objects.get().risk == Reply.objects.get().risk
