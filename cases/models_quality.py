"""What the reply check is set to, and what supervisors' verdicts propose for it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from quality import risk_at


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
