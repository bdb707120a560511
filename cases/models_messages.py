"""What arrives: the author, his message, and files of messages, replies and contributions.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cases.models_reference import Channel


class Citizen(models.Model):
    """An author: often only a handle. Contacts are shown to holders of view_contacts only.

    Whoever forgets an author blanks his name, handle, contacts and words, and leaves the row, its
    key and `kind`: reports count collective appeals (R10) and the same author again (R5) by them.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        ANONYMOUS = "anonymous", _("anonymous")
        COLLECTIVE = "collective", _("collective")

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, verbose_name=_("channel"))
    handle = models.CharField(_("handle"), max_length=200)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.PERSON)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    profile_url = models.CharField(_("profile"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")
        constraints = [models.UniqueConstraint("channel", "handle", name="citizen_handle_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def own_name(self) -> str:
        """The name, or the handle where that is all we have; "" for an anonymous author."""
        if self.name or self.kind == self.Kind.ANONYMOUS:
            return self.name
        return self.handle

    @property
    def hidden_name(self) -> str:
        """What of the name is hidden in texts; a collective's title names nobody."""
        return self.name if self.kind == self.Kind.PERSON else ""

    @property
    def masked_name(self) -> str:
        """«Марина К.»: the given name and the first letter of the surname."""
        from cases.masking import mask_name  # noqa: PLC0415  masking imports nothing of models

        return mask_name(self.name, self.kind)


class Message(models.Model):
    """What arrived, as it arrived: never edited; an edit at the source is a new version."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False)
    external_id = models.CharField(_("id at the source"), max_length=200)
    version = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    author = models.ForeignKey(Citizen, models.PROTECT, db_index=False)
    text = models.TextField(_("text"))
    url = models.CharField(_("address of the post"), max_length=500, blank=True)
    posted_at = models.DateTimeField(_("posted"))
    received_at = models.DateTimeField(_("received"), db_default=Now())
    fingerprint = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)
    batch_id = models.BigIntegerField(null=True)  # intake.ImportBatch: cases cannot import intake
    deleted_at_source = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["posted_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "channel", "external_id", "version", name="message_source_version_once"
            ),
            models.UniqueConstraint(
                "channel",
                "external_id",
                name="message_one_current",
                condition=Q(is_current=True),
            ),
        ]
        indexes = [
            models.Index("batch_id", name="message_batch", condition=Q(batch_id__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id}"


class Attachment(models.Model):
    """A file of a message or a reply, stored under its hash with a checked type."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    reply = models.ForeignKey(
        "cases.Reply", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    # Of what a co-executor contributes.
    part = models.ForeignKey(
        "cases.Participation",
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="attachments",
    )
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index("part", name="attachment_part", condition=Q(part__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
