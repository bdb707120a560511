"""Files stored once under their hash."""

import hashlib
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def path_of(digest: str) -> str:
    return f"attachments/{digest[:2]}/{digest}"


def keep(data: bytes) -> str:
    """Store the bytes if they are not there yet; their SHA-256.

    Before the row that names them: a row without its file would be a loss, a file without a
    row is not.
    """
    digest = hashlib.sha256(data).hexdigest()
    if not default_storage.exists(path_of(digest)):
        default_storage.save(path_of(digest), ContentFile(data))
    return digest


def opened(digest: str) -> IO[bytes]:
    return default_storage.open(path_of(digest))
