"""Templates of replies: which replies began from one, and what was left of it.

Imported by `cases.models`, which the rest of the code reads them from.
"""

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models_reference import Topic, TopicGroup
from cases.querysets import ReplyTemplateQuerySet, TemplateUseQuerySet

_BLANK = re.compile(r"\[([^\[\]|]{2,60})\]")


class ReplyTemplate(models.Model):
    """Where a reply may begin: put at the caret, then filled with what the case is about."""

    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(
        _("text"),
        max_length=4000,
        help_text=_(
            "Write in square brackets what the author fills in: [date], [who is responsible]. A"
            " reply that repeats a template as it is counts as copied."
        ),
    )
    group = models.ForeignKey(
        TopicGroup,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("topic group"),
        help_text=_("Empty: offered for every topic."),
    )
    topic = models.ForeignKey(
        Topic,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("topic"),
        help_text=_("Narrower than the group."),
    )
    agency = models.ForeignKey(
        Agency,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agency"),
        help_text=_("Empty: offered to every agency."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Who keeps the text true."),
    )
    expires_on = models.DateField(
        _("offered until"), null=True, blank=True, help_text=_("This day included.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    # Without approval it is offered to nobody; a change of the text takes the approval away.
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("approved by"),
    )

    objects = ReplyTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def variables(self) -> list[str]:
        """What its author fills in; the check blocks a reply in which one is left."""
        return list(dict.fromkeys(_BLANK.findall(self.text)))

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in order: (words, whether the author fills them in)."""
        return [(words, at % 2 == 1) for at, words in enumerate(_BLANK.split(self.text)) if words]


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
