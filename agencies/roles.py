"""Roles and what each may do: the whole of the permission matrix (docs/access.md shows it).

A role is held on an agency and covers its subtree. Roles combine: in a small settlement one
person is curator, executor and approver.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OPERATOR = "operator", _("Centre operator")
    COORDINATOR = "coordinator", _("Coordinator")
    QUALITY_SUPERVISOR = "quality_supervisor", _("Quality supervisor")
    CURATOR = "curator", _("Agency curator")
    EXECUTOR = "executor", _("Executor")
    APPROVER = "approver", _("Approver")
    CO_EXECUTOR = "co_executor", _("Co-executor")
    HEAD_OFFICE = "head_office", _("Head's office")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    IMPORT_SERVICE = "import_service", _("Import service")


class Right(TextChoices):
    """What a role may do with the cases of an agency it is held on."""

    VIEW_CASES = "view_cases", _("read cases and replies")
    VIEW_STATES = "view_states", _("see numbers and states of cases, never texts or authors")
    VIEW_CONTACTS = "view_contacts", _("see a citizen's contacts and full name")
    MODERATE_CASES = "moderate_cases", _("moderate incoming messages")
    ROUTE_CASES = "route_cases", _("route cases to agencies")
    DECIDE_DISPUTES = "decide_disputes", _("decide competence disputes")
    ASSIGN_CASES = "assign_cases", _("name the executor of a case")
    DISPUTE_COMPETENCE = "dispute_competence", _("dispute the agency's competence")
    ANSWER_CASES = "answer_cases", _("write replies")
    CONTRIBUTE = "contribute", _("contribute to cases of other agencies, the own part alone")
    WRITE_NOTES = "write_notes", _("write internal notes")
    APPROVE_REPLIES = "approve_replies", _("approve and publish replies")
    REVIEW_REPLIES = "review_replies", _("judge the quality of replies")
    CLOSE_CASES = "close_cases", _("close and reopen cases")
    EXTEND_DEADLINES = "extend_deadlines", _("extend deadlines")
    CONTROL_CASES = "control_cases", _("put a case under personal control")
    LIFT_CONTROL = "lift_control", _("lift personal control")
    IMPORT_MESSAGES = "import_messages", _("import messages")
    MANAGE_AGENCIES = "manage_agencies", _("manage agencies, people, rules and reference data")
    VIEW_AUDIT = "view_audit", _("read the journal of events")


_R = Role
HOLDERS: dict[str, frozenset[str]] = {
    Right.VIEW_CASES: frozenset(
        {
            _R.OPERATOR,
            _R.COORDINATOR,
            _R.QUALITY_SUPERVISOR,
            _R.CURATOR,
            _R.EXECUTOR,
            _R.APPROVER,
            _R.CO_EXECUTOR,
            _R.HEAD_OFFICE,
            _R.AUDITOR,
        }
    ),
    Right.VIEW_STATES: frozenset(set(Role.values) - {_R.IMPORT_SERVICE}),
    Right.VIEW_CONTACTS: frozenset(
        {_R.OPERATOR, _R.COORDINATOR, _R.CURATOR, _R.EXECUTOR, _R.HEAD_OFFICE}
    ),
    Right.MODERATE_CASES: frozenset({_R.OPERATOR, _R.COORDINATOR}),
    Right.ROUTE_CASES: frozenset({_R.OPERATOR, _R.COORDINATOR}),
    Right.DECIDE_DISPUTES: frozenset({_R.COORDINATOR}),
    Right.ASSIGN_CASES: frozenset({_R.CURATOR, _R.QUALITY_SUPERVISOR}),
    Right.DISPUTE_COMPETENCE: frozenset({_R.CURATOR}),
    Right.ANSWER_CASES: frozenset({_R.EXECUTOR, _R.CURATOR}),
    Right.CONTRIBUTE: frozenset({_R.EXECUTOR, _R.CURATOR, _R.CO_EXECUTOR}),
    Right.WRITE_NOTES: frozenset(
        {
            _R.OPERATOR,
            _R.COORDINATOR,
            _R.QUALITY_SUPERVISOR,
            _R.CURATOR,
            _R.EXECUTOR,
            _R.APPROVER,
            _R.CO_EXECUTOR,
            _R.HEAD_OFFICE,
        }
    ),
    Right.APPROVE_REPLIES: frozenset({_R.APPROVER}),
    Right.REVIEW_REPLIES: frozenset({_R.QUALITY_SUPERVISOR}),
    Right.CLOSE_CASES: frozenset({_R.QUALITY_SUPERVISOR, _R.COORDINATOR}),
    Right.EXTEND_DEADLINES: frozenset({_R.QUALITY_SUPERVISOR, _R.COORDINATOR}),
    Right.CONTROL_CASES: frozenset({_R.QUALITY_SUPERVISOR, _R.HEAD_OFFICE}),
    Right.LIFT_CONTROL: frozenset({_R.HEAD_OFFICE}),
    Right.IMPORT_MESSAGES: frozenset({_R.OPERATOR, _R.IMPORT_SERVICE}),
    Right.MANAGE_AGENCIES: frozenset({_R.ADMINISTRATOR}),
    Right.VIEW_AUDIT: frozenset({_R.ADMINISTRATOR, _R.AUDITOR}),
}


def rights_of(role: str) -> frozenset[str]:
    """The rights a role carries."""
    return frozenset(right for right, roles in HOLDERS.items() if role in roles)
