"""The portal's database backend: planned statements, rows of models, connections that survive."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, WorkingCalendar
from database.base import DatabaseWrapper
from database.rows import Columns, planned
from tests import factories


@pytest.mark.django_db
def test_a_planned_statement_is_planned_once_and_counted_like_any_other() -> None:
    with CaptureQueriesContext(connection) as caught:
        assert planned("select 40 + %s::int", [2]) == [(42,)]
        assert planned("select 40 + %s::int", [3]) == [(43,)]
    assert len(caught) == 2
    with connection.cursor() as cursor:
        cursor.execute(
            "select generic_plans + custom_plans from pg_prepared_statements"
            " where statement = 'select 40 + $1::int'"
        )
        assert cursor.fetchall() == [(2,)]


@pytest.mark.django_db
def test_without_plans_the_same_statement_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PLANS", False)
    assert planned("select %s::int, %s::bigint[]", [7, [1, 2]]) == [(7, [1, 2])]


@pytest.mark.django_db
def test_columns_make_the_instances_the_orm_would_make() -> None:
    agency = factories.make_agency("own")
    agencies, calendars = Columns(Agency, "a"), Columns(WorkingCalendar, "w", only=["week"])
    sql = (
        f"select {agencies.sql}, {calendars.sql} from agencies_agency a"
        " left join agencies_workingcalendar w on w.id = a.calendar_id and w.code = %s"
    )
    (row,) = planned(sql, [agency.calendar.code])
    found, week = agencies.take(row), calendars.take(row, agencies.width)
    assert found == agency
    assert found.name == agency.name
    assert not found._state.adding
    assert week is not None
    assert week.week == factories.WEEK  # JSON as its field reads it
    assert week.get_deferred_fields() == {"code", "name", "follows_production", "updated_at"}
    (row,) = planned(sql, ["none"])
    assert calendars.take(row, agencies.width) is None
    with pytest.raises(ValueError, match="no_such"):
        Columns(Agency, "a", only=["no_such"])


@pytest.fixture
def pooled(django_db_setup: None, django_db_blocker) -> DatabaseWrapper:
    """A connection of the kind the web server has, beside the test's own."""
    settings = connection.settings_dict | {
        "OPTIONS": connection.settings_dict["OPTIONS"]
        | {"pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    }
    with django_db_blocker.unblock():
        made = DatabaseWrapper(settings, alias="pooled")
        yield made
        made.close()
        made.close_pool()


def _pid(pooled: DatabaseWrapper) -> int:
    with pooled.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    pooled.close()  # the end of a request
    return pid


def test_requests_share_a_connection_until_the_server_drops_it(pooled: DatabaseWrapper) -> None:
    first = _pid(pooled)
    assert _pid(pooled) == first
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", [first])
    assert _pid(pooled) != first
    assert pooled.planned("select 1") == [(1,)]
