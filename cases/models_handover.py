"""Cases that pass from one holder to others, and cases nobody living works on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


class Handover(models.Model):
    """Open cases of a person who leaves or of an agency, given to others; each case is a row.

    The rows are carried out one by one (cases.handover.carry_out): some in the request, the rest
    by the worker.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    to_agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="handover_from_one",
                condition=Q(person__isnull=False, agency__isnull=True)
                | Q(person__isnull=True, agency__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["actor", "-id"], name="handover_of_actor")]

    def __str__(self) -> str:
        return str(self.pk)


class HandoverRow(models.Model):
    """One case of a handover. `executor` empty: the agency names one itself."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("handed over")
        REFUSED = "refused", _("not handed over")

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="rows", db_index=False)
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="+")
    executor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint("handover", "case", name="handover_case_once")]
        indexes = [
            models.Index(
                fields=["handover", "id"], name="handover_waiting", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.handover_id}: {self.case_id}"


class Orphan(models.Model):
    """An open case that has nobody who could work on it; found and dropped by the daily check.

    A case found anew is a new row: its people are told once a row.
    """

    class Reason(models.TextChoices):
        EXECUTOR_INACTIVE = "executor_inactive", _("the executor's account is switched off")
        EXECUTOR_RIGHT = "executor_right", _("the executor may not answer for this agency")
        AGENCY_INACTIVE = "agency_inactive", _("the agency works no more")
        NOBODY = "nobody", _("nobody of the agency may answer")

    case = models.OneToOneField("cases.Case", models.CASCADE, related_name="orphan")
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    executor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    reason = models.CharField(max_length=18, choices=Reason)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.reason}"
