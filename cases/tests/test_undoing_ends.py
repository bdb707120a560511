"""Closings, extensions, redirections and merges taken back: terms and messages as they were."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases import actions
from cases.clocks import start_clock
from cases.models import Assignment, Attachment, Case, CaseEvent, Clock, Draft, ReasonKind
from cases.tests.taking_back import done, ordered, states, undone
from cases.workflow import Regime, Status
from notices.kinds import Kind
from notices.models import Notice
from notices.telling import of_events, tell
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(region: dict[str, Agency]) -> User:
    return factories.make_person(Role.OPERATOR, region["region"])


def running(case: Case) -> set[Any]:
    """Which terms run and when each ends."""
    found = Clock.objects.filter(case=case, stopped_at=None)
    return set(found.values_list("pk", "code", "started_at", "due_at", "missed_at"))


@pytest.fixture
def supervisor(region: dict[str, Agency]) -> User:
    return factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])


def test_closed_cases_are_answered_again_to_the_end_of_their_survey(
    region: dict[str, Agency], supervisor: User
) -> None:
    approver = factories.make_person(Role.APPROVER, region["own"])
    cases = [factories.make_case(Status.APPROVAL, region["own"]) for _ in range(2)]
    for case in cases:
        actions.publish(case, actor=approver, url="https://vk.example/wall-1_2")
    before = [running(case) for case in cases]
    assert all(before)
    client = client_of(supervisor)
    made = done(client, "close", cases, reason=factories.first_reason(ReasonKind.CLOSING))
    assert [running(case) for case in cases] == [set(), set()]
    actions.reopen(reloaded(cases[1]), actor=supervisor, reason="Житель возразил")
    assert "Отменить закрытие" in client.get(f"/bulk/{made.pk}/").content.decode()
    told = states(undone(client, made))
    assert told == {cases[0].pk: ("done", ""), cases[1].pk: ("refused", "undo_touched")}
    got = reloaded(cases[0])
    assert (got.status, got.closed_at, got.close_reason) == (Status.ANSWERED, None, "")
    assert running(got) == before[0]
    ordered(got)
    page = client.get(got.get_absolute_url()).content.decode()
    assert "Закрытие отменено: " in page


def test_extended_terms_end_when_they_did_and_earlier_extensions_stay(
    region: dict[str, Agency], operator: User, supervisor: User, official: User
) -> None:
    fresh, again, late = (factories.make_case(Status.MODERATION) for _ in range(3))
    for case in (fresh, again, late):
        actions.route(case, actor=operator, agency=region["own"])
    first = timezone.now() + timedelta(days=20)
    actions.extend(reloaded(again), actor=supervisor, until=first, reason="Ждём запчасти")
    passed = timezone.now() - timedelta(hours=1)
    begun = passed - timedelta(hours=1)
    Clock.objects.filter(case=late).update(started_at=begun, due_at=passed, missed_at=passed)
    Case.objects.filter(pk=late.pk).update(due_at=passed)
    cases = [fresh, again, late]
    before = [(running(case), reloaded(case).due_at) for case in cases]
    explained = list(Clock.objects.order_by("pk").values_list("explanation", flat=True))
    client = client_of(supervisor)
    until = f"{factories.next_workday(40):%Y-%m-%d}T12:00"
    made = done(client, "extend", cases, until=until, reason="Не те обращения")
    assert all(reloaded(case).due_at > first for case in cases)
    back = undone(client, made)
    assert set(states(back).values()) == {("done", "")}
    assert [(running(case), reloaded(case).due_at) for case in cases] == before
    # Nothing is left of it that would keep a term from being counted again.
    assert list(Clock.objects.order_by("pk").values_list("explanation", flat=True)) == explained
    assert [reloaded(case).extensions for case in cases] == [0, 1, 0]
    for case in cases:
        ordered(case)
    tell(of_events(list(CaseEvent.objects.filter(move="undo_extend"))))
    page = client.get(fresh.get_absolute_url()).content.decode()
    assert "Продление отменено, срок прежний" in page


def disputed(case: Case, actor: User, proposed: Agency) -> Case:
    reason = factories.first_reason(ReasonKind.REDIRECT)
    return actions.dispute_competence(reloaded(case), actor=actor, reason=reason, proposed=proposed)


@pytest.mark.parametrize("regime", [Regime.SOCIAL, Regime.LAW59])
def test_a_redirected_dispute_waits_again_at_the_agency_that_raised_it(
    region: dict[str, Agency], operator: User, curator: User, official: User, regime: str
) -> None:
    coordinator = factories.make_person(Role.COORDINATOR, region["region"])
    theirs = factories.make_person(Role.CURATOR, region["other"])
    cases = [factories.make_case(Status.MODERATION, regime=regime) for _ in range(2)]
    for case in cases:
        actions.route(case, actor=operator, agency=region["own"])
        actions.assign(reloaded(case), actor=curator, executor=official)
        disputed(case, curator, region["other"])
    kept = reloaded(cases[0])
    before = running(kept)
    executors = Clock.objects.filter(case=kept, kind=Clock.Kind.EXECUTOR)
    terms_before = set(executors.values_list("pk", flat=True))
    client = client_of(coordinator)
    made = done(client, "redirect", cases, agency=region["other"].code)
    tell(of_events(list(CaseEvent.objects.filter(move="redirect"))))
    assert Notice.objects.filter(person=theirs, case=kept).exists()
    actions.take(reloaded(cases[1]), actor=factories.make_person(Role.EXECUTOR, region["other"]))
    told = states(undone(client, made, reason="Не то ведомство"))
    assert told == {cases[0].pk: ("done", ""), cases[1].pk: ("refused", "undo_touched")}
    got = reloaded(kept)
    assert (got.status, got.agency, got.executor) == (
        Status.REDIRECT_ASKED,
        region["own"],
        official,
    )
    assert (got.proposed_agency, got.assigned_at) == (region["other"], kept.assigned_at)
    assert running(got) == before
    assert got.due_at == kept.due_at
    ordered(got)
    held = Assignment.objects.get(case=got, until=None)
    assert (held.agency, held.executor, held.ended_by) == (region["own"], official, "")
    tell(of_events(list(CaseEvent.objects.filter(move="undo_redirect"))))
    assert not Notice.objects.filter(person=theirs, case=kept).exists()
    heard = Notice.objects.filter(person=curator, case=kept, read_at=None)
    assert [(one.kind, one.data["move"]) for one in heard] == [
        (Kind.DISPUTE_DECIDED, "undo_redirect")
    ]
    # Of the agency it never was at no term is left, by which figures would judge the reply.
    of_executors = Clock.objects.filter(case=got, kind=Clock.Kind.EXECUTOR)
    assert set(of_executors.values_list("pk", flat=True)) == terms_before
    # The dispute is decided as any other one.
    actions.refuse_redirect(reloaded(kept), actor=coordinator)
    assert reloaded(kept).executor == official


def test_merged_messages_come_back_with_their_files_unless_the_main_case_went_on(
    region: dict[str, Agency], operator: User, official: User
) -> None:
    desk = factories.make_agency("desk", region["region"], kind=Agency.Kind.CENTRE)
    mains = [
        factories.make_case(Status.IN_WORK, region["own"], executor=official) for _ in range(4)
    ]
    client = client_of(operator)
    runs = []
    cases = [factories.make_case(Status.MODERATION, text="Фонарь не горит") for _ in range(5)]
    for case in cases:
        start_clock(
            reloaded(case), ["SN-MOD"], kind=Clock.Kind.STAGE, start=timezone.now(), agency=desk
        )
    Attachment.objects.create(
        case=cases[0],
        message=cases[0].messages.get(),
        name="фонарь.png",
        sha256="ab" * 32,
        media_type="image/png",
        size=9,
    )
    before = running(cases[0])
    pairs = (
        (cases[:2], mains[0]),
        (cases[2:3], mains[1]),
        (cases[3:4], mains[2]),
        (cases[4:], mains[3]),
    )
    for some, main in pairs:
        runs.append(done(client, "merge", some, into=main.number))
    assert mains[0].messages.count() == 3
    Draft.objects.create(case=mains[1], author=official, text="Фонарь заменим")
    actions.add_note(reloaded(mains[2]), actor=official, text="И фонарь")
    # An import brought a new text of the joined message: by nobody, yet it is there now.
    CaseEvent.objects.create(case=mains[3], move="import_updated")
    told = {pk: state for made in runs for pk, state in states(undone(client, made)).items()}
    assert [told[case.pk] for case in cases] == [
        *[("done", "")] * 2,
        *[("refused", "undo_touched")] * 3,
    ]
    for case in cases[:2]:
        got = reloaded(case)
        assert (got.status, got.merged_into, got.closed_at) == (Status.MODERATION, None, None)
        assert got.messages.get().text == "Фонарь не горит"
        assert set(Case.objects.filter(pk=case.pk).matching("фонарь")) == {got}
        ordered(got)
    assert running(cases[0]) == before
    assert reloaded(cases[0]).attachments.count() == 1
    main = reloaded(mains[0])
    assert main.messages.count() == 1
    assert main.attachments.count() == 0
    assert not Case.objects.filter(pk=main.pk).matching("фонарь").exists()
    ordered(main)
    page = client_of(official).get(main.get_absolute_url()).content.decode()
    assert f"Присоединение № {cases[0].number} отменено" in page
    assert mains[1].messages.count() == mains[2].messages.count() == 2


def test_a_closed_case_the_merge_reopened_is_closed_again_when_the_last_is_out(
    region: dict[str, Agency], operator: User
) -> None:
    citizen = factories.make_citizen()
    main = factories.make_case(Status.CLOSED, region["own"], citizen=citizen, close_reason="solved")
    cases = [factories.make_case(Status.MODERATION, citizen=citizen) for _ in range(2)]
    client = client_of(operator)
    first, second = (done(client, "merge", [case], into=main.number) for case in cases)
    assert (reloaded(main).status, reloaded(main).reopenings) == (Status.REOPENED, 1)
    undone(client, first)
    assert reloaded(main).status == Status.REOPENED  # the other one is still in it
    assert set(states(undone(client, second)).values()) == {("done", "")}
    got = reloaded(main)
    assert (got.status, got.close_reason, got.closed_at, got.reopenings) == (
        Status.CLOSED,
        "solved",
        main.closed_at,
        0,
    )
    ordered(got)


def test_a_merge_that_ended_a_question_to_the_citizen_stays(
    region: dict[str, Agency], operator: User, official: User
) -> None:
    """The terms of the main case were counted anew when he wrote more."""
    desk = factories.make_case(Status.MODERATION)
    main = factories.make_case(Status.IN_WORK, region["own"], executor=official)
    actions.ask_citizen(
        main, actor=official, question="Какой подъезд?", url="https://vk.example/wall-1_7"
    )
    client = client_of(operator)
    made = done(client, "merge", [desk], into=main.number)
    assert states(undone(client, made)) == {desk.pk: ("refused", "undo_no_way")}
    assert reloaded(desk).status == Status.MERGED
