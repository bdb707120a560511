"""The bell and the list as a person uses them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import AgencyUserPermission, User
from agencies.roles import Role
from cases.models import Case
from notices.kinds import Delivery, Kind
from notices.models import MailSettings, Notice
from tests import factories
from tests.pages import inline_of

pytestmark = pytest.mark.django_db


class Desk:
    """An executor signed in, and notices made for him."""

    def __init__(self) -> None:
        factories.load_reference()
        self.agency = factories.make_agency("own")
        self.person = factories.make_person(Role.EXECUTOR, self.agency)
        self.client = Client()
        self.client.force_login(self.person)
        self._made = 0

    def notice(self, kind: str = Kind.ASSIGNED, case: Case | None = None, **facts: Any) -> Notice:
        self._made += 1
        case = case or factories.make_case(agency=self.agency, executor=self.person)
        return Notice.objects.create(
            **{
                "person": self.person,
                "kind": kind,
                "cause": f"test:{self._made}",
                "case": case,
                "agency": case.agency,
                "at": timezone.now(),
                **facts,
            }
        )

    def page(self, path: str = "/notices/") -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200
        text: str = answer.content.decode()
        assert inline_of(text) == []
        return text


@pytest.fixture
def desk() -> Desk:
    return Desk()


def unread(desk: Desk) -> int:
    return int(desk.client.get("/queue/").content.decode().split('data-unread="')[1].split('"')[0])


def test_the_bell_shows_how_many_are_unread_on_every_page(desk: Desk) -> None:
    assert unread(desk) == 0
    desk.notice()
    desk.notice(read_at=timezone.now())
    assert unread(desk) == 1
    assert "Уведомления: 1 непрочитанное" in desk.page("/queue/")


def test_the_bell_costs_a_page_no_statement(desk: Desk) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            desk.client.get("/settings/")
        return len(caught)

    desk.client.get("/settings/")
    before = statements()
    for _ in range(3):
        desk.notice()
    assert statements() == before


def test_asking_the_bell_is_one_statement_and_silent_where_nothing_changed(desk: Desk) -> None:
    desk.notice()
    with CaptureQueriesContext(connection) as caught:
        answer = desk.client.get("/notices/bell/?seen=1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(caught) == 1
    answer = desk.client.get("/notices/bell/?seen=0")
    assert answer.status_code == 200
    assert 'data-unread="1"' in answer.content.decode()


def test_the_number_is_counted_from_the_index_alone(desk: Desk) -> None:
    """EXPLAIN with many rows of others: no row of the table is read."""
    case = factories.make_case(agency=desk.agency)
    others = [factories.make_person() for _ in range(5)]
    Notice.objects.bulk_create(
        Notice(
            person=others[n % 5],
            kind=Kind.ASSIGNED,
            cause=f"c{n}",
            case=case,
            agency=desk.agency,
            at=timezone.now(),
            read_at=None if n % 3 else timezone.now(),
        )
        for n in range(3000)
    )
    desk.notice()
    from notices.inbox import UNREAD_PAIRS

    with connection.cursor() as cursor:
        cursor.execute("analyze notices_notice")
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(
            "explain " + UNREAD_PAIRS.replace("u.id", "%s"),
            [desk.person.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using notice_unread" in plan, plan


def test_the_list_shows_newest_first_with_the_case(desk: Desk) -> None:
    old = desk.notice(Kind.CONTROL, at=timezone.now() - timedelta(days=3))
    new = desk.notice(Kind.RETURNED, data={"move": "return_to_author", "actor": "Пётр Согласов"})
    text = desk.page()
    assert new.case is not None
    assert old.case is not None
    assert text.index(new.case.number) < text.index(old.case.number)
    assert "Согласующий вернул ваш ответ" in text
    assert "Пётр Согласов" in text


def test_many_alike_become_one_line_that_opens(desk: Desk) -> None:
    for _ in range(14):
        desk.notice(Kind.TERM_DUE)
    text = desk.page()
    assert "14 обращений: срок прошёл" in text
    assert text.count("<details") >= 1


def test_the_list_asks_the_same_for_one_and_for_many(desk: Desk) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            desk.page()
        return len(caught)

    desk.notice()
    desk.page()
    one = statements()
    for _ in range(9):
        desk.notice()
    assert statements() == one <= 5


def test_a_case_of_another_agency_is_not_shown_and_not_counted(desk: Desk) -> None:
    foreign = factories.make_case(title="секретзимородок")
    desk.notice(case=foreign)
    assert foreign.number not in desk.page()
    assert "секретзимородок" not in desk.page("/notices/?unread=1")
    assert unread(desk) == 0


def test_a_revoked_role_takes_the_notices_away(desk: Desk) -> None:
    made = desk.notice()
    assert made.case is not None
    assert made.case.number in desk.page()
    AgencyUserPermission.objects.filter(user=desk.person).delete()
    assert made.case.number not in desk.page()
    assert unread(desk) == 0


def test_a_heading_is_masked_without_the_right_to_contacts(desk: Desk) -> None:
    approver = factories.make_person(Role.APPROVER, desk.agency)
    case = factories.make_case(agency=desk.agency, title="Звоните 8 912 345-67-89")
    desk.notice(case=case, person=approver)
    client = Client()
    client.force_login(approver)
    text = client.get("/notices/").content.decode()
    assert case.number in text
    assert "345-67-89" not in text


def test_one_is_marked_read_and_only_ones_own(desk: Desk) -> None:
    mine = desk.notice()
    theirs = desk.notice(person=factories.make_person(Role.EXECUTOR, desk.agency))
    desk.client.post("/notices/read/", {"id": [mine.pk, theirs.pk]})
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.read_at is not None
    assert theirs.read_at is None


def test_all_are_marked_read_up_to_what_was_seen(desk: Desk) -> None:
    seen = desk.notice()
    late = desk.notice()
    desk.client.post("/notices/read/", {"until": seen.pk})
    seen.refresh_from_db()
    late.refresh_from_db()
    assert seen.read_at is not None
    assert late.read_at is None


def test_filters_by_kind_and_unread(desk: Desk) -> None:
    assigned = desk.notice(Kind.ASSIGNED)
    control = desk.notice(Kind.CONTROL)
    read = desk.notice(Kind.CONTROL, read_at=timezone.now())
    assert assigned.case is not None
    assert control.case is not None
    assert read.case is not None
    text = desk.page("/notices/?unread=1&kind=control")
    assert control.case.number in text
    assert assigned.case.number not in text
    assert read.case.number not in text
    assert desk.page("/notices/?kind=nothing&before=x")


def test_pages_follow_one_another_without_gaps(desk: Desk) -> None:
    case = factories.make_case(agency=desk.agency)
    for n in range(120):
        kind = [Kind.CONTROL, Kind.MENTION][n % 2]
        desk.notice(kind, case=case, at=timezone.now() - timedelta(days=n))
    path, seen = "/notices/", 0
    while path:
        text = desk.page(path)
        seen += text.count('class="notice-row"')
        parts = text.split('rel="next"')[0].rsplit('href="?', 1)
        path = f"/notices/?{parts[1].split(chr(34))[0]}" if 'rel="next"' in text else ""
    assert seen == 120


def test_the_renewing_can_be_stopped_for_all_pages(desk: Desk) -> None:
    assert 'data-live="off"' not in desk.page("/queue/")
    desk.client.post("/notices/pause/", {"live": "0"})
    assert 'data-live="off"' in desk.page("/queue/")
    desk.client.post("/notices/pause/", {"live": "1"})
    assert 'data-live="off"' not in desk.page("/queue/")


FORM = {
    "morning": "on",
    "morning_at": "08:15",
    "evening_at": "17:30",
    "quiet_from": "21:00",
    "quiet_until": "07:00",
    "quiet_days_off": "on",
    "live_bell": "on",
}


def _choices(**other: str) -> dict[str, str]:
    return {**FORM, **dict.fromkeys(Kind.values, "now"), **other}


def test_a_person_chooses_how_to_hear_of_each_kind(desk: Desk) -> None:
    answer = desk.client.post("/notices/settings/", _choices(assigned="off", returned="digest"))
    assert answer.status_code == 302
    mine = MailSettings.objects.get(person=desk.person)
    assert mine.delivery(Kind.ASSIGNED) == Delivery.OFF
    assert mine.delivery(Kind.RETURNED) == Delivery.DIGEST
    assert mine.quiet_until.isoformat() == "07:00:00"
    assert 'value="08:15"' in desk.page("/notices/settings/")


def test_a_zone_is_chosen_by_its_city_and_anothers_stays(desk: Desk) -> None:
    page = desk.page("/notices/settings/")
    assert '<option value="" selected>как на работе: ' in page
    assert '<option value="Asia/Yakutsk">Якутск, МСК+6</option>' in page
    assert (
        desk.client.post("/notices/settings/", _choices(time_zone="Asia/Yakutsk")).status_code
        == 302
    )
    mine = MailSettings.objects.get(person=desk.person)
    assert mine.time_zone == "Asia/Yakutsk"
    MailSettings.objects.update(time_zone="Asia/Almaty")
    assert '<option value="Asia/Almaty" selected>' in desk.page("/notices/settings/")
    assert desk.client.post("/notices/settings/", _choices(time_zone="")).status_code == 302
    assert MailSettings.objects.get(person=desk.person).time_zone == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"assigned": "sometimes"}, "Мне назначено обращение"),
        ({"quiet_from": "25:00"}, "Не писать с"),
        ({"time_zone": "Mars/Base"}, "Mars/Base"),
        ({"morning": "", "assigned": "digest"}, "Выберите, когда приходит сводка"),
    ],
)
def test_wrong_choices_are_said_and_not_kept(desk: Desk, change: dict[str, str], said: str) -> None:
    answer = desk.client.post("/notices/settings/", _choices(**change))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not MailSettings.objects.filter(person=desk.person).exists()


def test_only_kinds_of_ones_own_roles_are_offered(desk: Desk) -> None:
    text = desk.page("/notices/settings/")
    assert 'name="assigned"' in text
    assert 'name="review"' not in text
    assert 'name="day_figures"' not in text


def test_a_person_without_an_address_is_told_so(desk: Desk) -> None:
    assert "нет адреса почты" in desk.page("/notices/settings/")
    User.objects.filter(pk=desk.person.pk).update(email="o@example.org")
    assert "o@example.org" in desk.page("/notices/settings/")
