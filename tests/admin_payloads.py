"""Who may open what of Django's admin; a model without a row fails `test_admin_access`."""

from agencies.roles import Right

# Django's admin: model -> (who may open its list, whether the right must reach the region).
# An empty set means nobody: Django's own models of packages, which ask Django's permissions.
SUPERVISORS = frozenset({Right.REVIEW_REPLIES, Right.CONTROL_CASES})
ADMINISTRATORS = frozenset({Right.MANAGE_AGENCIES})
AUDITORS = frozenset({Right.VIEW_AUDIT})
ADMIN_MODELS: dict[str, tuple[frozenset[str], bool]] = {
    "agencies_agency": (ADMINISTRATORS, False),
    "agencies_user": (ADMINISTRATORS, False),
    "agencies_workingcalendar": (ADMINISTRATORS, False),
    "agencies_calendarday": (ADMINISTRATORS, False),
    "agencies_accountevent": (AUDITORS, False),
    "agencies_change": (AUDITORS, True),
    "cases_case": (SUPERVISORS, False),
    "cases_reply": (SUPERVISORS, False),
    "cases_casestate": (ADMINISTRATORS, False),
    "cases_caseevent": (AUDITORS, False),
    "cases_territory": (ADMINISTRATORS, True),
    "cases_topicgroup": (ADMINISTRATORS, True),
    "cases_topic": (ADMINISTRATORS, True),
    "cases_routingrule": (ADMINISTRATORS, True),
    "cases_deadlinerule": (ADMINISTRATORS, True),
    "cases_qualitysetting": (ADMINISTRATORS, True),
    "cases_weightproposal": (ADMINISTRATORS, True),
    "cases_workflowsetting": (ADMINISTRATORS, True),
    "cases_ladderstep": (ADMINISTRATORS, True),
    "cases_reason": (ADMINISTRATORS, True),
    "cases_channel": (ADMINISTRATORS, True),
    "cases_massevent": (ADMINISTRATORS, True),
    "cases_replytemplate": (ADMINISTRATORS, True),
    "intake_importbatch": (ADMINISTRATORS, True),
    "intake_quarantinedrow": (ADMINISTRATORS, True),
    "intake_caseexport": (AUDITORS, True),
    "notices_letter": (ADMINISTRATORS, True),
    "authtoken_tokenproxy": (frozenset(), True),
    "axes_accessattempt": (frozenset(), True),
    "axes_accessfailurelog": (frozenset(), True),
    "axes_accesslog": (frozenset(), True),
    "procrastinate_procrastinatejob": (frozenset(), True),
}
ADMIN_PAGES = ("changelist", "add", "change", "delete", "history")
