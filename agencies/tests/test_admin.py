"""Administration of agencies, calendars, people and roles through the client."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from agencies.access import holds
from agencies.models import (
    AccountEvent,
    Agency,
    AgencyUserPermission,
    CalendarDay,
    User,
    WorkingCalendar,
)
from agencies.roles import Right, Role
from cases.calendar import calendar_stamp, work_calendar
from cases.models import Topic, TopicGroup
from tests.factories import hold, make_agency, make_person, make_region

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/agencies/user/"
AGENCIES = "/admin/agencies/agency/"
CALENDARS = "/admin/agencies/workingcalendar/"
DAYS = "/admin/agencies/calendarday/"
PASSWORD = "dlinnyj-parol-7"


@pytest.fixture(autouse=True)
def _english(client: Client) -> Any:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def region() -> dict[str, Agency]:
    return make_region()


@pytest.fixture
def enter(client: Client) -> Callable[[Agency], User]:
    def _enter(agency: Agency) -> User:
        person = make_person(Role.ADMINISTRATOR, agency)
        client.force_login(person)
        return person

    return _enter


def values_of(client: Client, url: str) -> dict[str, Any]:
    """What the browser would send back untouched."""
    form = client.get(url).context["adminform"].form
    found = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else value
        for name, value in found.items()
        if value not in (None, False)
    }


def save(client: Client, url: str, **values: Any) -> Any:
    before = values_of(client, url)
    return client.post(url, {**before, **values})


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, "saved"
    return dict(answer.context["adminform"].form.errors)


def test_administrator_of_a_branch_sees_its_agencies_and_people_only(client, region, enter) -> None:
    mate = make_person(Role.EXECUTOR, region["below"], "mate")
    stranger = make_person(Role.EXECUTOR, region["other"], "stranger")
    enter(region["own"])
    page = client.get(AGENCIES).content.decode()
    assert "Ведомство below" in page
    assert "Ведомство other" not in page
    people = client.get(PEOPLE).content.decode()
    assert "mate" in people
    assert "stranger" not in people
    assert client.get(f"{PEOPLE}{mate.pk}/change/").status_code == 200
    for url in (
        f"{PEOPLE}{stranger.pk}/change/",
        f"{PEOPLE}{stranger.pk}/password/",
        f"{PEOPLE}{stranger.pk}/history/",
        f"{AGENCIES}{region['other'].pk}/change/",
    ):
        assert client.get(url).status_code == 404, url
    choices = client.get(
        "/admin/autocomplete/",
        {"app_label": "agencies", "model_name": "agency", "field_name": "parent", "term": "other"},
    )
    assert choices.json()["results"] == []


def test_offers_come_in_the_order_of_their_names(client, region, enter) -> None:
    """The choice of a topic was in no order at all, and a further page could miss rows."""
    enter(region["region"])
    group = TopicGroup.objects.create(name="Дороги", code="roads")
    for name in ("Ямы", "Арки", "Мосты"):
        Topic.objects.create(group=group, name=name, code=name)
    offered = client.get(
        "/admin/autocomplete/",
        {"app_label": "cases", "model_name": "routingrule", "field_name": "topic", "term": ""},
    )
    names = [row["text"] for row in offered.json()["results"]]
    assert [name for name in names if name in {"Ямы", "Арки", "Мосты"}] == ["Арки", "Мосты", "Ямы"]


def test_nothing_offers_an_account_without_a_password(client, region, enter) -> None:
    """Django's own choice speaks of LDAP and single sign-on, which the portal has not."""
    enter(region["region"])
    person = make_person(Role.EXECUTOR, region["own"])
    for path in (f"{PEOPLE}add/", f"{PEOPLE}{person.pk}/password/"):
        page = client.get(path).content.decode()
        assert "password1" in page
        assert "LDAP" not in page, path


def test_tree_is_shown_by_indentation_each_child_below_its_superior(client, region, enter) -> None:
    enter(region["region"])
    rows = client.get(AGENCIES).context["cl"].result_list
    codes = [row.code for row in rows]
    assert codes.index("below") == codes.index("own") + 1
    assert codes.index("region") < codes.index("own")
    page = client.get(AGENCIES).content.decode()
    assert '<span class="tree-2">Ведомство below</span>' in page


def test_a_loop_in_the_tree_is_refused(client, region, enter) -> None:
    enter(region["region"])
    answer = save(client, f"{AGENCIES}{region['own'].pk}/change/", parent=region["below"].pk)
    assert "parent" in errors(answer)
    region["own"].refresh_from_db()
    assert region["own"].parent == region["region"]


def test_branch_administrator_makes_agencies_in_the_branch_and_no_region(
    client, region, enter
) -> None:
    """A role on a region reaches every agency: it would open the whole portal."""
    enter(region["own"])
    facts = {
        "name": "Новый отдел",
        "short_name": "Отдел",
        "code": "new",
        "kind": "department",
        "time_zone": "Europe/Moscow",
        "calendar": region["own"].calendar_id,
        "is_active": "on",
    }
    url = f"{AGENCIES}add/"
    assert "parent" in errors(client.post(url, facts))
    assert "parent" in errors(client.post(url, {**facts, "parent": region["other"].pk}))
    as_region = client.post(url, {**facts, "parent": region["own"].pk, "kind": "region"})
    assert "kind" in errors(as_region)
    assert client.post(url, {**facts, "parent": region["own"].pk}).status_code == 302
    made = Agency.objects.get(code="new")
    assert AccountEvent.objects.get(action="create_agency").agency == made
    save(client, f"{AGENCIES}{region['own'].pk}/change/", kind="region", parent="")
    region["own"].refresh_from_db()
    assert region["own"].kind == Agency.Kind.MINISTRY
    assert region["own"].parent == region["region"]


def test_an_unknown_time_zone_is_refused(client, region, enter) -> None:
    enter(region["region"])
    answer = save(client, f"{AGENCIES}{region['own'].pk}/change/", time_zone="Europe/Atlantis")
    assert "time_zone" in errors(answer)


def test_account_is_made_with_a_password_and_leaves_an_event(client, region, enter) -> None:
    boss = enter(region["own"])
    facts = {
        "username": "novaya",
        "last_name": "Новая",
        "first_name": "Нина",
        "agency": region["below"].pk,
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "is_demo": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }
    url = f"{PEOPLE}add/"
    assert "agency" in errors(client.post(url, {**facts, "agency": region["other"].pk}))
    assert "agency" in errors(client.post(url, {**facts, "agency": ""}))
    weak = client.post(url, {**facts, "password1": "1234", "password2": "1234"})
    assert errors(weak)
    client.post(url, facts)
    made = User.objects.get(username="novaya")
    assert made.check_password(PASSWORD)
    assert (made.is_demo, made.is_staff, made.is_superuser) == (False, False, False)
    event = AccountEvent.objects.get(person=made)
    assert (event.action, event.actor, event.agency) == ("create_account", boss, region["below"])


def test_password_is_set_by_djangos_form_and_the_event_holds_no_password(
    client, region, enter
) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    enter(region["own"])
    client.post(
        f"{PEOPLE}{person.pk}/password/",
        {
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "set-password": "1",
        },
    )
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    event = AccountEvent.objects.get(person=person)
    assert event.action == "set_password"
    assert PASSWORD not in str(event.data)


def test_a_person_is_switched_off_at_once(client, region, enter) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    theirs = Client()
    theirs.force_login(person)
    assert theirs.get("/settings/").status_code == 200
    enter(region["own"])
    data = values_of(client, f"{PEOPLE}{person.pk}/change/")
    data.pop("is_active")
    client.post(f"{PEOPLE}{person.pk}/change/", data)
    assert theirs.get("/settings/").status_code == 302
    assert AccountEvent.objects.get(person=person).action == "switch_off"


def test_roles_are_given_and_taken_on_the_persons_page(client, region, enter) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    boss = enter(region["own"])
    url = f"{PEOPLE}{person.pk}/change/"
    save(client, url, grant_role=Role.APPROVER, grant_agency=region["own"].pk)
    person = User.objects.get(pk=person.pk)
    assert holds(person, Right.APPROVE_REPLIES, region["below"].pk)
    event = AccountEvent.objects.get(person=person, action="grant_role")
    assert (event.actor, event.agency, event.data) == (boss, region["own"], {"role": "approver"})
    executor = AgencyUserPermission.objects.get(user=person, permission__codename="hold_executor")
    save(client, url, revoke=[executor.pk])
    person = User.objects.get(pk=person.pk)
    assert not holds(person, Right.ANSWER_CASES, region["below"].pk)
    assert AccountEvent.objects.filter(person=person, action="revoke_role").exists()


def test_half_a_role_is_refused(client, region, enter) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    enter(region["own"])
    answer = save(client, f"{PEOPLE}{person.pk}/change/", grant_role=Role.APPROVER)
    assert "grant_agency" in errors(answer)


def test_no_role_is_given_outside_of_the_own_branch(client, region, enter) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    enter(region["own"])
    url = f"{PEOPLE}{person.pk}/change/"
    for agency in (region["other"], region["region"]):
        answer = save(client, url, grant_role=Role.APPROVER, grant_agency=agency.pk)
        assert "grant_agency" in errors(answer)
    assert not AccountEvent.objects.filter(action="grant_role").exists()


def test_nobody_changes_the_account_of_one_whose_rights_reach_further(
    client, region, enter
) -> None:
    """A new password would hand those rights over."""
    person = make_person(Role.EXECUTOR, region["below"])
    hold(person, Role.QUALITY_SUPERVISOR, region["region"])
    before = person.password
    enter(region["own"])
    answer = client.post(
        f"{PEOPLE}{person.pk}/password/",
        {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 403
    client.post(f"{PEOPLE}{person.pk}/change/", {"username": "захвачен"})
    person.refresh_from_db()
    assert person.password == before
    assert person.username != "захвачен"


def test_administrators_do_not_give_themselves_roles(client, region, enter) -> None:
    """Numbers would become texts: it takes another administrator."""
    boss = enter(region["region"])
    url = f"{PEOPLE}{boss.pk}/change/"
    page = client.get(url)
    assert page.status_code == 200
    assert "grant_role" not in page.context["adminform"].form.fields
    save(client, url, grant_role=Role.AUDITOR, grant_agency=region["region"].pk)
    assert not holds(User.objects.get(pk=boss.pk), Right.VIEW_CASES, region["own"].pk)


def test_supervisors_manage_nobody(client, region) -> None:
    client.force_login(make_person(Role.QUALITY_SUPERVISOR, region["region"]))
    for url in (AGENCIES, PEOPLE, CALENDARS, DAYS, "/admin/agencies/accountevent/"):
        assert client.get(url).status_code == 403, url


def test_agencies_and_people_are_not_deleted(client, region, enter) -> None:
    person = make_person(Role.EXECUTOR, region["below"])
    enter(region["region"])
    for url in (f"{PEOPLE}{person.pk}/delete/", f"{AGENCIES}{region['below'].pk}/delete/"):
        assert client.post(url, {"post": "yes"}).status_code == 403


WEEK = {
    "mon": "09:00-13:00, 14:00-18:00",
    "tue": "9:00 – 18:00",
    "wed": "",
    "thu": "",
    "fri": "",
    "sat": "",
    "sun": "",
}


def test_week_is_written_as_lines_of_hours(client, region, enter) -> None:
    enter(region["region"])
    client.post(f"{CALENDARS}add/", {"code": "short", "name": "Короткая", **WEEK})
    made = WorkingCalendar.objects.get(code="short")
    assert made.week[:3] == [
        [["09:00", "13:00"], ["14:00", "18:00"]],
        [["09:00", "18:00"]],
        [],
    ]
    again = values_of(client, f"{CALENDARS}{made.pk}/change/")
    assert again["mon"] == "09:00-13:00, 14:00-18:00"


@pytest.mark.parametrize(
    "hours",
    ["с девяти", "18:00-09:00", "09:00-25:00", "09:70-10:00", "09:00-13:00, 12:00-18:00", "9-18"],
)
def test_impossible_hours_are_refused_beside_their_day(client, region, enter, hours) -> None:
    enter(region["region"])
    answer = client.post(
        f"{CALENDARS}add/", {"code": "short", "name": "Короткая", **WEEK, "wed": hours}
    )
    assert list(errors(answer)) == ["wed"]


def test_a_week_without_work_is_refused(client, region, enter) -> None:
    enter(region["region"])
    answer = client.post(
        f"{CALENDARS}add/", {"code": "none", "name": "Ничего", **dict.fromkeys(WEEK, "")}
    )
    assert errors(answer)


def test_branch_administrator_reads_calendars_and_does_not_change_them(
    client, region, enter
) -> None:
    enter(region["own"])
    calendar = region["own"].calendar
    assert client.get(f"{CALENDARS}{calendar.pk}/change/").status_code == 200
    assert client.get(f"{CALENDARS}add/").status_code == 403
    client.post(f"{CALENDARS}{calendar.pk}/change/", {"code": "x", "name": "x", **WEEK})
    before = calendar.week
    calendar.refresh_from_db()
    assert calendar.week == before


def test_a_changed_calendar_is_counted_with_at_once(client, region, enter) -> None:
    """Processes keep calendars by a stamp of the tables: a saved row must change it."""
    enter(region["region"])
    calendar = region["own"].calendar
    stamp = calendar_stamp()
    work_calendar(calendar.pk)
    save(client, f"{CALENDARS}{calendar.pk}/change/", mon="10:00-12:00")
    assert calendar_stamp() != stamp
    assert work_calendar(calendar.pk).week.days[0] == ((600, 720),)
    stamp = calendar_stamp()
    client.post(
        f"{DAYS}add/",
        {"day": "2026-08-30", "kind": "regional", "title": "День региона", "confirmed": "on"},
    )
    made = CalendarDay.objects.get(title="День региона")
    assert calendar_stamp() != stamp
    stamp = calendar_stamp()
    save(client, f"{DAYS}{made.pk}/change/", title="День области")
    assert calendar_stamp() != stamp


def test_a_day_without_its_particulars_is_refused(client, region, enter) -> None:
    enter(region["region"])
    special = client.post(f"{DAYS}add/", {"day": "2026-08-30", "kind": "special"})
    assert list(errors(special)) == ["intervals"]
    moved = client.post(f"{DAYS}add/", {"day": "2026-08-30", "kind": "moved_work"})
    assert list(errors(moved)) == ["replaces"]


def test_journal_of_accounts_stays_within_the_branch(client, region, enter) -> None:
    theirs = make_person(Role.EXECUTOR, region["other"], "stranger")
    AccountEvent.objects.create(person=theirs, agency=region["other"], action="set_password")
    own = make_person(Role.EXECUTOR, region["below"], "mate", last_name="Своя")
    AccountEvent.objects.create(person=own, agency=region["below"], action="set_password")
    enter(region["own"])
    page = client.get("/admin/agencies/accountevent/").content.decode()
    assert "Своя" in page
    assert theirs.last_name not in page


def test_lists_of_people_and_agencies_cost_the_same_for_one_row_and_ten(
    client, region, enter
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    enter(region["region"])

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    one = {url: cost(url) for url in (PEOPLE, AGENCIES)}
    for _number in range(9):
        make_person(Role.EXECUTOR, make_agency(parent=region["own"]))
    for url, queries in one.items():
        assert cost(url) == queries
        assert queries <= 12
