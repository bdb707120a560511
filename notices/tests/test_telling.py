"""From a move to notices, through the actions people use."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import Role
from cases import actions, news
from cases.models import Case, CaseEvent, News, ReasonKind
from cases.workflow import Status
from notices import inbox, telling
from notices.kinds import Kind
from notices.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = "секретзимородок"


class Place:
    """A ministry with its people, a second one, and the centre's people on the region."""

    def __init__(self) -> None:
        factories.load_reference()
        self.agencies: dict[str, Agency] = factories.make_region()
        own = self.agencies["own"]
        self.curator = factories.make_person(Role.CURATOR, own)
        self.executor = factories.make_person(Role.EXECUTOR, own)
        self.approver = factories.make_person(Role.APPROVER, own)
        self.other_curator = factories.make_person(Role.CURATOR, self.agencies["other"])
        region = self.agencies["region"]
        self.supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region)
        self.coordinator = factories.make_person(Role.COORDINATOR, region)
        self.head = factories.make_person(Role.HEAD_OFFICE, region)

    def case(self, status: str, **facts: Any) -> Case:
        facts.setdefault("executor", self.executor)
        return factories.make_case(status, self.agencies["own"], WORDS, **facts)


@pytest.fixture
def place() -> Place:
    return Place()


def follow() -> list[Notice]:
    """What the worker does with everything written so far (its cursor has its own test)."""
    known = set(Notice.objects.values_list("cause", flat=True))
    events = [e for e in CaseEvent.objects.order_by("pk") if f"event:{e.pk}" not in known]
    some = [n for n in News.objects.order_by("pk") if f"news:{n.key}" not in known]
    return telling.tell([*telling.of_events(events), *telling.of_news(some)])


def told_of(case: Case | None = None) -> set[tuple[int, str]]:
    rows = Notice.objects.unread()
    if case is not None:
        rows = rows.filter(case=case)
    return set(rows.values_list("person_id", "kind"))


def test_an_assignment_is_told_to_the_executor_and_not_to_who_made_it(place: Place) -> None:
    case = place.case(Status.ROUTED, executor=None)
    actions.assign(case, actor=place.curator, executor=place.executor)
    follow()
    assert told_of(case) == {(place.executor.pk, Kind.ASSIGNED)}


def test_who_takes_a_case_himself_is_told_nothing(place: Place) -> None:
    case = place.case(Status.ROUTED, executor=None)
    actions.take(case, actor=place.executor)
    follow()
    assert told_of(case) == set()


def test_the_nearest_curators_hear_of_a_new_case(place: Place) -> None:
    case = factories.make_case(Status.MODERATION)
    actions.route(case, actor=place.coordinator, agency=place.agencies["below"])
    follow()
    assert told_of(case) == {(place.curator.pk, Kind.ARRIVED)}


def test_an_agency_with_a_curator_of_its_own_does_not_trouble_the_one_above(place: Place) -> None:
    below = factories.make_person(Role.CURATOR, place.agencies["below"])
    case = factories.make_case(Status.MODERATION)
    actions.route(case, actor=place.coordinator, agency=place.agencies["below"])
    follow()
    assert told_of(case) == {(below.pk, Kind.ARRIVED)}


def test_a_reply_goes_round_and_only_its_last_step_waits(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    actions.submit_reply(case, actor=place.executor, text=factories.REPLY)
    follow()
    assert told_of(case) == {(place.approver.pk, Kind.APPROVAL)}
    actions.return_to_author(case, actor=place.approver, remark=WORDS)
    follow()
    assert told_of(case) == {(place.executor.pk, Kind.RETURNED)}
    actions.submit_reply(case, actor=place.executor, text=factories.REPLY)
    actions.publish(case, actor=place.approver, url="https://vk.example/wall-1_2")
    follow()
    assert told_of(case) == {(place.executor.pk, Kind.PUBLISHED)}


def test_steps_read_in_one_batch_leave_the_same_as_one_by_one(place: Place) -> None:
    case = place.case(Status.REVIEW)
    actions.accept_reply(case, actor=place.supervisor)
    actions.publish(case, actor=place.approver, url="https://vk.example/wall-1_2")
    follow()
    assert told_of(case) == {(place.executor.pk, Kind.PUBLISHED)}
    read = Notice.objects.filter(read_at__isnull=False)
    assert set(read.values_list("person_id", "kind")) == {(place.approver.pk, Kind.APPROVAL)}


def test_a_return_names_the_author_and_the_curator(place: Place) -> None:
    case = place.case(Status.REVIEW)
    reason = factories.first_reason(ReasonKind.RETURN)
    actions.return_for_rework(
        case, actor=place.supervisor, grounds=[reason], remark=WORDS, brush_off=True
    )
    follow()
    assert told_of(case) == {
        (place.executor.pk, Kind.RETURNED),
        (place.curator.pk, Kind.FLAGGED),
    }


def test_a_dispute_goes_to_the_coordinator_and_its_end_to_the_disputant(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    reason = factories.first_reason(ReasonKind.REDIRECT)
    actions.dispute_competence(
        case, actor=place.curator, reason=reason, proposed=place.agencies["other"]
    )
    follow()
    assert told_of(case) == {(place.coordinator.pk, Kind.DISPUTE)}
    actions.refuse_redirect(case, actor=place.coordinator, note=WORDS)
    follow()
    assert told_of(case) == {(place.curator.pk, Kind.DISPUTE_DECIDED)}


def test_after_a_redirect_the_old_agency_has_no_notice_of_the_case(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    follow()
    assert (place.executor.pk, Kind.CONTROL) in told_of(case)
    reason = factories.first_reason(ReasonKind.REDIRECT)
    other = place.agencies["other"]
    actions.dispute_competence(case, actor=place.curator, reason=reason, proposed=other)
    actions.redirect(case, actor=place.coordinator, agency=other)
    follow()
    # The curator who disputed may not see the case any more: he is not told of its end either.
    assert told_of(case) == {(place.other_curator.pk, Kind.ARRIVED)}
    assert inbox.unread_count(User.objects.get(pk=place.executor.pk)) == 0


def test_a_case_recalled_to_the_desk_leaves_no_notice_at_the_agency(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    follow()
    actions.recall_routing(case, actor=place.coordinator, reason=WORDS)
    follow()
    assert told_of(case) == set()


def test_a_revoked_role_hides_the_notice_and_its_number_at_once(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    follow()
    person = User.objects.get(pk=place.executor.pk)
    assert inbox.unread_count(person) == 1
    AgencyUserPermission.objects.filter(user=person).delete()
    person = User.objects.get(pk=place.executor.pk)
    assert inbox.unread_count(person) == 0
    assert inbox.page_of(person).rows == []


def test_nobody_without_the_right_is_told_even_when_a_rule_names_him(place: Place) -> None:
    stranger = factories.make_person()
    case = place.case(Status.IN_WORK)
    CaseEvent.objects.create(
        case=case, actor=place.curator, move="add_note", data={"to": [stranger.pk]}
    )
    follow()
    assert told_of(case) == set()


def test_a_person_switched_off_is_told_nothing(place: Place) -> None:
    User.objects.filter(pk=place.executor.pk).update(is_active=False)
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    follow()
    assert place.executor.pk not in {person for person, _kind in told_of(case)}


def test_one_person_with_two_roles_has_one_notice_of_one_cause(place: Place) -> None:
    factories.hold(place.curator, Role.APPROVER, place.agencies["own"])
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    follow()
    assert Notice.objects.filter(person=place.curator).count() == 1


def test_the_same_happenings_read_again_add_nothing(place: Place) -> None:
    case = place.case(Status.ROUTED, executor=None)
    actions.assign(case, actor=place.curator, executor=place.executor)
    events = list(CaseEvent.objects.filter(case=case, move="assign"))
    for _ in range(3):
        telling.tell(telling.of_events(events))
    assert Notice.objects.filter(case=case).count() == 1


def test_a_notice_holds_no_word_a_person_wrote(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    actions.set_control(case, actor=place.head, reason=WORDS)
    actions.extend(
        case,
        actor=place.supervisor,
        until=timezone.now() + timedelta(days=9),
        reason=WORDS,
    )
    actions.dispute_competence(
        case,
        actor=place.curator,
        reason=factories.first_reason(ReasonKind.REDIRECT),
        note=WORDS,
        proposed=place.agencies["other"],
    )
    made = follow()
    assert {notice.kind for notice in made} == {Kind.CONTROL, Kind.TERM_MOVED, Kind.DISPUTE}
    assert all(WORDS not in str(notice.data) for notice in made)


def test_news_are_told_by_the_ladder(place: Place) -> None:
    case = place.case(Status.IN_WORK)
    for level in ("curator", "head", "supervisor"):
        news.tell("escalated", key=f"up:{level}:{case.pk}", case=case, level=level)
    follow()
    assert told_of(case) == {
        (place.curator.pk, Kind.ESCALATED),
        (place.approver.pk, Kind.ESCALATED),
        (place.supervisor.pk, Kind.ESCALATED),
    }


def test_news_with_a_known_key_are_news_once(place: Place) -> None:
    for _ in range(2):
        news.tell("deputy", key="deputy:1", person=place.executor, state="named")
    assert News.objects.count() == 1
    follow()
    assert told_of() == {(place.executor.pk, Kind.DEPUTY)}


def test_many_happenings_cost_no_more_statements_than_people(
    place: Place, django_assert_max_num_queries: Any
) -> None:
    cases = [place.case(Status.IN_WORK) for _ in range(12)]
    for case in cases:
        actions.set_control(case, actor=place.head, reason="Поручение")
    events = list(CaseEvent.objects.filter(move="set_control"))
    with django_assert_max_num_queries(18):
        telling.tell(telling.of_events(events))
    assert Notice.objects.filter(kind=Kind.CONTROL).count() == 3 * len(cases)
