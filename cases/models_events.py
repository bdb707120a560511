"""What belongs together: mass events, and what is found: prints, offers, late joiners, repeats.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.querysets import MassEventQuerySet, OfferQuerySet, RepeatPairQuerySet


class MassEvent(models.Model):
    """Many messages about one thing, one decision, an approved text."""

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=200)
    decision = models.TextField(_("decision"), blank=True)
    approved_text = models.TextField(_("approved text"), blank=True)
    territory = models.ForeignKey(
        "cases.Territory", models.SET_NULL, null=True, blank=True, verbose_name=_("territory")
    )
    topic = models.ForeignKey(
        "cases.Topic", models.SET_NULL, null=True, blank=True, verbose_name=_("topic")
    )
    agency = models.ForeignKey(
        Agency,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("responsible agency"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    forecast_on = models.DateField(_("will be mended by"), null=True, blank=True)
    decided_on = models.DateField(_("day of the decision"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    # Print of the approved text: who sends it in an unlike case copies.
    keys = ArrayField(models.IntegerField(), default=list, editable=False)

    objects = MassEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("mass event")
        verbose_name_plural = _("mass events")
        indexes = [
            GinIndex(fields=["keys"], name="event_keys"),
            models.Index(fields=["-starts_on", "-id"], name="event_newest"),
            models.Index("id", name="event_running", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        from quality.prints import make_print  # noqa: PLC0415  numpy only where it is needed

        self.keys = list(make_print(self.approved_text).keys)
        fields = kwargs.get("update_fields")
        if fields is not None and "approved_text" in fields:
            kwargs["update_fields"] = [*fields, "keys"]
        super().save(*args, **kwargs)
        from cases.families import event_changed  # noqa: PLC0415  it imports the models

        event_changed(self)

    def get_absolute_url(self) -> str:
        return reverse("event", kwargs={"code": self.code})


class CasePrint(models.Model):
    """Words and place of a case's messages, to find others of the same (`cases.gathering`).

    Kept for as long as a repeat may come, then it goes: at ten million cases the table holds the
    last four months only. `offer`: the offered group it was put into, refused ones included.
    """

    case = models.OneToOneField("cases.Case", models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
    topic_id = models.IntegerField(null=True)
    territory_id = models.IntegerField(null=True)
    citizen_id = models.BigIntegerField()
    street = models.CharField(max_length=80, blank=True)
    house = models.CharField(max_length=20, blank=True)
    words = ArrayField(models.IntegerField())
    # The rarest of them: what the index finds other territories' and topics' messages by.
    keys = ArrayField(models.IntegerField())
    offer = models.ForeignKey(
        "cases.EventOffer", models.SET_NULL, null=True, db_index=False, related_name="prints"
    )

    class Meta:
        indexes = [
            models.Index("territory_id", "topic_id", "at", name="caseprint_topic"),
            models.Index(
                "territory_id", "street", "at", name="caseprint_street", condition=~Q(street="")
            ),
            models.Index("citizen_id", "at", name="caseprint_author"),
            models.Index("at", "case", name="caseprint_at"),
            models.Index("offer", name="caseprint_offer", condition=Q(offer__isnull=False)),
            GinIndex(fields=["keys"], name="caseprint_keys"),
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class WordCount(models.Model):
    """In how many messages a word stood; the row of word 0 holds the number of messages."""

    word = models.IntegerField(primary_key=True)
    n = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.word}: {self.n}"


class EventOffer(models.Model):
    """Messages found to be about one thing, offered to the centre as one mass event."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")

    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    topic = models.ForeignKey("cases.Topic", models.SET_NULL, null=True, related_name="+")
    territory = models.ForeignKey("cases.Territory", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(_("found"), db_default=Now())
    event = models.ForeignKey(
        "cases.MassEvent", models.SET_NULL, null=True, blank=True, related_name="offers"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offered mass event")
        verbose_name_plural = _("offered mass events")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="offer_decided_has_moment",
                condition=Q(state="waiting") | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="offer_waiting_has_no_event",
                condition=~Q(state="waiting") | Q(event__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], name="offer_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class OfferMember(models.Model):
    """A case of an offered event, or one offered to be joined to an open event.

    Just one of `offer` and `event` is set. `why`: codes of `quality.alike`; `words`: likeness.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        JOINED = "joined", _("joined")
        REFUSED = "refused", _("left out")

    offer = models.ForeignKey(EventOffer, models.CASCADE, null=True, related_name="members")
    event = models.ForeignKey("cases.MassEvent", models.CASCADE, null=True, related_name="late")
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="offered_to")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    words = models.FloatField(default=0)
    why = models.JSONField(default=list)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint("offer", "case", name="offer_member_once"),
            models.UniqueConstraint("event", "case", name="late_joiner_once"),
            models.CheckConstraint(
                name="member_of_offer_or_event",
                condition=Q(offer__isnull=True, event__isnull=False)
                | Q(offer__isnull=False, event__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                "event", "id", name="late_waiting", condition=Q(state="waiting", offer=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id or self.event_id}: {self.case_id}"


class RepeatPair(models.Model):
    """A case and the answered one it asks again about, as found or as a person decided.

    By author or house and topic it counts at once (`Case.repeat_of`) until it is refused; found
    by the words of another topic or a neighbouring place it counts when a person confirms it.
    """

    class State(models.TextChoices):
        FOUND = "found", _("to be confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("not a repeat")

    case = models.OneToOneField("cases.Case", models.CASCADE, related_name="repeat_pair")
    earlier = models.ForeignKey("cases.Case", models.CASCADE, related_name="+")
    # Of the later case, kept in step by a trigger: the list of an agency is one index.
    agency_id = models.IntegerField(null=True, editable=False)
    counts = models.BooleanField(_("counts"), default=False)
    words = models.FloatField(default=0)
    why = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.FOUND)
    found_at = models.DateTimeField(_("found"), db_default=Now())
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = RepeatPairQuerySet.as_manager()

    class Meta:
        verbose_name = _("repeat")
        verbose_name_plural = _("repeats")
        constraints = [
            models.CheckConstraint(name="repeat_of_another", condition=~Q(case=F("earlier"))),
            models.CheckConstraint(
                name="repeat_decided_has_moment",
                condition=Q(state="found") | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="repeat_by_state"),
            models.Index(fields=["agency_id", "state", "-id"], name="repeat_of_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} ~ {self.earlier_id}"


class RepeatTally(models.Model):
    """How many pairs of an agency count, wait, are refused; kept by triggers on the pairs."""

    agency_id = models.IntegerField(primary_key=True)
    counted = models.IntegerField(default=0)
    found = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.counted}"


class EventOrder(models.Model):
    """Personal replies for the members of an event, ordered by one who may answer them."""

    event = models.ForeignKey("cases.MassEvent", models.CASCADE, related_name="orders")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(_("text"))
    outcome = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.pk)


class EventOrderRow(models.Model):
    """One member of an order: what became of its reply, decided once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("reply sent")
        DRAFT = "draft", _("left as a draft")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(EventOrder, models.CASCADE, related_name="rows")
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    refusal = models.CharField(max_length=40, blank=True)
    codes = models.JSONField(default=list)  # of the findings that stood in the way
    reply = models.ForeignKey("cases.Reply", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("order", "case", name="event_order_case_once")]
        indexes = [
            models.Index("order", "id", name="event_order_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.case_id}"
