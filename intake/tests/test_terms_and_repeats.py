"""Terms and repeats of imported cases: every way into the desk and past it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from agencies.roles import Role
from cases import actions
from cases.clocks import binding_due
from cases.models import Case, RoutingRule
from intake.tests.command import ANSWERED, ROW, bring, incident, write
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("region")]


DESK = {("stage", "SN-MOD"): True}
HELD = {("reply", "SN-FIRST"): True, ("executor", "SN-FIRST"): True}
ENDED = {("reply", "SN-FIRST"): False}
# Row of the file -> state, its clocks by kind and code, whether they run.
WAYS = {
    "a new message": ({"step": "", "agency": ""}, "moderation", DESK),
    "a new message with an agency": ({"step": ""}, "moderation", DESK),
    "new by its step": ({"step": "Новый", "agency": ""}, "moderation", DESK),
    "in moderation": ({"step": "На модерации"}, "moderation", DESK),
    "routed": ({"step": "Назначено"}, "routed", HELD),
    "in work": ({}, "in_work", HELD),
    "in work of nobody known": ({"agency": "Управа"}, "moderation", DESK),
    "in work of nobody": ({"agency": ""}, "moderation", DESK),
    "in approval": (
        {**ANSWERED, "step": "На согласовании"},
        "approval",
        {**HELD, ("approval", "SN-APPR"): True},
    ),
    "approval without a text": ({"step": "На согласовании"}, "in_work", HELD),
    "in rework": ({**ANSWERED, "step": "На доработке"}, "rework", HELD),
    "answered": (ANSWERED, "answered", {**ENDED, ("stage", "SURVEY"): True}),
    "closed": ({**ANSWERED, "step": "Готово"}, "closed", ENDED),
    "closed without a reply": ({"step": "Готово"}, "closed", ENDED),
    "merged elsewhere": ({"step": "Объединено"}, "closed", ENDED),
    "rejected": ({"step": "Отклонено"}, "rejected", {}),
}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_in_has_the_terms_of_its_state(tmp_path: Path, name: str) -> None:
    row, status, wanted = WAYS[name]
    bring(write(tmp_path / "a.csv", [incident(**row)]))
    case = Case.objects.get()
    assert case.status == status
    clocks = list(case.clocks.all())
    assert {(c.kind, c.code): c.stopped_at is None for c in clocks} == wanted
    assert all(c.explanation["term"]["code"] == c.code for c in clocks)
    assert case.due_at == binding_due(status, [c for c in clocks if c.stopped_at is None])
    holdings = list(case.assignments.values_list("agency__code", "at", "until"))
    assert holdings == ([("own", case.assigned_at, None)] if wanted.get(EXECUTOR) else [])
    assert all((c.assignment is not None) == (c.kind == "executor") for c in clocks)


EXECUTOR = ("executor", "SN-FIRST")
# Source -> the clocks of a new message; of one at its agency; of one that is answered.
REGIMES = {
    "Горячая линия": (
        "moderation",
        {("stage", "SN-MOD"): True, ("total", "HOTLINE"): True},
        {("total", "HOTLINE"): True, ("executor", "EXEC"): True},
    ),
    "ПОС": (
        "moderation",
        {("total", "POS-STD"): True, ("total", "POS-TARGET"): True},
        {("total", "POS-STD"): True, ("total", "POS-TARGET"): True, ("executor", "POS-STD"): True},
    ),
    "Сайт": (
        "moderation",
        {("total", "PORTAL-8"): True},
        {("total", "PORTAL-8"): True, ("executor", "EXEC"): True},
    ),
    "Электронная приёмная": (
        "received",
        {("stage", "L59-REG"): True},
        {("total", "L59-MAIN"): True, ("executor", "L59-MAIN"): True},
    ),
}


@pytest.mark.parametrize("source", REGIMES)
def test_each_regime_has_its_own_terms(tmp_path: Path, source: str) -> None:
    """Old enough that the agency's norm EXEC reaches behind a short term of the citizen."""
    status, at_desk, held = REGIMES[source]
    row = {**incident(step="", agency=""), "Источник": source}
    assigned = {"posted_at": "2026-06-10 10:12:33", "assigned_at": "2026-06-19 10:00:00"}
    late = {**incident(**assigned, external_id="2"), "Источник": source}
    bring(write(tmp_path / "a.csv", [row, late]))
    new, worked = Case.objects.order_by("pk")
    assert (new.status, worked.status) == (status, "in_work")
    assert _running(new) == at_desk
    assert _running(worked) == held
    executor = worked.clocks.get(kind="executor")
    total = worked.clocks.get(kind="total", warning_only=False)
    assert executor.due_at >= total.due_at
    assert executor.assignment == worked.assignments.get()
    if source == "Электронная приёмная":
        assert (new.appeal.incoming_number, new.appeal.registered_at) == ("", None)
        assert worked.appeal.incoming_number == worked.number
        assert worked.appeal.registered_at == worked.registered_at


def _running(case: Case) -> dict[tuple[str, str], bool]:
    return {(c.kind, c.code): c.stopped_at is None for c in case.clocks.all()}


def test_an_imported_appeal_is_registered_like_any_other(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    bring(write(tmp_path / "a.csv", [{**ROW, "source": "Электронная приёмная"}]))
    operator = factories.make_person(Role.OPERATOR, region["region"])
    case = Case.objects.get()
    actions.register_appeal(case, actor=operator, incoming_number="01-15/77")
    assert _running(Case.objects.get())[("total", "L59-MAIN")]


def test_an_imported_case_goes_through_the_moves_of_here(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    """Redirected, answered, published: its clocks and holdings are those of any case."""
    bring(write(tmp_path / "a.csv", [incident(step="Назначено")]))
    case = Case.objects.get()
    curator = factories.make_person(Role.CURATOR, region["own"])
    coordinator = factories.make_person(Role.COORDINATOR, region["region"])
    reason = factories.first_reason("redirect")
    actions.dispute_competence(case, actor=curator, reason=reason, proposed=region["other"])
    actions.redirect(Case.objects.get(), actor=coordinator, agency=region["other"])
    case = Case.objects.get()
    assert case.agency == region["other"]
    held = list(case.assignments.order_by("pk").values_list("agency__code", "ended_by"))
    assert held == [("own", "redirect"), ("other", "")]
    assert case.clocks.get(kind="reply").stopped_at is None


def test_a_message_of_now_has_an_hour_of_the_centre_to_be_routed(tmp_path: Path) -> None:
    before = timezone.now()
    bring(write(tmp_path / "a.csv", [ROW]))
    clock = Case.objects.get().clocks.get()
    assert clock.code == "SN-MOD"
    assert before <= clock.started_at <= timezone.now()


def test_an_urgent_topic_has_the_shorter_term(tmp_path: Path) -> None:
    topic = factories.make_topic()
    type(topic).objects.update(severity=4)
    bring(write(tmp_path / "a.csv", [incident()]))
    codes = set(Case.objects.get().clocks.values_list("code", flat=True))
    assert codes == {"SN-URGENT"}


def test_years_the_calendar_does_not_reach_have_no_term_and_come_in(tmp_path: Path) -> None:
    old = {"posted_at": "2019-03-05 10:00:00", "assigned_at": "2019-03-05 11:00:00"}
    assert bring(write(tmp_path / "a.csv", [incident(**{**ANSWERED, **old})]))["created"] == 1
    case = Case.objects.get()
    assert case.status == "answered"
    # Only what runs by the clock on the wall needs no calendar.
    assert list(case.clocks.values_list("code", flat=True)) == ["SURVEY"]


def test_routing_rules_propose_and_the_most_specific_wins(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    topic = factories.make_topic()
    RoutingRule.objects.create(topic=topic, agency=region["own"])
    RoutingRule.objects.create(
        topic=topic, territory=factories.make_territory(), agency=region["other"]
    )
    rows = [
        incident(step="", agency=""),
        incident(step="", agency="", external_id="2", territory="north"),
    ]
    bring(write(tmp_path / "a.csv", rows))
    found = Case.objects.order_by("pk").values_list("proposed_agency__code", flat=True)
    assert list(found) == ["other", "own"]


def moment(days: int) -> str:
    return f"{timezone.localtime() - timedelta(days=days):%Y-%m-%d %H:%M:%S}"


def told(days: int, answered: int | None, **changes: str) -> dict[str, str]:
    """A row posted so many days ago, answered so many days ago."""
    row = {"posted_at": moment(days), "assigned_at": moment(days), **changes}
    if answered is not None:
        at = {"first_reply_at": moment(answered), "executor_reply_at": moment(answered)}
        row = {**ANSWERED, **row, **at, "approval_sent_at": "", "satisfaction_at": moment(answered)}
    return incident(**row)


def repeats(tmp_path: Path, *rows: dict[str, str]) -> list[str | None]:
    """Ids of what the imported rows repeat, in the order of the rows."""
    bring(write(tmp_path / "a.csv", list(rows)))
    ids = {row[0]: row[1] for row in Case.objects.values_list("pk", "messages__external_id")}
    found = Case.objects.order_by("pk").values_list("repeat_of", flat=True)
    return [ids.get(pk) for pk in found]


def test_rows_of_one_file_that_write_again_after_an_answer_are_repeats(tmp_path: Path) -> None:
    assert repeats(
        tmp_path,
        told(40, 39, external_id="1", house=""),
        told(20, None, external_id="2", house=""),  # again, after the answer
        told(30, 29, external_id="3", house=""),  # earlier than the second, answered too
        told(20, None, external_id="4", house="", author_url="http://vk.com/id5"),
        told(20, None, external_id="5", house="", topic=""),
    ) == [None, "3", "1", None, None]


def test_another_author_of_the_same_house_and_topic_repeats_for_ninety_days(tmp_path: Path) -> None:
    stranger = {"author_url": "http://vk.com/id5"}
    assert repeats(
        tmp_path,
        told(200, 190, external_id="1"),
        told(110, 109, external_id="2", **stranger),
        told(30, 29, external_id="3", author_url="http://vk.com/id6"),
        told(10, None, external_id="4", author_url="http://vk.com/id7", house="8"),
        told(10, None, external_id="5", author_url="http://vk.com/id8", territory="north"),
    ) == [None, "1", "2", None, None]


def test_an_answer_that_came_later_makes_no_repeat(tmp_path: Path) -> None:
    found = repeats(
        tmp_path, told(40, 5, external_id="1", house=""), told(20, None, external_id="2", house="")
    )
    assert found == [None, None]


def test_anonymous_authors_repeat_nobody(tmp_path: Path) -> None:
    nobody = {"author_url": "", "house": "", "url": "https://t.me/zarechnaya/1"}
    found = repeats(
        tmp_path, told(40, 39, external_id="1", **nobody), told(20, None, external_id="2", **nobody)
    )
    assert found == [None, None]


def test_a_message_repeats_what_was_answered_here_before(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    citizen = factories.make_citizen(handle="id77")
    answered = factories.make_case("answered", region["own"], citizen=citizen)
    bring(write(tmp_path / "a.csv", [{**ROW, "тема": "roads.pits"}]))
    case = Case.objects.latest("pk")
    assert case.citizen == citizen
    assert case.repeat_of == answered
