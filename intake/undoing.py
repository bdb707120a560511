"""Take a batch back: what nobody worked on since disappears, the rest is named."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from agencies.access import holds
from agencies.models import User
from agencies.roles import Right
from cases.actions.moderation import refresh_search
from cases.errors import BadChange, RightMissing
from cases.models import Case, CaseEvent, Clock, Message
from intake.models import ImportBatch, ImportedRow

_CHUNK = 1000


@dataclass(slots=True)
class Undone:
    """`kept`: numbers of cases that people (or a later import) worked on since."""

    deleted: int = 0
    restored: int = 0
    kept: list[str] = field(default_factory=list)


@transaction.atomic
def undo(batch: ImportBatch, *, actor: User, reason: str) -> Undone:
    """Delete and restore what the batch made, all in one transaction.

    Raises RightMissing without a region-wide import_messages, BadChange on a batch that is
    running or undone already and on an empty reason.
    """
    if not holds(actor, Right.IMPORT_MESSAGES, None):
        raise RightMissing("right_missing", right=Right.IMPORT_MESSAGES.value)
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in {ImportBatch.State.DONE, ImportBatch.State.FAILED}:
        raise BadChange("batch_not_done", field="state")
    if not reason.strip():
        raise BadChange("reason_missing", field="reason")
    done = Undone()
    # Newest first: a case created and then updated by one file is restored, then deleted.
    ids = list(batch.rows.order_by("-pk").values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        _undo_rows(batch, ids[start : start + _CHUNK], actor, reason, done)
    batch.quarantine.filter(state="waiting").delete()
    batch.state = ImportBatch.State.UNDONE
    batch.undone_at = timezone.now()
    batch.undo_reason = reason.strip()[:300]
    batch.save(update_fields=["state", "undone_at", "undo_reason"])
    return done


def _undo_rows(batch: ImportBatch, ids: list[int], actor: User, reason: str, done: Undone) -> None:
    rows = list(ImportedRow.objects.filter(pk__in=ids).order_by("-pk"))
    cases = {
        case.pk: case
        for case in Case.objects.defer("search")
        .filter(pk__in={row.case_id for row in rows})
        .order_by("pk")
        .select_for_update()
    }
    worked = set(
        CaseEvent.objects.filter(case_id__in=cases, actor__isnull=False)
        .filter(at__gte=batch.created_at)
        .values_list("case_id", flat=True)
    )
    delete: list[int] = []
    restored: list[int] = []
    for row in rows:
        case = cases[row.case_id]
        if row.change == ImportedRow.Change.CONFLICT and not row.before:
            continue
        if case.pk in worked or case.version != row.case_version:
            done.kept.append(case.number)
        elif row.change == ImportedRow.Change.CREATED:
            delete.append(case.pk)
        else:
            _restore(case, row, batch, actor, reason)
            restored.append(case.pk)
    # Messages first by hand: each names its case, and authors stay for other cases.
    Case.objects.filter(pk__in=delete).delete()
    if restored:
        refresh_search(restored)
    done.deleted += len(delete)
    done.restored += len(restored)


def _restore(case: Case, row: ImportedRow, batch: ImportBatch, actor: User, reason: str) -> None:
    before: dict[str, Any] = dict(row.before)
    earlier, replies = before.pop("message", None), before.pop("replies", None)
    status = case.status
    for name, value in before.items():
        if name.endswith("_at") and value:
            value = parse_datetime(value)
        setattr(case, name, value)
    case.version += 1
    case.save(update_fields=[*before, "version"])
    if earlier is not None:
        case.messages.filter(batch_id=batch.pk, is_current=True).delete()
        Message.objects.filter(pk=earlier).update(is_current=True)
    # A later file must be compared with the card again, not with what was taken back.
    case.messages.filter(is_current=True).update(fingerprint="")
    if replies is not None:
        case.replies.filter(author=None, version__gt=replies).delete()
    if "status" in before:
        # The term the update ended runs again; the one it started goes.
        running = Clock.objects.filter(case=case)
        running.exclude(due_at=case.due_at).filter(stopped_at=None).delete()
        running.filter(due_at=case.due_at).update(stopped_at=None)
    CaseEvent.objects.create(
        case=case,
        actor=actor,
        move="import_updated",
        before=status,
        after=case.status,
        data={"batch": batch.pk, "undone": True, "reason": reason},
    )
