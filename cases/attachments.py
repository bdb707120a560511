"""Files of cases: stored once under their hash, their type read from their content."""

import hashlib
from typing import IO

import puremagic
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from agencies.models import User
from agencies.roles import Right
from cases.actions.moving import locked_case
from cases.errors import BadChange, RightMissing
from cases.models import Attachment, Case, CaseEvent
from cases.querysets import may

MAX_BYTES = 15 * 1024 * 1024
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


def _path(digest: str) -> str:
    return f"attachments/{digest[:2]}/{digest}"


def real_type(data: bytes) -> str:
    """The media type by content; "" when nothing known begins so."""
    try:
        for guess in puremagic.magic_string(data):
            if guess.mime_type in ALLOWED:
                return str(guess.mime_type)
    except (puremagic.PureError, ValueError):
        return ""
    return ""


def add(case: Case, *, actor: User, uploaded: UploadedFile) -> Attachment:
    """Store the file with the case; raises BadChange for a type or size that is not accepted."""
    if uploaded.size is None or uploaded.size > MAX_BYTES:
        raise BadChange("file_too_large", field="file")
    data = uploaded.read()
    media_type = real_type(data)
    if not media_type:
        raise BadChange("file_type_refused", field="file")
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        fresh = locked_case(case, actor)
        if not may(actor, Right.ANSWER_CASES, fresh):
            raise RightMissing("right_missing", move="submit_reply")
        # The file first: a row without its file would be a loss, a file without a row is not.
        if not default_storage.exists(_path(digest)):
            default_storage.save(_path(digest), ContentFile(data))
        made = Attachment.objects.create(
            case=fresh,
            name=(uploaded.name or "file")[-200:],
            sha256=digest,
            media_type=media_type,
            size=len(data),
            uploaded_by=actor,
        )
        CaseEvent.objects.create(
            case=fresh,
            actor=actor,
            move="attach",
            before=fresh.status,
            after=fresh.status,
            data={"attachment": made.pk, "sha256": digest},
        )
    return made


def opened(attachment: Attachment) -> IO[bytes]:
    return default_storage.open(_path(attachment.sha256))
