"""Facts of cases and the counters over them, which the database keeps equal to the facts.

Statement triggers on `reports_fact` (migration 0001) add every insert, change and removal to the
counters in the same statement: whoever writes facts, and wherever he is killed, both agree.
"""

from django.db import models

from cases.models import Case
from cases.workflow import Regime

TOTAL = -1
"""Stands for the agency in the rows that sum all agencies; 0 for cases without one.

Keys below it sum what stands below an agency (`reports.branches`).
"""


class Fact(models.Model):
    """One thing that happened to a case on one day (`reports.measures.Kind`).

    Agency, topic and territory are those of the case as it stands: what a person may see of a
    case is what he may count. 0: none.
    """

    case = models.ForeignKey(Case, models.CASCADE, db_index=False, related_name="facts")
    kind = models.PositiveSmallIntegerField()
    item = models.BigIntegerField(default=0)  # the reply, term, mark or promise; 0: the case
    day = models.DateField()
    agency_id = models.IntegerField(default=0)
    topic_id = models.IntegerField(default=0)
    territory_id = models.IntegerField(default=0)
    regime = models.CharField(max_length=12, choices=Regime)
    signs = models.IntegerField(default=0)
    minutes = models.IntegerField(null=True)  # from arrival to the reply
    worked = models.IntegerField(null=True)  # working minutes from the assignment to the reply
    approval = models.IntegerField(null=True)  # from sending for approval to publication

    class Meta:
        constraints = [models.UniqueConstraint("case", "kind", "item", name="fact_once")]
        indexes = [
            models.Index(fields=["kind", "day", "id"], name="fact_day"),
            models.Index(
                fields=["agency_id", "kind", "day", "id"],
                include=["topic_id", "territory_id", "signs"],
                name="fact_agency_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.kind} {self.day}"


class Span(models.TextChoices):
    DAY = "d"
    MONTH = "m"


class Counts(models.Model):
    """The measures of `reports.measures` over one day or month; a column each.

    The columns are named in MEASURES and read by `reports.counting`, so that a measure is written
    in one place; Django only knows the keys, and of AgencyCount what its unique index covers.
    """

    span = models.CharField(max_length=1, choices=Span)
    start = models.DateField()

    class Meta:
        abstract = True


class AgencyCount(Counts):
    agency_id = models.IntegerField()
    brush_offs = models.IntegerField(db_default=0)
    reviewed = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["span", "agency_id", "start"],
                include=["brush_offs", "reviewed"],
                name="agency_count_once",
            )
        ]
        indexes = [models.Index(fields=["span", "start"], name="agency_count_start")]

    def __str__(self) -> str:
        return f"{self.start} {self.agency_id}"


class TopicCount(Counts):
    topic_id = models.IntegerField()
    territory_id = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "span", "start", "topic_id", "territory_id", name="topic_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.start} {self.topic_id}"


class MarginCount(models.Model):
    """What came in a day or month by topic, and by territory (`measures.MARGIN`); 0: none.

    The edges of TopicCount: a few hundred rows where that one has thousands.
    """

    class Side(models.TextChoices):
        TOPIC = "topic"
        PLACE = "place"

    span = models.CharField(max_length=1, choices=Span)
    start = models.DateField()
    side = models.CharField(max_length=5, choices=Side)
    key = models.IntegerField()
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("span", "start", "side", "key", name="margin_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.start} {self.side} {self.key}"


class DurationCount(models.Model):
    """How many durations of a day or month fell into a bucket (`measures.bucket_middle`)."""

    span = models.CharField(max_length=1, choices=Span)
    start = models.DateField()
    agency_id = models.IntegerField()
    duration = models.CharField(max_length=8)
    bucket = models.SmallIntegerField()
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "span", "agency_id", "duration", "start", "bucket", name="duration_count_once"
            )
        ]
        indexes = [models.Index(fields=["span", "start", "duration"], name="duration_count_start")]

    def __str__(self) -> str:
        return f"{self.start} {self.duration} {self.bucket}"


class Branch(models.Model):
    """An agency and one that stands above it, its region left out; kept by a trigger."""

    agency_id = models.IntegerField()
    above_id = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("agency_id", "above_id", name="branch_once")]
        indexes = [models.Index(fields=["above_id", "agency_id"], name="branch_above")]

    def __str__(self) -> str:
        return f"{self.agency_id} < {self.above_id}"


class BranchTopic(models.Model):
    """What came in a month below an agency, by topic and territory; 0: none.

    Months alone: days at both ends of a period are read from the facts (`reports.heat`).
    """

    above_id = models.IntegerField()
    start = models.DateField()
    topic_id = models.IntegerField()
    territory_id = models.IntegerField()
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "above_id", "start", "topic_id", "territory_id", name="branch_topic_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.start} {self.above_id} {self.topic_id}"


class BranchMargin(models.Model):
    """The edges of BranchTopic, as MarginCount holds those of TopicCount."""

    above_id = models.IntegerField()
    start = models.DateField()
    side = models.CharField(max_length=5, choices=MarginCount.Side)
    key = models.IntegerField()
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("above_id", "start", "side", "key", name="branch_margin_once")
        ]

    def __str__(self) -> str:
        return f"{self.start} {self.above_id} {self.side} {self.key}"


class Keeping(models.Model):
    """How far the facts are built, by which rules and in which zone; one row.

    `built_to`: facts of all cases up to this id are there; None: of all.
    """

    version = models.PositiveSmallIntegerField(default=0)
    zone = models.CharField(max_length=40, default="")
    built_to = models.BigIntegerField(null=True, default=0)
    last_case = models.BigIntegerField(default=0)  # the building ends here, the reader goes on
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(name="keeping_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.version}: {self.built_to}"


# Last: it names nothing above, but is read from here.
from reports.models_digest import Digest, DigestCase, DigestEntry  # noqa: E402
from reports.models_made import Schedule, Sending, Snapshot  # noqa: E402

__all__ = [
    "TOTAL",
    "AgencyCount",
    "Branch",
    "BranchMargin",
    "BranchTopic",
    "Digest",
    "DigestCase",
    "DigestEntry",
    "DurationCount",
    "Fact",
    "Keeping",
    "MarginCount",
    "Schedule",
    "Sending",
    "Snapshot",
    "Span",
    "TopicCount",
]
