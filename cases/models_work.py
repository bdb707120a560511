"""What the terms and papers of a case hang on: who held it, what was promised, 59-FZ, marks.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import AssignmentQuerySet, PromiseQuerySet


class WorkflowSetting(models.Model):
    """Limits of the life cycle as data; the newest row rules (`cases.limits`)."""

    max_interims = models.PositiveSmallIntegerField(
        _("interim replies at most"),
        default=2,
        validators=[MaxValueValidator(9)],
        help_text=_("The second one must name a new fact."),
    )
    max_postponements = models.PositiveSmallIntegerField(
        _("moves of a planned date at most"),
        default=2,
        validators=[MaxValueValidator(9)],
        help_text=_("Further ones only under personal control."),
    )
    max_returns = models.PositiveSmallIntegerField(
        _("returns for rework before the head of the agency"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("The next return goes up to the head."),
    )
    max_reopenings = models.PositiveSmallIntegerField(
        _("reopenings by the author at most"),
        default=2,
        validators=[MaxValueValidator(9)],
        help_text=_("Of one author about one object."),
    )
    rework_mark = models.PositiveSmallIntegerField(
        _("marks that return the reply"),
        default=2,
        validators=[MaxValueValidator(4)],
        help_text=_("This mark and lower ones; 0 switches it off."),
    )
    answers_before_ceasing = models.PositiveSmallIntegerField(
        _("answers before correspondence may end"),
        default=2,
        validators=[MinValueValidator(2), MaxValueValidator(9)],
        help_text=_("59-FZ, article 11 (5)."),
    )
    resume_days = models.PositiveSmallIntegerField(
        _("days before a planned date"),
        default=3,
        validators=[MaxValueValidator(60)],
        help_text=_("So long before it the planned works come back into work."),
    )
    waiting_days = models.PositiveSmallIntegerField(
        _("working days one waits for the citizen"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("Social networks only; without an answer the work goes on."),
    )
    max_waitings = models.PositiveSmallIntegerField(
        _("questions to the citizen at most"),
        default=2,
        validators=[MaxValueValidator(9)],
        help_text=_("Of one case; 0 switches them off."),
    )
    sample_percent = models.PositiveSmallIntegerField(
        _("random sample for review, %"),
        default=5,
        validators=[MaxValueValidator(100)],
        help_text=_("Of the replies of each agency that the check did not flag."),
    )
    second_percent = models.PositiveSmallIntegerField(
        _("second opinions, %"),
        default=2,
        validators=[MaxValueValidator(100)],
        help_text=_("Of the verdicts; judged again by another reviewer who sees no first verdict."),
    )
    sample_seed = models.PositiveIntegerField(
        _("seed of the draw"),
        default=1,
        help_text=_("The same seed draws the same replies."),
    )
    created_at = models.DateTimeField(_("in force from"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("limits of the workflow")
        verbose_name_plural = _("limits of the workflow")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.created_at:%d.%m.%Y %H:%M}"


class Assignment(models.Model):
    """Who held the case from when until when; each holding has its own executor's clock."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="assignments")
    agency = models.ForeignKey(Agency, models.PROTECT, db_index=False, related_name="+")
    executor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="assignments"
    )
    at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=24, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "case", name="assignment_one_running", condition=Q(until__isnull=True)
            ),
            models.CheckConstraint(
                name="assignment_until_after_at",
                condition=Q(until__isnull=True) | Q(until__gte=F("at")),
            ),
        ]
        indexes = [models.Index("agency", "at", name="assignment_agency_at")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.agency_id}"


class Promise(models.Model):
    """What a reply promised and until when; a moved date is a new row that names the old one.

    Each has its own clock (`cases.clocks.start_promise`). `due_at`: when the case came back into
    the queue for it, which happens once.
    """

    class State(models.TextChoices):
        OPEN = "open", _("awaited")
        KEPT = "kept", _("fulfilled")
        MOVED = "moved", _("moved")
        BROKEN = "broken", _("broken")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="promises")
    reply = models.ForeignKey(
        "cases.Reply", models.CASCADE, null=True, blank=True, related_name="promises"
    )
    what = models.CharField(_("what was promised"), max_length=300)
    until_on = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    moved_from = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="moved_to"
    )
    kept_proof = models.CharField(_("proof"), max_length=500, blank=True)
    note = models.CharField(_("why the day was moved"), max_length=500, blank=True)
    clock = models.OneToOneField(
        "cases.Clock", models.SET_NULL, null=True, blank=True, related_name="promise"
    )
    made_at = models.DateTimeField(_("made"), db_default=Now())
    due_at = models.DateTimeField(_("came due"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["until_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="promise_settled_has_moment",
                condition=Q(state="open") | Q(settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="promise_kept_has_proof", condition=~Q(state="kept") | ~Q(kept_proof="")
            ),
        ]
        indexes = [
            models.Index("until_on", "id", name="promise_open", condition=Q(state="open")),
            # The calendar and the lists of other states.
            models.Index(
                fields=["until_on", "id"], include=["state", "case"], name="promise_by_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.until_on:%d.%m.%Y}"


class Appeal(models.Model):
    """What 59-FZ adds to a case: registration, signer, numbers, notices."""

    class Result(models.TextChoices):
        """Rows of the report on appeals."""

        SUPPORTED = "supported", _("supported")
        MEASURES = "measures", _("supported, measures taken")
        EXPLAINED = "explained", _("explained")
        NOT_SUPPORTED = "not_supported", _("not supported")
        REDIRECTED = "redirected", _("redirected")

    case = models.OneToOneField(
        "cases.Case", models.CASCADE, primary_key=True, related_name="appeal"
    )
    incoming_number = models.CharField(_("incoming number"), max_length=40, blank=True)
    received_at = models.DateTimeField(_("received"))
    registered_at = models.DateTimeField(_("registered"), null=True, blank=True)
    migration = models.BooleanField(
        _("breach of migration law, sent to the governor"), default=False
    )
    signer = models.CharField(_("signer"), max_length=200, blank=True)
    outgoing_number = models.CharField(_("outgoing number"), max_length=40, blank=True)
    outgoing_on = models.DateField(_("date of the letter"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=16, choices=Result, blank=True)
    extension_notice_at = models.DateTimeField(_("notice of extension sent"), null=True)
    extended_until = models.DateTimeField(_("extended until"), null=True)
    redirect_notice_at = models.DateTimeField(_("notice of redirection sent"), null=True)
    redirected_to = models.CharField(_("redirected to"), max_length=300, blank=True)
    short_notice_at = models.DateTimeField(_("notice sent"), null=True)
    ceased_notice_at = models.DateTimeField(_("notice of the end sent"), null=True)

    class Meta:
        verbose_name = _("appeal by 59-FZ")
        verbose_name_plural = _("appeals by 59-FZ")
        constraints = [
            models.CheckConstraint(
                name="appeal_registered_has_number",
                condition=Q(registered_at__isnull=True) | ~Q(incoming_number=""),
            ),
            models.CheckConstraint(
                name="appeal_extension_has_notice",
                condition=Q(extended_until__isnull=True) | Q(extension_notice_at__isnull=False),
            ),
        ]
        indexes = [models.Index("incoming_number", name="appeal_number")]

    def __str__(self) -> str:
        return self.incoming_number


class Paper(models.Model):
    """A letter or notice by 59-FZ: its values, its number and the PDF made of them."""

    class Kind(models.TextChoices):
        LETTER = "letter", _("letter to the citizen")
        REDIRECTION = "redirection", _("notice of redirection")
        COVER = "cover", _("covering letter to the body")
        EXTENSION = "extension", _("notice of extension")
        SHORT = "short", _("notice instead of a reply")
        END = "end", _("notice of the end of correspondence")
        SPLIT = "split", _("notice that several bodies consider it")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="papers")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    number = models.CharField(_("outgoing number"), max_length=40)
    dated = models.DateField(_("date"))
    signer = models.CharField(_("signer"), max_length=200)
    data = models.JSONField(default=dict)  # what the template is filled with
    attachment = models.OneToOneField(
        "cases.Attachment", models.PROTECT, related_name="paper", verbose_name=_("file")
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), db_default=Now())

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Mark(models.Model):
    """The author's mark of a published reply, 1 to 5."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="marks")
    reply = models.ForeignKey("cases.Reply", models.CASCADE, null=True, related_name="marks")
    value = models.PositiveSmallIntegerField(
        _("mark"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(_("comment"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(_("moment"), db_default=Now())

    class Meta:
        verbose_name = _("mark of the author")
        verbose_name_plural = _("marks of authors")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="mark_in_range", condition=Q(value__gte=1) & Q(value__lte=5)
            ),
            models.UniqueConstraint("reply", name="mark_once_a_reply"),
        ]

    def __str__(self) -> str:
        return str(self.value)
