"""A later export of known messages: what it may change, and what people did here stays."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.utils import timezone

from agencies.models import User
from agencies.roles import Role
from cases import actions
from cases.models import Case, CaseEvent, Clock, Message, Reply
from intake.models import ImportBatch, ImportedRow
from intake.tests.command import ANSWERED, bring, counts_of, incident, write
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("region")]
SECOND = "'Добавляем: работы закончены, двор заасфальтирован."
THIRD = "'Гарантия подрядчика — пять лет."


@pytest.fixture
def operator(region: dict[str, Any]) -> User:
    return factories.make_person(Role.OPERATOR, region["region"], "operator")


def give(tmp_path: Path, **changes: str) -> dict[str, Any]:
    """Import one row of the export."""
    number = len(list(tmp_path.glob("*.csv")))
    return bring(write(tmp_path / f"{number}.csv", [incident(**changes)]))


def conflicts() -> list[tuple[str, str]]:
    """(column, case) of the newest batch."""
    problems = ImportBatch.objects.latest("pk").problems
    return [(p["column"], p["params"]["case"]) for p in problems if p["code"] == "conflict"]


def running(case: Case) -> set[str]:
    """Kinds of the terms that run."""
    return set(case.clocks.filter(stopped_at=None).values_list("kind", flat=True))


def texts() -> list[str]:
    return list(Reply.objects.order_by("version").values_list("text", flat=True))


def test_an_untouched_case_follows_its_step_outcome_and_reply(tmp_path: Path) -> None:
    assert give(tmp_path)["created"] == 1
    case = Case.objects.get()
    assert (case.status, case.agency.code) == ("in_work", "own")
    assert running(case) == {"reply", "executor"}
    (holding,) = case.assignments.all()
    assert (holding.agency.code, holding.until) == ("own", None)

    assert counts_of(give(tmp_path, **ANSWERED)) == (0, 1, 0)
    case = Case.objects.get()
    assert (case.status, case.outcome, case.due_at) == ("answered", "solved", None)
    assert texts() == ["Житель, яму засыпали щебнем."]
    assert Reply.objects.get().author_name == "Ведомство own"
    # Its terms, stopped at the moment of the answer and not at the moment of the import.
    assert running(case) == {"stage"}  # of the citizen's mark
    clock = case.clocks.get(kind="reply")
    assert clock.stopped_at == case.answered_at
    assert clock.stopped_at < clock.due_at
    holding.refresh_from_db()
    assert holding.until == case.answered_at
    assert [e.move for e in case.events.order_by("id")] == ["imported", "import_updated"]
    assert (case.events.first().before, case.events.first().after) == ("in_work", "answered")

    closed = {**ANSWERED, "step": "Готово", "finished_at": "2026-06-14 16:00:00"}
    assert counts_of(give(tmp_path, **closed, close_reason="Автор доволен")) == (0, 1, 0)
    case = Case.objects.get()
    assert (case.status, case.close_reason) == ("closed", "Автор доволен")
    assert running(case) == set()
    assert case.clocks.filter(kind="reply").count() == 1
    assert counts_of(give(tmp_path, **closed, close_reason="Автор доволен")) == (0, 0, 1)


def test_the_second_and_third_reply_of_later_exports_are_added(tmp_path: Path) -> None:
    give(tmp_path, **ANSWERED)
    assert give(tmp_path, **ANSWERED, reply_2=SECOND)["updated"] == 1
    assert give(tmp_path, **ANSWERED, reply_2=SECOND, reply_3=THIRD)["updated"] == 1
    assert texts() == ["Житель, яму засыпали щебнем.", SECOND[1:], THIRD[1:]]
    assert set(Reply.objects.values_list("state", flat=True)) == {"published"}
    assert Reply.objects.filter(risk=None).count() == 3  # all wait for their check


def test_a_reply_changed_at_its_source_is_a_correction_and_the_old_text_stays(
    tmp_path: Path,
) -> None:
    give(tmp_path, **ANSWERED)
    other = {"reply_1": "'Житель, яму засыпят 20 июня.", "first_reply_text": ""}
    assert give(tmp_path, **{**ANSWERED, **other})["updated"] == 1
    first, second = Reply.objects.order_by("version")
    assert (second.text, second.corrects) == ("Житель, яму засыпят 20 июня.", first)
    assert first.state == "published"


def test_a_reply_that_waited_for_approval_is_published_by_a_later_export(tmp_path: Path) -> None:
    waiting = {"step": "На согласовании", "reply_1": ANSWERED["reply_1"]}
    give(tmp_path, **waiting, approval_sent_at="2026-06-10 14:30:00")
    assert Reply.objects.get().state == "approval"
    assert Case.objects.get().status == "approval"
    give(tmp_path, **ANSWERED)
    reply = Reply.objects.get()
    assert (reply.state, reply.published_at) == ("published", Case.objects.get().answered_at)


def test_a_reply_that_was_rewritten_before_it_was_sent_is_withdrawn(tmp_path: Path) -> None:
    give(tmp_path, step="На согласовании", reply_1="'Ваше обращение рассмотрено.")
    give(tmp_path, **ANSWERED)
    assert list(Reply.objects.order_by("version").values_list("state", flat=True)) == [
        "withdrawn",
        "published",
    ]


def test_a_changed_text_is_a_new_version_with_its_title_and_search(tmp_path: Path) -> None:
    give(tmp_path)
    title = Case.objects.get().title
    assert give(tmp_path, text="'Светофор у школы не работает.")["updated"] == 1
    case = Case.objects.get()
    assert case.title != title
    assert case.title.startswith("Светофор")
    assert [m.version for m in Message.objects.order_by("version")] == [1, 2]
    assert Case.objects.filter(search=SearchQuery("светофор", config="russian")).exists()


def test_the_card_of_an_untouched_case_follows(tmp_path: Path) -> None:
    give(tmp_path)
    snow = factories.make_topic("roads.snow")
    type(snow).objects.filter(pk=snow.pk).update(severity=4)
    north = factories.make_territory("north")
    result = give(tmp_path, topic="roads.snow", territory="north", house="7", audience="900")
    assert result["updated"] == 1
    case = Case.objects.get()
    assert (case.topic, case.territory, case.severity) == (snow, north, 4)
    assert (case.place, case.audience) == ("Заречск, Садовая улица, 7", 900)


def test_what_an_operator_amended_is_never_overwritten_but_reported(
    tmp_path: Path, operator: User
) -> None:
    give(tmp_path, step="На модерации", agency="")
    case = Case.objects.get()
    other = factories.make_topic("roads.snow")
    actions.amend(case, actor=operator, topic=other, place="улица Мира, 1", title="Яма у сада")
    result = give(tmp_path, step="На модерации", agency="", topic="roads.pits", house="9", text="Ы")
    case = Case.objects.get()
    assert result["updated"] == 1  # the text is the citizen's own
    assert (case.topic, case.place, case.title) == (other, "улица Мира, 1", "Яма у сада")
    assert conflicts() == [("Дом", case.number)]
    assert (
        give(tmp_path, step="На модерации", agency="", topic="", house="9", text="Ы")["unchanged"]
        == 1
    )


def test_a_case_somebody_routed_meanwhile_keeps_its_step_and_agency(
    tmp_path: Path, region: dict[str, Any], operator: User
) -> None:
    give(tmp_path, step="На модерации", agency="")
    case = Case.objects.get()
    actions.route(case, actor=operator, agency=region["other"])
    before = Case.objects.values().get()
    result = give(tmp_path, **ANSWERED)
    assert counts_of(result) == (0, 0, 1)
    assert Case.objects.values().get() == before
    assert not Reply.objects.exists()
    assert {column for column, _case in conflicts()} == {
        "Текущий шаг инцидента", "Отдел", "1ый ответ ПИ",
    }  # fmt: skip
    row = ImportedRow.objects.get()
    assert (row.change, row.case_id) == ("conflict", case.pk)
    # Reported once: the same file says nothing new.
    give(tmp_path, **ANSWERED)
    assert conflicts() == []


def test_a_case_somebody_answered_meanwhile_keeps_the_reply_of_here(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    give(tmp_path)
    case = Case.objects.get()
    official = factories.make_person(Role.EXECUTOR, region["own"], "official")
    actions.submit_reply(case, actor=official, text=factories.REPLY, outcome="explained")
    before = Case.objects.values().get()
    give(tmp_path, **ANSWERED)
    assert Case.objects.values().get() == before
    assert texts() == [factories.REPLY]
    assert {column for column, _case in conflicts()} == {"Текущий шаг инцидента", "1ый ответ ПИ"}


def test_an_outcome_set_here_stands_against_another_one_of_the_file(
    tmp_path: Path, region: dict[str, Any], operator: User
) -> None:
    give(tmp_path, **ANSWERED)
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"], "supervisor")
    case = Case.objects.get()
    actions.close(case, actor=supervisor, reason=factories.first_reason("closing"))
    Case.objects.update(outcome="explained")
    give(tmp_path, **{**ANSWERED, "step": "Готово", "outcome": "Не решено"})
    assert Case.objects.get().outcome == "explained"
    assert conflicts() == [("Итог", case.number)]


@pytest.mark.parametrize("move", ["note", "control"])
def test_a_note_or_personal_control_does_not_stop_the_step(
    tmp_path: Path, region: dict[str, Any], operator: User, move: str
) -> None:
    give(tmp_path)
    case = Case.objects.get()
    if move == "note":
        actions.add_note(case, actor=operator, text="Позвонила заявителю")
    else:
        chief = factories.make_person(Role.HEAD_OFFICE, region["region"], "chief")
        until = (timezone.localtime() + timezone.timedelta(days=3)).date()
        actions.set_control(case, actor=chief, reason="Проверить", until=until)
    assert counts_of(give(tmp_path, **ANSWERED)) == (0, 1, 0)
    assert Case.objects.get().status == "answered"
    assert conflicts() == []


def test_a_case_at_the_desk_gets_its_agency_and_term_from_a_later_export(tmp_path: Path) -> None:
    give(tmp_path, step="На модерации", agency="", assigned_at="")
    (stage,) = Clock.objects.all()
    assert stage.kind == "stage"
    give(tmp_path)
    case = Case.objects.get()
    assert (case.status, case.agency.code) == ("in_work", "own")
    stage.refresh_from_db()
    assert stage.stopped_at == case.assigned_at
    assert running(case) == {"reply", "executor"}
    assert case.due_at == case.clocks.get(kind="reply").due_at
    assert case.assignments.get().at == case.assigned_at


def test_another_agency_of_a_later_export_has_a_term_of_its_own(tmp_path: Path) -> None:
    give(tmp_path)
    other = {"agency": "Ведомство other", "assigned_at": "2026-06-11 09:30:00"}
    assert give(tmp_path, **other)["updated"] == 1
    case = Case.objects.get()
    assert case.agency.code == "other"
    first, second = case.assignments.order_by("pk")
    assert (first.until, first.ended_by) == (case.assigned_at, "import")
    assert (second.agency, second.at, second.until) == (case.agency, case.assigned_at, None)
    assert case.clocks.filter(kind="reply").count() == 1  # the citizen's own is never reset
    assert case.clocks.get(kind="reply").stopped_at is None
    ended, runs = case.clocks.filter(kind="executor").order_by("pk")
    assert (ended.stopped_at, runs.stopped_at) == (case.assigned_at, None)
    assert (ended.assignment, runs.assignment) == (first, second)


def test_a_plain_list_without_steps_never_moves_a_case(tmp_path: Path) -> None:
    give(tmp_path, **ANSWERED)
    plain = {
        "ID": "41000000", "Дата создания": "2026-06-10 10:12:33.123", "Источник": "vk",
        "Текст инцидента": "Во дворе яма, когда её засыпят?", "Аудитория": "500",
    }  # fmt: skip
    assert bring(write(tmp_path / "plain.csv", [plain]))["updated"] == 1
    case = Case.objects.get()
    assert (case.status, case.audience) == ("answered", 500)


def test_an_emptied_cell_takes_nothing_away(tmp_path: Path) -> None:
    give(tmp_path, **ANSWERED)
    assert counts_of(give(tmp_path, **{**ANSWERED, "outcome": "", "topic": ""})) == (0, 0, 1)
    case = Case.objects.get()
    assert (case.outcome, case.topic.code) == ("solved", "roads.pits")


def test_every_update_has_its_event_with_row_and_fields(tmp_path: Path) -> None:
    give(tmp_path)
    give(tmp_path, audience="900")
    event = CaseEvent.objects.latest("id")
    assert event.move == "import_updated"
    assert event.data["row"] == 2
    assert event.data["fields"] == ["audience"]
    assert event.data["batch"] == ImportBatch.objects.latest("pk").pk
