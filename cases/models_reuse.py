"""Copied texts: prints and sentences they are found by, families the worker keeps of them.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


class ReplyPrint(models.Model):
    """Print of a reply for the search of copies (quality.prints), written with the reply.

    The database keeps `ReplyKey` in step: a trigger puts in the keys that fewer than 16 replies
    have (and leaves just these in `keys`), and takes them out with the row. Numbers are four
    bytes: at ten million replies every byte is ten megabytes.
    """

    reply = models.OneToOneField(
        "cases.Reply", models.CASCADE, primary_key=True, related_name="print"
    )
    # The first reply with nearly this text; its own id where it is the first.
    family = models.IntegerField()
    agency_id = models.IntegerField()
    sent_on = models.DateField()
    stems = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    keys = ArrayField(models.IntegerField())
    sketch = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["family", "agency_id", "sent_on"], name="print_family")]

    def __str__(self) -> str:
        return str(self.pk)


class ReplyKey(models.Model):
    """One key of a print; the primary key is the index candidates come from."""

    pk = models.CompositePrimaryKey("h", "reply_id")
    h = models.IntegerField()
    reply_id = models.IntegerField()

    def __str__(self) -> str:
        return str(self.h)


class Formula(models.Model):
    """A sentence by its hash, and how many unlike replies have it; kept by the worker."""

    hash = models.BigIntegerField(primary_key=True)
    families = models.PositiveIntegerField(default=1)
    seen_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.hash}: {self.families}"


class FormulaMark(models.Model):
    """Up to which reply sentences are counted; one row."""

    last_reply = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_reply)


class CopiedFamily(models.Model):
    """Replies with nearly one text, by `ReplyPrint.family`; replies an approved text explains
    are counted apart: they copy nobody."""

    id = models.IntegerField(primary_key=True)
    event = models.ForeignKey(
        "cases.MassEvent", models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    replies = models.PositiveIntegerField(_("replies"))
    explained = models.PositiveIntegerField(_("replies with an approved text"), default=0)
    agencies = models.PositiveIntegerField(_("agencies"))
    authors = models.PositiveIntegerField(_("authors"))
    stems = models.PositiveSmallIntegerField()
    # Of those that count; 0 where every one is explained.
    first_reply_id = models.BigIntegerField(default=0)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(F("replies").desc(), F("id").desc(), name="family_by_size"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FamilyShare(models.Model):
    """What one agency has of a family."""

    family = models.ForeignKey(CopiedFamily, models.CASCADE, related_name="shares", db_index=False)
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+", db_index=False)
    replies = models.PositiveIntegerField(_("replies"))
    authors = models.PositiveIntegerField(_("authors"))
    first_reply_id = models.BigIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint("family", "agency", name="family_agency_once")]
        indexes = [models.Index(fields=["agency", "family"], name="family_of_agency")]

    def __str__(self) -> str:
        return f"{self.family_id}/{self.agency_id}"


class FamilyChange(models.Model):
    """A family whose replies changed: written by trigger, taken away by the worker.

    Rows are only added while replies are sent: a text that everybody copies locks nobody.
    """

    family = models.IntegerField()

    def __str__(self) -> str:
        return str(self.family)


class AgencyTexts(models.Model):
    """How many replies of an agency are in the index, and how many of them are copies."""

    agency = models.OneToOneField(Agency, models.CASCADE, primary_key=True, related_name="+")
    replies = models.PositiveIntegerField(_("replies"))
    copied = models.PositiveIntegerField(_("copied replies"))
    counted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.agency_id)
