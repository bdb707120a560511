"""Which cases: the one access scope and the vocabulary of lists."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from agencies.access import granted_agency_ids, holds
from agencies.roles import Right
from cases.finding import query_of
from cases.workflow import Status

if TYPE_CHECKING:
    from agencies.models import User
    from cases.models import Case

# "1000+" is shown beyond: an exact count of a million rows costs more than the page.
COUNT_CAP = 1000
# So many days before its last one a template is said to expire.
EXPIRY_WARNING = 14


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Cases of the agencies on which `user` holds `right`: the scope of everything.

        Pages, API, search, counts, exports and moves all begin here. A case without an agency
        is visible to those who hold the right region-wide. One query per user object.
        """
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(agency__in=sorted(ids))

    def open(self) -> Self:
        return self.filter(is_open=True)

    def overdue(self) -> Self:
        return self.open().filter(due_at__lt=Now())

    def missed_a_term(self) -> Self:
        """Cases whose citizen waited longer than his term, each once; ended ones included."""
        from cases.models import Clock  # noqa: PLC0415  models import this module

        missed = Clock.objects.missed().owed_to_citizen().filter(case=models.OuterRef("pk"))
        return self.filter(models.Exists(missed))

    def due_between(self, start: datetime, end: datetime) -> Self:
        """Open cases due in [start, end)."""
        return self.open().filter(due_at__gte=start, due_at__lt=end)

    def in_moderation(self) -> Self:
        return self.filter(status__in=[Status.RECEIVED.value, Status.MODERATION.value])

    def in_review(self) -> Self:
        """Replies waiting for a supervisor."""
        return self.filter(status=Status.REVIEW)

    def by_gravity(self) -> Self:
        """Order of the review desk (`cases.reviewing.rank`)."""
        return self.order_by(models.F("review_rank").desc(nulls_last=True), "id")

    def under_control(self) -> Self:
        return self.filter(controlled_by__isnull=False)

    def matching(self, words: str) -> Self:
        """Full-text search in Russian morphology over titles and messages; ё equals е."""
        return self.filter(search=query_of(words))

    def for_list(self) -> Self:
        """Rows of a list: one query whatever their number."""
        return self.select_related(
            "agency", "topic", "territory", "channel", "citizen", "executor"
        ).defer("search", "touched")

    def ordered_keys(self) -> list[int]:
        """Primary keys in the order of the queryset: narrow rows, which an index alone may give."""
        return list(self.values_list("pk", flat=True))

    def counted(self) -> int:
        """How many, exact up to COUNT_CAP; COUNT_CAP + 1 means more."""
        return self.order_by()[: COUNT_CAP + 1].count()

    def of_day(self, day: date) -> Self:
        return self.filter(received_at__date=day)


class ReplyQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Replies of the cases `user` may see: an agency's reply belongs to its case."""
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(case__agency__in=sorted(ids))

    def current(self) -> Self:
        """Without those taken back: the newest of these is what the case is judged by."""
        return self.exclude(state__in=["returned", "withdrawn"])

    def unchecked(self) -> Self:
        return self.filter(risk__isnull=True)


class ReplyTemplateQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def offered(self, case: "Case", on: date) -> Self:
        """Approved templates for the case's agency and topic that have not expired by that day."""
        topic = models.Q(group=None, topic=None)
        if case.topic is not None:
            topic |= models.Q(group=case.topic.group_id, topic=None) | models.Q(topic=case.topic)
        return self.filter(
            topic,
            models.Q(agency=None) | models.Q(agency=case.agency_id),
            models.Q(expires_on=None) | models.Q(expires_on__gte=on),
            is_active=True,
            approved_at__isnull=False,
        )

    def expiring(self, on: date) -> Self:
        """Offered still, but not for long (the last day is not past)."""
        until = on + timedelta(days=EXPIRY_WARNING)
        return self.filter(is_active=True, expires_on__gte=on, expires_on__lte=until)

    def expired(self, on: date) -> Self:
        return self.filter(is_active=True, expires_on__lt=on)

    def to_mind(self, on: date) -> dict[str, int]:
        """How many in use expire soon, have expired or wait for approval (one query)."""
        until = on + timedelta(days=EXPIRY_WARNING)
        counted: dict[str, int] = self.filter(is_active=True).aggregate(
            expiring=models.Count("pk", filter=models.Q(expires_on__range=(on, until))),
            expired=models.Count("pk", filter=models.Q(expires_on__lt=on)),
            unapproved=models.Count("pk", filter=models.Q(approved_at=None)),
        )
        return counted


class TemplateUseQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Uses in replies of the cases `user` may see, written by his own agencies: the rows
        behind a figure of theirs."""
        ids = granted_agency_ids(user, right)
        if ids is None:
            return self
        mine = sorted(ids)
        return self.filter(agency__in=mine, reply__case__agency__in=mine)


class ReviewTaskQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.REVIEW_REPLIES) -> Self:
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(agency__in=sorted(ids))

    def waiting_for(self, user: "User") -> Self:
        """Open ones this reviewer may judge: not what he has judged himself, nor what has gone to
        an agency he does not review."""
        ids = granted_agency_ids(user, Right.REVIEW_REPLIES)
        there = self if ids is None else self.filter(reply__case__agency__in=sorted(ids))
        return (
            there.visible_to(user)
            .filter(done_at=None)
            .exclude(first__reviewer=user)
            .order_by("opened_at", "id")
        )


class ClockQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def running(self) -> Self:
        return self.filter(stopped_at__isnull=True)

    def missed(self) -> Self:
        """Terms that passed, whether they run, were stopped late or were extended afterwards."""
        late = models.Q(missed_at__isnull=False) | models.Q(
            stopped_at__isnull=True, due_at__lt=Now()
        )
        return self.filter(late, warning_only=False)

    def owed_to_citizen(self) -> Self:
        """The terms of the case itself, not of a stage inside it."""
        return self.filter(kind__in=["total", "reply"])


class AssignmentQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(agency__in=sorted(ids))

    def overdue(self) -> Self:
        """Holdings that missed a term of theirs, each once however many terms it missed."""
        from cases.models import Clock  # noqa: PLC0415  models import this module

        missed = Clock.objects.missed().filter(assignment=models.OuterRef("pk"))
        return self.filter(models.Exists(missed))


class PromiseQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Promises of the cases `user` may see."""
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(case__agency__in=sorted(ids))

    def open(self) -> Self:
        return self.filter(state="open")

    def of_days(self, first: date, last: date) -> Self:
        """Promised for a day in [first, last]."""
        return self.filter(until_on__gte=first, until_on__lte=last)


class ParticipationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.CONTRIBUTE) -> Self:
        """Parts that `user` is asked for: of the agencies on which he holds the right.

        The part alone: its case stays invisible to who does not see it by `Case.visible_to`.
        """
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(agency__in=sorted(ids))

    def asked_by_agencies_of(self, user: "User") -> Self:
        """Parts of the cases `user` may see: what his own agencies ask of others."""
        ids = granted_agency_ids(user, Right.VIEW_CASES)
        return self if ids is None else self.filter(case__agency__in=sorted(ids))

    def asked(self) -> Self:
        return self.filter(state="asked")


class ControlQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Controls of the cases on which `user` holds the right."""
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(case__agency__in=sorted(ids))

    def running(self) -> Self:
        return self.filter(lifted_at__isnull=True)

    def lifted_between(self, first: date, last: date) -> Self:
        """Lifted on the days [first, last]."""
        return self.filter(lifted_at__date__gte=first, lifted_at__date__lte=last)

    def for_board(self) -> Self:
        """With what a card shows, the nearest day first; those without a day last."""
        shown = self.select_related(
            "case__agency", "case__citizen", "case__executor", "set_by", "proposed_by"
        )
        return shown.defer("case__search").order_by(models.F("until_on").asc(nulls_last=True), "pk")


class MassEventQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def running(self) -> Self:
        """Not closed, and its last day has not passed."""
        return self.filter(closed_at__isnull=True).filter(
            models.Q(ends_on=None) | models.Q(ends_on__gte=timezone.localdate())
        )


class OfferQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.ROUTE_CASES) -> Self:
        """Offers that hold a case on which `user` has the right."""
        ids = granted_agency_ids(user, right)
        if ids is None:
            return self
        from cases.models import OfferMember  # noqa: PLC0415  models import this module

        own = OfferMember.objects.filter(offer=models.OuterRef("pk"), case__agency__in=sorted(ids))
        return self.filter(models.Exists(own))

    def waiting(self) -> Self:
        return self.filter(state="waiting")


class RepeatPairQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def visible_to(self, user: "User", right: str = Right.VIEW_CASES) -> Self:
        """Pairs whose later case `user` may see; the earlier one is asked for by itself."""
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(agency_id__in=sorted(ids))


def may(user: "User", right: str, case: "Case") -> bool:
    """Whether `user` holds `right` on the case's agency; no query beyond the user's one."""
    return holds(user, right, case.agency_id)
