"""Authors of rows -> citizens, all of a chunk at once."""

from collections import defaultdict
from collections.abc import Sequence

from cases.models import Citizen
from intake.incoming import IncomingRow
from intake.refs import References

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

    Two queries and one insert a channel at most.
    """
    keys: list[Key] = [(refs.channel(row.channel).pk, handle_of(row)) for row in rows]
    found = _known(keys)
    missing: dict[Key, Citizen] = {}
    for key, row in zip(keys, rows, strict=True):
        if key in found or key in missing:
            continue
        author = row.author
        missing[key] = Citizen(
            channel_id=key[0],
            handle=key[1],
            name=author.name[:200],
            kind=author.kind,
            phone=author.phone[:60],
            profile_url=author.profile_url[:500],
        )
    if missing:
        # A message posted meanwhile may have brought the same author.
        Citizen.objects.bulk_create(missing.values(), ignore_conflicts=True)
        found |= _known(list(missing))
    return [found[key] for key in keys]


def _known(keys: Sequence[Key]) -> dict[Key, Citizen]:
    handles: dict[int, set[str]] = defaultdict(set)
    for channel, handle in keys:
        handles[channel].add(handle)
    return {
        (channel, citizen.handle): citizen
        for channel, wanted in handles.items()
        for citizen in Citizen.objects.filter(channel_id=channel, handle__in=wanted)
    }
