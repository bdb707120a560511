"""Who is meant by a level of the ladder of reminders, nearest to the case's agency."""

from agencies.roles import Role

# `executor` is the person of the case, its curators where it has none.
ROLES: dict[str, str] = {
    "operator": Role.OPERATOR,
    "coordinator": Role.COORDINATOR,
    "executor": Role.CURATOR,
    "curator": Role.CURATOR,
    "head": Role.APPROVER,
    "supervisor": Role.QUALITY_SUPERVISOR,
}
