"""The only pause there is: a question to the citizen on a social network, recorded from–until.

Imported by `cases.models`, which the rest of the code reads it from.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Waiting(models.Model):
    """One question; `Case.waiting_until` is the index of the one that runs.

    The terms that run are moved by as much as is waited, each with a note of it in its
    explanation (`cases.waiting`).
    """

    class End(models.TextChoices):
        ANSWER = "answer", _("the citizen answered")
        MESSAGE = "message", _("the citizen wrote more")
        LIMIT = "limit", _("the citizen did not answer in time")
        MOVE = "move", _("the case went on")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="waitings")
    question = models.TextField(_("question"))
    url = models.CharField(_("where it was asked"), max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    started_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=8, choices=End, blank=True)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("waiting for the citizen")
        verbose_name_plural = _("waiting for citizens")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "case", name="waiting_one_running", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="waiting_until_after_start", condition=Q(until__gt=F("started_at"))
            ),
            models.CheckConstraint(
                name="waiting_ended_says_why",
                condition=Q(ended_at__isnull=True, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
            ),
        ]
        indexes = [
            models.Index("until", "id", name="waiting_running", condition=Q(ended_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.until:%d.%m.%Y %H:%M}"
