"""Random outcomes, verdicts, marks, promises, terms and repeats over the cases there are."""

from datetime import datetime, time, timedelta
from random import Random

from django.utils import timezone

from agencies.models import User
from cases.models import Attachment, Case, Clock, Mark, Promise, Reply, Review
from cases.models_case import Outcome
from reports.periods import region_today, region_zone

DAYS = 100


def plant(dice: Random) -> list[int]:
    """Draw anew for about half of all cases, at least one row for each metric; whose they are.

    Moments lie within the last hundred days and at midnight or an hour or more from now: no
    figure changes while the test reads it.
    """
    cases = list(Case.objects.order_by("pk"))
    for case in dice.sample(cases, len(cases) // 2):
        _arrive(dice, case, cases)
        _end(dice, case)
        _terms(dice, case)
    replies = list(Reply.objects.exclude(state=Reply.State.WITHDRAWN).order_by("pk"))
    for reply in replies:
        _judge(dice, reply)
    for case in dice.sample(cases, 30):
        _promise(dice, case)
    _at_least_one(cases)
    return [case.pk for case in cases]


def _moment(dice: Random, *, weekday: bool = False) -> datetime:
    """A local noon or evening; `weekday`: of the same day of the week as today."""
    back = 7 * dice.randint(0, 9) if weekday else dice.randint(0, DAYS)
    return _at(back, hour=dice.choice((0, 9, 12)) if back else 0)


def _at(back: int, hour: int = 0) -> datetime:
    return datetime.combine(region_today() - timedelta(days=back), time(hour), region_zone())


def _arrive(dice: Random, case: Case, cases: list[Case]) -> None:
    changes: dict[str, object] = {}
    if dice.random() < 0.5:
        changes["received_at"] = _moment(dice, weekday=dice.random() < 0.6)
    if dice.random() < 0.2 and cases[0].pk != case.pk:
        changes["repeat_of"] = dice.choice([one for one in cases if one.pk < case.pk])
    if dice.random() < 0.3:
        changes["kind"] = dice.choice(("solvable", "unsolvable"))
    if changes:
        Case.objects.filter(pk=case.pk).update(**changes)


def _end(dice: Random, case: Case) -> None:
    if case.status == "closed" and dice.random() < 0.7:
        Case.objects.filter(pk=case.pk).update(
            closed_at=_moment(dice), outcome=dice.choice(Outcome.values)
        )
    if case.is_open and dice.random() < 0.5:
        Case.objects.filter(pk=case.pk).update(due_at=_at(dice.randint(-5, 5)))


def _terms(dice: Random, case: Case) -> None:
    for clock in case.clocks.order_by("pk"):
        if dice.random() < 0.5:
            due = _at(dice.randint(-10, DAYS))
            Clock.objects.filter(pk=clock.pk).update(
                due_at=due,
                started_at=due - timedelta(days=dice.randint(0, 20)),
                missed_at=dice.choice((None, None, due - timedelta(days=1))),
                **(
                    {"stopped_at": due + timedelta(hours=dice.randint(-99, 99))}
                    if clock.stopped_at
                    else {}
                ),
            )


def _judge(dice: Random, reply: Reply) -> None:
    if dice.random() < 0.3:
        Reply.objects.filter(pk=reply.pk).update(
            risk=dice.random(), flagged=dice.random() < 0.5, submitted_at=_moment(dice)
        )
    if dice.random() < 0.4:
        for _verdict in range(dice.randint(1, 3)):
            Review.objects.create(
                reply=reply,
                reviewer=User.objects.order_by("pk")[0],
                verdict=dice.choice(Review.Verdict.values),
                returned=dice.random() < 0.3,
                created_at=_moment(dice),
            )
    if reply.published_at is None:
        return
    if dice.random() < 0.5:
        Reply.objects.filter(pk=reply.pk).update(published_at=_moment(dice))
    if dice.random() < 0.4:
        _photo(reply, dice.choice(("image/jpeg", "video/mp4", "application/pdf")))
    if dice.random() < 0.4:
        _mark(reply, dice.randint(1, 5), _moment(dice))


def _photo(reply: Reply, media_type: str) -> None:
    Attachment.objects.create(
        case_id=reply.case_id, reply=reply, name="x", sha256="0" * 64, media_type=media_type, size=1
    )


def _mark(reply: Reply, value: int, at: datetime) -> None:
    Mark.objects.filter(reply=reply).delete()
    Mark.objects.create(case_id=reply.case_id, reply=reply, value=value, at=at)


def _promise(dice: Random, case: Case) -> None:
    state = dice.choice(("open", "kept", "broken"))
    Promise.objects.create(
        case=case,
        what="x",
        until_on=region_today() - timedelta(days=dice.randint(-10, 80)),
        state=state,
        kept_proof="x" if state == "kept" else "",
        settled_at=None if state == "open" else timezone.now(),
    )


def _at_least_one(cases: list[Case]) -> None:
    """What chance may leave out: each metric has a row of its own."""
    shut = Case.objects.filter(status="closed").order_by("pk")
    first, second = shut[0], shut[1]
    for case, outcome in ((first, "explained"), (second, "solved")):
        Case.objects.filter(pk=case.pk).update(kind="solvable", outcome=outcome, closed_at=_at(3))
    waiting = Case.objects.filter(is_open=True, executor=None, agency__isnull=False)
    open_case = waiting.order_by("pk").first()
    assert open_case is not None
    Case.objects.filter(pk=open_case.pk).update(due_at=_at(0))
    told = Reply.objects.filter(state=Reply.State.PUBLISHED).order_by("pk")[0]
    Case.objects.filter(pk=told.case_id).update(kind="solvable")
    Reply.objects.filter(pk=told.pk).update(published_at=_at(4, 12), kind=Reply.Kind.FINAL)
    _photo(told, "image/jpeg")
    _mark(told, 5, _at(2))
    Promise.objects.create(
        case=first, what="x", until_on=region_today() - timedelta(days=2), state="broken",
        settled_at=timezone.now(),
    )  # fmt: skip
    # Something is usual on this weekday, and something came today.
    for back, case in enumerate(cases[:18]):
        Case.objects.filter(pk=case.pk).update(received_at=_at(7 * (back // 2)))
