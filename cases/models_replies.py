"""Replies to the citizen: what is being typed, what was sent, what the check found in it.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models_case import Case, Outcome
from cases.models_templates import ReplyTemplate
from cases.querysets import ReplyQuerySet
from database.labels import Labelled
from quality import points


class Reply(Labelled):
    """One answer to the citizen; its texts are versions, the published one never changes."""

    class Kind(models.TextChoices):
        FINAL = "final", _("final")
        INTERIM = "interim", _("interim")
        PLANNED = "planned", _("planned works")
        FORWARD = "forward", _("forwarded")
        REFUSAL = "refusal", _("refusal")

    class State(models.TextChoices):
        APPROVAL = "approval", _("in approval")
        REVIEW = "review", _("in review")
        ACCEPTED = "accepted", _("accepted by the supervisor")
        RETURNED = "returned", _("returned")
        WITHDRAWN = "withdrawn", _("withdrawn")
        PUBLISHED = "published", _("published")
        RECALLED = "recalled", _("publication recalled")

    # Found by `reply_version_once`; nobody asks for the replies of an agency or of who published.
    case = models.ForeignKey(Case, models.CASCADE, db_index=False, related_name="replies")
    agency = models.ForeignKey(
        Agency, models.PROTECT, db_index=False, related_name="+", verbose_name=_("agency")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="replies",
        verbose_name=_("author"),
    )
    author_name = models.CharField(max_length=200, blank=True)  # history from an import
    kind = models.CharField(_("kind of reply"), max_length=8, choices=Kind, default=Kind.FINAL)
    state = models.CharField(_("state"), max_length=10, choices=State)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    # Of an interim reply and of planned works: until when, what, and what is new since the last.
    promised_on = models.DateField(_("promised until"), null=True, blank=True)
    promise = models.CharField(_("what is promised"), max_length=300, blank=True)
    new_fact = models.CharField(_("new fact"), max_length=500, blank=True)
    # Days recognised in the text: [{"until", "what", "start", "end", "confirmed"}]; `confirmed` is
    # null where the author was not asked. Confirmed ones become promises with the publication.
    promised = models.JSONField(_("days promised in the text"), default=list)
    text = models.TextField(_("text"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    corrects = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    submitted_at = models.DateTimeField(_("sent"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_url = models.CharField(_("link"), max_length=500, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    risk = models.FloatField(_("risk"), null=True, blank=True)
    flagged = models.BooleanField(_("flagged"), default=False)
    similarity = models.FloatField(_("similarity"), null=True, blank=True)
    assessment = models.JSONField(default=dict)  # questions, reuse spans; quality.Assessment
    rules_version = models.CharField(max_length=20, blank=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [
            models.UniqueConstraint("case", "version", name="reply_version_once"),
            models.CheckConstraint(
                name="reply_published_has_moment",
                condition=~Q(state="published") | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reply_promise_has_day",
                condition=~Q(kind="planned") | Q(promised_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index("submitted_at", "id", name="reply_submitted"),
            models.Index("id", name="reply_unchecked", condition=Q(risk__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.version}"

    @property
    def score(self) -> int | None:
        """Points on screens (quality.scale)."""
        return None if self.risk is None else points(self.risk)


class Draft(models.Model):
    """What an official is typing: on the server, one for each case and author."""

    case = models.ForeignKey(Case, models.CASCADE, db_index=False, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField(auto_now=True)
    # The page that saved it last: another one with an older text is told of this one.
    tab = models.CharField(max_length=36, blank=True, db_default="")
    # The one put into the text last: the reply began from it.
    template = models.ForeignKey(
        ReplyTemplate, models.SET_NULL, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint("case", "author", name="draft_once")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.author_id}"


class Finding(models.Model):
    """What a check found in a reply; kept with the version of the rules that found it."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="findings")
    code = models.CharField(max_length=8)
    severity = models.CharField(max_length=8)
    spans = models.JSONField(default=list)  # [[start, end), ...] code points of the reply
    params = models.JSONField(default=dict)
    weight = models.FloatField(default=0)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")

    def __str__(self) -> str:
        return self.code
