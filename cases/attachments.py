"""Files of messages and replies: stored once under their hash, their type read from content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from agencies.models import User
from agencies.roles import Right
from cases import evidence, papers
from cases import files as stored
from cases.actions.moving import refuse
from cases.errors import BadChange, RightMissing
from cases.masking import mask_text
from cases.models import Attachment, Case, CaseEvent, Message, Participation, Reply
from cases.querysets import may
from cases.reading import locked_case, locked_for_part
from cases.workflow import MOVES

MAX_BYTES = 15 * 1024 * 1024
MOST_FILES = 10
ALLOWED = {
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "video/mp4",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """An uploaded file whose size and real type are accepted."""

    name: str
    data: bytes
    media_type: str
    digest: str


_path = stored.path_of


def real_type(data: bytes) -> str:
    """The media type by content; "" when nothing known begins so."""
    import puremagic  # noqa: PLC0415  a megabyte of signatures, for who sends files

    try:
        for guess in puremagic.magic_string(data):
            if guess.mime_type in ALLOWED:
                return str(guess.mime_type)
    except (puremagic.PureError, ValueError):
        return ""
    return ""


def checked(uploaded: UploadedFile) -> CheckedFile:
    """Read the file; BadChange for a type or size that is not accepted."""
    if uploaded.size is None or uploaded.size > MAX_BYTES:
        raise BadChange("file_too_large", field="file")
    data = uploaded.read()
    media_type = real_type(data)
    if not media_type:
        raise BadChange("file_type_refused", field="file")
    name = (uploaded.name or "file").replace("\x00", "")[-200:]
    return CheckedFile(name, data, media_type, hashlib.sha256(data).hexdigest())


def _store(
    file: CheckedFile,
    *,
    case: Case,
    actor: User,
    message: Message | None = None,
    part: Participation | None = None,
) -> Attachment:
    stored.keep(file.data)
    evidence.remember(file.digest, file.data, file.media_type)
    return Attachment.objects.create(
        case=case,
        message=message,
        part=part,
        name=file.name,
        sha256=file.digest,
        media_type=file.media_type,
        size=len(file.data),
        uploaded_by=actor,
    )


def _writable(case: Case, actor: User) -> Case:
    """The locked case while a reply to it is being written: 404, 403, 409 as for sending it."""
    fresh = locked_case(case, actor)
    if not may(actor, Right.ANSWER_CASES, fresh):
        raise RightMissing("right_missing", move="submit_reply")
    if fresh.status not in MOVES["submit_reply"].sources:
        raise refuse(fresh, "submit_reply")
    return fresh


def pending(case: Case, actor: User) -> list[Attachment]:
    """What this author has attached to the reply he is writing (one query)."""
    rows = Attachment.objects.filter(
        case=case, message=None, reply=None, part=None, uploaded_by=actor
    )
    return list(rows.order_by("pk"))


def keep_for_draft(reply: Reply) -> None:
    """A reply taken back is written anew: its author finds his files beside the draft too."""
    Attachment.objects.bulk_create(
        Attachment(
            case_id=file.case_id,
            name=file.name,
            sha256=file.sha256,
            media_type=file.media_type,
            size=file.size,
            uploaded_by_id=reply.author_id,
        )
        for file in reply.attachments.filter(paper=None)
    )


def add(case: Case, *, actor: User, uploaded: UploadedFile) -> Attachment:
    """Attach a file to the reply being written; it goes with the reply when that is sent."""
    file = checked(uploaded)
    with transaction.atomic():
        fresh = _writable(case, actor)
        if len(pending(fresh, actor)) >= MOST_FILES:
            raise BadChange("too_many_files", field="file")
        made = _store(file, case=fresh, actor=actor)
        _record(fresh, actor, "attach", made)
    return made


def remove(case: Case, *, actor: User, pk: int) -> None:
    """Take back a file of one's own that no reply was sent with; BadChange for any other."""
    with transaction.atomic():
        fresh = _writable(case, actor)
        found = next((file for file in pending(fresh, actor) if file.pk == pk), None)
        if found is None:
            raise BadChange("file_not_yours", field="file")
        _record(fresh, actor, "detach", found)
        found.delete()


def _asked(part: Participation, actor: User) -> Case:
    """The locked case while a part of it is awaited: 404 to who is not asked, 409 afterwards."""
    fresh = locked_for_part(part.case, part.pk, actor)
    part.refresh_from_db(fields=["state"])
    if part.state != Participation.State.ASKED:
        raise BadChange("part_went_on", field="file")
    return fresh


def add_to_part(part: Participation, *, actor: User, uploaded: UploadedFile) -> Attachment:
    """A file beside the text a co-executor gives."""
    file = checked(uploaded)
    with transaction.atomic():
        fresh = _asked(part, actor)
        if part.attachments.count() >= MOST_FILES:
            raise BadChange("too_many_files", field="file")
        made = _store(file, case=fresh, actor=actor, part=part)
        _record(fresh, actor, "attach", made)
    return made


def remove_from_part(part: Participation, *, actor: User, pk: int) -> None:
    """While the part is awaited its own side may take a file back."""
    with transaction.atomic():
        fresh = _asked(part, actor)
        found = part.attachments.filter(pk=pk).first()
        if found is None:
            raise BadChange("file_not_yours", field="file")
        _record(fresh, actor, "detach", found)
        found.delete()


def files_of_part(part: Participation) -> list[Attachment]:
    """What who is asked may open: his own files, and photos of the message where he was given
    them."""
    own = Q(part=part)
    if part.photos:
        own |= Q(case=part.case_id, message__isnull=False, media_type__startswith="image/")
    return list(Attachment.objects.filter(own).order_by("pk"))


def _record(case: Case, actor: User, move: str, file: Attachment) -> None:
    CaseEvent.objects.create(
        case=case,
        actor=actor,
        move=move,
        before=case.status,
        after=case.status,
        data={"attachment": file.pk, "sha256": file.sha256, "name": file.name},
    )


def add_to_message(
    case: Case, message: Message, files: Sequence[CheckedFile], *, actor: User
) -> int:
    """Keep what came with a message; a file it has already is not kept twice. How many are new."""
    if not files:
        return 0
    known = set(message.attachments.values_list("sha256", flat=True))
    new = [file for file in files if file.digest not in known]
    for file in new:
        _store(file, case=case, actor=actor, message=message)
    return len(new)


def shown_name(file: Attachment, case: Case, reader: User) -> str:
    """People name files after themselves: masked for who may not see contacts."""
    if may(reader, Right.VIEW_CONTACTS, case):
        return file.name
    return mask_text(file.name, case.citizen.hidden_name)


def opened(attachment: Attachment, reader: User) -> IO[bytes]:
    """The stored bytes; a paper by 59-FZ names the citizen and is set without his contacts for
    who may not see them."""
    paper = getattr(attachment, "paper", None)
    if paper is not None and not may(reader, Right.VIEW_CONTACTS, attachment.case):
        return BytesIO(papers.masked(paper))
    return stored.opened(attachment.sha256)
