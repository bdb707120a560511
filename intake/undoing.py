"""Take a batch back: what nobody worked on since disappears, the rest is named."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from agencies.access import holds
from agencies.models import User
from agencies.roles import Right
from cases import news
from cases.actions.moderation import refresh_search
from cases.errors import BadChange, RightMissing
from cases.models import Assignment, Case, CaseEvent, Clock, Message, Reply
from intake.models import AwaitingAgency, ImportBatch, ImportedRow

_CHUNK = 1000
KEPT_NAMED = 200
State = ImportBatch.State
_BY_ITSELF = (
    *("imported", "close_unmarked", "escalate", "recount"),
    *("promise_due", "promise_broken", "resume_planned"),
)


@dataclass(slots=True)
class Undone:
    """`kept`: numbers of cases that people (or a later import) worked on since."""

    deleted: int = 0
    restored: int = 0
    kept: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "deleted": self.deleted,
            "restored": self.restored,
            "kept": len(self.kept),
            "numbers": self.kept[:KEPT_NAMED],
        }


@transaction.atomic
def begin(batch: ImportBatch, *, actor: User, reason: str) -> ImportBatch:
    """Mark the batch as being undone; `finish` does it, here or in the worker.

    Raises RightMissing without a region-wide import_messages, BadChange on a batch that is
    running or undone already and on an empty reason.
    """
    if not holds(actor, Right.IMPORT_MESSAGES, None):
        raise RightMissing("right_missing", right=Right.IMPORT_MESSAGES.value)
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in {State.DONE, State.FAILED}:
        raise BadChange("batch_not_done", field="state")
    if not reason.strip():
        raise BadChange("reason_missing", field="reason")
    batch.state, batch.undone_by, batch.undo_reason = State.UNDOING, actor, reason.strip()[:300]
    batch.save(update_fields=["state", "undone_by", "undo_reason"])
    return batch


@transaction.atomic
def finish(batch: ImportBatch) -> Undone:
    """Delete and restore what the batch made, all in one transaction."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    done = Undone()
    if batch.state != State.UNDOING:
        return done
    # What it changed comes back first: a case made and then changed by one file is then deleted.
    restored = _restore_changed(batch, done)
    _delete_created(batch, restored, done)
    # Also those accepted into a case that is gone: the file, brought again, offers them anew.
    # What a person dropped stays dropped.
    gone = Q(state="waiting") | Q(state="accepted", case=None)
    batch.quarantine.filter(gone).delete()
    batch.state, batch.undone_at, batch.undone_result = (
        State.UNDONE,
        timezone.now(),
        done.to_json(),
    )
    batch.save(update_fields=["state", "undone_at", "undone_result"])
    return done


@transaction.atomic
def undo(batch: ImportBatch, *, actor: User, reason: str) -> Undone:
    return finish(begin(batch, actor=actor, reason=reason))


def _locked(ids: set[int]) -> dict[int, Case]:
    rows = Case.objects.defer("search").filter(pk__in=ids).order_by("pk").select_for_update()
    return {case.pk: case for case in rows}


def _worked(ids: set[int], batch: ImportBatch) -> set[int]:
    """Cases people or other systems moved since the batch began, or another import changed.

    What the portal did by itself (a survey that ended, a reminder) is nobody's work.
    """
    own = Q(actor=None, move__in=_BY_ITSELF) | Q(move="import_updated", data__batch=batch.pk)
    events = CaseEvent.objects.filter(case_id__in=ids, at__gte=batch.created_at).exclude(own)
    return set(events.values_list("case_id", flat=True))


def _restore_changed(batch: ImportBatch, done: Undone) -> set[int]:
    """Newest first: a case changed twice by one file goes back step by step."""
    restored: set[int] = set()
    kept: set[int] = set()
    ids = list(batch.rows.order_by("-pk").values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        rows = list(ImportedRow.objects.filter(pk__in=ids[start : start + _CHUNK]).order_by("-pk"))
        cases = _locked({row.case_id for row in rows})
        worked = _worked(set(cases), batch)
        changed = []
        for row in rows:
            case = cases[row.case_id]
            if "fields" not in row.before:
                _forget(row)  # a note of what the file said, nothing of the case
            elif case.pk in kept:
                continue
            elif case.pk in worked or (
                case.version != row.case_version and case.pk not in restored
            ):
                kept.add(case.pk)
                done.kept.append(case.number)
            else:
                _restore(case, row, batch)
                restored.add(case.pk)
                changed.append(case.pk)
        if changed:
            refresh_search(changed)
    done.restored = len(restored)
    return restored


def _delete_created(batch: ImportBatch, restored: set[int], done: Undone) -> None:
    made = Message.objects.filter(batch_id=batch.pk, version=1)
    ids = sorted(set(made.values_list("case_id", flat=True)))
    for start in range(0, len(ids), _CHUNK):
        cases = _locked(set(ids[start : start + _CHUNK]))
        worked = _worked(set(cases), batch)
        delete = []
        for case in cases.values():
            if case.number in done.kept:
                continue
            if case.pk in worked:
                done.kept.append(case.number)
            else:
                delete.append(case.pk)
        # Authors stay: they may have written by other ways.
        followers = Case.objects.filter(repeat_of__in=delete).exclude(pk__in=delete)
        news.touched(followers.values_list("pk", flat=True))
        followers.update(repeat_of=None)
        Case.objects.filter(pk__in=delete).delete()
        done.deleted += len(delete)
        done.restored -= len(restored.intersection(delete))


def _forget(row: ImportedRow) -> None:
    """Let the next file be compared with what was told before this one."""
    told = row.before.get("told")
    if told:
        Message.objects.filter(
            case_id=row.case_id, is_current=True, raw__batch=row.batch_id
        ).update(fingerprint=told["fingerprint"], raw=told["raw"])


def _restore(case: Case, row: ImportedRow, batch: ImportBatch) -> None:
    before: dict[str, Any] = row.before
    status = case.status
    fields = before.get("fields", {})
    for name, value in fields.items():
        if name.endswith("_at") and value:
            value = parse_datetime(value)
        setattr(case, name, value)
    case.version += 1
    case.save(update_fields=[*fields, "version"])
    if "message" in before:
        case.messages.filter(batch_id=batch.pk, is_current=True).delete()
        Message.objects.filter(pk=before["message"]).update(is_current=True)
    _forget(row)
    _restore_replies(case, before)
    _restore_clocks(case, before)
    if "agency_id" in fields:
        AwaitingAgency.objects.filter(case=case).delete()
    if "awaiting" in before:
        AwaitingAgency.objects.create(case=case, name_id=before["awaiting"])
    CaseEvent.objects.create(
        case=case,
        actor=batch.undone_by,
        move="import_updated",
        before=status,
        after=case.status,
        data={"batch": batch.pk, "undone": True, "reason": batch.undo_reason},
    )


def _restore_replies(case: Case, before: dict[str, Any]) -> None:
    case.replies.filter(author=None, version__gt=before["version"]).delete()
    for pk, (state, published_at) in before["replies"].items():
        Reply.objects.filter(pk=pk).update(state=state, published_at=published_at)


def _restore_clocks(case: Case, before: dict[str, Any]) -> None:
    """The terms the update ended run on; the ones it started go."""
    Clock.objects.filter(case=case).exclude(pk__in=before["clock_ids"]).delete()
    for pk, (stopped_at, missed_at) in before["clocks"].items():
        Clock.objects.filter(pk=pk).update(stopped_at=stopped_at, missed_at=missed_at)
    Assignment.objects.filter(case=case).exclude(pk__in=before["assignment_ids"]).delete()
    for pk, (until, ended_by) in before["assignments"].items():
        Assignment.objects.filter(pk=pk).update(until=until, ended_by=ended_by)
