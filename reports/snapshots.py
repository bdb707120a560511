"""Frozen reports: make one, make it again to compare, who may open it."""

import json
import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from cases import holding
from cases.directory import Directory, directory_of
from cases.errors import BadChange
from cases.models import DeadlineRule, QualitySetting
from quality.engine import RULES_VERSION
from reports import facts
from reports.content import Content
from reports.definitions import LONG, Report
from reports.figures import Scope
from reports.frame import Frame
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import Period, region_today

log = logging.getLogger(__name__)
State = Snapshot.State
AT_ONCE = 3  # unfinished ones of a person
PAGE = 30
FORMAT = 1  # of the JSON itself


def reach_of(user: User, report: Report) -> frozenset[int] | None:
    """Agencies the person may have this report of; None: all."""
    return granted_agency_ids(user, report.right)


def offered(user: User) -> list[Report]:
    """Reports the person may have of one agency at least."""
    return [report for report in REPORTS.values() if reach_of(user, report) != frozenset()]


def may_open(user: User, snapshot: Snapshot) -> bool:
    """Whether the person's reach covers everything the snapshot counts."""
    report = REPORTS.get(snapshot.report)
    return report is not None and covers(reach_of(user, report), snapshot.scope)


def covers(reach: frozenset[int] | None, scope: list[int] | None) -> bool:
    return reach is None or (scope is not None and bool(scope) and reach.issuperset(scope))


def leads(user: User, snapshot: Snapshot) -> bool:
    """Whether it is of one agency and the person heads just that: he sees his people by name."""
    led = granted_agency_ids(user, Right.APPROVE_REPLIES)
    scope = snapshot.scope
    return led is not None and scope is not None and len(scope) == 1 and scope[0] in led


def visible_to(user: User) -> QuerySet[Snapshot]:
    """Those the person may open."""
    allowed = Q(pk__in=[])
    for right in {report.right for report in REPORTS.values()}:
        codes = [report.code for report in REPORTS.values() if report.right == right]
        reach = granted_agency_ids(user, right)
        if reach is None:
            allowed |= Q(report__in=codes)
        elif reach:
            allowed |= Q(report__in=codes, scope__contained_by=sorted(reach)) & ~Q(scope=[])
    return Snapshot.objects.filter(allowed)


def rules() -> dict[str, Any]:
    """By which rules the figures came about."""
    terms = DeadlineRule.objects.order_by("-pk").values_list("pk", flat=True).first()
    quality = QualitySetting.objects.order_by("-pk").values_list("pk", flat=True).first()
    return {"facts": facts.VERSION, "checks": RULES_VERSION, "terms": terms, "quality": quality}


def ask(
    user: User,
    report: Report,
    period: Period,
    *,
    agency: int | None = None,
    at: datetime | None = None,
    background: bool | None = None,
) -> Snapshot:
    """Freeze the report of what the person may count: at once, or by the worker where it is long.

    BadChange: nothing to count, another's agency, too many unfinished ones.
    """
    reach = reach_of(user, report)
    if reach == frozenset() or (agency is not None and reach is not None and agency not in reach):
        raise BadChange("report_agency", field="agency")
    scope = reach if agency is None else frozenset({agency})
    later = report.background or period.days > LONG if background is None else background
    at = at or timezone.now()
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=user.pk)  # asking twice at once
        waiting = Snapshot.objects.filter(made_by=user, state__in=[State.WAITING, State.RUNNING])
        if later and waiting.count() >= AT_ONCE:
            raise BadChange("report_too_many_asked")
        snapshot = Snapshot.objects.create(
            report=report.code,
            edition=report.edition,
            first=period.first,
            last=period.last,
            today=region_today(),
            at=at.replace(second=0, microsecond=0),
            agency_id=agency,
            scope=None if scope is None else sorted(scope),
            made_by=user,
        )
        if later:
            _defer(snapshot.pk)
    if not later:
        make(snapshot.pk)
        snapshot.refresh_from_db()
    return snapshot


def _defer(pk: int) -> None:
    from reports.tasks import make_snapshot  # noqa: PLC0415  tasks import this module

    make_snapshot.configure(queueing_lock=f"reports.make_snapshot:{pk}").defer(snapshot_id=pk)


def frame_of(snapshot: Snapshot, directory: Directory) -> Frame:
    return Frame(
        scope=Scope(None if snapshot.scope is None else frozenset(snapshot.scope)),
        period=Period(snapshot.first, snapshot.last),
        today=snapshot.today,
        at=snapshot.at,
        directory=directory,
    )


def build(snapshot: Snapshot, *, progress: bool = False) -> Content:
    """The content as the rows stand; with `progress` every table done is noted."""
    report = REPORTS[snapshot.report]
    frame = frame_of(snapshot, directory_of(User()))
    tables: dict[str, Any] = {}
    for number, table in enumerate(report.made, 1):
        tables[table.code] = {"columns": list(table.columns), "rows": table.rows(frame)}
        if progress:
            Snapshot.objects.filter(pk=snapshot.pk).update(tables_done=number)
    before = frame.previous
    data: dict[str, Any] = {
        "format": FORMAT,
        "report": report.code,
        "edition": report.edition,
        "period": [frame.period.first.isoformat(), frame.period.last.isoformat()],
        "before": [before.first.isoformat(), before.last.isoformat()],
        "scope": snapshot.scope,
        "today": min(frame.today, frame.period.last).isoformat(),
        "notes": report.notes(frame),
        "tables": tables,
    }
    if report.now:
        data["at"] = snapshot.at.isoformat()
    return Content(data)


def make(pk: int) -> None:
    """Fill the snapshot; one process at it, one that was killed is begun anew."""
    with holding.held(holding.SNAPSHOT, pk) as mine:
        snapshot = Snapshot.objects.filter(pk=pk).exclude(state=State.DONE).first()
        if not mine or snapshot is None:
            return
        Snapshot.objects.filter(pk=pk).update(state=State.RUNNING, tables_done=0)
        try:
            content = build(snapshot, progress=True)
        except Exception:
            if not transaction.get_connection().needs_rollback:
                Snapshot.objects.filter(pk=pk).update(state=State.FAILED)
            raise
        Snapshot.objects.filter(pk=pk).update(
            state=State.DONE, content=content.text, sha256=content.sha256, rules=rules()
        )
    log.info("report %s is frozen: %s", pk, content.sha256)


def stopped() -> list[Snapshot]:
    """Snapshots that say they run while no process is at them."""
    running = Snapshot.objects.filter(state=State.RUNNING).order_by("pk")
    return [one for one in running if not holding.is_held(holding.SNAPSHOT, one.pk)]


def data_of(snapshot: Snapshot) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(snapshot.content)
    return found


def comparable(user: User, snapshot: Snapshot) -> QuerySet[Snapshot]:
    """Other snapshots of the same report and the same agencies, the newest period first."""
    alike = visible_to(user).filter(report=snapshot.report, state=State.DONE)
    if snapshot.scope is None:
        alike = alike.filter(scope__isnull=True)
    else:
        alike = alike.filter(scope=snapshot.scope)
    return alike.exclude(pk=snapshot.pk).order_by("-last", "-pk")
