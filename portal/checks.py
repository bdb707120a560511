"""Start-up checks of the database: they guard a customer's own server as well as ours."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


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
