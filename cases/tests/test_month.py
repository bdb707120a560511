"""June 2026 at one agency in each regime, the clock frozen at every step.

The agency keeps Yakutsk time and rests on 12 June (Russia Day); the 11th is an hour shorter.
Every due moment stands here as a clerk would write it down, not as the code computes it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import User
from cases import actions, clocks
from cases.errors import BadChange, MoveNotAllowed
from cases.models import (
    Assignment,
    Attachment,
    Case,
    Clock,
    DeadlineRule,
    Paper,
    Promise,
)
from cases.tests.month import Month, due, moment
from cases.workflow import Status
from tests import factories
from tests.acting import reloaded

pytestmark = pytest.mark.django_db


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(BadChange) as caught:
        act()
    return caught.value.code


@pytest.fixture
def month(monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(monkeypatch)


def test_social_networks(month: Month) -> None:
    month.at("06-01 10:12")
    case = month.arrive("vk")
    assert reloaded(case).due_at == moment("06-01 11:12")  # a working hour at the desk
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.at("06-01 10:40")
    month.route(case)
    # 8 working hours of 9-13, 14-18 from 10:40: 6 h 20 on Monday, the rest on Tuesday.
    assert reloaded(case).due_at == moment("06-02 10:40")
    month.at("06-01 17:30")
    actions.dispute_competence(
        reloaded(case), actor=month.curator, reason="other-owner", proposed=month.other
    )
    assert due(case, "DISPUTE") == moment("06-02 10:30")
    month.at("06-02 10:20")
    actions.redirect(reloaded(case), actor=month.coordinator, agency=month.other)
    # The citizen's term did not move; the new agency has eight hours of its own.
    assert due(case, "SN-FIRST", "reply") == moment("06-02 10:40")
    assert due(case, "SN-FIRST", "executor") == moment("06-03 10:20")
    assert reloaded(case).due_at == moment("06-02 10:40")
    month.at("06-02 11:00")
    actions.recall_routing(reloaded(case), actor=month.operator, reason="Всё же дороги")
    month.route(case)
    month.take(case)
    month.at("06-02 12:00")
    too_far = {"kind": "interim", "promised_on": moment("06-15 00:00").date()}
    assert refusal(lambda: month.reply(case, **too_far)) == "promise_beyond_term"
    month.reply(case, kind="interim", promised_on=moment("06-10 00:00").date())
    assert due(case, "SN-APPR") == moment("06-02 12:30")
    month.at("06-02 12:10")
    actions.give_interim(reloaded(case), actor=month.approver, url="https://vk.example/wall1_1")
    assert reloaded(case).status == Status.INTERIM
    # Seven working days after Tuesday: 3, 4, 5, 8, 9, 10, 11 June; the 11th closes at 17:00.
    assert due(case, "SN-FINAL", "total") == moment("06-11 17:00")
    assert reloaded(case).due_at == moment("06-10 23:59:59")
    month.at("06-10 15:00")
    again = {"kind": "interim", "promised_on": moment("06-19 00:00").date()}
    assert refusal(lambda: month.reply(case, **again)) == "interim_needs_fact"
    month.reply(case, **again, new_fact="Подрядчик вышел на место")
    actions.give_interim(reloaded(case), actor=month.approver, url="https://vk.example/wall1_2")
    # 11, 15, 16, 17, 18, 19, 22 June: the 12th is a holiday.
    assert due(case, "SN-FINAL", "total") == moment("06-22 18:00")
    third = {"kind": "interim", "promised_on": moment("06-22 00:00").date(), "new_fact": "Ждём"}
    assert refusal(lambda: month.reply(case, **third)) == "interims_limit"
    month.at("06-19 16:00")
    month.reply(case)
    month.at("06-19 16:20")
    month.publish(case)
    assert reloaded(case).due_at is None
    assert due(case, "SURVEY") == moment("06-23 16:20")  # 96 hours, day and night
    month.at("06-22 10:00")
    assert refusal(lambda: actions.close_unmarked(reloaded(case))) == "survey_open"
    month.at("06-23 16:21")
    actions.close_unmarked(reloaded(case))
    assert (reloaded(case).status, reloaded(case).close_reason) == (Status.CLOSED, "no-answer")
    states = list(Promise.objects.filter(case=case).order_by("pk").values_list("state", flat=True))
    assert states == [Promise.State.MOVED, Promise.State.KEPT]
    # The first reply was late by 80 minutes: once for the case, not for who held it last.
    assert Case.objects.missed_a_term().get() == case
    assert Assignment.objects.overdue().count() == 0
    assert Assignment.objects.filter(case=case).count() == 3


def test_a_first_response_where_the_region_keeps_its_term(month: Month) -> None:
    DeadlineRule.objects.filter(code="SN-PRIMARY").update(is_active=True)
    month.at("06-11 16:00")
    case = month.arrive("vk", severity=4)
    # Three working hours on the eve of the holiday: one to 17:00, two on Monday.
    assert due(case, "SN-PRIMARY") == moment("06-15 11:00")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.at("06-11 16:10")
    month.route(case)
    assert due(case, "SN-URGENT", "reply") == moment("06-15 12:10")
    actions.respond_first(reloaded(case), actor=month.executor, url="https://vk.example/wall1_0")
    assert reloaded(case).first_response_at == moment("06-11 16:10")
    assert Clock.objects.get(case=case, code="SN-PRIMARY").missed_at is None
    assert refusal(lambda: actions.respond_first(reloaded(case), actor=month.executor)) == (
        "no_first_response"
    )


def test_feedback_platform(month: Month) -> None:
    month.at("06-02 12:00")
    case = month.arrive("pos")
    assert due(case, "POS-STD", "total") == moment("07-02 23:59:59")
    assert due(case, "POS-TARGET") == moment("06-10 23:59:59")
    assert reloaded(case).due_at == moment("07-02 23:59:59")  # the target only warns
    actions.start_moderation(reloaded(case), actor=month.operator)
    actions.amend(reloaded(case), actor=month.operator, fast_track=True)
    # Ten days end on Friday the 12th, a holiday; the platform counts on to Monday.
    assert due(case, "POS-FAST", "total") == moment("06-15 23:59:59")
    assert reloaded(case).due_at == moment("06-15 23:59:59")
    month.route(case)
    month.take(case)
    month.at("06-16 10:00")
    assert list(Case.objects.missed_a_term()) == [case]
    assert Assignment.objects.overdue().count() == 1
    actions.extend(
        reloaded(case),
        actor=month.coordinator,
        until=moment("06-19 18:00"),
        reason="Нужен выезд",
    )
    # More time does not undo that the term had passed.
    assert list(Case.objects.missed_a_term()) == [case]
    month.at("06-17 10:00")
    month.reply(case)
    month.publish(case, url="")
    month.at("06-18 10:00")
    actions.record_mark(reloaded(case), actor=month.operator, value=2, comment="Яма на месте")
    assert reloaded(case).status == Status.REWORK
    # Three working days after Thursday: 19, 22, 23 June.
    assert due(case, "REWORK") == moment("06-23 18:00")
    assert refusal_of_early_mark(month, case)
    month.at("06-22 10:00")
    month.reply(case)
    month.publish(case, url="")
    actions.record_mark(reloaded(case), actor=month.operator, value=5)
    assert (reloaded(case).status, reloaded(case).close_reason) == (Status.CLOSED, "marked")
    assert Assignment.objects.overdue().count() == 1


def refusal_of_early_mark(month: Month, case: Case) -> bool:
    """A mark is of a published reply: while it is mended there is none to give."""
    with pytest.raises(MoveNotAllowed):
        actions.record_mark(reloaded(case), actor=month.operator, value=1)
    return True


def test_appeal_by_59_fz(month: Month, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    month.at("06-01 15:00")
    case = month.arrive("reception")
    assert reloaded(case).status == Status.RECEIVED
    assert reloaded(case).due_at == moment("06-04 23:59:59")  # three days to register
    with pytest.raises(MoveNotAllowed):
        actions.start_moderation(reloaded(case), actor=month.operator)
    month.at("06-02 11:00")
    actions.register_appeal(reloaded(case), actor=month.operator, incoming_number="А-15/26")
    # Thirty days end on 2 July, a Thursday; passing on on the 9th.
    assert due(case, "L59-MAIN", "total") == moment("07-02 23:59:59")
    assert due(case, "L59-REDIR") == moment("06-09 23:59:59")
    month.at("06-03 10:00")
    month.route(case)
    assert reloaded(case).due_at == moment("06-09 23:59:59")
    actions.dispute_competence(
        reloaded(case), actor=month.curator, reason="other-powers", proposed=month.other
    )
    actions.refuse_redirect(reloaded(case), actor=month.coordinator, note="Ваша дорога")
    assert reloaded(case).due_at == moment("07-02 23:59:59")
    month.at("06-10 10:00")
    late = refusal(
        lambda: actions.dispute_competence(
            reloaded(case), actor=month.curator, reason="other-powers", proposed=month.other
        )
    )
    assert late == "dispute_too_late"
    month.at("06-29 10:00")

    def extend(until: str) -> Case:
        return actions.extend_appeal(
            reloaded(case),
            actor=month.approver,
            until=moment(f"{until} 00:00").date(),
            ground="Запрошены сведения у владельца сетей",
            outgoing_number="12-у/7",
        )

    # Thirty days on end on Saturday, 1 August: the Friday before is the last one.
    assert refusal(lambda: extend("08-03")) == "extension_beyond_law"
    extend("07-31")
    assert due(case, "L59-MAIN", "total") == moment("07-31 23:59:59")
    assert refusal(lambda: extend("07-31")) == "extended_already"
    month.at("06-30 10:00")
    # Left with the agency where nobody had taken it: there to be taken.
    assert reloaded(case).status == Status.ROUTED
    month.take(case)
    month.reply(case)
    assert refusal(lambda: month.publish(case)) == "outgoing_missing"
    month.publish(case, outgoing_number="12-о/145", signer="Лапина О. С.", result="measures")
    appeal = reloaded(case).appeal
    assert (appeal.outgoing_number, appeal.result) == ("12-о/145", "measures")
    assert appeal.extension_notice_at == moment("06-29 10:00")
    kinds = list(Paper.objects.filter(case=case).order_by("pk").values_list("kind", flat=True))
    assert kinds == [Paper.Kind.EXTENSION, Paper.Kind.LETTER]
    assert all(
        paper.attachment.media_type == "application/pdf"
        for paper in Paper.objects.select_related("attachment")
    )
    assert Attachment.objects.filter(case=case).count() == 2
    assert Case.objects.missed_a_term().count() == 0


def test_an_appeal_answered_twice_may_be_ended_and_an_unanswered_one_not(
    month: Month, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    author = factories.make_citizen()

    def cease(case: Case) -> Case:
        return actions.cease(
            reloaded(case),
            actor=month.approver,
            no_new_arguments=True,
            agreed_by=month.curator,
            outgoing_number="12-п/9",
        )

    cases = []
    for day in (1, 8, 15):
        month.at(f"06-{day:02} 10:00")
        case = month.arrive("reception", author=author, incoming_number=f"А-{day}/26")
        month.route(case)
        month.take(case)
        cases.append(case)
        if day < 15:
            month.reply(case)
            month.publish(case, outgoing_number=f"12-о/{day}")
    assert Clock.objects.filter(case=cases[2], stopped_at=None).exists()
    cease(cases[2])
    assert reloaded(cases[2]).status == Status.CEASED
    assert not Clock.objects.filter(case=cases[2], stopped_at=None).exists()
    other = month.arrive("reception", incoming_number="А-99/26")
    month.route(other)
    assert refusal(lambda: cease(other)) == "answers_too_few"


def test_migration_appeals_short_notices_and_redirection(
    month: Month, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    month.at("06-01 10:00")
    case = month.arrive("reception")
    actions.register_appeal(
        reloaded(case), actor=month.operator, incoming_number="М-1/26", migration=True
    )
    # Twenty days end on Sunday the 21st: the Friday before; five to pass on, on Saturday the 6th.
    assert due(case, "L59-MIG", "total") == moment("06-19 23:59:59")
    assert reloaded(case).due_at == moment("06-05 23:59:59")
    month.route(case)
    assert reloaded(case).due_at == moment("06-19 23:59:59")
    month.at("06-02 10:00")
    court = month.arrive("reception", incoming_number="А-2/26")
    month.at("06-10 10:00")
    actions.short_notice(
        reloaded(court), actor=month.operator, kind="court", outgoing_number="12-у/1"
    )
    event = court.events.first()
    assert event.data["late"] is True  # the eighth day
    assert reloaded(court).status == Status.CLOSED
    outside = month.arrive("reception", incoming_number="А-3/26")
    month.at("06-15 10:00")
    actions.forward_appeal(
        reloaded(outside),
        actor=month.operator,
        body="Прокуратура области",
        outgoing_number="12-п/1",
    )
    assert "late" not in outside.events.first().data
    assert reloaded(outside).appeal.result == "redirected"
    assert Paper.objects.filter(case=outside).count() == 2


def test_regional_portal_with_planned_works(month: Month) -> None:
    month.at("06-01 10:00")
    case = month.arrive("portal")
    # Eight working days after Monday: 2-5, 8-11 June; the 11th closes at 17:00.
    assert due(case, "PORTAL-8", "total") == moment("06-11 17:00")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    assert due(case, "PORTAL-8", "executor") == moment("06-11 17:00")
    month.take(case)
    month.at("06-08 10:00")
    within = {"kind": "planned", "promised_on": moment("06-10 00:00").date()}
    assert refusal(lambda: month.reply(case, **within)) == "plan_within_term"

    def plan(day: str) -> Case:
        month.reply(case, kind="planned", promised_on=moment(f"{day} 00:00").date())
        return actions.plan(reloaded(case), actor=month.approver)

    plan("06-19")
    assert (reloaded(case).status, reloaded(case).due_at) == (
        Status.PLANNED,
        moment("06-19 23:59:59"),
    )
    month.at("06-15 10:00")
    assert refusal(lambda: actions.resume_planned(reloaded(case), actor=None)) == "too_early"
    month.at("06-16 00:05")
    actions.resume_planned(reloaded(case), actor=None)
    assert reloaded(case).due_at == moment("06-19 23:59:59")
    month.at("06-16 10:00")
    plan("06-22")
    month.at("06-19 10:00")
    actions.resume_planned(reloaded(case), actor=month.executor)
    plan("06-25")
    month.at("06-23 10:00")
    actions.resume_planned(reloaded(case), actor=month.executor)
    assert reloaded(case).postponements == 2
    assert refusal(lambda: plan("06-30")) == "postponements_limit"
    head = factories.make_person("head_office", month.region)
    actions.set_control(reloaded(case), actor=head, reason="Третий перенос")
    plan("06-30")
    chain = Promise.objects.filter(case=case).order_by("pk")
    assert [p.state for p in chain] == ["moved", "moved", "moved", "open"]
    assert [p.moved_from_id for p in chain] == [None, *[p.pk for p in chain][:-1]]
    month.at("07-01 10:00")
    assert clocks.mark_missed(timezone.now()) == 1
    assert clocks.mark_missed(timezone.now()) == 0


def test_hotline_with_rejection_by_two(month: Month) -> None:
    month.at("06-01 12:30")
    case = month.arrive("hotline")
    assert reloaded(case).due_at == moment("06-01 14:30")  # the hour of the desk has a lunch in it
    actions.start_moderation(reloaded(case), actor=month.operator)
    actions.reject(reloaded(case), actor=month.operator, reason="joke")
    assert reloaded(case).status == Status.MODERATION
    assert refusal(lambda: actions.confirm_rejection(reloaded(case), actor=month.operator)) == (
        "own_rejection"
    )
    assert refusal(lambda: month.route(case)) == "rejection_waits"
    actions.decline_rejection(reloaded(case), actor=month.second, note="Вопрос есть")
    month.route(case)
    assert due(case, "HOTLINE", "total") == moment("06-11 17:00")
    joke = month.arrive("hotline")
    actions.start_moderation(reloaded(joke), actor=month.operator)
    actions.reject(reloaded(joke), actor=month.operator, reason="joke")
    actions.confirm_rejection(reloaded(joke), actor=month.second)
    assert reloaded(joke).status == Status.REJECTED
    assert "no_second_reviewer" not in joke.events.first().data


def test_without_a_second_person_a_rejection_stands_and_says_so(month: Month) -> None:
    User.objects.exclude(pk=month.operator.pk).update(is_active=False)
    case = month.arrive("vk")
    actions.start_moderation(reloaded(case), actor=month.operator)
    actions.reject(reloaded(case), actor=month.operator, reason="spam")
    assert reloaded(case).status == Status.REJECTED
    assert case.events.first().data["no_second_reviewer"] is True


def test_internal_matter_with_rework_up_to_the_head(month: Month) -> None:
    month.at("06-01 10:00")
    case = month.arrive("internal")
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    assert due(case, "INTERNAL", "total") == moment("06-11 17:00")
    assert refusal(lambda: month.reply(case, kind="interim")) == "kind_not_in_regime"
    month.at("06-03 10:00")
    month.reply(case)
    month.publish(case, url="")
    for number in (1, 2, 3):
        actions.return_for_rework(reloaded(case), actor=month.supervisor, grounds=["no-date"])
        assert due(case, "REWORK") == moment("06-08 18:00")  # 4, 5, 8 June
        assert (reloaded(case).escalated_at is not None) is (number == 3)
        month.reply(case)
        month.publish(case, url="")
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves.count("escalate") == 1
    actions.close(reloaded(case), actor=month.coordinator, reason="done")
    assert Case.objects.missed_a_term().count() == 0


def test_an_author_reopens_his_case_twice_and_not_a_third_time(month: Month) -> None:
    author = factories.make_citizen()
    month.at("06-01 10:00")
    case = month.arrive("vk", author=author)
    actions.start_moderation(reloaded(case), actor=month.operator)
    month.route(case)
    month.take(case)
    for number in (1, 2, 3):
        month.reply(case)
        month.publish(case)
        actions.close(reloaded(case), actor=month.coordinator, reason="done")
        again = month.arrive("vk", author=author)
        actions.start_moderation(reloaded(again), actor=month.operator)
        if number == 3:
            assert refusal(
                lambda again=again: actions.merge(
                    reloaded(again), actor=month.operator, into=reloaded(case)
                )
            ) == ("reopenings_limit")
            break
        actions.merge(reloaded(again), actor=month.operator, into=reloaded(case))
        assert (reloaded(case).status, reloaded(case).reopenings) == (Status.REOPENED, number)
        actions.resume(reloaded(case), actor=month.operator)
    assert reloaded(case).status == Status.CLOSED
