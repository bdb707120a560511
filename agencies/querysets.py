"""Which agencies: querysets read as adjectives."""

from typing import TYPE_CHECKING, Self

from django.db import models

from agencies.access import granted_agency_ids

if TYPE_CHECKING:
    from agencies.models import User


class AgencyQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def granted_to(self, user: "User", right: str) -> Self:
        """Agencies on which `user` holds `right`, subtree included."""
        ids = granted_agency_ids(user, right)
        return self if ids is None else self.filter(pk__in=ids)

    def active(self) -> Self:
        return self.filter(is_active=True)
