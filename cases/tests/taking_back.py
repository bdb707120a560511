"""A move for many as on its page, and its taking back."""

from typing import Any

from django.test import Client

from agencies.models import Agency
from cases.clocks import binding_due
from cases.models import Assignment, BulkRun, Case, CaseEvent, Clock
from cases.workflow import Status
from tests import factories
from tests.acting import reloaded


def untaken(agency: Agency) -> Case:
    case = factories.make_case(Status.ROUTED, agency)
    Case.objects.filter(pk=case.pk).update(executor=None)
    Assignment.objects.filter(case=case).update(executor=None)
    return case


def done(client: Client, move: str, cases: list[Case], **values: Any) -> BulkRun:
    """The move for many as on the page."""
    chosen = " ".join(f"{case.number}:{reloaded(case).version}" for case in cases)
    answer = client.post(f"/bulk/?move={move}", {"cases": chosen, "step": "do", **values})
    assert answer.status_code == 302, answer.context["form"].errors
    return BulkRun.objects.order_by("-pk")[0]


def undone(client: Client, made: BulkRun, **values: Any) -> BulkRun:
    answer = client.post(f"/bulk/{made.pk}/undo/", values)
    back = BulkRun.objects.get(undoes=made)
    assert answer["Location"].startswith(f"/bulk/{back.pk}/")
    return back


def states(made: BulkRun) -> dict[int, tuple[str, str]]:
    return {row.case_id: (row.state, row.refusal) for row in made.rows.all()}


def ordered(case: Case) -> None:
    """Its chain of events has no gap, its version counts its moves, its term is a running one."""
    got = reloaded(case)
    events = list(CaseEvent.objects.filter(case=case).order_by("pk"))[1:]  # but its arrival
    assert all(one.after == two.before for one, two in zip(events, events[1:], strict=False))
    assert events[-1].after == got.status
    assert got.due_at == binding_due(got.status, Clock.objects.filter(case=case, stopped_at=None))
