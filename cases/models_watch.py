"""What the worker keeps of its watch over terms: the ladder, what was reminded, passes, failures.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LadderStep(models.Model):
    """One rung: when in the life of a term somebody is told, and who."""

    class Level(models.TextChoices):
        """Who answers; notices turn it into people (`cases.ladder.ROLES`)."""

        EXECUTOR = "executor", _("executor")
        CURATOR = "curator", _("executor and curator")
        HEAD = "head", _("head of the agency")
        SUPERVISOR = "supervisor", _("quality supervisor")
        COORDINATOR = "coordinator", _("coordinator of the centre")

    class Unit(models.TextChoices):
        WORKING_MINUTES = "working_minutes", _("working minutes")
        WORKING_HOURS = "working_hours", _("working hours")
        WORKING_DAYS = "working_days", _("working days")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    share = models.PositiveSmallIntegerField(
        _("per cent of the term"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("A warning before the end. Empty: a step at the end or after it."),
    )
    after = models.PositiveIntegerField(
        _("so long after the end"), default=0, help_text=_("0: at the end itself.")
    )
    unit = models.CharField(
        _("unit"), max_length=20, choices=Unit, default=Unit.WORKING_HOURS, blank=True
    )
    level = models.CharField(_("who is told"), max_length=12, choices=Level)
    from_hours = models.PositiveSmallIntegerField(
        _("only terms of so many hours"),
        default=0,
        help_text=_("By the clock on the wall; shorter terms have no such warning."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("step of the ladder")
        verbose_name_plural = _("ladder of reminders")
        ordering = [F("share").asc(nulls_last=True), "after", "id"]
        constraints = [
            models.CheckConstraint(
                name="ladder_before_or_after", condition=Q(share__isnull=True) | Q(after=0)
            ),
            models.CheckConstraint(
                name="ladder_share_of_term",
                condition=Q(share__isnull=True) | (Q(share__gte=1) & Q(share__lte=99)),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Reminder(models.Model):
    """That a step of the ladder was taken for a due moment of a term: once for ever."""

    class State(models.TextChoices):
        TOLD = "told", _("told")
        # Its moment passed long ago (the worker was silent): goes into one summary a person.
        LATE = "late", _("waits for the summary")
        SUMMED = "summed", _("told in a summary")
        # A warning of what has come to pass already.
        SKIPPED = "skipped", _("skipped")

    clock = models.ForeignKey("cases.Clock", models.CASCADE, related_name="reminders")
    step = models.ForeignKey(LadderStep, models.CASCADE, db_index=False, related_name="+")
    due_at = models.DateTimeField(_("due"))
    moment = models.DateTimeField(_("moment"))
    made_at = models.DateTimeField(_("made"), db_default=Now())
    state = models.CharField(_("state"), max_length=8, choices=State)
    level = models.CharField(max_length=12)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint("clock", "step", "due_at", name="reminder_once"),
        ]
        indexes = [models.Index(fields=["id"], name="reminder_late", condition=Q(state="late"))]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.step_id}"


class Recount(models.Model):
    """A pass over the running terms that counts each again; goes on where it was killed."""

    class Cause(models.TextChoices):
        NIGHT = "night", _("every night")
        CHANGE = "change", _("calendars or rules were changed")

    cause = models.CharField(_("cause"), max_length=8, choices=Cause)
    # One a night; a pass after a change has the key of what the terms were counted by.
    key = models.CharField(max_length=80, unique=True)
    basis = models.CharField(max_length=64)
    started_at = models.DateTimeField(_("begun"), db_default=Now())
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    after_due = models.DateTimeField(null=True)
    after_id = models.BigIntegerField(default=0)
    expected = models.PositiveIntegerField(_("terms to look at"), default=0)
    seen = models.PositiveIntegerField(_("terms looked at"), default=0)
    changed = models.PositiveIntegerField(_("terms moved"), default=0)
    cases = models.PositiveIntegerField(_("cases moved"), default=0)

    class Meta:
        verbose_name = _("recount of terms")
        verbose_name_plural = _("recounts of terms")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(
                    Q(finished_at__isnull=True), output_field=models.BooleanField()
                ),
                name="recount_one_running",
                condition=Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def per_cent(self) -> int:
        return min(100, self.seen * 100 // self.expected) if self.expected else 0


class TaskMark(models.Model):
    """When a task of the worker ran last, and when it last did something."""

    name = models.CharField(_("task"), max_length=128, primary_key=True)
    ran_at = models.DateTimeField(_("ran last"))
    took_ms = models.PositiveIntegerField(_("took, ms"), default=0)
    did_at = models.DateTimeField(_("did something last"), null=True)
    did = models.PositiveIntegerField(_("how much then"), default=0)
    failed_at = models.DateTimeField(_("failed last"), null=True)

    class Meta:
        verbose_name = _("task of the worker")
        verbose_name_plural = _("tasks of the worker")

    def __str__(self) -> str:
        return self.name


class JobFailure(models.Model):
    """Why a job failed: the kind of error and the place in the code, never the words of it."""

    job = models.BigIntegerField(_("job"))
    task = models.CharField(_("task"), max_length=128)
    at = models.DateTimeField(_("moment"), db_default=Now())
    error = models.CharField(_("kind of error"), max_length=120)
    place = models.CharField(_("place in the code"), max_length=200)

    class Meta:
        verbose_name = _("failure of a job")
        verbose_name_plural = _("failures of jobs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["job", "-id"], name="failure_of_job")]

    def __str__(self) -> str:
        return f"{self.task} {self.error}"


class TermChange(models.Model):
    """A new version of a rule, or days of a calendar: rehearsed first, then taken or dropped."""

    class Kind(models.TextChoices):
        RULE = "rule", _("deadline rule")
        CALENDAR = "calendar", _("days of a calendar")

    class State(models.TextChoices):
        REHEARSING = "rehearsing", _("being rehearsed")
        READY = "ready", _("rehearsed")
        TAKEN = "taken", _("in force")
        DROPPED = "dropped", _("dropped")

    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    values = models.JSONField(_("change"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REHEARSING)
    after_id = models.BigIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    result = models.JSONField(_("rehearsal"), default=dict)
    made_at = models.DateTimeField(_("made"), db_default=Now())
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("change of terms")
        verbose_name_plural = _("changes of terms")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="term_change_decided",
                condition=Q(state__in=["rehearsing", "ready"]) | Q(decided_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["id"], name="term_change_open", condition=Q(state="rehearsing")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def per_cent(self) -> int:
        return min(100, self.seen * 100 // self.expected) if self.expected else 0
