"""What: a message's way from arrival to the citizen's answer."""

import re
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models_bulk import BulkRow, BulkRun  # noqa: E402
from cases.models_handover import Handover, HandoverRow, Orphan  # noqa: E402
from cases.models_lists import FirstView, SavedView  # noqa: E402
from cases.models_news import CurrentTransaction, TransactionId
from cases.querysets import (
    CaseQuerySet,
    ClockQuerySet,
    MassEventQuerySet,
    ReplyQuerySet,
    ReplyTemplateQuerySet,
)
from cases.workflow import BEFORE_AGENCY, OPEN, Regime, Status
from database.labels import Labelled
from quality import points, risk_at


class CaseKind(models.TextChoices):
    SOLVABLE = "solvable", _("solvable")
    UNSOLVABLE = "unsolvable", _("not solvable")
    INFORMATIONAL = "informational", _("informational")


class Outcome(models.TextChoices):
    SOLVED = "solved", _("solved")
    EXPLAINED = "explained", _("explained")
    POSTPONED = "postponed", _("postponed")
    NOT_SOLVED = "not_solved", _("not solved")


class Territory(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    population = models.PositiveIntegerField(_("residents"), default=0)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Moscow")

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TopicGroup(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("topic group")
        verbose_name_plural = _("topic groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    code = models.CharField(_("code"), max_length=80, unique=True)
    group = models.ForeignKey(
        TopicGroup, models.PROTECT, related_name="topics", verbose_name=_("group")
    )
    name = models.CharField(_("name"), max_length=160)
    severity = models.PositiveSmallIntegerField(
        _("severity"), default=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    kind = models.CharField(
        _("kind of case"), max_length=16, choices=CaseKind, default=CaseKind.SOLVABLE
    )
    photo_required = models.BooleanField(_("photo required when solved"), default=False)
    belongs = models.TextField(_("what belongs here"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["group__name", "name"]
        constraints = [models.UniqueConstraint("group", "name", name="topic_name_in_group_once")]

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """Topic (or group) x territory x dates -> agency; the most specific rule wins."""

    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, verbose_name=_("topic"))
    group = models.ForeignKey(
        TopicGroup, models.CASCADE, null=True, blank=True, verbose_name=_("topic group")
    )
    territory = models.ForeignKey(
        Territory, models.CASCADE, null=True, blank=True, verbose_name=_("territory")
    )
    from_on = models.DateField(_("from"), null=True, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True, help_text=_("inclusive"))
    agency = models.ForeignKey(
        Agency, models.CASCADE, related_name="routing_rules", verbose_name=_("agency")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        constraints = [
            models.CheckConstraint(
                name="routing_topic_or_group",
                condition=Q(topic__isnull=True) | Q(group__isnull=True),
            ),
            models.CheckConstraint(
                name="routing_dates_in_order",
                condition=Q(until_on__isnull=True)
                | Q(from_on__isnull=True)
                | Q(until_on__gte=F("from_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic or self.group or '*'} / {self.territory or '*'} -> {self.agency}"


class DeadlineRule(models.Model):
    """A version of a term (domain note 9.3); rows are added, never edited once used."""

    class Start(models.TextChoices):
        CREATION = "creation", _("creation of the message")
        RECEIPT = "receipt", _("receipt")
        REGISTRATION = "registration", _("registration")
        ASSIGNMENT = "assignment", _("assignment to the agency")
        SUBMISSION = "submission", _("sending for approval")
        RETURN = "return", _("return for rework")
        INTERIM = "interim", _("interim reply")
        ANSWER = "answer", _("publication")
        DISPUTE = "dispute", _("competence dispute")
        MAIN_DUE = "main_due", _("end of the main term")
        PART = "part", _("request to a co-executor")

    code = models.CharField(_("code"), max_length=20)
    regime = models.CharField(_("regime"), max_length=12, choices=Regime, blank=True)
    title = models.CharField(_("name"), max_length=160)
    start = models.CharField(_("counted from"), max_length=16, choices=Start)
    amount = models.PositiveIntegerField(_("amount"))
    unit = models.CharField(_("unit"), max_length=20)
    roll = models.CharField(_("term ending on a day off"), max_length=10, default="none")
    counts_day_zero = models.BooleanField(_("the first day counts"), default=False)
    cutoff = models.CharField(
        _("cutoff of arrival"),
        max_length=5,
        blank=True,
        help_text=_("17:00: what arrives at or after it counts from the next working day."),
    )
    warning_only = models.BooleanField(
        _("warns only"), default=False, help_text=_("Never makes a case overdue.")
    )
    min_severity = models.PositiveSmallIntegerField(_("from severity"), default=1)
    source = models.CharField(_("source"), max_length=200, blank=True)
    in_force_from = models.DateField(_("in force from"), default="2020-01-01")
    covers_running = models.BooleanField(
        _("for running terms too"),
        default=False,
        help_text=_("Terms begun before that day and still running are counted by it again."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("deadline rule")
        verbose_name_plural = _("deadline rules")
        ordering = ["code", "-in_force_from"]
        constraints = [
            models.UniqueConstraint("code", "in_force_from", name="deadline_rule_version_once"),
            models.CheckConstraint(name="deadline_amount_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.in_force_from:%d.%m.%Y})"


def own_until() -> float:
    """Risk up to which an author may publish without an approver: 60 points."""
    return risk_at(60)


class QualitySetting(models.Model):
    """Thresholds of the reply check as data; the newest row rules."""

    flag_from = models.FloatField(
        _("flag from risk"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0..1; 1 means surely a brush-off; empty: as the weights were fitted"),
    )
    publish_own_until = models.FloatField(
        _("authors publish up to risk"),
        default=own_until,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("the default is 60 points"),
    )
    weights = models.JSONField(_("weights"), null=True, blank=True, editable=False)
    thresholds = models.JSONField(_("thresholds of single checks"), default=dict, blank=True)
    created_at = models.DateTimeField(_("in force from"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("quality setting")
        verbose_name_plural = _("quality settings")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%d.%m.%Y %H:%M}"


class ReasonKind(models.TextChoices):
    REJECTION = "rejection", _("rejection")
    RETURN = "return", _("return for rework")
    CLOSING = "closing", _("closing")
    REDIRECT = "redirect", _("competence dispute")
    NOTICE = "notice", _("notice instead of a reply")


class Reason(models.Model):
    """Lists of reasons and grounds, editable; codes are stored with events and reviews."""

    kind = models.CharField(_("kind"), max_length=12, choices=ReasonKind)
    code = models.SlugField(_("code"))
    name = models.CharField(_("name"), max_length=200)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["kind", "position"]
        constraints = [models.UniqueConstraint("kind", "code", name="reason_once")]

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    regime = models.CharField(_("regime"), max_length=12, choices=Regime, default=Regime.SOCIAL)
    is_public = models.BooleanField(_("replies are public"), default=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Citizen(models.Model):
    """An author: often only a handle. Contacts are shown to holders of view_contacts only."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        ANONYMOUS = "anonymous", _("anonymous")
        COLLECTIVE = "collective", _("collective")

    channel = models.ForeignKey(Channel, models.PROTECT, verbose_name=_("channel"))
    handle = models.CharField(_("handle"), max_length=200)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.PERSON)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    profile_url = models.CharField(_("profile"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")
        constraints = [models.UniqueConstraint("channel", "handle", name="citizen_handle_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def own_name(self) -> str:
        """The name, or the handle where that is all we have; "" for an anonymous author."""
        if self.name or self.kind == self.Kind.ANONYMOUS:
            return self.name
        return self.handle

    @property
    def hidden_name(self) -> str:
        """What of the name is hidden in texts; a collective's title names nobody."""
        return self.name if self.kind == self.Kind.PERSON else ""

    @property
    def masked_name(self) -> str:
        """«Марина К.»: the given name and the first letter of the surname."""
        from cases.masking import mask_name  # noqa: PLC0415  masking imports nothing of models

        return mask_name(self.name, self.kind)


class MassEvent(models.Model):
    """Many messages about one thing, one decision, an approved text."""

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=200)
    decision = models.TextField(_("decision"), blank=True)
    approved_text = models.TextField(_("approved text"), blank=True)
    territory = models.ForeignKey(
        Territory, models.SET_NULL, null=True, blank=True, verbose_name=_("territory")
    )
    topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, verbose_name=_("topic")
    )
    agency = models.ForeignKey(
        Agency,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("responsible agency"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    forecast_on = models.DateField(_("will be mended by"), null=True, blank=True)
    decided_on = models.DateField(_("day of the decision"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    # Print of the approved text: who sends it in an unlike case copies.
    keys = ArrayField(models.IntegerField(), default=list, editable=False)

    objects = MassEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("mass event")
        verbose_name_plural = _("mass events")
        indexes = [
            GinIndex(fields=["keys"], name="event_keys"),
            models.Index(fields=["-starts_on", "-id"], name="event_newest"),
            models.Index("id", name="event_running", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        from quality.prints import make_print  # noqa: PLC0415  numpy only where it is needed

        self.keys = list(make_print(self.approved_text).keys)
        fields = kwargs.get("update_fields")
        if fields is not None and "approved_text" in fields:
            kwargs["update_fields"] = [*fields, "keys"]
        super().save(*args, **kwargs)
        from cases.families import event_changed  # noqa: PLC0415  it imports the models

        event_changed(self)

    def get_absolute_url(self) -> str:
        return reverse("event", kwargs={"code": self.code})


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
        return reverse("case-detail", kwargs={"number": self.number})


class CaseState(Case):
    """A case as administrators see it: number, state, agency, moments; never words or people."""

    class Meta:
        proxy = True
        verbose_name = _("state of a case")
        verbose_name_plural = _("states of cases")


class Message(models.Model):
    """What arrived, as it arrived: never edited; an edit at the source is a new version."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False)
    external_id = models.CharField(_("id at the source"), max_length=200)
    version = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    author = models.ForeignKey(Citizen, models.PROTECT, db_index=False)
    text = models.TextField(_("text"))
    url = models.CharField(_("address of the post"), max_length=500, blank=True)
    posted_at = models.DateTimeField(_("posted"))
    received_at = models.DateTimeField(_("received"), db_default=Now())
    fingerprint = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)
    batch_id = models.BigIntegerField(null=True)  # intake.ImportBatch: cases cannot import intake
    deleted_at_source = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["posted_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "channel", "external_id", "version", name="message_source_version_once"
            ),
            models.UniqueConstraint(
                "channel",
                "external_id",
                name="message_one_current",
                condition=Q(is_current=True),
            ),
        ]
        indexes = [
            models.Index("batch_id", name="message_batch", condition=Q(batch_id__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id}"


class Attachment(models.Model):
    """A file of a message or a reply, stored under its hash with a checked type."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    reply = models.ForeignKey(
        "Reply", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    # Of what a co-executor contributes.
    part = models.ForeignKey(
        "cases.Participation",
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="attachments",
    )
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index("part", name="attachment_part", condition=Q(part__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Clock(models.Model):
    """A term running for a case: when it is due and the stored reasoning behind it."""

    class Kind(models.TextChoices):
        """`total`: the whole term of the citizen; a redirect resets neither it nor `reply`."""

        TOTAL = "total", _("total")
        REPLY = "reply", _("first reply")
        EXECUTOR = "executor", _("executor")
        APPROVAL = "approval", _("approval")
        STAGE = "stage", _("stage")
        # Of a co-executor: no term of the case itself (`cases.models_parts`).
        PART = "part", _("contribution")

    case = models.ForeignKey(Case, models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=8, choices=Kind)
    rule = models.ForeignKey(DeadlineRule, models.PROTECT, null=True, db_index=False)
    code = models.CharField(max_length=20)
    # Of the executor's terms: whose; overdue is counted once for it.
    assignment = models.ForeignKey(
        "cases.Assignment", models.SET_NULL, null=True, blank=True, related_name="clocks"
    )
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    # The due moment that passed: stays when the term is extended afterwards.
    missed_at = models.DateTimeField(null=True, blank=True)
    # By whose calendar and zone it is counted; empty for terms of earlier releases.
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, db_index=False, related_name="+")
    # When the worker next has something to say of it (cases.reminding); empty: not planned yet,
    # as after every change of the due moment, which a trigger sees to.
    remind_at = models.DateTimeField(null=True, editable=False)
    warning_only = models.BooleanField(default=False)
    explanation = models.JSONField(default=dict)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(
                "case",
                "kind",
                "code",
                name="clock_runs_once",
                condition=Q(stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_due_after_start", condition=Q(due_at__gte=F("started_at"))
            ),
        ]
        indexes = [
            # Warnings, escalation and the nightly recomputation walk what still runs.
            models.Index(
                "due_at", "id", name="clock_running", condition=Q(stopped_at__isnull=True)
            ),
            models.Index("case", name="clock_missed", condition=Q(missed_at__isnull=False)),
            models.Index(
                "remind_at", "id", name="clock_remind", condition=Q(stopped_at__isnull=True)
            ),
            models.Index(
                "due_at",
                "id",
                name="clock_survey",
                condition=Q(stopped_at__isnull=True, code="SURVEY"),
            ),
            # Rehearsals look back a month: rows lie in the order they were begun in.
            BrinIndex(fields=["started_at"], name="clock_begun", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.due_at:%d.%m.%Y %H:%M}"


class Reply(Labelled):
    """One answer to the citizen; its texts are versions, the published one never changes."""

    class Kind(models.TextChoices):
        FINAL = "final", _("final")
        INTERIM = "interim", _("interim")
        PLANNED = "planned", _("planned works")
        FORWARD = "forward", _("forwarded")
        REFUSAL = "refusal", _("refusal")

    class State(models.TextChoices):
        APPROVAL = "approval", _("in approval")
        REVIEW = "review", _("in review")
        ACCEPTED = "accepted", _("accepted by the supervisor")
        RETURNED = "returned", _("returned")
        WITHDRAWN = "withdrawn", _("withdrawn")
        PUBLISHED = "published", _("published")
        RECALLED = "recalled", _("publication recalled")

    case = models.ForeignKey(Case, models.CASCADE, related_name="replies")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="replies",
        verbose_name=_("author"),
    )
    author_name = models.CharField(max_length=200, blank=True)  # history from an import
    kind = models.CharField(_("kind of reply"), max_length=8, choices=Kind, default=Kind.FINAL)
    state = models.CharField(_("state"), max_length=10, choices=State)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    # Of an interim reply and of planned works: until when, what, and what is new since the last.
    promised_on = models.DateField(_("promised until"), null=True, blank=True)
    promise = models.CharField(_("what is promised"), max_length=300, blank=True)
    new_fact = models.CharField(_("new fact"), max_length=500, blank=True)
    # Days recognised in the text: [{"until", "what", "start", "end", "confirmed"}]; `confirmed` is
    # null where the author was not asked. Confirmed ones become promises with the publication.
    promised = models.JSONField(_("days promised in the text"), default=list)
    text = models.TextField(_("text"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    corrects = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    submitted_at = models.DateTimeField(_("sent"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_url = models.CharField(_("link"), max_length=500, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    risk = models.FloatField(_("risk"), null=True, blank=True)
    flagged = models.BooleanField(_("flagged"), default=False)
    similarity = models.FloatField(_("similarity"), null=True, blank=True)
    assessment = models.JSONField(default=dict)  # questions, reuse spans; quality.Assessment
    rules_version = models.CharField(max_length=20, blank=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [
            models.UniqueConstraint("case", "version", name="reply_version_once"),
            models.CheckConstraint(
                name="reply_published_has_moment",
                condition=~Q(state="published") | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reply_promise_has_day",
                condition=~Q(kind="planned") | Q(promised_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index("submitted_at", "id", name="reply_submitted"),
            models.Index("id", name="reply_unchecked", condition=Q(risk__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.version}"

    @property
    def score(self) -> int | None:
        """Points on screens (quality.scale)."""
        return None if self.risk is None else points(self.risk)


_BLANK = re.compile(r"\[([^\[\]|]{2,60})\]")


class ReplyTemplate(models.Model):
    """Where a reply may begin: put at the caret, then filled with what the case is about."""

    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(
        _("text"),
        max_length=4000,
        help_text=_(
            "Write in square brackets what the author fills in: [date], [who is responsible]. A"
            " reply that repeats a template as it is counts as copied."
        ),
    )
    group = models.ForeignKey(
        TopicGroup,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("topic group"),
        help_text=_("Empty: offered for every topic."),
    )
    topic = models.ForeignKey(
        Topic,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("topic"),
        help_text=_("Narrower than the group."),
    )
    agency = models.ForeignKey(
        Agency,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agency"),
        help_text=_("Empty: offered to every agency."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Who keeps the text true."),
    )
    expires_on = models.DateField(
        _("offered until"), null=True, blank=True, help_text=_("This day included.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    # Without approval it is offered to nobody; a change of the text takes the approval away.
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("approved by"),
    )

    objects = ReplyTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def variables(self) -> list[str]:
        """What its author fills in; the check blocks a reply in which one is left."""
        return list(dict.fromkeys(_BLANK.findall(self.text)))

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in order: (words, whether the author fills them in)."""
        return [(words, at % 2 == 1) for at, words in enumerate(_BLANK.split(self.text)) if words]


class Draft(models.Model):
    """What an official is typing: on the server, one for each case and author."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField(auto_now=True)
    # The page that saved it last: another one with an older text is told of this one.
    tab = models.CharField(max_length=36, blank=True, db_default="")
    # The one put into the text last: the reply began from it.
    template = models.ForeignKey(
        ReplyTemplate, models.SET_NULL, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint("case", "author", name="draft_once")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.author_id}"


class Finding(models.Model):
    """What a check found in a reply; kept with the version of the rules that found it."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="findings")
    code = models.CharField(max_length=8)
    severity = models.CharField(max_length=8)
    spans = models.JSONField(default=list)  # [[start, end), ...] code points of the reply
    params = models.JSONField(default=dict)
    weight = models.FloatField(default=0)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")

    def __str__(self) -> str:
        return self.code


class ReplyPrint(models.Model):
    """Print of a reply for the search of copies (quality.prints), written with the reply.

    The database keeps `ReplyKey` in step: a trigger puts in the keys that fewer than 16 replies
    have (and leaves just these in `keys`), and takes them out with the row. Numbers are four
    bytes: at ten million replies every byte is ten megabytes.
    """

    reply = models.OneToOneField(Reply, models.CASCADE, primary_key=True, related_name="print")
    # The first reply with nearly this text; its own id where it is the first.
    family = models.IntegerField()
    agency_id = models.IntegerField()
    sent_on = models.DateField()
    stems = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    keys = ArrayField(models.IntegerField())
    sketch = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["family", "agency_id", "sent_on"], name="print_family")]

    def __str__(self) -> str:
        return str(self.pk)


class ReplyKey(models.Model):
    """One key of a print; the primary key is the index candidates come from."""

    pk = models.CompositePrimaryKey("h", "reply_id")
    h = models.IntegerField()
    reply_id = models.IntegerField()

    def __str__(self) -> str:
        return str(self.h)


class Formula(models.Model):
    """A sentence by its hash, and how many unlike replies have it; kept by the worker."""

    hash = models.BigIntegerField(primary_key=True)
    families = models.PositiveIntegerField(default=1)
    seen_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.hash}: {self.families}"


class FormulaMark(models.Model):
    """Up to which reply sentences are counted; one row."""

    last_reply = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_reply)


class Review(Labelled):
    """A supervisor's verdict on a reply: the only thing that calls a reply an отписка."""

    class Verdict(models.TextChoices):
        GOOD = "good", _("good")
        REMARKS = "remarks", _("with remarks")
        BRUSH_OFF = "brush_off", _("brush-off")

    class Cause(models.TextChoices):
        """Why it was judged: rates of the flagged and of the random sample are told apart."""

        FLAGGED = "flagged", _("flagged")
        PUBLISHED = "published", _("after publication")
        SAMPLE = "sample", _("random sample")
        SECOND = "second", _("second opinion")
        DISPUTE = "dispute", _("author's objection")

    cause = models.CharField(
        _("cause"),
        max_length=9,
        choices=Cause,
        default=Cause.FLAGGED,
        db_default=Cause.FLAGGED.value,
    )
    reply = models.ForeignKey(Reply, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    grounds = models.JSONField(_("grounds"), default=list)
    remark = models.TextField(_("remark"), blank=True)
    returned = models.BooleanField(_("returned for rework"), default=False)
    created_at = models.DateTimeField(_("moment"), db_default=Now())

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes = [models.Index("reviewer", "created_at", name="review_by_day")]

    def __str__(self) -> str:
        return self.verdict


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


class IdempotencyKey(models.Model):
    """The answer given to a creating API call: the same key again gets it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "key", name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


# Last: these name the models above.
from cases.models_control import Control  # noqa: E402
from cases.models_events import (  # noqa: E402
    CasePrint,
    EventOffer,
    EventOrder,
    EventOrderRow,
    OfferMember,
    RepeatPair,
    WordCount,
)
from cases.models_evidence import Picture  # noqa: E402
from cases.models_exchange import ReferenceImport  # noqa: E402
from cases.models_news import News, Position, Touched  # noqa: E402
from cases.models_parts import Participation  # noqa: E402
from cases.models_presence import DraftCopy, Presence  # noqa: E402
from cases.models_quality import WeightProposal  # noqa: E402
from cases.models_reuse import (  # noqa: E402
    AgencyTexts,
    CopiedFamily,
    FamilyChange,
    FamilyShare,
)
from cases.models_review import ReviewClaim, ReviewTask  # noqa: E402
from cases.models_templates import TemplateUse  # noqa: E402
from cases.models_waiting import Waiting  # noqa: E402
from cases.models_watch import (  # noqa: E402
    JobFailure,
    LadderStep,
    Recount,
    Reminder,
    TaskMark,
    TermChange,
)
from cases.models_work import (  # noqa: E402
    Appeal,
    Assignment,
    Mark,
    Paper,
    Promise,
    WorkflowSetting,
)

__all__ = [
    "AgencyTexts",
    "Appeal",
    "Assignment",
    "Attachment",
    "BulkRow",
    "BulkRun",
    "Case",
    "CaseEvent",
    "CaseKind",
    "CasePrint",
    "CaseState",
    "Channel",
    "Citizen",
    "Clock",
    "Control",
    "CopiedFamily",
    "DeadlineRule",
    "Draft",
    "DraftCopy",
    "EventOffer",
    "EventOrder",
    "EventOrderRow",
    "FamilyChange",
    "FamilyShare",
    "Finding",
    "FirstView",
    "Formula",
    "FormulaMark",
    "Handover",
    "HandoverRow",
    "IdempotencyKey",
    "JobFailure",
    "LadderStep",
    "Mark",
    "MassEvent",
    "Message",
    "News",
    "OfferMember",
    "Orphan",
    "Outcome",
    "Paper",
    "Participation",
    "Picture",
    "Position",
    "Presence",
    "Promise",
    "QualitySetting",
    "Reason",
    "ReasonKind",
    "Recount",
    "ReferenceImport",
    "Regime",
    "Reminder",
    "RepeatPair",
    "Reply",
    "ReplyKey",
    "ReplyPrint",
    "Review",
    "ReviewClaim",
    "ReviewTask",
    "RoutingRule",
    "SavedView",
    "TaskMark",
    "TemplateUse",
    "TermChange",
    "Territory",
    "Topic",
    "TopicGroup",
    "Touched",
    "Waiting",
    "WeightProposal",
    "WordCount",
    "WorkflowSetting",
]
