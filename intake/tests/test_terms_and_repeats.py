"""Terms and repeats of imported cases: every way into the desk and past it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Case, RoutingRule
from intake.tests.command import ANSWERED, ROW, bring, files_in, incident, write
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def region(settings: Any, tmp_path: Path) -> dict[str, Any]:
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    return factories.make_region()


# Row of the file -> state, code of its term, whether the term runs, whether it is the case's own.
WAYS = {
    "a new message": ({"step": "", "agency": ""}, "moderation", "SN-MOD", True),
    "a new message with an agency": ({"step": ""}, "moderation", "SN-MOD", True),
    "new by its step": ({"step": "Новый", "agency": ""}, "moderation", "SN-MOD", True),
    "in moderation": ({"step": "На модерации"}, "moderation", "SN-MOD", True),
    "routed": ({"step": "Назначено"}, "routed", "SN-FIRST", True),
    "in work": ({}, "in_work", "SN-FIRST", True),
    "in work of nobody known": ({"agency": "Управа"}, "moderation", "SN-MOD", True),
    "in work of nobody": ({"agency": ""}, "moderation", "SN-MOD", True),
    "in approval": ({**ANSWERED, "step": "На согласовании"}, "approval", "SN-FIRST", True),
    "approval without a text": ({"step": "На согласовании"}, "in_work", "SN-FIRST", True),
    "answered": (ANSWERED, "answered", "SN-FIRST", False),
    "closed": ({**ANSWERED, "step": "Готово"}, "closed", "SN-FIRST", False),
    "closed without a reply": ({"step": "Готово"}, "closed", "SN-FIRST", False),
    "merged elsewhere": ({"step": "Объединено"}, "closed", "SN-FIRST", False),
    "rejected": ({"step": "Отклонено"}, "rejected", None, False),
}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_in_has_the_term_of_its_state(tmp_path: Path, name: str) -> None:
    row, status, code, runs = WAYS[name]
    bring(write(tmp_path / "a.csv", [incident(**row)]))
    case = Case.objects.get()
    assert case.status == status
    if code is None:
        assert not case.clocks.exists()
        assert case.due_at is None
        return
    clock = case.clocks.get()
    assert (clock.code, clock.stopped_at is None) == (code, runs)
    assert clock.explanation["term"]["code"] == code
    assert case.due_at == (clock.due_at if runs else None)


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
    assert Case.objects.get().clocks.get().code == "SN-URGENT"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Горячая линия", ["SN-MOD", "HOTLINE"]),
        ("ПОС", ["POS-STD"]),
        ("Электронная приёмная", ["L59-REG"]),
    ],
)
def test_each_channel_has_the_term_of_its_regime(
    tmp_path: Path, source: str, expected: list[str]
) -> None:
    bring(write(tmp_path / "a.csv", [{**ROW, "source": source}]))
    codes = list(Case.objects.get().clocks.order_by("pk").values_list("code", flat=True))
    assert codes == expected


def test_years_the_calendar_does_not_reach_have_no_term_and_come_in(tmp_path: Path) -> None:
    old = {"posted_at": "2019-03-05 10:00:00", "assigned_at": "2019-03-05 11:00:00"}
    assert bring(write(tmp_path / "a.csv", [incident(**{**ANSWERED, **old})]))["created"] == 1
    case = Case.objects.get()
    assert case.status == "answered"
    assert not case.clocks.exists()


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
    ids = dict(Case.objects.values_list("pk", "messages__external_id"))
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
