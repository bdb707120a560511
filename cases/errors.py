"""Domain errors: few and named; `portal.errors` turns them into HTTP answers."""

from typing import Any


class CaseError(Exception):
    """A change that was refused; `code` and `params` are worded by `portal.wording`."""

    status = 409

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class CaseNotFound(CaseError):
    """The case does not exist for this person, whether or not it exists for others."""

    status = 404


class MoveNotAllowed(CaseError):
    """The case is in a state that does not have this move; `params` say who moved it and when."""


class RightMissing(CaseError):
    """The case is visible, the right for this move is not held."""

    status = 403


class StaleChange(CaseError):
    """Somebody changed the case after the page was opened (If-Match, hidden version field)."""

    status = 412


class BadChange(CaseError):
    """The values given do not make sense together; names the field in `params["field"]`."""

    status = 422
