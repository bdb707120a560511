"""What supervisors' verdicts propose for the reply check."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WeightProposal(models.Model):
    """Weights fitted from supervisors' verdicts; they rule only once an administrator accepts."""

    data = models.JSONField(_("weights"))  # quality.model.Model.as_data
    before = models.JSONField(_("figures of the weights in force"))
    after = models.JSONField(_("figures of the proposal"))
    verdicts = models.PositiveIntegerField(_("verdicts"))
    created_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("proposed weights")
        verbose_name_plural = _("proposed weights")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%d.%m.%Y %H:%M}"
