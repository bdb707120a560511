"""Copied texts as families: figures the worker keeps (`cases.families`).

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


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
