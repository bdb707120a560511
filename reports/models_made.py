"""Frozen reports and who is sent them when.

Imported by `reports.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, validate_time_zone


class Snapshot(models.Model):
    """A report as it was: parameters, content as canonical JSON, its hash; never made anew.

    Pages and files are made of `content` alone. `scope`: the agencies that were counted; None:
    all, with cases no agency has yet. `words`: what people wrote beside the figures, outside the
    hash.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    report = models.CharField(_("report"), max_length=8)
    edition = models.PositiveSmallIntegerField(default=1)
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    # As of when: built again with the same values, the same rows give the same hash.
    today = models.DateField()
    at = models.DateTimeField(_("moment"))
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agency")
    )
    scope = ArrayField(models.IntegerField(), null=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    tables_done = models.PositiveSmallIntegerField(default=0)
    # The text itself: what the hash is of must not depend on how a database spells JSON.
    content = models.TextField(default="", editable=False)
    sha256 = models.CharField(max_length=64, blank=True)
    rules = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("frozen report")
        verbose_name_plural = _("frozen reports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="snapshot_done_has_hash",
                condition=~Q(state="done") | ~Q(sha256=""),
            ),
            models.CheckConstraint(
                name="snapshot_days_in_order", condition=Q(last__gte=models.F("first"))
            ),
        ]
        indexes = [
            models.Index(fields=["report", "-id"], name="snapshot_of_report"),
            models.Index(
                fields=["id"], name="snapshot_unfinished",
                condition=Q(state__in=["waiting", "running"]),
            ),
            GinIndex(fields=["scope"], name="snapshot_scope"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.report} {self.first}–{self.last}"


class Schedule(models.Model):
    """A report a person gets by mail: which, of whom, when, as what.

    `next_at`: the next sending; the worker takes it under a row lock and writes the following
    one in the transaction of the sending.
    """

    class Every(models.TextChoices):
        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="report_schedules"
    )
    report = models.CharField(_("report"), max_length=8)
    period = models.CharField(_("period"), max_length=8)
    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("agency")
    )
    every = models.CharField(_("how often"), max_length=5, choices=Every, default=Every.WEEK)
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), default=0, validators=[MaxValueValidator(6)]
    )
    day = models.PositiveSmallIntegerField(
        _("day of the month"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(28)],
    )
    hour = models.PositiveSmallIntegerField(
        _("hour"), default=8, validators=[MaxValueValidator(23)]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="Europe/Moscow", validators=[validate_time_zone]
    )
    formats = ArrayField(models.CharField(max_length=4), default=list)
    is_active = models.BooleanField(_("on"), default=True)
    stopped_by = models.CharField(max_length=12, blank=True)
    next_at = models.DateTimeField(_("next sending"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("schedule of a report")
        verbose_name_plural = _("schedules of reports")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["person", "id"], name="schedule_of_person"),
            models.Index(
                fields=["next_at", "id"], name="schedule_due", condition=Q(is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.every}"


class Sending(models.Model):
    """One sending of a schedule: its moment is sent once, whoever runs the worker how often."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="sendings")
    slot = models.DateTimeField()
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("schedule", "slot", name="sending_once_a_slot")]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.slot:%d.%m.%Y %H:%M}"
