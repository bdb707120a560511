"""Where a new message belongs: to an open event, to an offered group, to a new group, nowhere."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from quality.alike import LEAST_AUTHORS, LEAST_CASES, STRONG, Likeness, Said


@dataclass(frozen=True, slots=True)
class Near:
    """A message like the new one. `event`, `offer`: what it belongs to already, if anything."""

    said: Said
    likeness: Likeness
    event: int | None = None
    offer: int | None = None


@dataclass(frozen=True, slots=True)
class Belongs:
    """`event` or `offer`: join it; `group`: found a new one of these; none of them: alone."""

    event: int | None = None
    offer: int | None = None
    group: tuple[Near, ...] = ()
    likeness: Likeness = Likeness(0.0)


def _strongest(near: Iterable[Near]) -> Likeness:
    return max((one.likeness for one in near), key=lambda found: found.score)


def _most(named: dict[int, list[Near]]) -> tuple[int, list[Near]] | None:
    """Whose members are most alike in sum; None where one weak likeness is all there is."""
    fit = {
        key: members
        for key, members in named.items()
        if len(members) >= 2 or members[0].likeness.score >= STRONG
    }
    if not fit:
        return None
    return max(fit.items(), key=lambda item: (sum(n.likeness.score for n in item[1]), -item[0]))


def belongs(new: Said, near: Sequence[Near]) -> Belongs:
    """An open event goes before an offered group, both before a new one."""
    by_event: dict[int, list[Near]] = defaultdict(list)
    by_offer: dict[int, list[Near]] = defaultdict(list)
    free: list[Near] = []
    for one in near:
        if one.event is not None:
            by_event[one.event].append(one)
        elif one.offer is not None:
            by_offer[one.offer].append(one)
        else:
            free.append(one)
    if found := _most(by_event):
        return Belongs(event=found[0], likeness=_strongest(found[1]))
    if found := _most(by_offer):
        return Belongs(offer=found[0], likeness=_strongest(found[1]))
    authors = {one.said.author for one in free} | {new.author}
    if len(free) + 1 >= LEAST_CASES and len(authors) >= LEAST_AUTHORS:
        return Belongs(group=tuple(free), likeness=_strongest(free))
    return Belongs()


def grown(
    group: Sequence[Said], others: Iterable[Said], like: Callable[[Said, Said], Likeness]
) -> list[tuple[Said, Likeness]]:
    """Earlier messages that stood alone before the group was there and are like two of it."""
    members = list(group)
    found = []
    for one in others:
        alike = [told for member in members if (told := like(one, member))]
        if len(alike) >= 2 or (alike and alike[0].score >= STRONG):
            members.append(one)
            found.append((one, max(alike, key=lambda told: told.score)))
    return found
