"""Who acts in the demo: staff by account, people of an agency by role."""

from collections.abc import Callable

from agencies.models import Agency, User

_STAFF = {
    "operator": "operator",
    "second": "operator2",
    "coordinator": "coordinator",
    "supervisor": "supervisor",
    "head": "head-office",
}


class Cast:
    """`of_agency`: the first person of the agency, or of its superiors, with the role."""

    def __init__(self, staff: dict[str, User], of_agency: Callable[[Agency, str], User]) -> None:
        self._staff = staff
        self._of_agency = of_agency

    def who(self, name: str, agency: Agency) -> User | None:
        """None for the portal itself."""
        if name == "portal":
            return None
        if name in _STAFF:
            return self._staff[_STAFF[name]]
        return self._of_agency(agency, name)
