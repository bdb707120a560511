"""Kinds of notices: what a person can choose a way of delivery for."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.roles import Role


class Delivery(TextChoices):
    """How a notice reaches the person's mailbox; in the portal it stands in any case."""

    NOW = "now", _("at once")
    DIGEST = "digest", _("in the digest")
    OFF = "off", _("only in the portal")


class Kind(TextChoices):
    ASSIGNED = "assigned", _("A case was assigned to me")
    ARRIVED = "arrived", _("A case came to the agency")
    HANDOVER = "handover", _("Cases were handed over to me")
    RETURNED = "returned", _("My reply was returned")
    PUBLISHED = "published", _("My reply was published")
    MESSAGE = "message", _("The citizen wrote more")
    REOPENED = "reopened", _("A case was reopened")
    MENTION = "mention", _("I was named in a note")
    PART_ASKED = "part_asked", _("Another agency asks for our contribution")
    PART_TERM = "part_term", _("The term of a contribution comes to its end or is over")
    PART_GIVEN = "part_given", _("A contribution to my case was given")
    APPROVAL = "approval", _("A reply waits for approval")
    REVIEW = "review", _("A reply waits for review")
    FLAGGED = "flagged", _("A reply of the agency was marked by the check or the supervisor")
    REJECTION = "rejection", _("A rejection of a message waits for a second person")
    DISPUTE = "dispute", _("An agency disputes its competence")
    DISPUTE_DECIDED = "dispute_decided", _("Our dispute was decided")
    CONTROL = "control", _("Personal control was set or lifted")
    TERM_WARNING = "term_warning", _("A term comes to its end (50 and 80 %)")
    TERM_DUE = "term_due", _("A term is over")
    ESCALATED = "escalated", _("An overdue case went up to me")
    TERMS_LATE = "terms_late", _("Terms that passed while nobody watched them")
    TERM_MOVED = "term_moved", _("A term was moved")
    PROMISE_DUE = "promise_due", _("A promised day is near")
    PROMISE_BROKEN = "promise_broken", _("A promise was not kept")
    EVENT_OFFER = "event_offer", _("Messages about one thing were found")
    SPIKE = "spike", _("Far more messages than usual")
    ORPHAN = "orphan", _("A case has nobody who could work on it")
    DEPUTY = "deputy", _("Deputies and absence")
    IMPORT_FINISHED = "import_finished", _("An import has ended")
    EXPORT_READY = "export_ready", _("An export is ready")
    REPORT_READY = "report_ready", _("A report I asked for is ready")
    DAY_FIGURES = "day_figures", _("Figures of the day")
    CALENDAR = "calendar", _("The production calendar is missing")
    TEMPLATE = "template", _("A reply template of mine expires")


@dataclass(frozen=True, slots=True)
class Facts:
    """`delivery`: until the person chooses otherwise. `roles`: who can be told; empty: anybody."""

    delivery: Delivery
    group: str
    short: Promise  # over a list of this kind alone
    roles: frozenset[str] = frozenset()


GROUPS: dict[str, Promise] = {
    "work": _("My cases"),
    "decide": _("Waiting for my decision"),
    "terms": _("Terms and control"),
    "portal": _("Work of the portal"),
}
_OFFICIALS = frozenset({Role.EXECUTOR, Role.CURATOR, Role.CO_EXECUTOR})
_LEADS = frozenset({Role.CURATOR})
# Whoever may hold a case when a term of it runs out: the desk, the agency, the approver.
_HOLDERS = _OFFICIALS | {
    *(Role.APPROVER, Role.QUALITY_SUPERVISOR, Role.COORDINATOR, Role.OPERATOR),
}
_NOW, _DIGEST, _OFF = Delivery.NOW, Delivery.DIGEST, Delivery.OFF
FACTS: dict[str, Facts] = {
    Kind.ASSIGNED: Facts(_NOW, "work", _("Assigned to me"), _OFFICIALS),
    Kind.ARRIVED: Facts(_DIGEST, "work", _("New at the agency"), _LEADS),
    Kind.HANDOVER: Facts(_NOW, "work", _("Handed over"), _OFFICIALS),
    Kind.RETURNED: Facts(_NOW, "work", _("Returned to me"), _OFFICIALS),
    Kind.PUBLISHED: Facts(_OFF, "work", _("Published"), _OFFICIALS),
    Kind.MESSAGE: Facts(_NOW, "work", _("The citizen wrote"), _OFFICIALS),
    Kind.REOPENED: Facts(_NOW, "work", _("Reopened cases"), _OFFICIALS | {Role.COORDINATOR}),
    Kind.MENTION: Facts(_NOW, "work", _("Notes")),
    Kind.PART_ASKED: Facts(_NOW, "work", _("We are asked"), _OFFICIALS),
    Kind.PART_TERM: Facts(
        _NOW, "terms", _("Contributions"), _OFFICIALS | {Role.APPROVER, Role.QUALITY_SUPERVISOR}
    ),
    Kind.PART_GIVEN: Facts(_NOW, "work", _("Given to us"), _OFFICIALS),
    Kind.APPROVAL: Facts(_NOW, "decide", _("Approval"), frozenset({Role.APPROVER})),
    Kind.REVIEW: Facts(_DIGEST, "decide", _("Review"), frozenset({Role.QUALITY_SUPERVISOR})),
    Kind.FLAGGED: Facts(_DIGEST, "decide", _("Stopped replies"), _LEADS),
    Kind.REJECTION: Facts(
        _NOW, "decide", _("Rejections"), frozenset({Role.OPERATOR, Role.COORDINATOR})
    ),
    Kind.DISPUTE: Facts(_NOW, "decide", _("Disputes"), frozenset({Role.COORDINATOR})),
    Kind.DISPUTE_DECIDED: Facts(_NOW, "work", _("Decided disputes"), _LEADS),
    Kind.CONTROL: Facts(
        _NOW, "terms", _("Control"), _OFFICIALS | {Role.APPROVER, Role.HEAD_OFFICE}
    ),
    Kind.TERM_WARNING: Facts(_DIGEST, "terms", _("Due soon"), _HOLDERS),
    Kind.TERM_DUE: Facts(_NOW, "terms", _("Overdue"), _HOLDERS),
    Kind.ESCALATED: Facts(_NOW, "terms", _("Came up to me"), _HOLDERS),
    Kind.TERMS_LATE: Facts(_NOW, "terms", _("Overdue"), _HOLDERS),
    Kind.TERM_MOVED: Facts(_OFF, "terms", _("Moved terms"), _OFFICIALS),
    Kind.PROMISE_DUE: Facts(_DIGEST, "terms", _("Promises"), _OFFICIALS),
    Kind.PROMISE_BROKEN: Facts(
        _NOW, "terms", _("Broken promises"), _LEADS | {Role.QUALITY_SUPERVISOR}
    ),
    Kind.ORPHAN: Facts(_DIGEST, "decide", _("Nobody works on them"), _LEADS | {Role.COORDINATOR}),
    Kind.EVENT_OFFER: Facts(
        _NOW, "decide", _("Mass events"), frozenset({Role.COORDINATOR, Role.OPERATOR})
    ),
    Kind.SPIKE: Facts(_NOW, "decide", _("Spikes"), frozenset({Role.COORDINATOR})),
    Kind.DEPUTY: Facts(_NOW, "portal", _("Deputies")),
    Kind.IMPORT_FINISHED: Facts(
        _NOW, "portal", _("Imports"), frozenset({Role.OPERATOR, Role.IMPORT_SERVICE})
    ),
    Kind.EXPORT_READY: Facts(_NOW, "portal", _("Exports")),
    Kind.REPORT_READY: Facts(_NOW, "portal", _("Reports")),
    Kind.DAY_FIGURES: Facts(_NOW, "portal", _("Day"), frozenset({Role.HEAD_OFFICE})),
    Kind.CALENDAR: Facts(_NOW, "portal", _("Calendar"), frozenset({Role.ADMINISTRATOR})),
    Kind.TEMPLATE: Facts(_NOW, "portal", _("Templates")),
}
# Asked for by the person himself, for an hour he named: quiet hours do not hold them back.
ORDERED = frozenset({Kind.REPORT_READY})
# Kinds that ask the person to do something: they stop when somebody has done it.
ASKING = frozenset(
    {
        Kind.ASSIGNED,
        Kind.ARRIVED,
        Kind.RETURNED,
        Kind.REOPENED,
        Kind.APPROVAL,
        Kind.REVIEW,
        Kind.REJECTION,
        Kind.DISPUTE,
        Kind.TERM_WARNING,
        Kind.TERM_DUE,
        Kind.ESCALATED,
        Kind.ORPHAN,
    }
)
