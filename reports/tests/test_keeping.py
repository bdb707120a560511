"""Kept figures: equal to the rows after whatever happened, wherever the keeper was killed."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases import news
from cases.demo.load import load_demo
from cases.models import Case, CaseEvent, Clock, Mark, Promise, Reply, Review, Touched
from cases.tasks import check_some
from cases.workflow import Status
from reports import counting, facts, keeping
from reports.measures import MEASURES, NAMES, Kind, Sign
from reports.models import TOTAL, Branch, BranchTopic, DurationCount, Fact, Keeping
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_committed")]


def counted(measure: str, agency: int = TOTAL) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select coalesce(sum({measure}), 0) from reports_agencycount"
            " where span = 'd' and agency_id = %s",
            [agency],
        )
        return int(cursor.fetchone()[0])


def touch(case: Case) -> None:
    news.touched([case.pk])
    keeping.catch_up()


def test_a_case_is_counted_with_its_agency_and_leaves_with_it() -> None:
    keeping.catch_up()
    case = factories.make_case(Status.IN_WORK)
    keeping.catch_up()
    assert counted("received") == counted("received", case.agency_id) == 1
    assert counted("open") == 1
    other = factories.make_agency()
    Case.objects.filter(pk=case.pk).update(agency=other)
    touch(case)
    assert counted("received", case.agency_id) == 0
    assert counted("received", other.pk) == counted("received") == 1
    Case.objects.get(pk=case.pk).delete()
    assert [counted(name) for name in NAMES] == [0] * len(NAMES)
    assert keeping.verify().differences == 0


def test_sums_of_a_subtree_follow_an_agency_that_moves() -> None:
    keeping.catch_up()
    region = factories.make_agency(kind="region")
    one, other = (factories.make_agency(parent=region) for _ in range(2))
    middle = factories.make_agency(parent=one)
    case = factories.make_case(Status.CLOSED, agency=factories.make_agency(parent=middle))
    keeping.catch_up()
    below = lambda agency: (  # noqa: E731
        counted("received", -1 - agency.pk),
        sum(BranchTopic.objects.filter(above_id=agency.pk).values_list("n", flat=True)),
        DurationCount.objects.filter(agency_id=-1 - agency.pk, span="m", n__gt=0).exists(),
    )
    nothing, all_of_it = (0, 0, False), (1, 1, True)
    assert [below(a) for a in (region, one, middle, other)] == [
        nothing, all_of_it, all_of_it, nothing,
    ]  # fmt: skip
    Agency.objects.filter(pk=middle.pk).update(parent=other)
    assert [below(a) for a in (one, middle, other)] == [nothing, all_of_it, all_of_it]
    Agency.objects.filter(pk=region.pk).update(kind="ministry")
    assert [below(a) for a in (region, other)] == [all_of_it, all_of_it]
    assert counted("received", case.agency_id) == counted("received") == 1
    assert keeping.verify().differences == 0


def test_a_late_check_and_a_cut_link_reach_the_figures_without_an_event() -> None:
    case = factories.make_case(Status.ANSWERED)
    keeping.catch_up()
    assert counted("flagged") == 0
    Reply.objects.filter(case=case).update(risk=0.9, flagged=True)
    assert keeping.verify().facts
    touch(case)
    assert counted("flagged") == 1
    assert not Touched.objects.exists()


def test_signs_of_a_published_reply() -> None:
    case = factories.make_case(Status.CLOSED, outcome="solved")
    reply = case.replies.get()
    now = timezone.now()
    Clock.objects.create(
        case=case, kind="executor", code="SN-FIRST",
        started_at=now - timedelta(hours=4), due_at=now - timedelta(hours=2),
        stopped_at=reply.published_at,
    )  # fmt: skip
    who = factories.make_person(Role.QUALITY_SUPERVISOR, factories.make_agency())
    Review.objects.create(reply=reply, reviewer=who, verdict="brush_off", returned=True)
    Review.objects.create(reply=reply, reviewer=who, verdict="remarks")
    Mark.objects.create(case=case, reply=reply, value=4)
    keeping.catch_up()
    fact = Fact.objects.get(kind=Kind.REPLY)
    assert fact.minutes == 4 * 60
    assert fact.approval == 60
    assert Sign(fact.signs) >= Sign.FIRST | Sign.TIMED | Sign.FINAL | Sign.MARKED | Sign.SOLVABLE
    assert not fact.signs & Sign.IN_TIME
    review = Sign(Fact.objects.get(kind=Kind.REVIEW).signs)
    # The last verdict counts; that the reply was returned stays.
    assert review & Sign.REMARKS
    assert review & Sign.RETURNED
    assert not review & Sign.BRUSH_OFF
    assert counted("timed_replies") == 1
    assert counted("in_time") == 0
    assert counted("solved") == counted("good_marks") == counted("reply_minutes") // 240 == 1


@pytest.mark.parametrize(
    ("due", "stopped", "missed", "signs"),
    [
        (2, None, None, Sign.RUNNING),
        (-2, None, -2, Sign.RUNNING),  # the record of the passed term changes nothing by itself
        (-2, -1, -2, Sign.LATE),
        (-2, -3, None, Sign.NONE),
        (5, None, -2, Sign.LATE),  # extended after it had passed
    ],
)
def test_a_term_is_late_once_it_ended_late(
    due: int, stopped: int | None, missed: int | None, signs: Sign
) -> None:
    now = timezone.now()
    at = lambda hours: None if hours is None else now + timedelta(hours=hours)  # noqa: E731
    case = factories.make_case(Status.IN_WORK)
    case.clocks.update(
        started_at=at(-9), due_at=at(due), stopped_at=at(stopped), missed_at=at(missed)
    )
    keeping.catch_up()
    assert Sign(Fact.objects.get(kind=Kind.DUE).signs) == signs


def test_the_demo_adds_up(settings: Any) -> None:
    load_demo(cases=60, seed=3)
    keeping.catch_up()
    assert counted("received") == Case.objects.count()
    assert counted("published") > 0
    found = keeping.verify()
    assert (found.cases, found.differences) == (Case.objects.count(), 0)
    call_command("verify_metrics")
    # Every measure that the demo can have is not merely equal but there.
    empty = {name for name in NAMES if not counted(name)}
    assert empty <= {"with_photo", "promises_broken", "postponed", "promises_kept", "explained"}


def _move_an_agency(dice: random.Random) -> None:
    """Below another one that does not stand below it, or to the top."""
    agency = dice.choice(Agency.objects.all())
    above: Agency | None = dice.choice([None, *Agency.objects.all()])
    node = above
    while node is not None and node != agency:
        node = node.parent
    if node is None:
        kind = dice.choice([agency.kind, "ministry", "region"])
        Agency.objects.filter(pk=agency.pk).update(parent=above, kind=kind)


def _random_change(dice: random.Random, case: Case) -> None:
    """What a move, an import or a late check may leave in the rows."""
    now = timezone.now() - timedelta(days=dice.randrange(40))
    what = dice.randrange(11)
    if what == 0:
        status = dice.choice([Status.IN_WORK, Status.CLOSED, Status.ROUTED, Status.REWORK])
        Case.objects.filter(pk=case.pk).update(
            status=status, closed_at=now, outcome=dice.choice(["solved", "explained", ""])
        )
    elif what == 1:
        Case.objects.filter(pk=case.pk).update(agency=factories.make_agency())
    elif what == 2:
        state = dice.choice(["published", "returned", "withdrawn", "recalled"])
        factories.make_reply(
            case, state, published_at=now, submitted_at=now - timedelta(hours=1),
            flagged=dice.random() < 0.5,
        )  # fmt: skip
    elif what == 3 and (reply := case.replies.first()):
        who = factories.make_person()
        verdict = dice.choice(["good", "remarks", "brush_off"])
        Review.objects.create(reply=reply, reviewer=who, verdict=verdict, created_at=now)
    elif what == 4:
        state = dice.choice(["open", "kept", "moved"])
        Promise.objects.create(
            case=case,
            what="яма",
            until_on=now.date(),
            state=state,
            settled_at=None if state == "open" else now,
            kept_proof="акт" if state == "kept" else "",
        )
    elif what == 5:
        case.clocks.update(stopped_at=now + timedelta(days=50), missed_at=None)
    elif what == 6:
        Mark.objects.create(case=case, value=dice.randrange(1, 6))
    elif what == 7:
        Case.objects.filter(pk=case.pk).update(executor=None, due_at=now, topic=None)
    elif what == 8:
        _move_an_agency(dice)
    elif what == 9:
        Case.objects.filter(pk=case.pk).update(agency=dice.choice(Agency.objects.all()))
    else:
        Reply.objects.filter(case=case).update(risk=None, flagged=False)
    CaseEvent.objects.create(case=case, move="add_note", before=case.status, after=case.status)


@transaction.atomic
def _killed_before_commit() -> None:
    keeping.step()
    raise KeyboardInterrupt


@pytest.mark.parametrize("seed", range(3))
def test_a_random_life_adds_up_wherever_the_keeper_is_killed(seed: int) -> None:
    dice = random.Random(seed)
    keeping.catch_up()
    at_agency = [s for s in Status if s not in factories.WITHOUT_AGENCY]
    cases = [factories.make_case(dice.choice(at_agency)) for _ in range(8)]
    for _ in range(60):
        case = dice.choice(cases)
        _random_change(dice, case)
        if dice.random() < 0.1 and len(cases) > 3:
            cases.remove(case)
            Case.objects.filter(repeat_of=case).update(repeat_of=None)
            Case.objects.get(pk=case.pk).delete()
        if dice.random() < 0.3:
            keeping.follow(facts.region_zone(), limit=dice.randrange(1, 6))
        if dice.random() < 0.2:
            with pytest.raises(KeyboardInterrupt):
                _killed_before_commit()
        if dice.random() < 0.05:
            keeping.begin_building()
            keeping.build_some(2)
    assert Branch.objects.exists()
    found = keeping.verify(chunk=3)
    assert found.differences == 0
    assert counted("received") == Case.objects.count()


def test_verify_names_what_differs_and_repairs_it() -> None:
    case = factories.make_case(Status.ANSWERED)
    keeping.catch_up()
    Fact.objects.filter(case=case, kind=Kind.REPLY).update(signs=0)
    with connection.cursor() as cursor:
        cursor.execute("update reports_agencycount set received = received + 1 where span = 'm'")
        cursor.execute("delete from reports_durationcount")
        cursor.execute("update reports_margincount set n = n + 1 where span = 'd'")
        cursor.execute("insert into reports_branch (agency_id, above_id) values (-7, -8)")
    found = keeping.verify()
    assert found.facts == [(case.pk, Kind.REPLY)]
    assert found.counters["reports_agencycount"] == 2
    assert found.counters["reports_durationcount"] > 0
    assert found.counters["reports_margincount"] == 2
    assert found.counters["reports_branch"] == 1
    with pytest.raises(CommandError):
        call_command("verify_metrics")
    call_command("verify_metrics", repair=True)
    assert keeping.verify().differences == 0


def test_a_building_goes_on_where_it_was_and_other_rules_begin_it_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = [factories.make_case() for _ in range(5)]
    keeping.begin_building()
    assert keeping.build_some(2) == 2
    assert Keeping.objects.get().built_to == cases[1].pk
    assert keeping.as_of() is None
    call_command("rebuild_metrics", resume=True, chunk=2)
    assert counted("received") == 5
    assert keeping.as_of() is not None
    monkeypatch.setattr(facts, "VERSION", facts.VERSION + 1)
    keeping.step()
    assert Keeping.objects.get().built_to == 0
    keeping.catch_up()
    assert keeping.verify().differences == 0


def test_the_triggers_count_every_measure_of_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select proname, prosrc from pg_proc where proname like 'reports_count_%'")
        sources = dict(cursor.fetchall())
    assert set(sources) == {f"reports_count_{e}" for e in ("insert", "update", "delete")}
    for name, measure in MEASURES.items():
        for source in sources.values():
            assert f"filter (where {counting.held(measure)}), 0) as {name}" in source


def test_a_late_check_says_that_the_case_changed() -> None:
    case = factories.make_case(Status.ANSWERED)
    case.replies.update(risk=None)
    keeping.catch_up()
    assert counted("checked") == 0
    assert check_some() == 1
    keeping.catch_up()
    assert counted("checked") == 1
    assert keeping.verify().differences == 0
