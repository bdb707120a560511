"""The nightly recount of a million running terms, and the first plan of their reminders.

    eval "$(python -m bench.cluster start /var/tmp/bench-deadlines)"
    python -m bench.deadlines [--cases 500000]

Makes cases in work at 300 agencies in four zones, two running terms each (the first reply and
the executor's), then measures: a pass that finds nothing, one after a new regional day off, and
the watch over terms nobody planned yet. The database is for this alone: delete it afterwards.
"""

import argparse
import random
import sys
from datetime import datetime, timedelta
from time import monotonic

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from agencies.models import Agency, CalendarDay, WorkingCalendar  # noqa: E402
from cases import clocks, recounting, reference_data, reminding  # noqa: E402
from cases.bulk import copy_in, encode, fresh, take_ids  # noqa: E402
from cases.models import (  # noqa: E402
    Assignment,
    Case,
    CaseEvent,
    Channel,
    Citizen,
    Clock,
    DeadlineRule,
    Recount,
    Reminder,
)

CHUNK = 10_000
ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Irkutsk", "Asia/Vladivostok")
WEEK = [[["09:00", "13:00"], ["14:00", "18:00"]]] * 5 + [[], []]


def ground() -> list[Agency]:
    reference_data.load_channels()
    reference_data.load_deadline_rules()
    reference_data.load_ladder()
    reference_data.load_production_calendar()
    made = [
        WorkingCalendar.objects.create(code=f"c{at}", name=f"c{at}", week=WEEK) for at in range(4)
    ]
    return [
        Agency.objects.create(
            code=f"a{at}",
            name=f"a{at}",
            short_name=f"a{at}",
            kind=Agency.Kind.MINISTRY if at else Agency.Kind.CENTRE,
            calendar=made[at % 4],
            time_zone=ZONES[at // 75],
        )
        for at in range(300)
    ]


def load(number: int, agencies: list[Agency]) -> None:
    dice = random.Random(1)
    channel = Channel.objects.get(code="vk")
    citizen = Citizen.objects.create(channel=channel, handle="bench")
    rule = DeadlineRule.objects.get(code="SN-FIRST")
    stamp = clocks.standing().stamp
    now = timezone.now().replace(second=0, microsecond=0)
    known: dict[tuple[int, str, datetime], tuple[datetime, str]] = {}
    for first in range(0, number, CHUNK):
        ids = take_ids(Case, CHUNK)
        held = take_ids(Assignment, CHUNK)
        cases, holdings, terms = [], [], []
        for case, holding in zip(ids, held, strict=True):
            agency = dice.choice(agencies)
            start = now - timedelta(minutes=dice.randrange(20 * 24 * 60))
            key = (agency.calendar_id, agency.time_zone, start)
            if key not in known:
                due = clocks.due_of(rule, start, agency, stamp=stamp)
                known[key] = due.moment, encode(due.as_json())
            moment, told = known[key]
            at = {"received_at": start, "registered_at": start, "assigned_at": start}
            cases.append(
                fresh(
                    Case,
                    id=case,
                    number=f"26-{case:07}",
                    status="in_work",
                    title="Яма во дворе",
                    channel_id=channel.pk,
                    citizen_id=citizen.pk,
                    agency_id=agency.pk,
                    due_at=moment,
                    search=None,
                    **at,
                )
            )
            holdings.append(
                fresh(Assignment, id=holding, case_id=case, agency_id=agency.pk, at=start)
            )
            for kind, assignment in (("reply", None), ("executor", holding)):
                terms.append(
                    fresh(
                        Clock,
                        case_id=case,
                        kind=kind,
                        rule_id=rule.pk,
                        code=rule.code,
                        assignment_id=assignment,
                        agency_id=agency.pk,
                        started_at=start,
                        due_at=moment,
                        explanation=told,
                    )
                )
        copy_in(Case, cases)
        copy_in(Assignment, holdings)
        copy_in(Clock, terms, with_ids=False)
        print(f"{first + CHUNK:,} cases", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def a_pass(title: str) -> None:
    began = monotonic()
    recounting.tick(seconds=100_000)
    took = monotonic() - began
    last = Recount.objects.order_by("-pk")[0]
    print(
        f"| {title} | {last.seen:,} terms in {took:.0f} s ({last.seen / took:,.0f}/s) |"
        f" {last.changed:,} terms of {last.cases:,} cases moved |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=500_000)
    options = parser.parse_args()
    if not Case.objects.exists():
        load(options.cases, ground())
    a_pass("nothing changed")
    calendar = WorkingCalendar.objects.get(code="c1")
    day = timezone.localdate() - timedelta(days=6)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    CalendarDay.objects.create(calendar=calendar, day=day, kind="regional", title="bench")
    a_pass("a day off in one of four calendars")
    print(f"| | {CaseEvent.objects.filter(move='recount').count():,} events | |", flush=True)
    began = monotonic()
    reminding.watch(seconds=100_000)
    took = monotonic() - began
    looked = Clock.objects.exclude(remind_at=None).count()
    print(
        f"| first plan and reminders | {looked:,} terms in {took:.0f} s ({looked / took:,.0f}/s) |"
        f" {Reminder.objects.count():,} reminders, late ones in one summary each |",
        flush=True,
    )
    began = monotonic()
    reminding.watch(seconds=100_000)
    print(f"| the watch a minute later | {monotonic() - began:.2f} s | |", flush=True)


if __name__ == "__main__":
    main()
