"""The digest «Решения по сигналам жителей»: sentences an editor confirmed, with their cases.

Imported by `reports.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case, MassEvent, Territory, Topic


class Digest(models.Model):
    """What was decided in some days. Public once it is published; a draft is the editors'."""

    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    intro = models.CharField(_("introduction"), max_length=400, blank=True)
    hashtags = models.CharField(_("hashtags"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        ordering = ["-last", "-id"]
        constraints = [
            models.CheckConstraint(name="digest_days_in_order", condition=Q(last__gte=F("first")))
        ]
        indexes = [
            models.Index(
                fields=["-last", "-id"], name="digest_public",
                condition=Q(published_at__isnull=False),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class DigestEntry(models.Model):
    """One decision. Proposed from the cases; shown to the public only when somebody confirmed it.

    `cases_count` is what the public reads: how many cases it stood on when it was confirmed.
    """

    class Progress(models.TextChoices):
        DONE = "done", _("done")
        GOES_ON = "goes_on", _("goes on")

    digest = models.ForeignKey(Digest, models.CASCADE, related_name="entries")
    position = models.PositiveIntegerField(default=0)
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    territory = models.ForeignKey(Territory, models.SET_NULL, null=True, related_name="+")
    event = models.ForeignKey(MassEvent, models.SET_NULL, null=True, related_name="+")
    heading = models.CharField(_("heading"), max_length=120)
    sentence = models.CharField(_("what was decided"), max_length=500, blank=True)
    progress = models.CharField(
        _("progress"), max_length=8, choices=Progress, default=Progress.DONE
    )
    on = models.DateField(_("day"), null=True, blank=True)
    cases_count = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("decision of a digest")
        verbose_name_plural = _("decisions of digests")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="digest_confirmed_has_words",
                condition=Q(confirmed_at__isnull=True) | ~Q(sentence=""),
            )
        ]
        indexes = [models.Index(fields=["digest", "position", "id"], name="digest_entry_order")]

    def __str__(self) -> str:
        return self.heading


class DigestCase(models.Model):
    """A case the decision stands on."""

    entry = models.ForeignKey(DigestEntry, models.CASCADE, db_index=False, related_name="links")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("entry", "case", name="digest_case_once")]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.case_id}"
