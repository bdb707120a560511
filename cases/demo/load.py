"""The demo region: an invented region with months of lived-in history, the same for a seed.

Texts were written one by one (demo/texts); times are laid out back from `now`, so that the
queues are alive whenever the demo is loaded. Replies go through the real check.
"""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from agencies.absence import period
from agencies.models import Deputy
from cases import reference_data
from cases.demo import templated, together
from cases.demo.history import DAY, MANY, Demo
from cases.demo.lives import at as at_moment
from cases.demo.lives import tell_lives
from cases.demo.people import Cast
from cases.demo.rows import write
from cases.demo.saved import save_views
from cases.demo.sources import HERE
from cases.models import (
    Case,
    CaseEvent,
    Control,
    Draft,
    MassEvent,
    ReplyTemplate,
    Territory,
    Topic,
    TopicGroup,
)
from cases.region import load_region
from cases.region_files import read_region
from cases.workflow import Status

PASSWORD = "demo-region-2026"  # noqa: S105  printed at every start, refused in production


def _load_events() -> None:
    topics = {t.code: t for t in Topic.objects.all()}
    places = {t.code: t for t in Territory.objects.all()}
    for row in reference_data.read_yaml(HERE / "mass_events.yaml"):
        MassEvent.objects.create(
            code=row["code"],
            title=row["title"],
            decision=row.get("decision", ""),
            approved_text=row.get("approved_text", ""),
            topic=topics.get(row.get("topic")),
            territory=places.get(row.get("territory")),
            starts_on=row["starts_on"],
            ends_on=row.get("ends_on"),
        )


def _load_templates(now: datetime) -> None:
    groups = {group.code: group for group in TopicGroup.objects.all()}
    ReplyTemplate.objects.bulk_create(
        ReplyTemplate(
            name=row["name"],
            text=row["text"],
            group=groups.get(row.get("group")),
            approved_at=now,
        )
        for row in reference_data.read_yaml(HERE / "reply_templates.yaml")
    )


@transaction.atomic
def load_demo(*, cases: int = 1000, seed: int = 1, now: datetime | None = None) -> int:
    """Create the region and `cases` cases; returns how many. Needs an empty portal."""
    from cases.calendar import calendar_stamp  # noqa: PLC0415

    reference_data.load_all()
    data = read_region(HERE / "region.yaml")
    load_region(data, password=PASSWORD, demo=True)
    _load_events()
    now = (now or timezone.now()).replace(microsecond=0)
    _load_templates(now)
    with timezone.override(data["region"]["time_zone"]):
        demo = Demo(seed=seed, now=now)
        demo.stamp = calendar_stamp()
        batch = demo.build(cases)
        write(batch)
        _hold()
        _liven(demo)
        save_views(demo.staff)
        cast = Cast(demo.staff, demo.first_person)
        told = tell_lives(reference_data.read_yaml(HERE / "lives.yaml"), now=demo.now, cast=cast)
        if cases >= MANY:
            told += templated.tell(now=demo.now, cast=cast)
        with connection.cursor() as cursor:
            cursor.execute(_MISSED, [demo.now])
        if cases >= MANY:
            with at_moment(demo.now):
                together.settle(demo.now, demo.staff["coordinator"])
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return len(batch.cases) + told


# Who holds the cases of the general history, each with the executor's term; appeals by 59-FZ
# that came registered. In order, so that the same demo has the same keys.
_HOLDINGS = """
with held as (
    insert into cases_assignment (case_id, agency_id, executor_id, at, until, ended_by)
    select id, agency_id, executor_id, assigned_at, closed_at,
           case when closed_at is null then '' else 'close' end
    from cases_case
    where agency_id is not null and assigned_at is not null
        and (closed_at is null or closed_at >= assigned_at)
    order by id
    returning id, case_id, at
)
insert into cases_clock (case_id, kind, rule_id, code, assignment_id, agency_id, started_at,
                         due_at, stopped_at, missed_at, warning_only, explanation)
select k.case_id, 'executor', k.rule_id, k.code, h.id, k.agency_id, h.at, k.due_at, k.stopped_at,
       case when k.stopped_at > k.due_at then k.due_at end, false,
       k.explanation || case when k.kind = 'total'
           then jsonb_build_object('bound_to', k.code) else '{}' end
from cases_clock k join held h using (case_id)
where k.kind in ('reply', 'total') and k.due_at >= h.at
order by k.id
"""
_APPEALS = """
insert into cases_appeal (case_id, incoming_number, received_at, registered_at, migration, signer,
                          outgoing_number, result, redirected_to)
select id, 'А-' || split_part(number, '-', 2)::int, received_at, registered_at, false, '', '', '',
       ''
from cases_case where regime = 'law59' order by id
"""
_MISSED = """
update cases_clock set missed_at = due_at
where missed_at is null and not warning_only and coalesce(stopped_at, %s) > due_at
"""


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDINGS)
        cursor.execute(_APPEALS)


def _liven(demo: Demo) -> None:
    """Personal control and a few drafts, set on cases that are open today; one is on leave."""
    head = demo.staff["head-office"]
    absent = demo.staff["official-zhkh3"]
    day = timezone.localdate(demo.now)
    starts_at, ends_at = period(absent, day - 3 * DAY, day + 4 * DAY)
    Deputy.objects.create(
        person=absent,
        deputy=demo.staff["official-zhkh2"],
        starts_at=starts_at,
        ends_at=ends_at,
        named_by=demo.staff["curator-zhkh"],
    )
    open_cases = [
        case for case in demo.batch.cases if case.status in (Status.IN_WORK, Status.ROUTED)
    ]
    for case in open_cases[:: max(1, len(open_cases) // 5)][:5]:
        reason = "Жители обращаются не первый раз"
        until = timezone.localdate(demo.now + 7 * DAY)
        Control.objects.create(
            case_id=case.pk,
            set_by=head,
            set_at=demo.now,
            reason=reason,
            until_on=until,
            resolution="Доложить, что сделано на месте, с фотографиями.",
        )
        Case.objects.filter(pk=case.pk).update(
            controlled_by=head, controlled_until=until, control_reason=reason
        )
        CaseEvent.objects.create(
            case_id=case.pk, at=demo.now, actor=head, move="set_control",
            before=case.status, after=case.status,
            data={"reason": reason, "until": until.isoformat()},
        )  # fmt: skip
    for case in [c for c in open_cases if c.executor_id and c.status == Status.IN_WORK][:6]:
        Draft.objects.create(
            case_id=case.pk,
            author_id=case.executor_id,
            text="Здравствуйте! Ваше обращение рассмотрено. Информация принята к сведению,"
            " работа будет проведена в установленном порядке.",
        )
