"""Terms: the rules they are counted by, and those that run for a case.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import ClockQuerySet
from cases.workflow import Regime


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

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="clocks")
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
