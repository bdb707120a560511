"""The review desk: order, claims, objections, random samples, second opinions, undoing."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agencies.models import Agency, User
from agencies.roles import Role
from cases import actions, reviewing, sampling
from cases.agreement import kappa
from cases.clocks import binding_due
from cases.dossier import VERDICTS, history_for
from cases.errors import BadChange, MoveNotAllowed
from cases.models import (
    Case,
    Clock,
    Draft,
    Reply,
    ReplyPrint,
    Review,
    ReviewClaim,
    ReviewTask,
    WorkflowSetting,
)
from cases.workflow import Status
from tests import factories
from tests.acting import client_of, reloaded

NOW = timezone.now()


@pytest.fixture
def region(db: None) -> dict[str, Agency]:
    cache.clear()
    factories.load_reference()
    return factories.make_region()


def reviewer(region: dict[str, Agency], name: str) -> User:
    return factories.make_person(Role.QUALITY_SUPERVISOR, region["own"], username=name)


def author_of(case: Case) -> User:
    found = case.replies.order_by("-version")[0].author or case.executor
    assert found is not None
    case.replies.filter(author=None).update(author=found)
    return found


# Decisions on values


@given(
    risk=st.floats(0, 1),
    more=st.floats(0.001, 1),
    audience=st.integers(0, 10**7),
    hours=st.integers(0, 5000),
)
def test_graver_wider_controlled_and_longer_waiting_stand_first(
    risk: float, more: float, audience: int, hours: int
) -> None:
    sent = NOW - timedelta(hours=hours)
    own = reviewing.rank(risk, audience, False, sent)
    assert reviewing.rank(min(1, risk + more), audience, False, sent) >= own
    assert reviewing.rank(risk, audience * 2 + 9, False, sent) > own
    assert reviewing.rank(risk, audience, True, sent) > own
    assert reviewing.rank(risk, audience, False, sent - timedelta(hours=1)) > own


@given(keys=st.sets(st.integers(1, 10**9), max_size=200), percent=st.integers(0, 100))
def test_a_sample_holds_the_set_share_of_every_agency_and_is_the_same_again(
    keys: set[int], percent: int
) -> None:
    drawn = reviewing.sample(7, list(keys), percent)
    assert len(drawn) >= len(keys) * percent / 100
    assert len(drawn) <= len(keys) * percent / 100 + 1
    assert drawn == reviewing.sample(7, sorted(keys, reverse=True), percent)
    assert set(drawn) <= keys


def test_the_draw_gives_its_share_and_changes_with_the_seed() -> None:
    rows = range(1, 20_001)
    share = sum(reviewing.drawn_again(1, row, 5) for row in rows) / len(rows)
    assert 0.045 < share < 0.055
    assert {r for r in rows if reviewing.drawn_again(1, r, 5)} != {
        r for r in rows if reviewing.drawn_again(2, r, 5)
    }


def test_kappa_of_a_known_table() -> None:
    # Cohen's example: 20 both yes, 15 both no, 5 and 10 apart.
    pairs = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10
    found = kappa(pairs)
    assert (found.pairs, round(found.agreed, 2), round(found.kappa or 0, 2)) == (50, 0.7, 0.4)
    assert found.drifts
    assert kappa([]).kappa is None
    assert kappa([("y", "y")] * 12).kappa is None


# On the desk


def test_the_desk_orders_by_gravity_and_waiting(region: dict[str, Agency]) -> None:
    person = reviewer(region, "first")
    made = {}
    for name, facts in {
        "mild": {"risk": 0.5, "audience": 0, "hours": 1},
        "wide": {"risk": 0.5, "audience": 90_000, "hours": 1},
        "old": {"risk": 0.5, "audience": 0, "hours": 90},
        "grave": {"risk": 0.95, "audience": 0, "hours": 1},
    }.items():
        sent = NOW - timedelta(hours=facts.pop("hours"))
        case = factories.make_case(Status.REVIEW, region["own"], submitted_at=sent, **facts)
        Case.objects.filter(pk=case.pk).update(risk=facts["risk"])
        actions.add_note(case, actor=person, text="Посмотреть")  # any move places it
        made[name] = case.number
    page = client_of(person).get("/review/?list=1").content.decode()
    listed = sorted(made, key=lambda name: page.index(f"/review/{made[name]}/"))
    assert listed == ["old", "wide", "grave", "mild"]
    actions.accept_reply(Case.objects.get(number=made["old"]), actor=person)
    assert reloaded(Case.objects.get(number=made["old"])).review_rank is None


def test_who_comes_second_is_told_and_may_take_over(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.REVIEW, region["own"])
    free = factories.make_case(Status.REVIEW, region["own"])
    one, two = (client_of(reviewer(region, name)) for name in ("one", "two"))
    assert one.post(f"/review/{case.number}/claim/").status_code == 204
    assert two.post(f"/review/{case.number}/claim/").status_code == 409
    page = two.get(f"/review/{case.number}/").content.decode()
    assert "verdict-bar" not in page
    assert "Решу сам" in page
    assert f"№&nbsp;{free.number}" in two.get("/review/").content.decode()
    assert two.post(f"/review/{case.number}/claim/", {"take": "1"}).status_code == 302
    assert "verdict-bar" in two.get(f"/review/{case.number}/").content.decode()
    ReviewClaim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert "verdict-bar" in one.get(f"/review/{case.number}/").content.decode()


@pytest.mark.parametrize("move", ["accept", "return"])
def test_a_verdict_is_undone_as_if_it_had_not_been(region: dict[str, Agency], move: str) -> None:
    case = factories.make_case(Status.REVIEW, region["own"], submitted_at=NOW)
    author = author_of(case)
    person = reviewer(region, "first")
    reply = case.replies.get()
    before = reloaded(case)
    clocks = sorted(Clock.objects.filter(case=case).values_list("pk", "stopped_at", "due_at"))
    if move == "accept":
        actions.accept_reply(case, actor=person)
    else:
        actions.return_for_rework(case, actor=person, grounds=["no-date"], brush_off=True)
        assert Draft.objects.filter(case=case, author=author).exists()
    actions.undo_verdict(case, actor=person)
    got = reloaded(case)
    for name in ("status", "returns", "risk", "flagged", "submitted_at", "escalated_at"):
        assert getattr(got, name) == getattr(before, name), name
    assert clocks == sorted(
        Clock.objects.filter(case=case).values_list("pk", "stopped_at", "due_at")
    )
    running = Clock.objects.filter(case=case, stopped_at=None)
    assert got.due_at == binding_due(got.status, running)
    reply.refresh_from_db()
    assert reply.state == Reply.State.REVIEW
    assert not Review.objects.filter(reply=reply).exists()
    assert not Draft.objects.filter(case=case).exists()
    if move == "return":
        assert ReplyPrint.objects.filter(reply=reply).exists()
    with pytest.raises(MoveNotAllowed):
        actions.undo_verdict(case, actor=person)


def test_a_verdict_is_not_undone_late_or_after_somebody_else(region: dict[str, Agency]) -> None:
    person, other = reviewer(region, "first"), reviewer(region, "second")
    for spoil in ("late", "other", "moved"):
        case = factories.make_case(Status.REVIEW, region["own"])
        actions.accept_reply(case, actor=person)
        if spoil == "late":
            case.events.update(at=timezone.now() - timedelta(seconds=13))
        if spoil == "moved":
            actions.add_note(case, actor=other, text="Смотрю")
        with pytest.raises(BadChange, match="undo_too_late"):
            actions.undo_verdict(case, actor=other if spoil == "other" else person)
        assert reloaded(case).status == Status.APPROVAL


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("stands", [False, True])
def test_an_objection_is_decided_once_by_another_who_sees_no_first_verdict(
    region: dict[str, Agency], published: bool, stands: bool
) -> None:
    WorkflowSetting.objects.create(second_percent=0)
    status = Status.ANSWERED if published else Status.REVIEW
    case = factories.make_case(status, region["own"], submitted_at=NOW)
    author = author_of(case)
    one, two = reviewer(region, "one"), reviewer(region, "two")
    actions.return_for_rework(case, actor=one, grounds=["no-date"], remark="Нет срока совсем")
    assert "dispute-return" in client_of(author).get(f"/cases/{case.number}/").content.decode()
    actions.dispute_return(case, actor=author, objection="Срок во втором предложении")
    got = reloaded(case)
    assert (got.status, got.review_rank is not None) == (Status.REVIEW, True)
    with pytest.raises(BadChange, match="another_reviewer"):
        actions.accept_reply(case, actor=one)
    listed = client_of(one).get("/review/?list=1").content.decode()
    assert f'href="/review/{case.number}/' not in listed
    admin = f"/admin/cases/case/{case.pk}/change/"
    for address in (f"/review/{case.number}/", f"/cases/{case.number}/", admin):
        page = client_of(two).get(address).content.decode()
        assert "Нет срока совсем" not in page, address
    moves = set(history_for(case, two).values_list("move", flat=True))
    assert moves.isdisjoint(VERDICTS), "as the card on paper has it"
    assert "return_for_rework" in history_for(case, one).values_list("move", flat=True)
    api = client_of(two).get(f"/api/cases/{case.number}/").content.decode()
    assert "Нет срока совсем" not in api
    assert "Срок во втором предложении" in client_of(two).get("/review/").content.decode()
    if stands:
        actions.return_for_rework(case, actor=two, grounds=["no-date"])
        assert (reloaded(case).status, reloaded(case).returns) == (Status.REWORK, 1)
    else:
        actions.accept_reply(case, actor=two)
        wanted = Status.ANSWERED if published else Status.APPROVAL
        assert (reloaded(case).status, reloaded(case).returns) == (wanted, 0)
    if stands:
        with pytest.raises(BadChange, match="disputed_already"):
            actions.dispute_return(case, actor=author, objection="И всё же")
    assert "Нет срока совсем" in client_of(two).get(f"/cases/{case.number}/").content.decode()


def test_second_opinions_are_no_larger_among_the_sample() -> None:
    days = [range(day * 200, day * 200 + 200) for day in range(100)]
    drawn = [key for day in days for key in reviewing.sample(1, list(day), 5)]
    again = sum(reviewing.drawn_again(1, key, 2) for key in drawn)
    assert len(drawn) == 1000
    assert 8 <= again <= 36, "2 % of a thousand"


def test_a_changed_share_or_seed_is_for_days_to_come(region: dict[str, Agency]) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    for _number in range(12):
        case = factories.make_case(Status.ANSWERED, region["own"])
        author_of(case)
        case.replies.update(published_at=yesterday, flagged=False)
    assert sampling.draw_due(timezone.now()) == 1
    WorkflowSetting.objects.create(sample_percent=50, sample_seed=7)
    assert sampling.draw_due(timezone.now()) == 0
    WorkflowSetting.objects.update(created_at=yesterday - timedelta(days=1))
    assert sampling.draw_due(timezone.now()) >= 5


def test_the_random_sample_reaches_every_agency_and_is_drawn_once(
    region: dict[str, Agency],
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    for agency in ("own", "below", "other"):
        for _number in range(3):
            case = factories.make_case(Status.ANSWERED, region[agency])
            author_of(case)
            case.replies.update(published_at=yesterday, flagged=False)
    assert sampling.draw_due(timezone.now()) == 3
    assert sampling.draw_due(timezone.now()) == 0
    assert ReviewTask.objects.values("agency").distinct().count() == 3


def test_a_drawn_reply_whose_case_went_to_another_agency_waits_for_theirs(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    ReviewTask.objects.create(kind="sample", reply=case.replies.get(), agency=region["own"])
    client = client_of(reviewer(region, "one"))
    assert case.number in client.get("/review/?part=sample").content.decode()
    Case.objects.filter(pk=case.pk).update(agency=region["other"])
    assert case.number not in client.get("/review/?part=sample").content.decode()


def test_a_drawn_reply_is_judged_without_moving_its_case(region: dict[str, Agency]) -> None:
    WorkflowSetting.objects.create(second_percent=100)
    case = factories.make_case(Status.ANSWERED, region["own"])
    reply = case.replies.get()
    task = ReviewTask.objects.create(kind="sample", reply=reply, agency=region["own"])
    one, two = reviewer(region, "one"), reviewer(region, "two")
    client = client_of(one)
    assert f"№&nbsp;{case.number}" in client.get("/review/?part=sample").content.decode()
    sent = {"task": task.pk, "verdict": "brush_off", "grounds": ["no-date"]}
    assert client.post(f"/cases/{case.number}/judge-reply/", sent).status_code == 302
    got = reloaded(case)
    assert (got.status, got.returns) == (Status.ANSWERED, 0)
    # Everything is looked at again here: by another one, who does not see the verdict.
    second = ReviewTask.objects.get(kind="second")
    with pytest.raises(BadChange, match="another_reviewer"):
        actions.judge_reply(case, actor=one, task=second.pk, verdict="good")
    link = f'href="/review/{case.number}/'
    assert link not in client.get("/review/?part=second").content.decode()
    assert link in client_of(two).get("/review/?part=second").content.decode()
    actions.judge_reply(case, actor=two, task=second.pk, verdict="good")
    with pytest.raises(BadChange, match="task_done"):
        actions.judge_reply(case, actor=two, task=second.pk, verdict="good")
    assert ReviewTask.objects.filter(done_at=None).count() == 0
    page = client.get("/review/agreement/").content.decode()
    assert "Дважды оценено ответов: 1." in page


def test_a_judged_sample_is_undone(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    reply = case.replies.get()
    task = ReviewTask.objects.create(kind="sample", reply=reply, agency=region["own"])
    person = reviewer(region, "one")
    actions.judge_reply(case, actor=person, task=task.pk, verdict="good")
    actions.undo_verdict(case, actor=person)
    task.refresh_from_db()
    assert task.done_at is None
    assert not reply.reviews.exists()
