"""Who stands in for whom, and when."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Deputy(models.Model):
    """`deputy` reaches what `person` reaches between two moments (agencies.access.REACH).

    One ended early ends at that moment; one that never began is deleted. The journal of accounts
    keeps who named it and who ended it.
    """

    class Reason(models.TextChoices):
        LEAVE = "leave", _("leave")
        ILLNESS = "illness", _("illness")
        TRIP = "trip", _("business trip")
        OTHER = "other", _("other")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="deputies", verbose_name=_("absent")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,
        related_name="+",
        verbose_name=_("deputy"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=8, choices=Reason, default=Reason.LEAVE)
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("named by"),
    )
    named_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="deputy_not_oneself", condition=~models.Q(person=models.F("deputy"))
            ),
            models.CheckConstraint(
                name="deputy_period", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]
        # Read with every request, by who asks.
        indexes = [models.Index(fields=["deputy", "ends_at"], name="deputy_now")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.deputy_id}"
