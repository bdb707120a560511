"""Moves made for many cases at once, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BulkRun(models.Model):
    """One move made for many cases by one person; each case is a row.

    The rows are carried out one by one (cases.many.carry_out): some in the request, the rest by
    the worker.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    move = models.CharField(max_length=40)
    # The run this one takes back, which happens once (cases.undoing).
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone"
    )
    values = models.JSONField(default=dict)  # of the move's form, as a page sends them
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["actor", "-id"], name="bulk_of_actor")]

    def __str__(self) -> str:
        return f"{self.pk}: {self.move}"


class BulkRow(models.Model):
    """One case of a bulk move.

    `version`: the one its person saw; null where nobody looked. `after`: the one the move led to.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("not done")

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="rows", db_index=False)
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(null=True)
    after = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    refusal = models.CharField(max_length=300, blank=True)  # a code of refusals, or a sentence

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint("run", "case", name="bulk_case_once")]
        indexes = [
            models.Index(fields=["run", "id"], name="bulk_waiting", condition=Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.case_id}"
