"""The only reader of guardian's tables: which agencies a person's roles reach."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

from agencies.roles import HOLDERS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from agencies.models import User

# A role held on the region reaches every agency, also those beside the hierarchy, and the
# cases no agency has yet; every other role reaches its agency and all below it.
# `{user}`: the person's id, a value or a column of the statement around it.
REACH = """
with recursive held as (
    select p.codename, a.id, a.kind
    from agencies_agencyuserpermission g
    join auth_permission p on p.id = g.permission_id
    join agencies_agency a on a.id = g.content_object_id
    where g.user_id = {user}
), reach as (
    select codename, id from held where kind <> 'region'
    union
    select r.codename, a.id from reach r join agencies_agency a on a.parent_id = r.id
)
select json_agg(json_build_array(codename, ids)) from (
    select codename, null::bigint[] as ids from held where kind = 'region'
    union all
    select codename, array_agg(id) from reach group by codename
) reached
"""

Reach = dict[str, frozenset[int] | None]


def role_reach(user: "User | AnonymousUser") -> Reach:
    """Role -> agency ids it reaches; None means every agency.

    Comes with the person (agencies.people), else one query for each user object: a revoked
    role or a moved agency takes effect on the next request. Anonymous and inactive users hold
    nothing.
    """
    if not user.is_active or user.pk is None:
        return {}
    known: Reach | None = getattr(user, "_role_reach", None)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(REACH.format(user="%s"), [user.pk])
            known = remember_reach(user, cursor.fetchone()[0])
    return known


def remember_reach(user: "User", pairs: list[tuple[str, list[int] | None]] | None) -> Reach:
    """Keep what REACH has answered on the user object: nothing outlives the request."""
    known: Reach = {}
    for codename, ids in pairs or []:
        role = codename.removeprefix("hold_")
        if ids is None:
            known[role] = None
        elif known.get(role, frozenset()) is not None:
            known[role] = frozenset(ids)
    vars(user)["_role_reach"] = known
    return known


def granted_agency_ids(user: "User | AnonymousUser", right: str) -> frozenset[int] | None:
    """Agencies on which `user` holds `right`; None means every agency, frozenset() none."""
    granted: frozenset[int] = frozenset()
    reach = role_reach(user)
    for role in HOLDERS[right]:
        if role not in reach:
            continue
        ids = reach[role]
        if ids is None:
            return None
        granted |= ids
    return granted


def holds(user: "User | AnonymousUser", right: str, agency_id: int | None) -> bool:
    """Whether `user` holds `right` on this agency; on None (no agency yet) region-wide only."""
    ids = granted_agency_ids(user, right)
    return ids is None or (agency_id is not None and agency_id in ids)


def holds_anywhere(user: "User | AnonymousUser", rights: Iterable[str]) -> bool:
    """Whether `user` holds one of `rights` on any agency at all: for menus, not for data."""
    held = role_reach(user).keys()
    return any(not HOLDERS[right].isdisjoint(held) for right in rights)


def held_roles(user: "User") -> list[tuple[str, str]]:
    """(role, code of the agency it is held on), for the person's own page (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select p.codename, a.code from agencies_agencyuserpermission g"
            " join auth_permission p on p.id = g.permission_id"
            " join agencies_agency a on a.id = g.content_object_id"
            " where g.user_id = %s order by a.code, p.codename",
            [user.pk],
        )
        return [(codename.removeprefix("hold_"), code) for codename, code in cursor.fetchall()]


_HOLDERS = """
select p.codename, g.content_object_id, g.user_id
from agencies_agencyuserpermission g
join auth_permission p on p.id = g.permission_id
join agencies_user u on u.id = g.user_id and u.is_active
"""


class Directory:
    """Who holds which role where, for a batch of questions (two queries for all of them).

    Only active people are in it. It names whom to turn to; what a person may see is asked of
    `granted_agency_ids`.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], set[int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_HOLDERS)
            for codename, agency, user in cursor.fetchall():
                role = codename.removeprefix("hold_")
                self._held.setdefault((role, agency), set()).add(user)
            cursor.execute("select id, parent_id, kind = 'region' from agencies_agency")
            rows = cursor.fetchall()
        self._parent: dict[int, int | None] = {pk: parent for pk, parent, _region in rows}
        self._regions = [pk for pk, _parent, region in rows if region]

    def near(self, role: str, agency_id: int | None) -> frozenset[int]:
        """Holders of the role on the agency, else on the nearest superior that has any.

        The last to be asked are those who hold it on the region, which reaches every agency;
        for a case without an agency (None) only they.
        """
        seen: set[int] = set()
        node = agency_id
        while node is not None and node not in seen:
            seen.add(node)
            if found := self._held.get((role, node)):
                return frozenset(found)
            node = self._parent.get(node)
        return self.regional(role)

    def regional(self, role: str) -> frozenset[int]:
        """Holders of the role on the region itself."""
        found: set[int] = set()
        for region in self._regions:
            found |= self._held.get((role, region), set())
        return frozenset(found)
