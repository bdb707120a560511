"""What others are told of a case: news beside its events, and how far each reader has read."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _


class TransactionId(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's xid8; set by the database alone: the transaction that wrote the row."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else str(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransaction(Func):
    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionId()


class News(models.Model):
    """Something people should hear of that is no change of a case: a term, a finished import.

    `key` makes it once for ever, however often its maker runs. `person`: whom it is for; empty
    where the rule of its kind says so (docs/notices.md).
    """

    key = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=24)
    at = models.DateTimeField(db_default=models.functions.Now())
    case = models.ForeignKey("cases.Case", models.CASCADE, null=True, related_name="news")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_index=False, related_name="+"
    )
    data = models.JSONField(default=dict)
    tx = TransactionId(null=True, editable=False, db_default=CurrentTransaction())

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")
        indexes = [models.Index(fields=["tx", "id"], name="news_written")]

    def __str__(self) -> str:
        return self.key


class Touched(models.Model):
    """A case that changed without an event of its own: its check came later, a link was cut.

    Kept figures are made anew from it, then the row goes. No key on the case: it may be gone.
    """

    case_id = models.BigIntegerField()
    tx = TransactionId(editable=False, db_default=CurrentTransaction())

    class Meta:
        indexes = [models.Index(fields=["tx", "id"], name="touched_written")]

    def __str__(self) -> str:
        return str(self.case_id)


class Position(models.Model):
    """How far a reader of events or news has read (`cases.following`)."""

    reader = models.CharField(max_length=40)
    source = models.CharField(max_length=40)
    tx = TransactionId()
    row_id = models.BigIntegerField(default=0)
    # Rows of a database that was restored from a dump carry the numbers of another server.
    floor_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("reader", "source", name="position_once")]

    def __str__(self) -> str:
        return f"{self.reader}: {self.source}"
