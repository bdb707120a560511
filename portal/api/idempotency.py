"""Idempotency-Key: a creating call that is repeated gets its first answer, not a second case.

The key is written in the transaction of the change, so a call that died left neither. A
refused call leaves no key: it may be mended and sent again under the same one.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from cases.models import IdempotencyKey
from portal.api.matching import quoted
from portal.api.problems import KeyInUse, KeyReused

LONGEST = 200
# How long an answer is given again: whoever repeats a call later makes a new one.
KEPT = timedelta(days=7)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same key with the same body gives the first answer again, for seven days.",
)


def _digest(request: Request) -> str:
    sent = {key: request.data[key] for key in request.data} if request.FILES else request.data
    for name in request.FILES:
        sent[name] = [_print(file) for file in request.FILES.getlist(name)]
    body = json.dumps(sent, sort_keys=True, ensure_ascii=False, cls=JSONEncoder)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _print(file: UploadedFile) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _lock(user_id: int, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"idempotency:{user_id}:{key}"],
        )
        return bool(cursor.fetchone()[0])


def once(request: Request, perform: Callable[[], Response]) -> Response:
    """Run `perform` once for the request's key; without the header it simply runs.

    Raises KeyReused (422) for the same key with another body, KeyInUse (409) while the first
    call is still running.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return perform()
    if len(key) > LONGEST:
        raise ParseError(_("Idempotency-Key is longer than 200 characters."))
    digest = _digest(request)
    with transaction.atomic():
        if not _lock(request.user.pk, key):
            raise KeyInUse
        known = IdempotencyKey.objects.filter(user=request.user, key=key).first()
        if known is not None:
            if known.request_hash != digest:
                raise KeyReused
            headers = {"Idempotency-Replayed": "true"}
            if isinstance(known.body, dict) and (tag := known.body.get("etag")):
                headers |= quoted(tag)
            return Response(known.body, status=known.status, headers=headers)
        answer = perform()
        IdempotencyKey.objects.create(
            user=request.user,
            key=key,
            request_hash=digest,
            status=answer.status_code,
            body=_as_json(answer.data),
        )
    return answer


def forget_keys(now: datetime) -> int:
    """Delete keys older than KEPT; how many there were."""
    return int(IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()[0])


def _as_json(data: Any) -> Any:
    return json.loads(json.dumps(data, cls=JSONEncoder))
