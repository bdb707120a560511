"""Start-up checks of the database: they guard a customer's own server as well as ours."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from agencies.models import User


@register(Tags.database)
def postgres_serves_cyrillic(databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    """PostgreSQL 16+, whose lower() and pg_trgm know Cyrillic (one query a database).

    pg_trgm reads LC_CTYPE, not the locale provider: with the wrong one similarity is
    silently 0 and search finds nothing.
    """
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("select current_setting('server_version_num')::int, lower('Ё')")
            version, lowered = cursor.fetchone()
            if version < 160000:
                found.append(
                    Error(
                        f"PostgreSQL {version // 10000} is too old: 16 or newer is needed.",
                        id="portal.E001",
                    )
                )
            cursor.execute("select 1 from pg_extension where extname = 'pg_trgm'")
            similar = True
            if cursor.fetchone():
                cursor.execute("select similarity('вода', 'воду') > 0")
                similar = cursor.fetchone()[0]
            if lowered != "ё" or not similar:
                found.append(
                    Error(
                        "This database does not fold Cyrillic letters.",
                        hint="Create the cluster with initdb --locale-provider=builtin "
                        "--builtin-locale=C.UTF-8 --locale=C.UTF-8 -E UTF8.",
                        id="portal.E002",
                    )
                )
    return found


@register(Tags.security, deploy=True)
def no_demo_accounts(**_: Any) -> list[CheckMessage]:
    """Accounts with a printed password must not exist where DEMO is off (one query)."""
    if settings.DEMO:
        return []
    try:
        count = User.objects.filter(is_demo=True, is_active=True).count()
    except DatabaseError:
        return []  # no tables yet: nobody either
    if not count:
        return []
    return [
        Error(
            f"{count} demo accounts exist. They cannot sign in, but this is no database for work.",
            hint="Create an empty database and run init_region.",
            id="portal.E003",
        )
    ]
