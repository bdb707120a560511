"""Who is at a case now, and texts of drafts that another tab or device has replaced."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Presence(models.Model):
    """A person with the page of a case before him (cases.presence).

    The table is unlogged: it writes no WAL, and after a crash of the server it is empty, which
    is right within seconds.
    """

    pk = models.CompositePrimaryKey("case_id", "person_id")
    case = models.ForeignKey("cases.Case", models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    seen_at = models.DateTimeField(db_default=Now())
    wrote_at = models.DateTimeField(null=True)
    # The page that was left last: a beat of it that was still on its way counts no more.
    left_page = models.CharField(max_length=36, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.case_id}/{self.person_id}"


class DraftCopy(models.Model):
    """A text that lost its place as the draft; kept for a month, its author can take it back.

    `base`: the draft a diverging tab had begun with. While that tab goes on typing, its copy
    follows it.
    """

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="draft_copies")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    tab = models.CharField(max_length=36, blank=True)
    text = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "author", "tab"],
                name="draft_copy_of_a_tab_once",
                condition=~models.Q(tab=""),
            )
        ]
        indexes = [models.Index(fields=["case", "author"], name="draft_copies")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.author_id}"
