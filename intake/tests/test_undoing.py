"""Taking a batch back: what it made goes, what it changed returns, people's work stays."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.test import Client
from django.urls import reverse

from agencies.models import User
from agencies.roles import Role
from cases import actions, tabs
from cases.errors import BadChange, RightMissing
from cases.keeping import close_surveys
from cases.models import Assignment, Case, Citizen, Clock, Message, Reply
from intake.models import AwaitingAgency, ImportBatch, QuarantinedRow
from intake.tests.command import ANSWERED, bring, counts_of, incident, write
from intake.undoing import undo
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("region")]
WAITING = {"step": "На согласовании", "reply_1": ANSWERED["reply_1"]}


@pytest.fixture
def operator(region: dict[str, Any]) -> User:
    return factories.make_person(Role.OPERATOR, region["region"], "operator")


def give(tmp_path: Path, *rows: dict[str, str]) -> ImportBatch:
    number = len(list(tmp_path.glob("*.csv")))
    bring(write(tmp_path / f"{number}.csv", [incident(**row) for row in rows]))
    return ImportBatch.objects.latest("pk")


def state() -> dict[str, Any]:
    """Everything an undo must bring back, without versions of cases and events."""
    cases = []
    for row in Case.objects.order_by("pk").values():
        row.pop("version")
        cases.append(row)
    return {
        "cases": cases,
        "messages": list(Message.objects.order_by("pk").values()),
        "replies": list(Reply.objects.order_by("pk").values()),
        "clocks": list(Clock.objects.order_by("pk").values()),
        "assignments": list(Assignment.objects.order_by("pk").values()),
        "awaiting": list(AwaitingAgency.objects.order_by("pk").values()),
    }


CHANGES = {
    "step, outcome and reply": ({}, ANSWERED),
    "text, place and topic": ({}, {"text": "'Светофор не горит.", "house": "9", "topic": ""}),
    "approval that was published": (WAITING, ANSWERED),
    "second reply": (ANSWERED, {**ANSWERED, "reply_2": "'Добавляем: готово."}),
    "agency and term": ({"step": "На модерации", "agency": ""}, {}),
    "agency that became known": (
        {**ANSWERED, "agency": "Управа Неизвестная"},
        {**ANSWERED, "agency": "Ведомство other"},
    ),
    "agency that became unknown": (ANSWERED, {**ANSWERED, "agency": "Управа Неизвестная"}),
    "another agency": ({}, {"agency": "Ведомство other", "assigned_at": "2026-06-11 09:30:00"}),
    "audience": ({}, {"audience": "777"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_undone_update_leaves_everything_as_it_was(
    tmp_path: Path, operator: User, name: str
) -> None:
    first, later = CHANGES[name]
    give(tmp_path, first)
    before = state()
    batch = give(tmp_path, later)
    assert batch.updated == 1
    assert state() != before
    done = undo(batch, actor=operator, reason="Не тот файл")
    assert (done.deleted, done.restored, done.kept) == (0, 1, [])
    assert state() == before
    assert tabs.differences() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.undo_reason, batch.undone_by) == ("undone", "Не тот файл", operator)
    last = Case.objects.get().events.first()
    assert (last.actor, last.data["undone"], last.data["reason"]) == (operator, True, "Не тот файл")
    # What was taken back can come again, and nobody's work is in its way.
    assert counts_of(bring(sorted(tmp_path.glob("*.csv"))[-1])) == (0, 1, 0)
    assert ImportBatch.objects.latest("pk").problems == []


def test_the_search_finds_the_earlier_text_again(tmp_path: Path, operator: User) -> None:
    give(tmp_path, {})
    undo(give(tmp_path, {"text": "'Светофор не горит."}), actor=operator, reason="Не тот")
    found = Case.objects.filter(search=SearchQuery("яма", config="russian"))
    assert found.exists()
    assert not Case.objects.filter(search=SearchQuery("светофор", config="russian")).exists()


def test_what_a_batch_created_is_deleted_and_its_authors_stay(
    tmp_path: Path, operator: User
) -> None:
    rows = [{"external_id": str(n), "url": f"http://vk.com/wall-1_{n}"} for n in range(3)]
    batch = give(tmp_path, *({**row, **ANSWERED} for row in rows))
    assert Case.objects.count() == Reply.objects.count() == 3
    done = undo(batch, actor=operator, reason="Не тот файл")
    assert (done.deleted, done.restored) == (3, 0)
    left = (Case, Message, Reply, Clock)
    assert [model.objects.count() for model in left] == [0, 0, 0, 0]
    assert Citizen.objects.count() == 1
    assert counts_of(bring(next(tmp_path.glob("*.csv")))) == (3, 0, 0)


def test_cases_people_worked_on_since_stay_and_are_named(
    tmp_path: Path, region: dict[str, Any], operator: User
) -> None:
    give(tmp_path, {"external_id": "1"}, {"external_id": "2"})
    touched = Case.objects.get(messages__external_id="1")
    batch = give(
        tmp_path,
        {"external_id": "1", "audience": "900"},
        {"external_id": "2", "audience": "900"},
        {"external_id": "3"},
        {"external_id": "4"},
    )
    actions.add_note(touched, actor=operator, text="Звонила заявителю")
    made = Case.objects.get(messages__external_id="3")
    official = factories.make_person(Role.EXECUTOR, region["own"], "official")
    actions.submit_reply(made, actor=official, text=factories.REPLY, outcome="explained")
    done = undo(batch, actor=operator, reason="Не тот файл")
    assert (done.deleted, done.restored) == (1, 1)
    assert sorted(done.kept) == sorted([touched.number, made.number])
    audiences = Case.objects.order_by("pk").values_list("audience", flat=True)
    assert list(audiences) == [900, 120, 120]
    batch.refresh_from_db()
    assert batch.undone_result["kept"] == 2
    assert sorted(batch.undone_result["numbers"]) == sorted(done.kept)


def test_a_case_changed_by_a_still_later_import_stays(tmp_path: Path, operator: User) -> None:
    give(tmp_path, {})
    second = give(tmp_path, {"audience": "500"})
    give(tmp_path, {"audience": "900"})
    done = undo(second, actor=operator, reason="Не тот файл")
    assert (done.restored, len(done.kept)) == (0, 1)
    assert Case.objects.get().audience == 900


def test_an_undone_conflict_is_reported_anew(
    tmp_path: Path, region: dict[str, Any], operator: User
) -> None:
    give(tmp_path, {"step": "На модерации", "agency": ""})
    actions.route(Case.objects.get(), actor=operator, agency=region["other"])
    before = state()
    batch = give(tmp_path, ANSWERED)
    assert [p["code"] for p in batch.problems] == ["conflict"] * 3
    undo(batch, actor=operator, reason="Не тот файл")
    assert state() == before
    assert len(give(tmp_path, ANSWERED).problems) == 3


def test_waiting_rows_of_the_batch_go_and_decided_ones_stay(tmp_path: Path, operator: User) -> None:
    batch = give(tmp_path, {"posted_at": "вчера"}, {"external_id": "2", "posted_at": "завтра"})
    first = QuarantinedRow.objects.order_by("pk").first()
    assert first is not None
    QuarantinedRow.objects.filter(pk=first.pk).update(state="dropped")
    undo(batch, actor=operator, reason="Не тот файл")
    assert QuarantinedRow.objects.get() == first


def test_what_the_portal_did_by_itself_keeps_no_case(tmp_path: Path, operator: User) -> None:
    """The survey of an answered message of long ago ends with the first pass of the worker."""
    batch = give(tmp_path, ANSWERED)
    assert close_surveys() == 1
    case = Case.objects.get()
    assert (case.status, case.version) == ("closed", 2)
    done = undo(batch, actor=operator, reason="Не тот файл")
    assert (done.deleted, done.kept) == (1, [])
    assert not Case.objects.exists()


def test_a_row_accepted_into_an_undone_case_is_offered_again(
    tmp_path: Path, operator: User, client: Client
) -> None:
    """Else the citizen's message would be gone: the file again calls it unchanged."""
    batch = give(tmp_path, {"posted_at": "вчера"})
    row = QuarantinedRow.objects.get()
    client.force_login(operator)
    header = next(iter(p["column"] for p in row.problems))
    form = client.get(reverse("import-quarantined", kwargs={"pk": row.pk})).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    (dated,) = [name for name, field in form.fields.items() if field.label == header]
    client.post(
        reverse("import-quarantined", kwargs={"pk": row.pk}), sent | {dated: "11.06.2026 09:30"}
    )
    assert Case.objects.count() == 1
    undo(batch, actor=operator, reason="Не тот файл")
    assert not Case.objects.exists()
    again = give(tmp_path, {"posted_at": "вчера"})
    assert (again.unchanged, again.quarantined) == (0, 1)
    assert QuarantinedRow.objects.get().state == "waiting"


def test_who_may_not_import_may_not_undo(tmp_path: Path, region: dict[str, Any]) -> None:
    batch = give(tmp_path, {})
    for role, agency in ((Role.EXECUTOR, "region"), (Role.OPERATOR, "own")):
        person = factories.make_person(role, region[agency])
        with pytest.raises(RightMissing):
            undo(batch, actor=person, reason="Не тот файл")
    assert Case.objects.exists()


def test_only_an_ended_batch_is_undone_and_only_once(tmp_path: Path, operator: User) -> None:
    batch = give(tmp_path, {})
    with pytest.raises(BadChange):
        undo(batch, actor=operator, reason="  ")
    ImportBatch.objects.update(state="running")
    with pytest.raises(BadChange):
        undo(batch, actor=operator, reason="Не тот файл")
    ImportBatch.objects.update(state="done")
    undo(batch, actor=operator, reason="Не тот файл")
    with pytest.raises(BadChange):
        undo(batch, actor=operator, reason="Не тот файл")
