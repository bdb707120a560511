"""The case itself and its history.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models_events import MassEvent
from cases.models_messages import Citizen
from cases.models_news import CurrentTransaction, TransactionId
from cases.models_reference import CaseKind, Channel, Territory, Topic
from cases.querysets import CaseQuerySet
from cases.workflow import BEFORE_AGENCY, OPEN, Regime, Status
from database.labels import Labelled


class Outcome(models.TextChoices):
    SOLVED = "solved", _("solved")
    EXPLAINED = "explained", _("explained")
    POSTPONED = "postponed", _("postponed")
    NOT_SOLVED = "not_solved", _("not solved")


class Case(Labelled):
    number = models.CharField(_("number"), max_length=12, unique=True)
    regime = models.CharField(_("regime"), max_length=12, choices=Regime, default=Regime.SOCIAL)
    fast_track = models.BooleanField(_("fast track"), default=False)
    kind = models.CharField(
        _("kind of case"), max_length=16, choices=CaseKind, default=CaseKind.SOLVABLE
    )
    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.RECEIVED)
    is_open = models.GeneratedField(
        expression=Q(status__in=OPEN), output_field=models.BooleanField(), db_persist=True
    )
    title = models.CharField(_("title"), max_length=200)
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, verbose_name=_("channel"))
    citizen = models.ForeignKey(
        Citizen, models.PROTECT, related_name="cases", verbose_name=_("citizen")
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("topic")
    )
    territory = models.ForeignKey(
        Territory,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("territory"),
    )
    place = models.CharField(_("place"), max_length=300, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), default=2)
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="cases",
        verbose_name=_("agency"),
    )
    executor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="cases",
        verbose_name=_("executor"),
    )
    proposed_agency = models.ForeignKey(
        Agency, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    received_at = models.DateTimeField(_("received"))
    registered_at = models.DateTimeField(_("registered"))
    assigned_at = models.DateTimeField(_("assigned"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("sent for approval"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    close_reason = models.CharField(_("reason of closing"), max_length=60, blank=True)
    # The latest assessed reply: lists and the review desk order by it without a join.
    risk = models.FloatField(_("risk"), null=True, blank=True)
    flagged = models.BooleanField(_("flagged"), default=False)
    # Its place on the review desk while it is there (cases.reviewing.rank).
    review_rank = models.FloatField(null=True, editable=False)
    audience = models.PositiveIntegerField(_("audience"), default=0)
    controlled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="controlled_cases",
        verbose_name=_("under control of"),
    )
    controlled_until = models.DateField(_("under control until"), null=True, blank=True)
    control_reason = models.CharField(_("reason of control"), max_length=300, blank=True)
    repeat_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="repeats",
        verbose_name=_("repeat of"),
    )
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, db_index=False, related_name="merged"
    )
    # One message about several matters: the part this case is about, and where it was taken off.
    split_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="split_off",
        verbose_name=_("part of"),
    )
    split_part = models.TextField(_("part of the message"), blank=True)
    event = models.ForeignKey(
        MassEvent,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="cases",
        verbose_name=_("mass event"),
    )
    # A question to the citizen is open until then (`Waiting`); his answer may end it earlier.
    waiting_until = models.DateTimeField(_("the citizen is waited for until"), null=True)
    returns = models.PositiveSmallIntegerField(_("returns for rework"), default=0)
    extensions = models.PositiveSmallIntegerField(_("extensions"), default=0)
    interims = models.PositiveSmallIntegerField(_("interim replies"), default=0)
    postponements = models.PositiveSmallIntegerField(_("moves of the planned date"), default=0)
    reopenings = models.PositiveSmallIntegerField(_("reopened by the author"), default=0)
    # Too many returns for rework: the head of the agency answers for it from this moment.
    escalated_at = models.DateTimeField(_("with the head of the agency since"), null=True)
    # A rejection waits for a second person.
    rejection_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("rejection proposed by"),
    )
    rejection_reason = models.CharField(_("reason of rejection"), max_length=60, blank=True)
    # Set by a person's hand: a later import never overwrites these fields.
    touched = models.JSONField(default=list, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    search = SearchVectorField(editable=False, null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(
                name="case_at_agency_has_agency",
                condition=Q(status__in=[s.value for s in BEFORE_AGENCY]) | Q(agency__isnull=False),
            ),
            models.CheckConstraint(
                name="case_answered_has_moment",
                condition=~Q(status=Status.ANSWERED) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(name="case_not_own_repeat", condition=~Q(repeat_of=F("id"))),
            # With the action's refusal of merged main cases: a chain of merges has no loop.
            models.CheckConstraint(
                name="case_merged_is_ended",
                condition=Q(merged_into__isnull=True)
                | (Q(status=Status.MERGED) & ~Q(merged_into=F("id"))),
            ),
        ]
        indexes = [
            # The tabs of a queue are counted from this index alone, without reading the rows.
            models.Index(
                fields=["agency", "due_at", "id"],
                include=["executor", "status", "repeat_of", "controlled_by"],
                name="case_agency_open",
                condition=Q(is_open=True),
            ),
            models.Index(
                "agency", "executor", name="case_rework", condition=Q(status=Status.REWORK)
            ),
            models.Index(
                "agency",
                "executor",
                name="case_repeat_open",
                condition=Q(is_open=True, repeat_of__isnull=False),
            ),
            models.Index(
                "agency",
                "executor",
                name="case_control_open",
                condition=Q(is_open=True, controlled_by__isnull=False),
            ),
            # What nobody has taken yet is counted for every official of the agency.
            models.Index(
                "agency",
                "due_at",
                "id",
                name="case_untaken",
                condition=Q(is_open=True, executor__isnull=True),
            ),
            # With the executor inside, a wide queue stops after its page instead of sorting all;
            # with the moment of receipt the newest overdue are found without reading their rows.
            models.Index(
                fields=["due_at", "id"],
                include=["executor", "status", "received_at"],
                name="case_open",
                condition=Q(is_open=True),
            ),
            # An open queue narrowed to a place and topics, each of which alone is in thousands.
            models.Index(
                "territory", "topic", "due_at", name="case_open_place", condition=Q(is_open=True)
            ),
            models.Index(
                "executor", "due_at", "id", name="case_executor_open", condition=Q(is_open=True)
            ),
            # The desk's own order, nulls and all: else a million rows are sorted for it.
            models.Index(
                F("review_rank").desc(nulls_last=True),
                "id",
                name="case_in_review",
                condition=Q(status=Status.REVIEW),
            ),
            models.Index(
                "received_at",
                "id",
                name="case_in_moderation",
                condition=Q(status__in=[Status.RECEIVED.value, Status.MODERATION.value]),
            ),
            models.Index("agency", "received_at", "id", name="case_agency_received"),
            models.Index("received_at", "id", name="case_received"),
            # Filters whose value may be rare: the newest ones are found without a walk.
            models.Index("kind", "received_at", "id", name="case_kind_received"),
            models.Index("topic", "received_at", "id", name="case_topic_received"),
            models.Index(
                "executor",
                "received_at",
                "id",
                name="case_executor_received",
                condition=Q(executor__isnull=False),
            ),
            models.Index("repeat_of", name="case_repeat", condition=Q(repeat_of__isnull=False)),
            # What was answered about a house before: `actions.repeats`.
            models.Index(
                "topic",
                "place",
                name="case_answered_place",
                condition=Q(answered_at__isnull=False) & ~Q(place=""),
            ),
            models.Index(
                "waiting_until", "id", name="case_waiting", condition=Q(waiting_until__isnull=False)
            ),
            models.Index("split_from", name="case_split", condition=Q(split_from__isnull=False)),
            models.Index("event", name="case_event", condition=Q(event__isnull=False)),
            models.Index(
                "received_at", "id", name="case_mass_received", condition=Q(event__isnull=False)
            ),
            models.Index(
                "agency",
                "id",
                name="case_escalated",
                condition=Q(is_open=True, escalated_at__isnull=False),
            ),
            models.Index(
                "received_at",
                "id",
                name="case_rejection_asked",
                condition=Q(rejection_by__isnull=False, status=Status.MODERATION),
            ),
            models.Index(
                "controlled_by", name="case_control", condition=Q(controlled_by__isnull=False)
            ),
            GinIndex("search", name="case_search", fastupdate=True),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}"

    def get_absolute_url(self) -> str:
        return self._address

    @cached_property
    def _address(self) -> str:  # its own page names it ten times
        return reverse("case-detail", kwargs={"number": self.number})


class CaseState(Case):
    """A case as administrators see it: number, state, agency, moments; never words or people."""

    class Meta:
        proxy = True
        verbose_name = _("state of a case")
        verbose_name_plural = _("states of cases")


class CaseEvent(models.Model):
    """The history of a case: every change has its row, written in the change's transaction."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("moment"), db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("who"),
    )
    move = models.CharField(_("move"), max_length=24)
    before = models.CharField(max_length=16, blank=True)
    after = models.CharField(max_length=16, blank=True)
    data = models.JSONField(default=dict)
    # The transaction that wrote it: readers follow the commits by it (cases.following).
    tx = TransactionId(null=True, editable=False, db_default=CurrentTransaction())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("journal of cases")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tx", "id"], name="event_written", condition=Q(tx__isnull=False))
        ]

    def __str__(self) -> str:
        return self.move
