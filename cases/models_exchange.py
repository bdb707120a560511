"""Tables of reference data that were uploaded: what was looked at is what is taken.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ReferenceImport(models.Model):
    """`rows`: the file's header and rows as text; `counts` and `digest`: what taking it would do
    when it was looked at last."""

    class State(models.TextChoices):
        LOOKED = "looked", _("looked at")
        TAKEN = "taken", _("taken")
        DROPPED = "dropped", _("dropped")

    table = models.CharField(_("register"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    rows: Any = models.JSONField(default=list)
    counts: Any = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.LOOKED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("moment"), db_default=Now())
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("import of reference data")
        verbose_name_plural = _("imports of reference data")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="reference_import_decided",
                condition=Q(state="looked") | Q(decided_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.file_name}"
