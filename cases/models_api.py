"""What the API keeps of its callers.

Imported by `cases.models`, which the rest of the code reads them from.
"""

from django.conf import settings
from django.db import models


class IdempotencyKey(models.Model):
    """The answer given to a creating API call: the same key again gets it again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "key", name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
