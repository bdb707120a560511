"""What replies began from a template, and what was left of it.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import TemplateUseQuerySet


class TemplateUse(models.Model):
    """A reply that began from a template; written in the transaction that sends the reply.

    `kept`: how much of the template's own words stand in the text that was sent, in percent.
    `share`: how much of that text is the template's, in percent.
    """

    reply = models.OneToOneField(
        "cases.Reply", models.CASCADE, primary_key=True, related_name="template_use"
    )
    # A template that was used is switched off, not deleted: its figures would go.
    template = models.ForeignKey(
        "cases.ReplyTemplate", models.PROTECT, db_index=False, related_name="uses"
    )
    agency = models.ForeignKey(Agency, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField(_("sent"))
    kept = models.PositiveSmallIntegerField(_("kept, %"))
    share = models.PositiveSmallIntegerField(_("share of the reply, %"))

    objects = TemplateUseQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of a template")
        verbose_name_plural = _("uses of templates")
        constraints = [
            models.CheckConstraint(
                name="template_use_percent", condition=Q(kept__lte=100) & Q(share__lte=100)
            )
        ]
        indexes = [
            models.Index(
                fields=["template", "at", "reply"],
                include=["agency", "kept", "share"],
                name="template_use_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id}: {self.reply_id}"
