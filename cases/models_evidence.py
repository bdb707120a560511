"""Pictures as evidence, by the hash of their file: stored once, however often attached.

Imported by `cases.models`, which the rest of the code reads it from.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Picture(models.Model):
    """What `cases.pictures` read from a file; `band0` to `band3` find alike ones."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    taken = models.CharField(_("taken"), max_length=32, blank=True)
    print = models.BigIntegerField(null=True)
    band0 = models.IntegerField(null=True, db_index=True)
    band1 = models.IntegerField(null=True, db_index=True)
    band2 = models.IntegerField(null=True, db_index=True)
    band3 = models.IntegerField(null=True, db_index=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.sha256[:12]
