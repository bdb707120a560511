"""Whether reference rows kept in memory are still those of the database (agencies.models.Stamp)."""

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from agencies.models import User

# Names of stamps; migrations tie tables to them.
DIRECTORY = "directory"  # agencies, topics, territories, channels, reasons, routing rules
CALENDARS = "calendars"  # working weeks and exceptional days
RULES = "rules"  # deadline rules

STAMPS = "select json_object_agg(name, value) from agencies_stamp"

Stamps = dict[str, int]


def read_stamps() -> Stamps:
    """The stamps as they stand now (one query).

    Read them before the rows: rows newer than their stamp are read again in vain, older ones
    would stay. A name is missing until its tables have changed once.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAMPS)
        return cursor.fetchone()[0] or {}


def remember_stamps(user: "User", stamps: Stamps | None) -> Stamps:
    known = vars(user)["_stamps"] = stamps or {}
    return known


def came_with_stamps(user: "User") -> bool:
    """Whether this is the person of a request: then memory costs no question."""
    return hasattr(user, "_stamps")


def stamps_of(user: "User") -> Stamps:
    """The stamps of this request: they came with the person, else they are read now."""
    known: Stamps | None = getattr(user, "_stamps", None)
    return remember_stamps(user, read_stamps()) if known is None else known
