"""Every kind of bad row of the import: what becomes of it, told by row, column and reason."""

from pathlib import Path
from typing import Any

import pytest

from cases.models import Case, Message
from intake.models import ImportBatch, QuarantinedRow
from intake.tests.command import ROW, bring, files_in, write
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def region(settings: Any, tmp_path: Path) -> None:
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    factories.make_region()


# What stands in the bad row, its fate, the column that is named and a piece of the reason.
STOPPED = [
    ({"text": ""}, "rejected", "text", "Нет текста"),
    ({"text": "\u200b\u2060 "}, "rejected", "text", "Нет текста"),
    ({"text": "<p> </p>"}, "rejected", "text", "Нет текста"),
    ({"datetime": ""}, "quarantined", "datetime", "Нет даты"),
    ({"datetime": "31.02.2026 10:00"}, "quarantined", "datetime", "Такой даты нет"),
    ({"datetime": "03/25/2026 10:00"}, "quarantined", "datetime", "Такой даты нет"),
    ({"datetime": "вчера"}, "quarantined", "datetime", "Такой даты нет"),
    ({"datetime": "10.06.2126 10:00"}, "quarantined", "datetime", "ещё не наступил"),
    ({"datetime": "10.06.1926 10:00"}, "quarantined", "datetime", "2000 года"),
    ({"source": "голубиная почта"}, "quarantined", "source", "«голубиная почта»"),
    ({"source": ""}, "quarantined", "source", "откуда"),
    ({"id": ""}, "quarantined", "id", "идентификатора"),
    ({"id": "4,1E+07"}, "quarantined", "id", "округлила"),
    ({"id": "ы" * 201}, "quarantined", "id", "не идентификатор"),
    ({"text": "ы" * 1_000_000}, "quarantined", "text", "1000000"),
]


@pytest.mark.parametrize(("changes", "fate", "column", "words"), STOPPED)
def test_a_row_that_cannot_be_taken_is_told_and_the_rest_is_taken(
    tmp_path: Path, changes: dict[str, str], fate: str, column: str, words: str
) -> None:
    rows = [ROW, {**ROW, "id": "2", **changes}, {**ROW, "id": "3"}]
    result = bring(write(tmp_path / "a.csv", rows))
    assert result["created"] == 2
    assert len(result["rejected"]) + len(result["quarantined"]) == 1
    (told,) = result[fate]
    assert (told["row"], told["column"]) == (3, column)
    assert words in told["reason"]
    assert QuarantinedRow.objects.count() == (fate == "quarantined")
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.created) == ("done", 2)
    assert (batch.rejected, batch.quarantined) == (fate == "rejected", fate == "quarantined")


MENDED = [
    ({"text": "Яма <b>полметра</b><br>у школы &amp; сада"}, "Яма полметра\nу школы & сада", "HTML"),
    ({"text": "<script>alert(1)</script>Яма у школы"}, "Яма у школы", "HTML"),
    (
        {"text": '=HYPERLINK("http://zlo.example";"Яма")'},
        '=HYPERLINK("http://zlo.example";"Яма")',
        "формулу",
    ),
    ({"text": "Яма\x07 у\x00 школы"}, "Яма у школы", "невидимые знаки"),
    ({"text": "Я\u200bма у\u202e школы"}, "Яма у школы", "невидимые знаки"),
]


@pytest.mark.parametrize(("changes", "text", "words"), MENDED)
def test_a_row_that_can_be_repaired_is_taken_with_a_note(
    tmp_path: Path, changes: dict[str, str], text: str, words: str
) -> None:
    result = bring(write(tmp_path / "a.csv", [{**ROW, **changes}]))
    assert (result["created"], result["rejected"], result["quarantined"]) == (1, [], [])
    message = Message.objects.get()
    assert message.text == text
    (note,) = ImportBatch.objects.get().problems
    from portal.templatetags.intake_words import problem_words

    assert (note["row"], note["column"], note["action"]) == (2, "text", "repaired")
    assert words in problem_words(note)


def test_the_same_id_with_other_content_waits_for_a_person(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "text": "Совсем другое сообщение о другом."}, ROW]
    result = bring(write(tmp_path / "a.csv", rows))
    assert (result["created"], result["unchanged"]) == (1, 1)
    (told,) = result["quarantined"]
    assert (told["row"], told["column"]) == (3, "id")
    assert "wall-1_2" in told["reason"]
    assert Message.objects.get().text == ROW["text"]


def test_the_same_id_in_two_channels_is_two_messages(tmp_path: Path) -> None:
    result = bring(write(tmp_path / "a.csv", [ROW, {**ROW, "source": "ok"}]))
    assert result["created"] == 2
    assert sorted(Message.objects.values_list("channel__code", flat=True)) == ["ok", "vk"]
    again = bring(write(tmp_path / "b.csv", [{**ROW, "source": "ok", "text": "Фонарь горит."}]))
    assert (again["created"], again["updated"]) == (0, 1)
    assert Message.objects.get(channel__code="vk").text == ROW["text"]


def test_a_row_with_several_faults_is_one_entry_with_every_reason(tmp_path: Path) -> None:
    bad = {**ROW, "datetime": "вчера", "source": "радио"}
    result = bring(write(tmp_path / "a.csv", [bad]))
    (told,) = result["quarantined"]
    assert told["row"] == 2
    assert told["column"] == "datetime"
    assert "Такой даты нет" in told["reason"]
    assert "«радио»" in told["reason"]
    assert not Case.objects.exists()


def test_the_last_line_of_json_is_exactly_what_was_promised(tmp_path: Path) -> None:
    result = bring(write(tmp_path / "a.csv", [ROW, {**ROW, "id": "2", "text": ""}]))
    assert list(result) == ["created", "updated", "unchanged", "rejected", "quarantined"]
    assert [list(entry) for entry in result["rejected"]] == [["row", "column", "reason"]]


def test_a_bad_row_is_stored_once_however_often_its_file_comes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [{**ROW, "datetime": "вчера"}])
    assert len(bring(path)["quarantined"]) == 1
    assert len(bring(path)["quarantined"]) == 1
    assert QuarantinedRow.objects.count() == 1


@pytest.mark.parametrize("state", ["accepted", "dropped"])
def test_a_row_somebody_decided_about_is_no_news_when_its_file_comes_again(
    tmp_path: Path, state: str
) -> None:
    path = write(tmp_path / "a.csv", [{**ROW, "datetime": "вчера"}])
    bring(path)
    QuarantinedRow.objects.update(state=state)
    result = bring(path)
    assert (result["quarantined"], result["unchanged"]) == ([], 1)
    assert QuarantinedRow.objects.count() == 1


def test_citizens_words_do_not_reach_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [ROW, {**ROW, "id": "2", "datetime": "вчера"}, {**ROW, "id": "3", "text": ""}]
    with caplog.at_level("DEBUG", logger="intake"):
        bring(write(tmp_path / "a.csv", rows))
    assert "Кузнецова" not in caplog.text
    assert "фонарь" not in caplog.text
