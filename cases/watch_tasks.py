"""The watch over terms as tasks of the worker.

Each may run as often as it likes and be killed anywhere: what it does is found by its state and
kept by unique rows. A job lasts seconds: the next one goes on where it ended.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from cases import keeping, recounting, rehearsal, reminding, tabs


def _periodic(cron: str, name: str) -> Any:
    """A periodic task of which one waits and one runs at a time."""

    def made(work: Callable[..., int]) -> Any:
        task = app.task(name=name, queueing_lock=name, lock=name)(work)
        return app.periodic(cron=cron, periodic_id=name)(task)

    return made


@_periodic("* * * * *", "cases.remind")
def remind(timestamp: int) -> int:
    """Warnings, ends of terms, escalation, what is late in one summary."""
    return reminding.watch()


@_periodic("* * * * *", "cases.recount")
def recount(timestamp: int) -> int:
    """Terms counted again: every night, and after a change of calendars or rules."""
    return recounting.tick()


@_periodic("* * * * *", "cases.fold_counts")
def fold_counts(timestamp: int) -> int:
    """Add up what moves noted of the tabs' counts."""
    return tabs.fold()


@_periodic("*/5 * * * *", "cases.close_surveys")
def close_surveys(timestamp: int) -> int:
    return keeping.close_surveys()


@_periodic("*/10 * * * *", "cases.resume_plans")
def resume_plans(timestamp: int) -> int:
    return keeping.resume_plans()


@_periodic("*/10 * * * *", "cases.mind_promises")
def mind_promises(timestamp: int) -> int:
    return keeping.mind_promises()


@_periodic("*/5 * * * *", "cases.end_waitings")
def end_waitings(timestamp: int) -> int:
    return keeping.end_waitings()


@_periodic("23 4 * * *", "cases.check_calendars")
def check_calendars(timestamp: int) -> int:
    return keeping.check_calendars()


@_periodic("37 4 * * *", "cases.mind_templates")
def mind_templates(timestamp: int) -> int:
    return keeping.mind_templates()


@app.task(name="cases.plan_again", queueing_lock="cases.plan_again", lock="cases.plan_again")
def plan_again() -> None:
    reminding.plan_again()


def queue_plan_again() -> None:
    """The ladder was changed: plan the reminders of what runs by it."""
    try:
        with transaction.atomic():
            plan_again.configure(queueing_lock="cases.plan_again").defer()
    except AlreadyEnqueued:
        pass


@_periodic("* * * * *", "cases.rehearse")
def rehearse(timestamp: int) -> int:
    """Rehearsals that were asked for, or that a killed worker left."""
    return rehearsal.rehearse()


def queue_rehearsal() -> None:
    """At once, not at the next minute."""
    try:
        with transaction.atomic():
            rehearse.configure(queueing_lock="cases.rehearse").defer(timestamp=0)
    except AlreadyEnqueued:
        pass
