"""Who asks: the person of a session or a token, his agency and the reach of his roles at once.

Every request begins with this; it is one planned statement. Nothing of it is kept between
requests: a revoked role, a moved agency, a new password, a switched-off account, a deleted
session take effect on the next one. The stamps of the reference tables come along.
"""

from functools import cache
from typing import Any

from agencies.access import REACH, remember_reach
from agencies.models import Agency, User
from agencies.stamps import STAMPS, remember_stamps
from database.rows import Columns, planned

# What no page asks of the reader himself is left out: each column costs each request.
_USER = Columns(User, "u", without=["last_login", "date_joined", "email"])
_AGENCY = Columns(Agency, "a", without=["phone", "email", "publish_own", "sort_name"])
_AT_AGENCY = _USER.width
_AT_REACH = _AT_AGENCY + _AGENCY.width
_AT_STAMPS = _AT_REACH + 1
_PERSON = f"{_USER.sql}, {_AGENCY.sql}, ({REACH.format(user='u.id')}), ({STAMPS})"
# Figures of upper rooms that come along: attribute -> subselect over u.id.
_CARRIED: dict[str, str] = {}
_JOINS = (
    " left join agencies_user u on u.id = {source}.user_id"
    " left join agencies_agency a on a.id = u.agency_id"
)
_BY_SESSION = (
    f" from agencies_session s {_JOINS.format(source='s')}"
    " where s.session_key = %s and s.expire_date > now()"
)
_BY_TOKEN = f" from authtoken_token t {_JOINS.format(source='t')} where t.key = %s"


def carry(attribute: str, subselect: str) -> None:
    """Let something of an upper room come with the person, as an attribute of the user object.

    Said once, at start. `subselect` gives one value and names the person as `u.id`; it is paid
    by every request, so it must be an index's matter.
    """
    _CARRIED[attribute] = subselect
    _selected.cache_clear()


@cache
def _selected() -> str:
    carried = "".join(f", ({subselect})" for subselect in _CARRIED.values())
    return f"select {_PERSON}{carried}"


def _person(row: tuple[Any, ...]) -> User | None:
    user = _USER.take(row)
    if user is not None:
        user.agency = _AGENCY.take(row, _AT_AGENCY)
        remember_reach(user, row[_AT_REACH])
        remember_stamps(user, row[_AT_STAMPS])
        for at, name in enumerate(_CARRIED, _AT_STAMPS + 1):
            vars(user)[name] = row[at]
    return user


def by_session(key: str) -> tuple[str, User | None] | None:
    """Stored data and person of a session that has not expired; None where there is none."""
    rows = planned(f"{_selected()}, s.session_data{_BY_SESSION}", [key])
    return (rows[0][-1], _person(rows[0])) if rows else None


def by_token(key: str) -> User | None:
    """The person of an API token."""
    rows = planned(f"{_selected()}{_BY_TOKEN}", [key])
    return _person(rows[0]) if rows else None
