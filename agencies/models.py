"""Who: agencies, their calendars, people and the roles they hold."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from agencies.querysets import AgencyQuerySet
from agencies.roles import Role


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Unknown time zone: %(zone)s"), params={"zone": value})


class WorkingCalendar(models.Model):
    """Working hours of a week; exceptions of single days are CalendarDay rows.

    `week` holds seven lists (Monday first) of ["09:00", "13:00"] pairs of local time.
    """

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    week = models.JSONField(_("working week"))
    follows_production = models.BooleanField(
        _("follows the production calendar"),
        default=True,
        help_text=_("Federal holidays and moved days apply."),
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """One exceptional day: of the production calendar (calendar empty) or of one calendar."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("holiday")
        MOVED_OFF = "moved_off", _("day off moved here")
        MOVED_WORK = "moved_work", _("working day moved here")
        SHORTENED = "shortened", _("shortened day")
        REGIONAL = "regional", _("regional day off")
        SPECIAL = "special", _("special hours")

    calendar = models.ForeignKey(
        WorkingCalendar,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="days",
        verbose_name=_("calendar"),
    )
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    intervals = models.JSONField(_("hours"), null=True, blank=True)
    replaces = models.DateField(
        _("works as"), null=True, blank=True, help_text=_("The day whose hours a moved day has.")
    )
    shorter_by = models.PositiveSmallIntegerField(_("shorter by, minutes"), null=True, blank=True)
    title = models.CharField(_("name"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    confirmed = models.BooleanField(_("confirmed"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [
            models.UniqueConstraint(
                "calendar", "day", name="calendar_day_once", nulls_distinct=False
            )
        ]
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class Agency(models.Model):
    """A node of the tree; utilities and federal bodies have no parent."""

    class Kind(models.TextChoices):
        REGION = "region", _("region")
        CENTRE = "centre", _("governance centre")
        GOVERNOR_OFFICE = "governor_office", _("governor's office")
        MINISTRY = "ministry", _("ministry")
        INSPECTION = "inspection", _("inspection")
        MUNICIPALITY = "municipality", _("municipality")
        DEPARTMENT = "department", _("department")
        INSTITUTION = "institution", _("institution")
        UTILITY = "utility", _("utility company")
        FEDERAL = "federal", _("federal body")

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("superior"),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="Europe/Moscow", validators=[validate_time_zone]
    )
    calendar = models.ForeignKey(WorkingCalendar, models.PROTECT, verbose_name=_("calendar"))
    curators = models.ManyToManyField(
        "User", blank=True, related_name="curated_agencies", verbose_name=_("curators")
    )
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    publish_own = models.BooleanField(
        _("authors publish from 60 points"),
        default=False,
        help_text=_("An unflagged reply of 60 points or more needs no approver."),
    )
    is_active = models.BooleanField(_("works"), default=True)
    # Without ICU the database sorts by code point: «ё» would stand after «я».
    sort_name = models.GeneratedField(
        expression=Lower(
            models.Func(
                models.F("name"), models.Value("Ёё"), models.Value("Ее"), function="translate"
            )
        ),
        output_field=models.CharField(max_length=200),
        db_persist=True,
    )

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["sort_name"]
        permissions = [(f"hold_{role.value}", f"Holds the role {role.value}") for role in Role]
        constraints = [
            models.CheckConstraint(
                name="agency_not_own_parent",
                condition=~models.Q(parent=models.F("id")),
            )
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def clean(self) -> None:
        """A loop in the tree would hide a whole branch from everyone."""
        seen = {self.pk}
        node = self.parent
        while node is not None:
            if node.pk in seen and self.pk is not None:
                raise ValidationError({"parent": _("An agency cannot be its own superior.")})
            seen.add(node.pk)
            node = node.parent


class User(AbstractUser):
    """A person or a service account; personal settings of the screen travel with it."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("as on the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class TextSize(models.TextChoices):
        NORMAL = "normal", _("normal")
        LARGE = "large", _("large")
        LARGEST = "largest", _("largest")

    patronymic = models.CharField(_("patronymic"), max_length=80, blank=True)
    position = models.CharField(_("position"), max_length=160, blank=True)
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("agency"),
    )
    phone = models.CharField(_("work phone"), max_length=60, blank=True)
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    theme = models.CharField(_("colours"), max_length=8, choices=Theme, default=Theme.AUTO)
    text_size = models.CharField(
        _("text size"), max_length=8, choices=TextSize, default=TextSize.NORMAL
    )
    more_contrast = models.BooleanField(_("more contrast"), default=False)
    letter_keys = models.BooleanField(
        _("single-letter keys"),
        default=True,
        help_text=_("Switch off if a speech or switch device types letters for you."),
    )
    live_bell = models.BooleanField(
        _("the number at the bell renews itself"), default=True, db_default=True
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def short_name(self) -> str:
        """«О. Лапина»: how lists name a colleague."""
        if self.first_name and self.last_name:
            return f"{self.first_name[0]}. {self.last_name}"
        return str(self)

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in (self.first_name, self.last_name) if part) or "?"


class AgencyUserPermission(UserObjectPermissionBase):
    """guardian's row: this person holds this role on this agency (a real foreign key)."""

    content_object = models.ForeignKey(Agency, models.CASCADE)


class AgencyGroupPermission(GroupObjectPermissionBase):
    """guardian wants the pair; the portal grants to persons only."""

    content_object = models.ForeignKey(Agency, models.CASCADE)


class Session(AbstractBaseSession):
    """A signed-in browser; the row names its person, so that one statement reads both."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        from agencies.sessions import SessionStore  # noqa: PLC0415  the store imports the models

        return SessionStore


class Stamp(models.Model):
    """Changes whenever a row of the tables it stands for changes, whoever changes it (triggers).

    Processes keep such rows in memory as long as the stamp is the one they were read under.
    """

    name = models.CharField(max_length=20, primary_key=True)
    value = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class AccountEvent(models.Model):
    """Journal of accounts and rights: who changed what for whom."""

    at = models.DateTimeField(_("moment"), auto_now_add=True)
    actor = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    person = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="account_events", verbose_name=_("person")
    )
    agency = models.ForeignKey(
        Agency, models.SET_NULL, null=True, related_name="+", verbose_name=_("agency")
    )
    action = models.CharField(_("action"), max_length=40)
    data = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("journal of accounts")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%d.%m.%Y %H:%M}"


# Last: they name the models above.
from agencies.models_absence import Deputy  # noqa: E402
from agencies.models_changes import Change, SavedFilter  # noqa: E402

__all__ = [
    "AccountEvent",
    "Agency",
    "AgencyGroupPermission",
    "AgencyUserPermission",
    "CalendarDay",
    "Change",
    "Deputy",
    "SavedFilter",
    "Session",
    "Stamp",
    "User",
    "WorkingCalendar",
    "validate_time_zone",
]
