"""What a region is set up with: places, topics, who they go to, reasons, channels.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.workflow import Regime


class CaseKind(models.TextChoices):
    SOLVABLE = "solvable", _("solvable")
    UNSOLVABLE = "unsolvable", _("not solvable")
    INFORMATIONAL = "informational", _("informational")


class Territory(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    population = models.PositiveIntegerField(_("residents"), default=0)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Moscow")

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TopicGroup(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("topic group")
        verbose_name_plural = _("topic groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    code = models.CharField(_("code"), max_length=80, unique=True)
    group = models.ForeignKey(
        TopicGroup, models.PROTECT, related_name="topics", verbose_name=_("group")
    )
    name = models.CharField(_("name"), max_length=160)
    severity = models.PositiveSmallIntegerField(
        _("severity"), default=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    kind = models.CharField(
        _("kind of case"), max_length=16, choices=CaseKind, default=CaseKind.SOLVABLE
    )
    photo_required = models.BooleanField(_("photo required when solved"), default=False)
    belongs = models.TextField(_("what belongs here"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["group__name", "name"]
        constraints = [models.UniqueConstraint("group", "name", name="topic_name_in_group_once")]

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """Topic (or group) x territory x dates -> agency; the most specific rule wins."""

    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, verbose_name=_("topic"))
    group = models.ForeignKey(
        TopicGroup, models.CASCADE, null=True, blank=True, verbose_name=_("topic group")
    )
    territory = models.ForeignKey(
        Territory, models.CASCADE, null=True, blank=True, verbose_name=_("territory")
    )
    from_on = models.DateField(_("from"), null=True, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True, help_text=_("inclusive"))
    agency = models.ForeignKey(
        Agency, models.CASCADE, related_name="routing_rules", verbose_name=_("agency")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        constraints = [
            models.CheckConstraint(
                name="routing_topic_or_group",
                condition=Q(topic__isnull=True) | Q(group__isnull=True),
            ),
            models.CheckConstraint(
                name="routing_dates_in_order",
                condition=Q(until_on__isnull=True)
                | Q(from_on__isnull=True)
                | Q(until_on__gte=F("from_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic or self.group or '*'} / {self.territory or '*'} -> {self.agency}"


class ReasonKind(models.TextChoices):
    REJECTION = "rejection", _("rejection")
    RETURN = "return", _("return for rework")
    CLOSING = "closing", _("closing")
    REDIRECT = "redirect", _("competence dispute")
    NOTICE = "notice", _("notice instead of a reply")


class Reason(models.Model):
    """Lists of reasons and grounds, editable; codes are stored with events and reviews."""

    kind = models.CharField(_("kind"), max_length=12, choices=ReasonKind)
    code = models.SlugField(_("code"))
    name = models.CharField(_("name"), max_length=200)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["kind", "position"]
        constraints = [models.UniqueConstraint("kind", "code", name="reason_once")]

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    regime = models.CharField(_("regime"), max_length=12, choices=Regime, default=Regime.SOCIAL)
    is_public = models.BooleanField(_("replies are public"), default=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
