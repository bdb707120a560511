"""Telling people: what happened, to whom it matters, how and when they hear of it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from agencies import people  # noqa: PLC0415  the models are loaded now
        from notices import inbox  # noqa: PLC0415

        people.carry(inbox.UNREAD, inbox.UNREAD_PAIRS)
