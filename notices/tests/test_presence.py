"""Who else is at a case: seen within a beat, gone with the page or after a minute."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases import presence
from cases.models import Case, Presence
from cases.workflow import Status
from notices.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


@pytest.fixture
def case(agency: Agency) -> Case:
    return factories.make_case(Status.IN_WORK, agency)


def someone(agency: Agency, name: str) -> User:
    return factories.make_person(Role.EXECUTOR, agency, first_name=name, last_name="Лапина")


def beat(case: Case, person: User, **given: Any) -> str:
    client = Client()
    client.force_login(person)
    answer = client.post(f"{case.get_absolute_url()}presence/", given)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_two_at_one_case_see_each_other(case: Case, agency: Agency) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    assert "Лапина" not in beat(case, olga)
    assert "Открыто: Ольга Лапина" in beat(case, anna)
    assert "Открыто: Анна Лапина" in beat(case, olga)


def test_who_writes_is_said_beside_the_editor(case: Case, agency: Agency) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    beat(case, olga, writes="1")
    said = beat(case, anna, editor="1")
    assert "Пишет: Ольга Лапина" in said
    assert "Ольга Лапина: тоже пишет по этому обращению" in said
    Presence.objects.filter(person=olga).update(
        wrote_at=timezone.now() - timedelta(seconds=presence.WRITES_FOR + 5)
    )
    assert "Открыто: Ольга Лапина" in beat(case, anna, editor="1")


def test_one_is_gone_after_a_minute_or_with_the_page(case: Case, agency: Agency) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    beat(case, olga)
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    assert "Лапина" not in beat(case, anna)
    beat(case, olga)
    assert beat(case, olga, leave="1") == "204"
    assert "Лапина" not in beat(case, anna)


def test_a_beat_overtaken_by_the_leaving_of_its_page_counts_no_more(
    case: Case, agency: Agency
) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    assert beat(case, olga, page="a", leave="1") == "204"
    beat(case, olga, page="a", writes="1")
    assert "Лапина" not in beat(case, anna)
    beat(case, olga, page="b")
    assert "Открыто: Ольга Лапина" in beat(case, anna)


def test_a_foreign_case_has_no_company(case: Case, agency: Agency) -> None:
    stranger = someone(factories.make_agency("other"), "Чужая")
    assert beat(case, stranger) == "404"
    beat(case, stranger, leave="1")
    assert not Presence.objects.exists()


def test_a_beat_is_three_statements_and_pages_have_none(case: Case, agency: Agency) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    beat(case, anna)
    client = Client()
    client.force_login(olga)
    with CaptureQueriesContext(connection) as caught:
        client.post(f"{case.get_absolute_url()}presence/")
    assert len(caught) == 3
    with CaptureQueriesContext(connection) as caught:
        client.get(case.get_absolute_url())
    assert not any("presence" in query["sql"] for query in caught)


def test_opening_a_case_reads_its_notices(case: Case, agency: Agency) -> None:
    olga, anna = someone(agency, "Ольга"), someone(agency, "Анна")
    for person in (olga, anna):
        Notice.objects.create(
            person=person, kind="control", cause="c", case=case, agency=agency, at=timezone.now()
        )
    beat(case, olga)
    assert set(Notice.objects.unread().values_list("person", flat=True)) == {anna.pk}


def test_the_table_writes_no_log(case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select relpersistence from pg_class where relname = 'cases_presence'")
        assert cursor.fetchone()[0] == "u"


def test_rows_of_who_is_gone_are_forgotten(case: Case, agency: Agency) -> None:
    beat(case, someone(agency, "Ольга"))
    assert presence.forget_gone() == 0
    Presence.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    assert presence.forget_gone() == 1
