"""Contributions of other agencies to a case: each asked agency knows its own part only.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import ParticipationQuerySet


class Participation(models.Model):
    """One question to one agency (or to a person of it), its term and what it gave.

    Its clock is no term of the case: the case's holder owes the citizen whatever others give
    (`cases.clocks.Book` does not know it). `due_at` follows the clock by a trigger.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("awaited")
        GIVEN = "given", _("given")
        WITHDRAWN = "withdrawn", _("withdrawn")
        # The case was answered or ended without it.
        ENDED = "ended", _("no longer needed")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="parts")
    agency = models.ForeignKey(
        Agency, models.PROTECT, db_index=False, related_name="+", verbose_name=_("agency")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    task = models.TextField(_("task"))
    photos = models.BooleanField(_("with the photos of the message"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    clock = models.OneToOneField(
        "cases.Clock", models.SET_NULL, null=True, blank=True, related_name="part"
    )
    text = models.TextField(_("contribution"), blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    given_at = models.DateTimeField(_("given"), null=True, blank=True)
    # Why it was returned the last time, and how often it was.
    remark = models.TextField(_("remark"), blank=True)
    returns = models.PositiveSmallIntegerField(_("returned"), default=0)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("contribution of a co-executor")
        verbose_name_plural = _("contributions of co-executors")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="part_given_has_text",
                condition=~Q(state="given") | (~Q(text="") & Q(given_at__isnull=False)),
            ),
            models.CheckConstraint(name="part_has_task", condition=~Q(task="")),
        ]
        indexes = [
            models.Index("agency", "due_at", "id", name="part_asked", condition=Q(state="asked")),
            models.Index("due_at", "id", name="part_asked_all", condition=Q(state="asked")),
            models.Index("agency", "due_at", "id", name="part_of_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("part", kwargs={"pk": self.pk})
