"""«@ivanova» in a note: who is named, and whether he may see the case at all."""

import re
from collections.abc import Iterable

from django.db.models import Q

from agencies.access import granted_agency_ids, reach_of_many
from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases.models import Case

# Not inside a word: an address of mail names nobody. A dot that ends a sentence is no part of it.
_NAMED = re.compile(r"(?<![\w@./-])@([\w+-][\w.+-]{1,149})")
MOST_OFFERED = 8


def names_in(text: str) -> list[str]:
    """The names after «@», each once, in the order of the text."""
    found = (name.rstrip(".-+") for name in _NAMED.findall(text))
    return list(dict.fromkeys(name for name in found if name))


def named_in(text: str, case: Case) -> tuple[list[User], list[User]]:
    """(people who may see the case, people who may not) named in the text.

    What is nobody's name stays plain text: citizens' handles begin with «@» too. No query without
    a name, two with any.
    """
    names = names_in(text)
    if not names:
        return [], []
    people = list(User.objects.filter(username__in=names, is_active=True).order_by("pk"))
    if people:
        reach_of_many(people)
    seeing = [person for person in people if _sees(person, case)]
    return seeing, [person for person in people if person not in seeing]


def _sees(person: User, case: Case) -> bool:
    ids = granted_agency_ids(person, Right.VIEW_CASES)
    return ids is None or case.agency_id in ids


def colleagues(case: Case, words: str) -> list[User]:
    """Whom a note of this case may name: people whose roles reach it, by the beginning of a name
    (two queries)."""
    roles = [f"hold_{role}" for role in HOLDERS[Right.VIEW_CASES]]
    found = User.objects.filter(
        is_active=True,
        agencyuserpermission__permission__codename__in=roles,
        agencyuserpermission__content_object_id__in=_reaching(case),
    )
    for word in words.split()[:3]:
        found = found.filter(
            Q(last_name__istartswith=word)
            | Q(first_name__istartswith=word)
            | Q(username__istartswith=word)
        )
    return list(
        found.select_related("agency")
        .distinct()
        .order_by("last_name", "first_name", "pk")[:MOST_OFFERED]
    )


def _reaching(case: Case) -> Iterable[int]:
    """Agencies a role on which reaches the case: its own, those above it, the region."""
    rows = {
        pk: (parent, kind)
        for pk, parent, kind in Agency.objects.values_list("pk", "parent_id", "kind")
    }
    ids = {pk for pk, (_parent, kind) in rows.items() if kind == Agency.Kind.REGION}
    node = case.agency_id
    while node is not None and node in rows and node not in ids:
        ids.add(node)
        node = rows[node][0]
    return sorted(ids)
