"""Contributions of other agencies: asked, given, returned, withdrawn, ended with the case."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, Deputy, User
from agencies.roles import Role
from cases import actions, attachments
from cases.actions.recounting import recount
from cases.errors import BadChange, CaseNotFound, MoveNotAllowed, RightMissing
from cases.models import Attachment, Case, CaseEvent, Clock, DeadlineRule, News, Participation
from cases.reminding import watch
from cases.workflow import Status
from notices import inbox, telling
from notices.kinds import Kind
from notices.models import Notice
from tests import factories
from tests.acting import MOSCOW, NOW, client_of, reloaded
from tests.world import PNG

pytestmark = pytest.mark.django_db

TASK = "Чей это кабель и когда его заменят?"
SECRET = "секретзимородок"


class Place:
    """A ministry with a case, another one that is asked, and a third that has nothing to do."""

    def __init__(self) -> None:
        factories.load_reference()
        agencies = factories.make_region()
        self.own, self.asked, self.third = (agencies[name] for name in ("own", "other", "beside"))
        self.executor = factories.make_person(Role.EXECUTOR, self.own)
        self.approver = factories.make_person(Role.APPROVER, self.own)
        self.helper = factories.make_person(Role.CO_EXECUTOR, self.asked)
        self.curator = factories.make_person(Role.CURATOR, self.asked)
        self.stranger = factories.make_person(Role.CO_EXECUTOR, self.third)

    def case(self, status: str = Status.IN_WORK, **facts: Any) -> Case:
        return factories.make_case(status, self.own, executor=self.executor, **facts)

    def ask(self, case: Case, **facts: Any) -> Participation:
        actions.ask_part(case, actor=self.executor, **{"agency": self.asked, "task": TASK, **facts})
        found = case.parts.order_by("-pk").first()
        assert found is not None
        return found


@pytest.fixture
def place() -> Place:
    return Place()


def follow() -> None:
    known = set(Notice.objects.values_list("cause", flat=True))
    events = [e for e in CaseEvent.objects.order_by("pk") if f"event:{e.pk}" not in known]
    news = [n for n in News.objects.order_by("pk") if f"news:{n.key}" not in known]
    telling.tell([*telling.of_events(events), *telling.of_news(news)])


def told() -> set[tuple[int, str]]:
    return set(Notice.objects.unread().values_list("person_id", "kind"))


def test_the_asked_agency_has_its_own_term_and_the_case_keeps_its_due_moment(
    at: Any, place: Place
) -> None:
    case = place.case(due_at=NOW + timedelta(days=1))
    part = place.ask(case)
    # Four working hours from noon, with lunch until two.
    assert part.due_at.astimezone(MOSCOW) == datetime(2026, 6, 8, 17, tzinfo=MOSCOW)
    assert part.clock is not None
    assert (part.clock.kind, part.clock.code, part.clock.agency) == (
        "part",
        "PART-SN/1",
        part.agency,
    )
    assert reloaded(case).due_at == case.due_at
    actions.add_note(reloaded(case), actor=place.executor, text="ждём")
    assert reloaded(case).due_at == case.due_at


def test_59_fz_gives_fifteen_days_and_a_named_day_lasts_to_its_end(at: Any, place: Place) -> None:
    appeal = place.ask(place.case(regime="law59"))
    assert appeal.due_at.astimezone(MOSCOW).date() == date(2026, 6, 23)
    named = place.ask(place.case(), until=date(2026, 6, 20))
    assert named.due_at.astimezone(MOSCOW) == datetime(2026, 6, 20, 23, 59, 59, tzinfo=MOSCOW)
    with pytest.raises(BadChange, match="part_day_past"):
        place.ask(place.case(), until=date(2026, 6, 7))


def test_what_is_given_reaches_the_executor_and_stands_in_the_history(
    at: Any, place: Place
) -> None:
    case = place.case()
    part = place.ask(case)
    follow()
    assert told() == {(place.helper.pk, Kind.PART_ASKED), (place.curator.pk, Kind.PART_ASKED)}
    at(NOW + timedelta(hours=2))
    actions.give_part(part, actor=place.helper, text=" Кабель наш, заменим 12 июня. ")
    part.refresh_from_db()
    assert (part.state, part.text) == ("given", "Кабель наш, заменим 12 июня.")
    assert part.given_by == place.helper
    assert part.clock is not None
    assert (part.clock.stopped_at, part.clock.missed_at) == (NOW + timedelta(hours=2), None)
    follow()
    # Who was asked has nothing to do any more, who asked has something to read.
    assert told() == {(place.executor.pk, Kind.PART_GIVEN)}
    page = client_of(place.executor).get(case.get_absolute_url()).content.decode()
    assert 'data-insert="Кабель наш, заменим 12 июня."' in page
    assert [e.move for e in case.events.order_by("pk")][-2:] == ["ask_part", "give_part"]


def test_the_page_of_a_part_shows_the_message_without_contacts_and_nothing_else(
    place: Place,
) -> None:
    text = "Яма у дома, звоните +7 912 345-67-89, кв. 12"
    case = place.case(text=text, control_reason=SECRET)
    other = place.ask(case, agency=place.third, task=f"Другим: {SECRET}")
    actions.give_part(other, actor=place.stranger, text=SECRET)
    part = place.ask(reloaded(case))
    actions.save_draft(reloaded(case), actor=place.executor, text=SECRET)
    factories.make_reply(case, text=SECRET)
    CaseEvent.objects.create(case=case, move="add_note", data={"text": SECRET})
    Attachment.objects.create(
        case=case, name=f"{SECRET}.png", sha256="ab" * 32, media_type="image/png", size=9
    )
    client = client_of(place.helper)
    page = client.get(part.get_absolute_url()).content.decode()
    assert "Яма у дома" in page
    assert TASK in page
    assert case.number in page
    assert SECRET not in page
    assert "345-67-89" not in page
    assert case.citizen.name not in page
    assert case.citizen.phone not in page
    # The case, its list and search do not exist for him; nor does the part for others.
    assert client.get(case.get_absolute_url()).status_code == 404
    assert case.get_absolute_url() not in client.get("/search/?q=яма").content.decode()
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client_of(place.stranger).get(part.get_absolute_url()).status_code == 404
    assert client_of(place.executor).get(part.get_absolute_url()).status_code == 404


def test_who_is_not_asked_gives_nothing(place: Place) -> None:
    case = place.case()
    part = place.ask(case)
    for person in (place.stranger, place.executor, place.approver):
        with pytest.raises(CaseNotFound):
            actions.give_part(part, actor=person, text="Наш")
    with pytest.raises(CaseNotFound):
        actions.ask_part(reloaded(case), actor=place.helper, agency=place.third, task="?")
    with pytest.raises(RightMissing):
        actions.ask_part(
            reloaded(case), actor=factories.make_person(Role.CO_EXECUTOR, place.own),
            agency=place.third, task="?",
        )  # fmt: skip
    part.refresh_from_db()
    assert part.state == "asked"


def test_a_returned_contribution_is_mended_in_a_term_of_its_own(at: Any, place: Place) -> None:
    case = place.case()
    part = place.ask(case)
    actions.give_part(part, actor=place.helper, text="Кабель наш.")
    at(NOW + timedelta(days=1))
    actions.return_part(reloaded(case), actor=place.approver, part=part, remark="Когда замените?")
    part.refresh_from_db()
    assert (part.state, part.returns, part.text) == ("asked", 1, "Кабель наш.")
    assert part.due_at.astimezone(MOSCOW) == datetime(2026, 6, 9, 17, tzinfo=MOSCOW)
    follow()
    assert (place.helper.pk, Kind.PART_ASKED) in told()
    assert (
        "Когда замените?" in client_of(place.helper).get(part.get_absolute_url()).content.decode()
    )
    actions.give_part(part, actor=place.helper, text="Кабель наш, 12 июня.")
    given = [e.data["text"] for e in case.events.filter(move="give_part").order_by("pk")]
    assert given == ["Кабель наш.", "Кабель наш, 12 июня."]
    assert Clock.objects.filter(case=case, kind="part").count() == 2


def test_a_withdrawn_part_and_one_of_an_answered_case_ask_for_nothing(
    at: Any, place: Place
) -> None:
    case = place.case(Status.APPROVAL)
    first, second = place.ask(case), place.ask(reloaded(case), agency=place.third)
    actions.withdraw_part(reloaded(case), actor=place.executor, part=first, reason="Выяснили")
    follow()
    at(NOW + timedelta(days=3))
    actions.publish(reloaded(case), actor=place.approver, url="https://vk.example/wall-1_2")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("withdrawn", "ended")
    clocks = Clock.objects.filter(case=case, kind="part").order_by("pk")
    assert [clock.stopped_at for clock in clocks] == [NOW, NOW + timedelta(days=3)]
    # It was late when the case went on without it: that stays on record.
    assert [clock.missed_at is not None for clock in clocks] == [False, True]
    follow()
    assert not Notice.objects.unread().filter(part=second).exists()
    with pytest.raises(MoveNotAllowed):
        actions.give_part(second, actor=place.stranger, text="Поздно")
    with pytest.raises(MoveNotAllowed):
        actions.give_part(first, actor=place.helper, text="Поздно")


def test_a_part_cannot_be_given_or_returned_twice(place: Place) -> None:
    case = place.case()
    part = place.ask(case)
    with pytest.raises(BadChange, match="part_went_on"):
        actions.return_part(reloaded(case), actor=place.executor, part=part, remark="?")
    with pytest.raises(BadChange, match="part_asked_already"):
        place.ask(reloaded(case))
    actions.give_part(part, actor=place.helper, text="Наш")
    with pytest.raises(BadChange, match="part_went_on"):
        actions.give_part(part, actor=place.curator, text="Не наш")
    with pytest.raises(BadChange, match="part_own_agency"):
        place.ask(reloaded(case), agency=place.own)
    with pytest.raises(BadChange, match="part_person_unfit"):
        place.ask(reloaded(case), person=place.stranger)
    place.ask(reloaded(case), person=place.helper)


def test_reminders_go_to_who_is_asked_and_the_end_also_to_who_waits(at: Any, place: Place) -> None:
    case = place.case(due_at=NOW + timedelta(days=20))
    part = place.ask(case)
    Notice.objects.all().delete()
    watch(NOW)
    at(NOW + timedelta(hours=5, minutes=5))
    watch()
    follow()
    rows = Notice.objects.filter(kind=Kind.PART_TERM)
    asked = {n.person_id for n in rows if n.part_id == part.pk}
    assert asked == {place.helper.pk, place.curator.pk}
    assert {n.person_id for n in rows if n.part_id is None} == {place.executor.pk}
    assert part.clock is not None
    part.clock.refresh_from_db()
    assert part.clock.missed_at == part.due_at
    # Once, however often the worker looks.
    count = Notice.objects.count()
    watch()
    follow()
    assert Notice.objects.count() == count


def test_a_notice_of_a_part_leads_to_the_part_and_goes_with_the_right(place: Place) -> None:
    part = place.ask(place.case())
    follow()
    (row,) = inbox.page_of(place.helper).rows
    assert row.url == part.get_absolute_url()
    page = client_of(place.helper).get("/notices/").content.decode()
    assert part.get_absolute_url() in page
    assert part.case.citizen.name not in page
    place.helper.agencyuserpermission_set.all().delete()
    assert inbox.page_of(User.objects.get(pk=place.helper.pk)).rows == []


def test_a_deputy_gives_the_part_of_the_absent_and_the_event_says_for_whom(place: Place) -> None:
    part = place.ask(place.case(), person=place.helper)
    deputy = factories.make_person(username="deputy")
    now = timezone.now()
    Deputy.objects.create(
        person=place.helper,
        deputy=deputy,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    actions.give_part(part, actor=deputy, text="Наш")
    assert part.case.events.get(move="give_part").data["for"] == place.helper.pk


def test_the_term_of_a_part_follows_a_new_calendar_and_so_does_its_list(
    at: Any, place: Place
) -> None:
    case = place.case(due_at=NOW + timedelta(days=20))
    part = place.ask(case)
    rule = DeadlineRule.objects.get(code="PART-SN")
    rule.pk, rule.amount, rule.covers_running = None, 6, True
    rule.in_force_from = date(2026, 6, 1)
    rule.save()
    assert recount([case.pk], cause="change") == (1, 1)
    part.refresh_from_db()
    assert part.due_at.astimezone(MOSCOW) == datetime(2026, 6, 9, 10, tzinfo=MOSCOW)
    assert reloaded(case).due_at == NOW + timedelta(days=20)


def test_files_travel_with_the_contribution_and_photos_only_where_they_were_shown(
    place: Place,
) -> None:
    case = place.case()
    photo = Attachment.objects.create(
        case=case, message=case.messages.get(), name="Кузнецова Марина.png",
        sha256="ab" * 32, media_type="image/png", size=9,
    )  # fmt: skip
    plain, shown = place.ask(case), place.ask(reloaded(case), agency=place.third, photos=True)
    assert attachments.files_of_part(plain) == []
    assert attachments.files_of_part(shown) == [photo]
    client = client_of(place.helper)
    upload = SimpleUploadedFile("схема.png", PNG, "image/png")
    client.post(f"{plain.get_absolute_url()}attach/", {"file": upload})
    (mine,) = attachments.files_of_part(plain)
    assert client.get(f"{plain.get_absolute_url()}files/{mine.pk}/").status_code == 200
    assert client.get(f"{plain.get_absolute_url()}files/{photo.pk}/").status_code == 404
    page = client_of(place.executor).get(case.get_absolute_url())
    assert page.context["files_of_parts"] == {plain.pk: [mine]}
    # It is nobody's draft: a reply does not take it along.
    assert attachments.pending(case, place.helper) == []
    actions.give_part(plain, actor=place.helper, text="Схема приложена")
    client.post(f"{plain.get_absolute_url()}files/{mine.pk}/remove/")
    assert attachments.files_of_part(plain) == [mine]


def test_the_lists_show_each_side_its_parts_and_go_on_by_a_cursor(place: Place) -> None:
    for number in range(53):
        factories.make_part(
            place.case(), place.asked, task=f"Задача {number}",
            due_at=timezone.now() + timedelta(minutes=number),
        )  # fmt: skip
    client = client_of(place.helper)
    page = client.get("/parts/")
    assert [row.part.task for row in page.context["rows"]] == [f"Задача {n}" for n in range(50)]
    rest = client.get("/parts/" + page.context["next_url"])
    assert [row.part.task for row in rest.context["rows"]] == [f"Задача {n}" for n in (50, 51, 52)]
    assert client_of(place.stranger).get("/parts/").context["rows"] == []
    mine = client_of(place.executor).get("/parts/?side=others")
    assert len(mine.context["rows"]) == 50
    assert client_of(place.approver).get("/parts/").context["side"] == "others"
    with CaptureQueriesContext(connection) as caught:
        client.get("/parts/")
    assert len(caught) <= 3


def test_the_api_says_what_the_pages_say(place: Place) -> None:
    case = place.case()
    executor, helper = client_of(place.executor), client_of(place.helper)
    path = f"/api/cases/{case.number}/ask-part/"
    body = {"agency": place.asked.code, "task": TASK, "until": f"{factories.next_workday(3)}"}
    answer = executor.post(path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    (row,) = helper.get("/api/parts/").json()["results"]
    assert (row["case"], row["task"], row["state"]) == (case.number, TASK, "asked")
    one = helper.get(f"/api/parts/{row['id']}/").json()
    assert case.citizen.phone not in str(one)
    given = helper.post(
        f"/api/parts/{row['id']}/give/", {"text": "Наш"}, content_type="application/json"
    )
    assert given.json()["state"] == "given"
    (part,) = executor.get(f"/api/cases/{case.number}/").json()["parts"]
    assert (part["text"], part["state"]) == ("Наш", "given")
    assert helper.get(f"/api/cases/{case.number}/").status_code == 404


def test_an_unknown_agency_is_not_asked(place: Place) -> None:
    idle = Agency.objects.create(
        code="idle", name="Закрытое", short_name="закрыто", kind="ministry", is_active=False,
        calendar=place.own.calendar,
    )  # fmt: skip
    with pytest.raises(BadChange, match="agency_inactive"):
        place.ask(place.case(), agency=idle)
