"""The only reader of guardian's tables: which agencies a person's roles reach."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

from agencies.roles import HOLDERS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from agencies.models import User

# A role held on the region reaches every agency, also those beside the hierarchy, and the
# cases no agency has yet; every other role reaches its agency and all below it. Who stands in
# for an absent person reaches what that one reaches; `via` says for whom. It goes one step: not
# to whom the absent one stands in for. Accounts and imports are nobody's work but their own.
# `{user}`: the person's id, a value or a column of the statement around it.
REACH = """
with recursive held as (
    select p.codename, a.id, a.kind, nullif(g.user_id, {user}) as via
    from agencies_agencyuserpermission g
    join auth_permission p on p.id = g.permission_id
    join agencies_agency a on a.id = g.content_object_id
    where g.user_id = any(array(
        select {user}::bigint
        union all
        select d.person_id from agencies_deputy d
        join agencies_user absent on absent.id = d.person_id and absent.is_active
        where d.deputy_id = {user}
            and statement_timestamp() between d.starts_at and d.ends_at
    )) and (g.user_id = {user} or p.codename not in ('hold_administrator', 'hold_import_service'))
), reach as (
    select codename, id, via from held where kind <> 'region'
    union
    select r.codename, a.id, r.via from reach r join agencies_agency a on a.parent_id = r.id
)
select json_agg(json_build_array(codename, ids, via)) from (
    select codename, null::bigint[] as ids, via from held where kind = 'region'
    union all
    select codename, array_agg(id), via from reach group by codename, via
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
            cursor.execute(REACH.format(user="%(user)s"), {"user": user.pk})
            known = remember_reach(user, cursor.fetchone()[0])
    return known


def remember_reach(
    user: "User", found: list[tuple[str, list[int] | None, int | None]] | None
) -> Reach:
    """Keep what REACH has answered on the user object: nothing outlives the request."""
    own: Reach = {}
    covered: dict[int, Reach] = {}
    for codename, ids, via in found or []:
        reach = own if via is None else covered.setdefault(via, {})
        _add(reach, codename.removeprefix("hold_"), None if ids is None else frozenset(ids))
    known = own
    if covered:
        known = dict(own)
        for reach in covered.values():
            for role, agencies in reach.items():
                _add(known, role, agencies)
    vars(user).update(_role_reach=known, _own_reach=own, _covered=covered)
    return known


def reach_of_many(people: Iterable["User"]) -> None:
    """`role_reach` of all of them by one statement, kept on the user objects."""
    by_key = {person.pk: person for person in people}
    with connection.cursor() as cursor:
        cursor.execute(
            f"select u.id, ({REACH.format(user='u.id')})"  # noqa: S608  a statement of our own
            " from agencies_user u where u.id = any(%s)",
            [list(by_key)],
        )
        for pk, found in cursor.fetchall():
            remember_reach(by_key[pk], found)


def _add(reach: Reach, role: str, ids: frozenset[int] | None) -> None:
    before = reach.get(role, frozenset())
    reach[role] = None if ids is None or before is None else before | ids


def own_reach(user: "User") -> Reach:
    """Role -> agencies by the person's own roles, without those he stands in for."""
    known = role_reach(user)
    own: Reach = vars(user).get("_own_reach", known)
    return own


def stands_in_for(user: "User | AnonymousUser") -> frozenset[int]:
    """The absent people this person stands in for now."""
    role_reach(user)
    return frozenset(vars(user).get("_covered", ()))


def persons_of(user: "User") -> list[int]:
    """Whose work the person does now: his own and that of the absent, himself first."""
    return [user.pk, *sorted(stands_in_for(user))]


def acting_for(user: "User", rights: Iterable[str], agency_id: int | None) -> int | None:
    """Whose role opens one of `rights` here, where the person's own roles open none."""
    absent = stands_in_for(user)
    if not absent:
        return None
    wanted = list(rights)
    if _opens(own_reach(user), wanted, agency_id):
        return None
    covered: dict[int, Reach] = vars(user)["_covered"]
    return next((pk for pk in sorted(absent) if _opens(covered[pk], wanted, agency_id)), None)


def _opens(reach: Reach, rights: Iterable[str], agency_id: int | None) -> bool:
    for role in {role for right in rights for role in HOLDERS[right]} & reach.keys():
        ids = reach[role]
        if ids is None or agency_id in ids:
            return True
    return False


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


def granted_by_any(user: "User | AnonymousUser", rights: Iterable[str]) -> frozenset[int] | None:
    """Agencies on which `user` holds one of `rights`; None means every agency."""
    granted: frozenset[int] = frozenset()
    for right in rights:
        ids = granted_agency_ids(user, right)
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
