"""Personal control of the head of the region: who set it, why, until when, what came of it.

Imported by `cases.models`, which the rest of the code reads it from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cases.querysets import ControlQuerySet


class Control(models.Model):
    """One time under control; the fields of the case are the index of the one that runs."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="controls")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("set by"),
    )
    set_at = models.DateTimeField(_("set"), db_default=Now())
    reason = models.CharField(_("reason"), max_length=300)
    resolution = models.TextField(_("resolution"), blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True)
    # A supervisor proposes to lift it, with what came of it; the head's office decides.
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True)
    proposal = models.TextField(_("proposal"), blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    outcome = models.TextField(_("what came of it"), blank=True)

    objects = ControlQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal control")
        verbose_name_plural = _("personal control")
        ordering = ["-set_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "case", name="control_one_running", condition=Q(lifted_at__isnull=True)
            ),
            models.CheckConstraint(
                name="control_proposal_has_moment",
                condition=Q(proposal="") | Q(proposed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                "until_on", "id", name="control_running", condition=Q(lifted_at__isnull=True)
            ),
            models.Index(
                "lifted_at", "id", name="control_lifted", condition=Q(lifted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.reason}"
