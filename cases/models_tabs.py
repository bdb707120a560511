"""Kept counts of open cases, by which the tabs of queues and of the desk say how many."""

from django.db import models
from django.db.models import Q

TOTAL = -1  # instead of an agency: all cases of the region, also those without an agency
LONG_PAST = 0
NOT_DUE = 2**31 - 1


class TabCount(models.Model):
    """A number of open cases, or by how much it changed: what is counted is the sum of the rows.

    A trigger on cases adds rows in the transaction of the change and touches none, so moves never
    wait for each other; `cases.tabs.fold` adds them up. Rows of TOTAL are by the hour of the term
    (since 1970, LONG_PAST, NOT_DUE), those of an agency are not: its late cases are few enough to
    be read from their index.
    """

    agency_id = models.IntegerField()
    untaken = models.BooleanField()
    hour = models.IntegerField()
    folded = models.BooleanField()
    n = models.IntegerField()
    returned = models.IntegerField()
    repeats = models.IntegerField()
    controlled = models.IntegerField()
    arrivals = models.IntegerField()
    disputes = models.IntegerField()
    rejecting = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["agency_id", "hour"], name="tab_count_place"),
            models.Index("id", name="tab_count_fresh", condition=Q(folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}, {self.hour}: {self.n}"
