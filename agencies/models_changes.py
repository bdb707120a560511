"""What was changed in reference data, accounts and rights; and the filters people keep."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """One row of a watched table was added, changed or removed (`agencies.changes`).

    Written by the table's trigger in the transaction of the change, whoever makes it and by
    whatever door; the database refuses to change or remove it. `fields`: column -> [old, new].
    Without keys to other tables: what is told of may be gone.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        REMOVED = "removed", _("removed")

    table = models.CharField(_("register"), max_length=63)
    row_id = models.BigIntegerField()
    kind = models.CharField(_("action"), max_length=8, choices=Kind)
    fields: Any = models.JSONField(_("what"), default=dict)
    at = models.DateTimeField(_("moment"), db_default=Now())
    actor_id = models.BigIntegerField(_("who"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, db_default="")

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("journal of changes")
        indexes = [
            models.Index(fields=["table", "row_id", "-id"], name="change_of_row"),
            models.Index(fields=["table", "-id"], name="change_of_table"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"


class SavedFilter(models.Model):
    """A choice of rows of one register under a name of one's own."""

    MOST = 20

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters", db_index=False
    )
    page = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint("user", "page", "name", name="saved_filter_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
