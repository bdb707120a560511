"""The import's pages as an operator of the whole region uses them."""

import io
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agencies.roles import HOLDERS, Right, Role
from cases import tabs
from cases.models import Case, CaseEvent, Message, Reply
from cases.tasks import backlog_size, check_some
from intake.models import ColumnMapping, ImportBatch, QuarantinedRow
from intake.tasks import look_at_batch, run_batch, undo_batch
from intake.tests.command import files_in
from intake.tests.files import as_xlsx
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
    assert tabs.differences() == 0
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


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/"), body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4 nothing", "PDF"),
        (b"<!DOCTYPE html><html><table><tr><td>id</td></tr></table></html>", "веб-страниц"),
        (packed(a=b"1"), "архив"),
        (packed(word__document=b"1"), "документ"),
        (b"", "пуст"),
        (b"PK\x03\x04 cut in the middle", "повреж"),
    ],
    ids=["pdf", "html", "zip", "docx", "empty", "damaged"],
)
def test_a_file_that_is_no_table_is_refused_on_its_page(
    operator: Client, content: bytes, said: str
) -> None:
    answer = operator.post("/import/", {"file": SimpleUploadedFile("письма.xlsx", content)})
    if content:
        answer = operator.get(answer["Location"])
        assert answer.status_code == 400
    assert said in answer.content.decode().lower().replace("pdf", "PDF")
    assert not Case.objects.exists()


def test_a_workbook_that_unpacks_to_gigabytes_never_reaches_the_web_process(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four kilobytes that claim three gigabytes: the worker looks, and refuses them."""
    book = io.BytesIO(as_xlsx([["id", "datetime", "source", "text"], ["1", "", "vk", "Яма"]]))
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/nothing.bin", b"0")
        archive.filelist[-1].file_size = 3 * 2**30
    uploaded = SimpleUploadedFile("бомба.xlsx", book.getvalue())
    answer = operator.post("/import/", {"file": uploaded})
    batch = ImportBatch.objects.get()
    read_here = Mock(side_effect=AssertionError("read in the web process"))
    with monkeypatch.context() as web:
        web.setattr("intake.views.make_preview", read_here)
        assert operator.get(answer["Location"]).status_code == 200
    look_at_batch(batch_id=batch.pk)
    page = operator.get(f"/import/{batch.pk}/")
    assert page.status_code == 400
    assert "2048" in page.content.decode().replace("\xa0", "")


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


def test_rows_of_an_unknown_source_are_taken_with_a_channel_all_at_once(operator: Client) -> None:
    rows = "".join(
        f"{n},10.06.2026 10:1{n},Соцсети,id{n},Олег,Яма у школы номер {n}\n" for n in range(5)
    )
    batch = run(operator, HEAD + rows + BAD.replace("2,", "9,", 1))
    assert batch.quarantined == 6
    page = operator.get("/import/quarantine/?code=unknown_source")
    assert page.context["total"] == 5
    assert "Соцсети" in page.content.decode()
    address = "/import/quarantine/?code=unknown_source"
    operator.post(address, {"which": "all", "accept": "1"})
    assert not Case.objects.exists()  # no channel was chosen
    operator.post(address, {"which": "all", "accept": "1", "channel": "vk"})
    assert Case.objects.count() == 5
    assert set(Message.objects.values_list("channel__code", flat=True)) == {"vk"}
    batch.refresh_from_db()
    assert (batch.created, batch.quarantined, batch.rows_done) == (5, 1, 6)
    assert QuarantinedRow.objects.filter(state="waiting").count() == 1
    assert set(
        QuarantinedRow.objects.filter(state="accepted").values_list("case", flat=True)
    ) == set(Case.objects.values_list("pk", flat=True))


def test_what_else_is_wrong_with_a_row_keeps_it_in_quarantine(operator: Client) -> None:
    run(operator, HEAD + "1,99.99.2026,Соцсети,id1,Олег,Яма у школы\n")
    row = QuarantinedRow.objects.get()
    operator.post("/import/quarantine/", {"row": row.pk, "accept": "1", "channel": "vk"})
    row.refresh_from_db()
    assert (row.state, Case.objects.count()) == ("waiting", 0)


def test_chosen_rows_are_dropped_and_others_stay(operator: Client) -> None:
    run(operator, HEAD + BAD + BAD.replace("2,", "3,", 1).replace("яма", "грязь"))
    first, second = QuarantinedRow.objects.order_by("pk")
    operator.post("/import/quarantine/", {"row": first.pk, "drop": "1"})
    assert list(QuarantinedRow.objects.filter(state="waiting")) == [second]
    first.refresh_from_db()
    assert (first.state, first.decided_by.username) == ("dropped", "operator")


def test_a_repeated_id_shows_whose_it_is(operator: Client) -> None:
    run(operator, HEAD + GOOD + GOOD.replace("фонарь", "светофор"))
    row = QuarantinedRow.objects.get()
    case = Case.objects.get()
    page = operator.get(f"/import/quarantine/{row.pk}/")
    assert page.context["twin"] == case
    assert case.number in page.content.decode()


def test_the_columns_of_a_recognised_file_can_be_changed(operator: Client) -> None:
    batch = upload(operator, HEAD + GOOD)
    page = operator.get(f"/import/{batch.pk}/?columns=1")
    given = {
        name: page.context["form"][name].value() for name, _ in page.context["form"].column_fields
    }
    text = next(n for n, header in page.context["form"].column_fields if header == "text")
    name = next(n for n, header in page.context["form"].column_fields if header == "author_name")
    swapped = {**given, text: "author_name", name: "text", "name": "Наоборот"}
    assert operator.post(f"/import/{batch.pk}/?columns=1", swapped).status_code == 302
    operator.get(f"/import/{batch.pk}/")
    operator.post(f"/import/{batch.pk}/start/")
    run_batch(batch_id=batch.pk)
    assert Message.objects.get().text == "Марина Кузнецова"


def test_a_large_file_is_looked_through_by_the_worker(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.views.SMALL", 10)
    batch = upload(operator, HEAD + GOOD + BAD)
    page = operator.get(f"/import/{batch.pk}/").content.decode()
    assert "Просматриваем файл" in page
    assert "HX-Refresh" not in operator.get(f"/import/{batch.pk}/progress/").headers
    look_at_batch(batch_id=batch.pk)
    assert operator.get(f"/import/{batch.pk}/progress/").headers["HX-Refresh"] == "true"
    assert "Загрузить 1 строку" in operator.get(f"/import/{batch.pk}/").content.decode()


def test_a_preview_tells_what_would_change_and_changes_nothing(operator: Client) -> None:
    run(operator, HEAD + GOOD)
    changed = GOOD.replace("фонарь", "светофор")
    batch = upload(operator, HEAD + changed + GOOD.replace("1,", "7,", 1) + BAD)
    page = operator.get(f"/import/{batch.pk}/")
    assert page.context["seen"]["counts"] == {
        "created": 1, "updated": 1, "unchanged": 0,
        "quarantined": 1, "rejected": 0, "conflicts": 0,
    }  # fmt: skip
    assert page.context["seen"]["codes"] == [["quarantined", "bad_date", 1]]
    assert Message.objects.get().text == "Во дворе не горит фонарь"


def test_a_large_batch_is_undone_by_the_worker(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.views._UNDO_AT_ONCE", 0)
    batch = run(operator, HEAD + GOOD)
    operator.post(f"/import/{batch.pk}/undo/", {"reason": "Не тот файл", "confirm": "on"})
    batch.refresh_from_db()
    assert (batch.state, Case.objects.count()) == ("undoing", 1)
    assert "отменяется" in operator.get(f"/import/{batch.pk}/").content.decode()
    undo_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, Case.objects.count()) == ("undone", 0)
    assert "Не тот файл" in operator.get(f"/import/{batch.pk}/").content.decode()


def test_an_import_is_started_once(operator: Client) -> None:
    batch = upload(operator, HEAD + GOOD)
    operator.get(f"/import/{batch.pk}/")
    operator.post(f"/import/{batch.pk}/start/")
    again = operator.post(f"/import/{batch.pk}/start/", follow=True)
    assert "уже начат" in again.content.decode()


def test_every_page_of_the_import_is_closed_to_who_may_not_import(operator: Client) -> None:
    from agencies.models import Agency

    batch = run(operator, HEAD + GOOD + BAD)
    row = QuarantinedRow.objects.get()
    region = Agency.objects.get(code="region")
    paths = [
        "/import/", f"/import/{batch.pk}/", f"/import/{batch.pk}/progress/",
        f"/import/{batch.pk}/undo/", "/import/agencies/", "/import/quarantine/",
        f"/import/quarantine/{row.pk}/",
    ]  # fmt: skip
    for role in Role:
        client = Client()
        client.force_login(factories.make_person(role, region, f"x-{role}"))
        may = role in HOLDERS[Right.IMPORT_MESSAGES]
        got = {client.get(path).status_code for path in paths}
        assert got == ({200} if may else {403}), role
        for path in (f"/import/{batch.pk}/start/", f"/import/{batch.pk}/again/"):
            assert client.post(path).status_code == (302 if may else 403)
            assert client.get(path).status_code in (405, 403)


def test_lists_of_the_import_take_the_same_queries_however_long(
    operator: Client, django_assert_max_num_queries: Any
) -> None:
    run(operator, HEAD + "".join(BAD.replace("2,", f"{n},", 1) for n in range(40)))
    for path, most in (("/import/", 9), ("/import/quarantine/", 9), ("/import/agencies/", 7)):
        with django_assert_max_num_queries(most):
            assert operator.get(path).status_code == 200
