"""The course of a case over several moves: its terms, its repeats, its merged messages."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.models import Agency, CalendarDay, User
from cases import actions, checking
from cases.clocks import start_clock
from cases.errors import BadChange
from cases.models import Case, Clock, Message, Reply
from cases.workflow import Status
from tests import factories
from tests.acting import reloaded

pytestmark = pytest.mark.django_db


def person(role: str, agency: Agency) -> User:
    return factories.make_person(role, agency)


def publish(case: Case, agency: Agency) -> Case:
    return actions.publish(case, actor=person("approver", agency), url="https://vk.example/wall7")


def test_a_reopened_case_has_a_new_term_and_is_not_overdue_at_once(
    region: dict[str, Agency],
) -> None:
    long_ago = timezone.now() - timedelta(days=90)
    case = factories.make_case(
        Status.REOPENED,
        region["own"],
        regime="law59",
        registered_at=long_ago,
        received_at=long_ago,
    )
    moved = actions.resume(case, actor=person("operator", region["region"]))
    assert moved.due_at is not None
    assert moved.due_at > timezone.now()


def test_recall_and_new_routing_keep_the_reply_term(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.MODERATION)
    operator = person("operator", region["region"])
    first = actions.route(case, actor=operator, agency=region["own"]).due_at
    actions.recall_routing(case, actor=operator, reason="ошибка")
    again = actions.route(case, actor=operator, agency=region["other"])
    assert again.due_at == first
    assert case.clocks.filter(kind=Clock.Kind.REPLY).count() == 1


def terms(case: Case, *codes: str) -> set[tuple[int, datetime, datetime]]:
    """Those of these rules that run: which, from when, until when."""
    found = case.clocks.filter(code__in=codes, stopped_at=None).exclude(kind=Clock.Kind.EXECUTOR)
    return set(found.values_list("pk", "started_at", "due_at"))


def test_a_recalled_routing_was_none_so_the_term_of_moderation_runs_on(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.MODERATION)
    operator = person("operator", region["region"])
    start_clock(
        case, ["SN-MOD"], kind=Clock.Kind.STAGE, start=timezone.now(), agency=region["centre"]
    )
    desk = terms(case, "SN-MOD")
    assert desk
    for agency in ("own", "other"):
        actions.route(reloaded(case), actor=operator, agency=region[agency])
        assert not terms(case, "SN-MOD")
        first = terms(case, "SN-FIRST")
        moved = actions.recall_routing(reloaded(case), actor=operator, reason="ошибка")
        assert terms(case, "SN-MOD") == desk  # neither a pause nor an hour anew
        assert moved.due_at == min(due for _pk, _start, due in desk | first)
        assert terms(case, "SN-FIRST") == first
    assert len(first) == 1


def test_a_recalled_appeal_may_be_passed_on_so_long_as_before(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.RECEIVED, regime="law59")
    operator = person("operator", region["region"])
    actions.register_appeal(case, actor=operator, incoming_number="А-1", migration=True)
    kept = terms(case, "L59-PASS", "L59-MIG")
    assert len(kept) == 2
    actions.route(reloaded(case), actor=operator, agency=region["own"])
    actions.take(reloaded(case), actor=person("executor", region["own"]))
    actions.recall_routing(reloaded(case), actor=operator, reason="ошибка")
    assert {start for _pk, start, _due in kept} == {reloaded(case).registered_at}
    again = terms(case, "L59-PASS", "L59-MIG")
    assert {(pk, start) for pk, start, _due in again} == {(pk, start) for pk, start, _due in kept}


def test_a_reopened_case_comes_back_to_the_desk_with_its_new_term_alone(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.MODERATION)
    operator = person("operator", region["region"])
    long_ago = timezone.now() - timedelta(days=90)
    start_clock(case, ["SN-MOD"], kind=Clock.Kind.STAGE, start=long_ago, agency=region["centre"])
    actions.route(reloaded(case), actor=operator, agency=region["own"])
    Clock.objects.filter(case=case).update(stopped_at=timezone.now())
    Case.objects.filter(pk=case.pk).update(status=Status.CLOSED, closed_at=timezone.now())
    supervisor = person("quality_supervisor", region["region"])
    actions.reopen(reloaded(case), actor=supervisor, reason="Житель возразил")
    actions.route(reloaded(case), actor=operator, agency=region["other"])
    moved = actions.recall_routing(reloaded(case), actor=operator, reason="ошибка")
    assert not terms(case, "SN-MOD")
    assert moved.due_at is not None
    assert moved.due_at > timezone.now()


def test_recalled_publication_of_a_correction_brings_its_term_back(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    approver = person("approver", region["own"])
    corrected = actions.correct_reply(case, actor=approver, reason="опечатка")
    assert corrected.due_at is not None
    actions.submit_reply(reloaded(case), actor=case.executor, text=factories.REPLY + " Уточнено.")
    fresh = reloaded(case)
    # Sent: the term of the correction is kept, that of the approver runs.
    due = fresh.due_at
    assert due is not None
    Case.objects.filter(pk=case.pk).update(status=Status.APPROVAL)
    fresh.replies.filter(version=2).update(state=Reply.State.APPROVAL)
    published = publish(reloaded(case), region["own"])
    assert published.due_at is None
    recalled = actions.recall_publication(reloaded(case), actor=approver, reason="не тот пост")
    assert recalled.due_at == due


def test_a_calendar_that_ends_refuses_the_move_in_words_and_changes_nothing(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.MODERATION)
    CalendarDay.objects.filter(day__year__gte=timezone.now().year).delete()
    operator = person("operator", region["region"])
    with pytest.raises(BadChange) as refused:
        actions.route(case, actor=operator, agency=region["own"])
    assert refused.value.code == "calendar_gap"
    assert reloaded(case).status == Status.MODERATION


def test_an_answered_author_who_writes_again_about_the_same_is_a_repeat(
    region: dict[str, Agency],
) -> None:
    citizen = factories.make_citizen()
    answered = factories.make_case(
        Status.ANSWERED,
        region["own"],
        citizen=citizen,
        registered_at=timezone.now() - timedelta(days=9),
    )
    again = factories.make_case(Status.MODERATION, citizen=citizen)
    other_topic = factories.make_case(
        Status.MODERATION, citizen=citizen, topic=factories.make_topic("roads.snow")
    )
    operator = person("operator", region["region"])
    actions.route(again, actor=operator, agency=region["own"])
    actions.route(other_topic, actor=operator, agency=region["own"])
    assert reloaded(again).repeat_of_id == answered.pk
    assert reloaded(other_topic).repeat_of_id is None


def test_a_message_of_a_known_topic_is_a_repeat_from_its_arrival(
    region: dict[str, Agency],
) -> None:
    citizen = factories.make_citizen()
    answered = factories.make_case(Status.CLOSED, region["own"], citizen=citizen)
    arrived = actions.receive(
        actor=person("operator", region["region"]),
        channel=citizen.channel,
        external_id="again-1",
        text="Яму так и не засыпали, когда это сделают?",
        posted_at=timezone.now(),
        author=citizen.handle,
        topic=answered.topic,
    )
    assert reloaded(arrived.case).repeat_of_id == answered.pk


def test_the_agency_reads_the_message_of_a_merged_case(region: dict[str, Agency]) -> None:
    main = factories.make_case(Status.IN_WORK, region["own"])
    second = factories.make_case(Status.MODERATION, text="И фонарь там не горит, когда починят?")
    actions.merge(second, actor=person("operator", region["region"]), into=main)
    assert "фонарь" in checking.message_of(main)
    assert Message.objects.filter(case=main).count() == 2
    assert Case.objects.matching("фонарь").get() == main
    assert reloaded(main).version == main.version + 1


def test_nothing_is_merged_into_a_case_that_has_ended(region: dict[str, Agency]) -> None:
    main = factories.make_case(Status.CLOSED, region["own"])
    second = factories.make_case(Status.MODERATION)
    with pytest.raises(BadChange) as refused:
        actions.merge(second, actor=person("operator", region["region"]), into=main)
    assert refused.value.code == "merge_target_ended"
    assert reloaded(second).status == Status.MODERATION


def test_a_term_is_not_extended_into_another_age(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    with pytest.raises(BadChange) as refused:
        actions.extend(
            case,
            actor=person("coordinator", region["own"]),
            until=timezone.now() + timedelta(days=4000),
            reason="ошибка в годе",
        )
    assert refused.value.code == "extension_too_far"


def test_neither_a_message_nor_a_published_reply_is_ever_rewritten(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    for rows in (case.messages, case.replies):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(text="Другое")
    waiting = factories.make_reply(case, Reply.State.APPROVAL)
    assert Reply.objects.filter(pk=waiting.pk).update(text="Другое") == 1
