"""Notices of people, how they want their mail, and the letters that carry notices."""

from datetime import time
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.access import granted_agency_ids
from agencies.models import Agency, User, validate_time_zone
from agencies.roles import Right
from cases.models import Case, Participation
from notices.kinds import FACTS, Delivery, Kind


class NoticeQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def reachable(self, user: User) -> Self:
        """Without notices of agencies where `user` may read nothing any more.

        The first sieve, from the index; the words are shown only of cases that pass
        `Case.objects.visible_to` as well.
        """
        ids = granted_agency_ids(user, Right.VIEW_CASES)
        if ids is None:
            return self
        return self.filter(Q(agency__isnull=True) | Q(agency__in=sorted(ids)))


class Letter(models.Model):
    """A mail to one person; its words are made of its notices at the moment it is sent."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        EMPTY = "empty", _("nothing left to say")
        REFUSED = "refused", _("refused by the mail server")
        FAILED = "failed", _("given up")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="letters", verbose_name=_("person")
    )
    # The same at every try: a mailbox that got the letter twice can tell.
    message_id = models.CharField(max_length=200, unique=True)
    digest = models.BooleanField(_("digest"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    next_at = models.DateTimeField(_("next try"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("answer of the mail server"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="letter_sent_has_moment",
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="letter_waiting", condition=Q(state="waiting")
            ),
            models.Index(fields=["person", "-id"], name="letter_of_person"),
        ]

    def __str__(self) -> str:
        return self.message_id


class Notice(models.Model):
    """One cause told to one person. `data` holds codes and names of colleagues, no citizen's."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="notices"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    cause = models.CharField(max_length=110)
    case = models.ForeignKey(
        Case, models.CASCADE, null=True, db_index=False, related_name="notices"
    )
    # What an agency was asked to contribute: its own part, not the case.
    part = models.ForeignKey(
        Participation, models.CASCADE, null=True, db_index=False, related_name="+"
    )
    # Whose case it was about when told: counted only while the person may read there.
    agency = models.ForeignKey(Agency, models.SET_NULL, null=True, db_index=False, related_name="+")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(_("moment"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    # When a mail may carry it; empty: none will.
    mail_at = models.DateTimeField(null=True, blank=True)
    digest = models.BooleanField(default=False)
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="notices")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint("person", "cause", name="notice_once_a_cause")]
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_of_person"),
            # The bell is counted from this index alone, on every page.
            models.Index(
                fields=["person", "agency"],
                name="notice_unread",
                condition=Q(read_at__isnull=True),
            ),
            models.Index(
                fields=["case", "person"], name="notice_of_case", condition=Q(case__isnull=False)
            ),
            models.Index(
                fields=["mail_at", "person"],
                name="notice_to_mail",
                condition=Q(mail_at__isnull=False, letter__isnull=True),
            ),
            models.Index(fields=["part"], name="notice_of_part", condition=Q(part__isnull=False)),
            models.Index(fields=["at"], name="notice_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"


class MailSettings(models.Model):
    """How a person wants notices by mail; who never chose has the values written here."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_settings"
    )
    choices = models.JSONField(default=dict)  # kind -> Delivery, where it differs from the usual
    morning = models.BooleanField(_("digest in the morning"), default=True)
    morning_at = models.TimeField(_("morning at"), default=time(8, 30))
    evening = models.BooleanField(_("digest in the evening"), default=False)
    evening_at = models.TimeField(_("evening at"), default=time(17, 30))
    quiet_from = models.TimeField(_("quiet from"), default=time(20))
    quiet_until = models.TimeField(_("quiet until"), default=time(8))
    quiet_days_off = models.BooleanField(
        _("quiet on days off"),
        default=True,
        help_text=_("By the calendar of your agency."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Empty: the one of your agency."),
    )

    class Meta:
        verbose_name = _("mail settings")
        verbose_name_plural = _("mail settings")

    def __str__(self) -> str:
        return str(self.person_id)

    @classmethod
    def of(cls, person: User) -> "MailSettings":
        """The person's own, or unsaved usual ones (one query)."""
        found = cls.objects.filter(pk=person.pk).first() or cls()
        found.person = person
        return found

    def delivery(self, kind: str) -> Delivery:
        chosen = self.choices.get(kind)
        return Delivery(chosen) if chosen in Delivery.values else FACTS[kind].delivery

    def zone(self) -> ZoneInfo:
        if self.time_zone:
            return ZoneInfo(self.time_zone)
        agency = self.person.agency
        return agency.zone if agency else ZoneInfo(settings.TIME_ZONE)
