"""An uploaded register: looked at, then taken as it was looked at, or dropped."""

from django.db import transaction
from django.utils import timezone

from agencies.models import User
from cases.errors import BadChange, MoveNotAllowed, StaleChange
from cases.exchange import sheets, taking
from cases.exchange.tables import TABLES, Table
from cases.models import ReferenceImport

State = ReferenceImport.State


def looked_at(table: Table, name: str, body: bytes, actor: User) -> ReferenceImport:
    """Keep the file with what taking it would do. BadChange: it is no table of this register."""
    rows = sheets.read(name, body)
    result = taking.look(table, rows, actor=actor)
    made: ReferenceImport = ReferenceImport.objects.create(
        table=table.code,
        file_name=name[:200],
        rows=rows,
        counts=result.counts,
        digest=result.digest,
        made_by=actor,
    )
    return made


def seen_now(found: ReferenceImport, actor: User) -> taking.Result:
    """What a waiting file would do to the rows as they are now; its counts and digest follow."""
    result = taking.look(TABLES[found.table], found.rows, actor=actor)
    found.counts, found.digest = result.counts, result.digest
    return result


@transaction.atomic
def take(pk: int, *, actor: User, reason: str, digest: str) -> ReferenceImport:
    """Take the whole table, each row with the reason in its history.

    MoveNotAllowed: somebody has decided already. BadChange: a row is wrong. StaleChange: the
    register has changed since it was looked at (`digest`).
    """
    found = _waiting(pk)
    result = taking.take(TABLES[found.table], found.rows, actor=actor, reason=reason, digest=digest)
    if result is None:
        wrong = seen_now(found, actor)
        if wrong.digest == digest and not wrong.right:
            raise BadChange("import_wrong_rows", field="file")
        raise StaleChange("register_changed")
    found.counts, found.reason = result.counts, reason
    return _closed(found, State.TAKEN)


@transaction.atomic
def drop(pk: int) -> ReferenceImport:
    return _closed(_waiting(pk), State.DROPPED)


def _waiting(pk: int) -> ReferenceImport:
    found: ReferenceImport = (
        ReferenceImport.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=pk)
    )
    if found.state != State.LOOKED:
        raise MoveNotAllowed("import_decided")
    return found


def _closed(found: ReferenceImport, state: str) -> ReferenceImport:
    """The rows of a decided file are not kept: people's data stay in the registers alone."""
    found.state, found.decided_at, found.rows = state, timezone.now(), []
    found.save()
    return found
