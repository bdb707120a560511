"""What supervisors judge: their verdicts, and what is drawn beside the flagged replies.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import ReviewTaskQuerySet
from database.labels import Labelled


class Review(Labelled):
    """A supervisor's verdict on a reply: the only thing that calls a reply an отписка."""

    class Verdict(models.TextChoices):
        GOOD = "good", _("good")
        REMARKS = "remarks", _("with remarks")
        BRUSH_OFF = "brush_off", _("brush-off")

    class Cause(models.TextChoices):
        """Why it was judged: rates of the flagged and of the random sample are told apart."""

        FLAGGED = "flagged", _("flagged")
        PUBLISHED = "published", _("after publication")
        SAMPLE = "sample", _("random sample")
        SECOND = "second", _("second opinion")
        DISPUTE = "dispute", _("author's objection")

    cause = models.CharField(
        _("cause"),
        max_length=9,
        choices=Cause,
        default=Cause.FLAGGED,
        db_default=Cause.FLAGGED.value,
    )
    reply = models.ForeignKey("cases.Reply", models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    grounds = models.JSONField(_("grounds"), default=list)
    remark = models.TextField(_("remark"), blank=True)
    returned = models.BooleanField(_("returned for rework"), default=False)
    created_at = models.DateTimeField(_("moment"), db_default=Now())

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes = [models.Index("reviewer", "created_at", name="review_by_day")]

    def __str__(self) -> str:
        return self.verdict


class ReviewTask(models.Model):
    """A reply somebody is to judge outside the queue of flagged ones.

    `sample`: drawn at random from what nobody flagged, so that misses are seen too. `second`: a
    judged reply looked at again by another reviewer, who does not see the first verdict.
    `dispute`: the author's objection to a return, decided by another reviewer.
    """

    class Kind(models.TextChoices):
        SAMPLE = "sample", _("random sample")
        SECOND = "second", _("second opinion")
        DISPUTE = "dispute", _("author's objection")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    reply = models.ForeignKey("cases.Reply", models.CASCADE, related_name="tasks")
    agency = models.ForeignKey(Agency, models.PROTECT, db_index=False, related_name="+")
    first = models.ForeignKey(
        "cases.Review", models.CASCADE, null=True, related_name="second_looks"
    )
    words = models.CharField(_("objection"), max_length=2000, blank=True)
    opened_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    objects = ReviewTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("review task")
        verbose_name_plural = _("review tasks")
        constraints = [
            # A reply is sampled once, objected to once, and looked at again once.
            models.UniqueConstraint("reply", "kind", name="review_task_once"),
            models.CheckConstraint(
                name="review_task_names_first",
                condition=Q(kind="sample") | Q(first__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                "kind", "opened_at", "id", name="review_task_open", condition=Q(done_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reply_id}"


class ReviewClaim(models.Model):
    """Who has a reply open on the desk: others pass it by until then, or take it knowingly."""

    case = models.OneToOneField("cases.Case", models.CASCADE, primary_key=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.reviewer_id}"
