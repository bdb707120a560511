"""Exports in the background: asked for by a person, made by the worker within his scope.

A file holds what the person may see while it is made, and is given out only while he still may:
rights taken away meanwhile close it. Contacts need their right on the case's agency and a reason,
which stays with the export for the auditor.
"""

import logging
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import holding
from cases.calendar import calendar_stamp
from cases.errors import BadChange
from cases.lists import LISTS, conditions_of, data_of, filter_of
from cases.lists import chosen as of_list
from cases.models import Case
from cases.querysets import CaseQuerySet
from cases.workflow import Status
from intake.export.columns import COLUMNS
from intake.export.facts import Fetcher
from intake.export.files import MOST_ROWS, WRITERS
from intake.export.layout import Cells, Layout
from intake.models import CaseExport
from intake.refs import References, zones

log = logging.getLogger(__name__)
State = CaseExport.State
# Lists a person may carry off (cases.lists). «all»: what exports before the lists had names say.
VIEWS = {"all": "case-list", **{name: name for name in LISTS}}
AT_ONCE = 3  # unfinished ones of a person
KEEP = timedelta(days=7)
_PART = 500
Scope = dict[str, list[int] | None]


class TooMany(Exception):  # noqa: N818  a refusal with its code, as NotATable
    """More rows than the format holds."""


def ask(
    user: User,
    conditions: Mapping[str, Sequence[str]],
    *,
    table: str = "incident",
    file_format: str = "xlsx",
    with_contacts: bool = False,
    reason: str = "",
    view: str = "all",
) -> CaseExport:
    """Have the worker make the file of the list `view`; `conditions`: as its address has them.

    BadChange: conditions that are none, contacts without the right or the reason, too many asked.
    """
    from intake.tasks import make_export  # noqa: PLC0415  tasks import this module

    if view not in VIEWS:
        raise BadChange("export_conditions", field="view")
    given = {name: list(values) for name, values in conditions.items() if any(values)}
    if not filter_of(VIEWS[view], user, given).is_valid():
        raise BadChange("export_conditions", field="conditions")
    reason = reason.strip()
    if with_contacts and not holds_anywhere(user, [Right.VIEW_CONTACTS]):
        raise BadChange("export_contacts_right", field="with_contacts")
    if with_contacts and len(reason) < 5:
        raise BadChange("export_contacts_reason", field="reason")
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=user.pk)  # asking twice at once
        if _unfinished(user) >= AT_ONCE:
            raise BadChange("export_too_many_asked")
        made = CaseExport.objects.create(
            created_by=user,
            view=view,
            conditions=conditions_of(VIEWS[view], data_of(given)),
            table=table,
            file_format=file_format,
            with_contacts=with_contacts,
            reason=reason if with_contacts else "",
        )
        make_export.configure(queueing_lock=f"intake.make_export:{made.pk}").defer(
            export_id=made.pk
        )
    return made


def _unfinished(user: User) -> int:
    states = [State.WAITING, State.RUNNING]
    return CaseExport.objects.filter(created_by=user, state__in=states).count()


def chosen(export: CaseExport) -> CaseQuerySet:
    """The cases of an export as its person may see them now.

    A card joined to another one has no message of its own left: it is no row.
    """
    name = VIEWS.get(export.view, "case-list")
    cases = of_list(name, export.created_by, export.conditions)
    if cases is None:  # an agency of the conditions is out of his sight by now
        return Case.objects.none()
    return cases.exclude(status=Status.MERGED)


def scope_of(user: User) -> Scope:
    ids = {
        name: granted_agency_ids(user, right)
        for name, right in (("cases", Right.VIEW_CASES), ("contacts", Right.VIEW_CONTACTS))
    }
    return {name: None if found is None else sorted(found) for name, found in ids.items()}


def still_open(export: CaseExport, user: User) -> bool:
    """Whether the person may still see everything the file holds."""
    now = scope_of(user)
    wanted = ["cases", "contacts"] if export.with_contacts else ["cases"]
    return all(_covers(now[name], export.scope.get(name, [])) for name in wanted)


def _covers(now: list[int] | None, then: list[int] | None) -> bool:
    return now is None or (then is not None and set(then) <= set(now))


def path_of(export: CaseExport) -> str:
    return f"exports/{export.pk}.{export.file_format}"


def has_file(export: CaseExport) -> bool:
    return export.state == State.DONE and default_storage.exists(path_of(export))


def opened(export: CaseExport) -> IO[bytes]:
    return default_storage.open(path_of(export))


def make(pk: int) -> None:
    """Make the file from its beginning; one process at it, a killed one is begun anew."""
    with holding.held(holding.EXPORT, pk) as mine:
        export = CaseExport.objects.select_related("created_by").filter(pk=pk).first()
        if not mine or export is None:
            return
        # A job that failed may be tried again by the administrator.
        if export.state not in (State.WAITING, State.RUNNING) and export.error != "stopped":
            return
        try:
            _write(export)
        except TooMany:
            _end(export, State.FAILED, error="too_many_rows")
        except Exception:
            _end(export, State.FAILED, error="stopped")
            raise


def _write(export: CaseExport) -> None:
    export.scope = scope_of(export.created_by)
    rows = chosen(export).order_by("received_at", "pk").values_list("pk", flat=True)
    keys = array("q", rows.iterator(chunk_size=20_000))
    export.state, export.rows_total, export.rows_done = State.RUNNING, len(keys), 0
    export.error = ""
    export.save(update_fields=["state", "error", "scope", "rows_total", "rows_done"])
    if len(keys) > MOST_ROWS[export.file_format]:
        raise TooMany
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "cases"
        columns = COLUMNS[export.table]  # type: ignore[index]
        export.cells_cut = WRITERS[export.file_format](path, columns, _rows(export, keys))
        export.size = path.stat().st_size
        default_storage.delete(path_of(export))
        with path.open("rb") as file:
            default_storage.save(path_of(export), File(file))
    _end(export, State.DONE)


def _end(export: CaseExport, state: str, *, error: str = "") -> None:
    export.state, export.error, export.finished_at = state, error, timezone.now()
    export.save(update_fields=["state", "error", "finished_at", "cells_cut", "size", "rows_done"])


def _rows(export: CaseExport, keys: Sequence[int]) -> Iterator[Cells]:
    contacts = export.scope["contacts"] if export.with_contacts else []
    allowed = None if contacts is None else frozenset(contacts)
    fetcher = Fetcher()
    layout = Layout(
        refs=References(writing=False),
        reasons=fetcher.reasons,
        zone_of=zones(),
        sees=lambda agency: allowed is None or agency in allowed,
        stamp=calendar_stamp(),
    )
    for start in range(0, len(keys), _PART):
        part = keys[start : start + _PART]
        for facts in fetcher.fetch(part):
            yield layout.row(facts)
        export.rows_done += len(part)
        CaseExport.objects.filter(pk=export.pk).update(rows_done=export.rows_done)


def stopped() -> list[CaseExport]:
    """Exports that say they run while no process is at them."""
    running = CaseExport.objects.filter(state=State.RUNNING).order_by("pk")
    return [export for export in running if not holding.is_held(holding.EXPORT, export.pk)]


def forget_files(now: datetime | None = None) -> int:
    """Remove files a week old: they hold citizens' data. The rows stay."""
    limit = (now or timezone.now()) - KEEP
    removed = 0
    for export in CaseExport.objects.filter(finished_at__lt=limit, size__gt=0):
        default_storage.delete(path_of(export))
        CaseExport.objects.filter(pk=export.pk).update(size=0)
        removed += 1
    return removed
