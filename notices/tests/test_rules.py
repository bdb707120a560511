"""Who is told of what: the table by values, no database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agencies.roles import Role
from cases.workflow import MOVES
from notices.kinds import ASKING, FACTS, GROUPS, Kind
from notices.rules import PART_ASKING, RULES, SETTLES, Happening, Near, settled, told

AT = datetime(2026, 5, 14, 9, 0, tzinfo=UTC)
ACTOR, EXECUTOR, AUTHOR, DISPUTANT, NAMED, PERSON = 1, 2, 3, 4, 5, 6
CURATORS = Near(Role.CURATOR)
APPROVERS = Near(Role.APPROVER)
SUPERVISORS = Near(Role.QUALITY_SUPERVISOR)
COORDINATORS = Near(Role.COORDINATOR)
K = Kind

# name, what differs from the usual happening, who is told as what
TABLE: list[tuple[str, dict[str, Any], set[tuple[Kind, Any]]]] = [
    ("route", {}, {(K.ARRIVED, CURATORS)}),
    ("split", {}, {(K.ARRIVED, CURATORS)}),
    ("split_off", {}, {(K.ARRIVED, CURATORS)}),
    ("redirect", {}, {(K.ARRIVED, CURATORS), (K.DISPUTE_DECIDED, DISPUTANT)}),
    ("redirect", {"disputant": None}, {(K.ARRIVED, CURATORS)}),
    ("undo_redirect", {}, {(K.DISPUTE, COORDINATORS), (K.DISPUTE_DECIDED, DISPUTANT)}),
    ("refuse_redirect", {}, {(K.DISPUTE_DECIDED, DISPUTANT)}),
    ("assign", {"data": {"executor": NAMED}}, {(K.ASSIGNED, NAMED)}),
    ("assign", {"data": {}}, set()),
    ("take", {}, set()),
    ("dispute_competence", {}, {(K.DISPUTE, COORDINATORS)}),
    ("submit_reply", {"after": "approval"}, {(K.APPROVAL, APPROVERS)}),
    (
        "submit_reply",
        {"after": "review", "data": {"flagged": True}},
        {(K.REVIEW, SUPERVISORS), (K.FLAGGED, CURATORS)},
    ),
    ("accept_reply", {}, {(K.APPROVAL, APPROVERS)}),
    (
        "return_for_rework",
        {},
        {(K.RETURNED, AUTHOR), (K.RETURNED, EXECUTOR), (K.FLAGGED, CURATORS)},
    ),
    (
        "return_for_rework",
        {"executor": None},
        {(K.RETURNED, AUTHOR), (K.RETURNED, CURATORS), (K.FLAGGED, CURATORS)},
    ),
    ("dispute_return", {"after": "review"}, {(K.REVIEW, SUPERVISORS)}),
    ("undo_verdict", {"after": "review"}, {(K.REVIEW, SUPERVISORS)}),
    ("undo_verdict", {"after": "answered"}, set()),
    ("return_to_author", {}, {(K.RETURNED, AUTHOR), (K.RETURNED, EXECUTOR)}),
    ("correct_reply", {"executor": None}, {(K.RETURNED, AUTHOR)}),
    ("recall_publication", {}, {(K.APPROVAL, APPROVERS)}),
    ("publish", {}, {(K.PUBLISHED, AUTHOR)}),
    ("publish", {"author": None}, set()),
    (
        "reopen",
        {},
        {(K.REOPENED, EXECUTOR), (K.REOPENED, CURATORS), (K.REOPENED, COORDINATORS)},
    ),
    ("resume", {}, {(K.REOPENED, EXECUTOR), (K.REOPENED, CURATORS)}),
    (
        "set_control",
        {},
        {(K.CONTROL, EXECUTOR), (K.CONTROL, CURATORS), (K.CONTROL, APPROVERS)},
    ),
    ("lift_control", {"executor": None}, {(K.CONTROL, CURATORS)}),
    ("extend", {}, {(K.TERM_MOVED, EXECUTOR)}),
    ("extend", {"executor": None}, {(K.TERM_MOVED, CURATORS)}),
    ("undo_extend", {}, {(K.TERM_MOVED, EXECUTOR)}),
    ("add_note", {"data": {"to": [NAMED, 8]}}, {(K.MENTION, NAMED), (K.MENTION, 8)}),
    ("add_note", {"data": {"text": "без имён"}}, set()),
    ("message_edited", {}, {(K.MESSAGE, EXECUTOR)}),
    ("citizen_answered", {}, {(K.MESSAGE, EXECUTOR)}),
    ("waiting_over", {"data": {"state": "limit"}}, {(K.MESSAGE, EXECUTOR)}),
    ("waiting_over", {"data": {"state": "message"}}, set()),
    ("merged_here", {"executor": None}, {(K.MESSAGE, CURATORS)}),
    ("taken_out", {}, {(K.MESSAGE, EXECUTOR)}),
    ("hand_over", {"data": {"executor": NAMED}}, {(K.HANDOVER, NAMED)}),
    ("term_warning", {}, {(K.TERM_WARNING, EXECUTOR)}),
    ("term_warning", {"executor": None}, {(K.TERM_WARNING, CURATORS)}),
    ("term_due", {}, {(K.TERM_DUE, EXECUTOR), (K.TERM_DUE, CURATORS)}),
    ("term_due", {"data": {"level": "head"}}, {(K.TERM_DUE, APPROVERS)}),
    ("term_due", {"data": {"level": "coordinator"}}, {(K.TERM_DUE, COORDINATORS)}),
    ("term_warning", {"data": {"level": "operator"}}, {(K.TERM_WARNING, Near(Role.OPERATOR))}),
    ("terms_late", {}, {(K.TERMS_LATE, PERSON)}),
    ("event_offer", {}, {(K.EVENT_OFFER, COORDINATORS)}),
    ("spike", {}, {(K.SPIKE, COORDINATORS)}),
    ("calendar", {}, {(K.CALENDAR, Near(Role.ADMINISTRATOR))}),
    ("template", {}, {(K.TEMPLATE, PERSON)}),
    ("escalated", {"data": {"level": "head"}}, {(K.ESCALATED, APPROVERS)}),
    ("escalated", {"data": {"level": "supervisor"}}, {(K.ESCALATED, SUPERVISORS)}),
    ("escalated", {"data": {"level": "curator"}}, {(K.ESCALATED, CURATORS)}),
    ("escalated", {"data": {"level": "nobody knows"}}, {(K.ESCALATED, APPROVERS)}),
    ("promise_due", {}, {(K.PROMISE_DUE, EXECUTOR)}),
    (
        "promise_broken",
        {},
        {
            (K.PROMISE_BROKEN, EXECUTOR),
            (K.PROMISE_BROKEN, CURATORS),
            (K.PROMISE_BROKEN, SUPERVISORS),
        },
    ),
    ("orphan", {}, {(K.ORPHAN, CURATORS), (K.ORPHAN, COORDINATORS)}),
    ("deputy", {}, {(K.DEPUTY, PERSON)}),
    ("import_finished", {}, {(K.IMPORT_FINISHED, PERSON)}),
    ("export_ready", {}, {(K.EXPORT_READY, PERSON)}),
    ("report_ready", {}, {(K.REPORT_READY, PERSON)}),
    ("day_figures", {}, {(K.DAY_FIGURES, PERSON)}),
    ("give_interim", {}, {(K.PUBLISHED, AUTHOR)}),
    ("plan", {}, {(K.PUBLISHED, AUTHOR)}),
    ("resume_planned", {}, {(K.REOPENED, EXECUTOR), (K.REOPENED, CURATORS)}),
    (
        "record_mark",
        {"after": "rework", "data": {"value": 1, "rework": True}},
        {(K.RETURNED, AUTHOR), (K.RETURNED, EXECUTOR)},
    ),
    ("record_mark", {"after": "closed", "data": {"value": 5}}, set()),
    ("escalate", {}, {(K.ESCALATED, APPROVERS)}),
    (
        "reject",
        {"after": "moderation"},
        {(K.REJECTION, Near(Role.OPERATOR)), (K.REJECTION, COORDINATORS)},
    ),
    ("reject", {"after": "rejected"}, set()),
    ("decline_rejection", {"data": {"proposed_by": NAMED}}, {(K.REJECTION, NAMED)}),
    ("extend_appeal", {}, {(K.TERM_MOVED, EXECUTOR)}),
    (
        "ask_part",
        {"data": {"part": 3, "asked": 8}},
        {(K.PART_ASKED, Near(Role.CURATOR, 8)), (K.PART_ASKED, Near(Role.CO_EXECUTOR, 8))},
    ),
    (
        "ask_part",
        {"data": {"part": 3, "asked": 8, "person": NAMED}},
        {(K.PART_ASKED, NAMED)},
    ),
    (
        "withdraw_part",
        {"data": {"part": 3, "asked": 8, "person": NAMED}},
        {(K.PART_ASKED, NAMED)},
    ),
    (
        "return_part",
        {"data": {"part": 3, "asked": 8, "person": NAMED, "to": 9}},
        {(K.PART_ASKED, NAMED), (K.PART_ASKED, 9)},
    ),
    ("give_part", {"data": {"by": NAMED}}, {(K.PART_GIVEN, EXECUTOR), (K.PART_GIVEN, NAMED)}),
    (
        "part_term",
        {"data": {"part": 3, "asked": 8, "person": NAMED, "state": "warning"}},
        {(K.PART_TERM, NAMED)},
    ),
    (
        "part_term",
        {"data": {"asked": 8, "person": NAMED, "state": "due", "level": "curator"}},
        {(K.PART_TERM, NAMED), (K.PART_TERM, Near(Role.CURATOR, 8)), (K.PART_TERM, EXECUTOR)},
    ),
    (
        "part_term",
        {"data": {"asked": 8, "state": "escalated", "level": "head"}},
        {(K.PART_TERM, Near(Role.APPROVER, 8))},
    ),
    ("register", {}, set()),
    ("amend", {}, set()),
    ("imported", {}, set()),
]


def happening(name: str, **facts: Any) -> Happening:
    usual = {
        "key": "event:1",
        "at": AT,
        "actor": ACTOR,
        "case": 9,
        "agency": 7,
        "executor": EXECUTOR,
        "author": AUTHOR,
        "disputant": DISPUTANT,
        "person": PERSON,
    }
    return Happening(name=name, **{**usual, **facts})


@pytest.mark.parametrize(("name", "facts", "wanted"), TABLE)
def test_who_is_told_of_what(name: str, facts: dict[str, Any], wanted: set[Any]) -> None:
    assert {(one.kind, one.to) for one in told(happening(name, **facts))} == wanted


def test_every_rule_has_its_row_in_the_table() -> None:
    assert {name for name, _facts, _wanted in TABLE} >= set(RULES)


def test_every_kind_is_told_by_some_rule_and_can_be_chosen() -> None:
    assert {rule.kind for rules in RULES.values() for rule in rules} == set(Kind)
    assert set(FACTS) == set(Kind)
    assert {facts.group for facts in FACTS.values()} == set(GROUPS)


def test_who_can_be_told_by_a_role_is_offered_the_kind() -> None:
    """A role named by a rule stands in the roles of its kind: else nobody could switch it off."""
    for name, facts, _wanted in TABLE:
        for one in told(happening(name, **facts)):
            roles = FACTS[one.kind].roles
            if isinstance(one.to, Near) and roles:
                assert one.to.role in roles, (name, one)


def test_a_decision_settles_what_waited_for_it() -> None:
    assert settled(happening("accept_reply")) == {K.APPROVAL, K.REVIEW}
    assert settled(happening("publish")) == ASKING | PART_ASKING
    assert settled(happening("add_note")) == frozenset()
    # A merge taken back closes a main case again only where nothing else keeps it open.
    assert settled(happening("taken_out", after="closed")) == {K.REOPENED}
    assert settled(happening("taken_out", after="reopened")) == frozenset()
    assert K.MENTION not in ASKING


def test_only_moves_that_exist_settle_anything() -> None:
    later = {"hand_over"}
    assert set(SETTLES) - later <= set(MOVES)
