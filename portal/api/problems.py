"""Errors of the API as problem details (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from cases.errors import CaseError
from portal.wording import word_error


class Unprocessable(exceptions.APIException):
    """Values that were understood but do not pass the form; `errors`: field -> sentences."""

    status_code = 422
    default_detail = _("Some values are not accepted.")
    default_code = "invalid"

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__()
        self.errors = errors


class Stale(exceptions.APIException):
    status_code = 412
    default_detail = _("Somebody has changed this meanwhile.")
    default_code = "stale"


class KeyReused(exceptions.APIException):
    status_code = 422
    default_detail = _("This Idempotency-Key was used with another request.")
    default_code = "idempotency_key_reused"


class KeyInUse(exceptions.APIException):
    status_code = 409
    default_detail = _("A request with this Idempotency-Key is being carried out.")
    default_code = "idempotency_key_in_use"


def problem(status: int, title: str, **extra: Any) -> Response:
    return Response(
        {"type": "about:blank", "status": status, "title": title, **extra},
        status=status,
        content_type="application/problem+json",
    )


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, CaseError):
        set_rollback()
        field = error.params.get("field")
        errors = {field: [word_error(error)]} if field else {}
        return problem(error.status, word_error(error), code=error.code, errors=errors)
    answer = exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, Unprocessable):
        return problem(422, str(error.detail), code="invalid", errors=error.errors)
    if isinstance(error, exceptions.ValidationError):
        return problem(
            answer.status_code,
            str(Unprocessable.default_detail),
            code="invalid",
            errors=answer.data,
        )
    if isinstance(error, Http404):
        return problem(404, str(exceptions.NotFound.default_detail), code="not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, str(exceptions.PermissionDenied.default_detail), code="forbidden")
    detail = answer.data.get("detail", "") if isinstance(answer.data, dict) else answer.data
    made = problem(answer.status_code, str(detail), code=getattr(error, "default_code", "error"))
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in answer.headers:
            made[name] = answer.headers[name]
    return made
