"""Authors of rows -> citizens, all of a chunk at once."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cases.bulk import fresh
from cases.models import Citizen
from database.arrays import text_array
from intake.incoming import IncomingRow
from intake.refs import References
from intake.sources import Author

Key = tuple[int, str]


def handle_of(row: IncomingRow) -> str:
    """What tells the author apart. Strangers of one name never become one citizen."""
    author = row.author
    if author.handle:
        return author.handle[:200]
    if author.phone:
        return f"phone:{author.phone}"[:200]
    return f"anonymous:{row.external_id}"[:200]


def citizens_of(rows: Sequence[IncomingRow], refs: References) -> list[Citizen]:
    """A citizen for each row, known or new; nobody's details are overwritten.

    Two queries, a third where another process brought the same author meanwhile.
    """
    keys: list[Key] = [(refs.channel(row.channel).id, handle_of(row)) for row in rows]
    found = _known(keys)
    missing = {key: row.author for key, row in zip(keys, rows, strict=True) if key not in found}
    if missing:
        found |= _insert(missing)
        if len(beaten := [key for key in missing if key not in found]):
            found |= _known(beaten)
    return [found[key] for key in keys]


_KNOWN = """
select c.id, c.channel_id, c.handle, c.kind, c.name
from (select distinct * from unnest(%s::bigint[], %s::text[])) as wanted(channel, handle)
join cases_citizen c on c.channel_id = wanted.channel and c.handle = wanted.handle
"""
_INSERT = """
insert into cases_citizen (channel_id, handle, name, kind, phone, address, profile_url)
select channel, handle, name, kind, phone, '', profile
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
     as given(channel, handle, name, kind, phone, profile)
on conflict do nothing
returning id, channel_id, handle, kind, name
"""


def _known(keys: Sequence[Key]) -> dict[Key, Citizen]:
    return _fetch(_KNOWN, [[key[0] for key in keys], text_array(key[1] for key in keys)])


def _insert(missing: dict[Key, Author]) -> dict[Key, Citizen]:
    authors = missing.values()
    return _fetch(
        _INSERT,
        [
            [key[0] for key in missing],
            text_array(key[1] for key in missing),
            text_array(author.name[:200] for author in authors),
            text_array(author.kind for author in authors),
            text_array(author.phone[:60] for author in authors),
            text_array(author.profile_url[:500] for author in authors),
        ],
    )


def _fetch(statement: str, values: list[Any]) -> dict[Key, Citizen]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {
            (channel, handle): fresh(
                Citizen, id=pk, channel_id=channel, handle=handle, kind=kind, name=name
            )
            for pk, channel, handle, kind, name in cursor.fetchall()
        }
