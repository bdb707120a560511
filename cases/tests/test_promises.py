"""The register of promises: recognised, confirmed, kept, moved, due, broken."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from cases import actions, promise_terms
from cases.errors import BadChange
from cases.models import Case, Clock, News, Promise, Reply
from cases.workflow import Status
from tests import factories
from tests.acting import MOSCOW, NOW, client_of, reloaded

pytestmark = pytest.mark.django_db

TEXT = (
    "Здравствуйте! Мастер Петров осмотрел двор дома 5 по улице Садовой сегодня. Яму засыпят и"
    " заасфальтируют до 15 июня, работы ведёт «Дорсервис», телефон 12-34-56."
)
URL = "https://vk.example/wall-1_2"


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own", factories.make_agency("region", kind="region"))


@pytest.fixture
def people(agency: Agency) -> dict[str, User]:
    region = Agency.objects.get(code="region")
    return {
        "executor": factories.make_person("executor", agency),
        "approver": factories.make_person("approver", agency),
        "supervisor": factories.make_person("quality_supervisor", region),
    }


def case_of(agency: Agency, people: dict[str, User], **facts: Any) -> Case:
    return factories.make_case(Status.IN_WORK, agency, executor=people["executor"], **facts)


def answered(agency: Agency, people: dict[str, User], text: str = TEXT) -> Case:
    """A published reply whose day its author confirmed."""
    case = case_of(agency, people)
    reply = actions.submit_reply(
        case, actor=people["executor"], text=text, promises=[date(2026, 6, 15)], override="да"
    )
    if reply.state == Reply.State.REVIEW:
        actions.accept_reply(reloaded(case), actor=people["supervisor"])
    return actions.publish(reloaded(case), actor=people["approver"], url=URL)


def test_the_confirmed_day_of_a_reply_becomes_a_promise_with_its_own_clock(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    promise = case.promises.get()
    assert (promise.until_on, promise.state) == (date(2026, 6, 15), "open")
    assert "заасфальтируют до 15 июня" in promise.what
    assert promise.clock is not None
    assert promise.clock.stopped_at is None
    local = promise.clock.due_at.astimezone(MOSCOW)
    assert (local.date(), local.hour) == (date(2026, 6, 15), 23)
    assert case.status == Status.ANSWERED
    assert case.due_at is None


def test_a_day_the_author_did_not_confirm_is_no_promise(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    actions.submit_reply(case, actor=people["executor"], text=TEXT, promises=[], override="да")
    if reloaded(case).status == Status.REVIEW:
        actions.accept_reply(reloaded(case), actor=people["supervisor"])
    published = actions.publish(reloaded(case), actor=people["approver"], url=URL)
    assert not published.promises.exists()
    assert [day["confirmed"] for day in published.replies.get().promised] == [False]


def test_a_day_that_stands_nowhere_in_the_text_cannot_be_confirmed(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    with pytest.raises(BadChange, match="promise_unknown"):
        actions.submit_reply(
            case, actor=people["executor"], text=TEXT, promises=[date(2026, 7, 1)], override="да"
        )


def test_the_page_asks_once_for_a_day_it_has_not_shown_yet(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    client = client_of(people["executor"])
    address = reverse("case-submit-reply", args=[case.number])
    sent = {"text": TEXT, "promises": "", "override": "да"}
    asked = client.post(address, sent)
    assert asked.status_code == 422
    body = asked.content.decode()
    assert 'name="promises" value="2026-06-15" checked' in body
    assert not case.replies.exists()
    sent |= {"promises": ["", "2026-06-15"], "promises_seen": "2026-06-15"}
    assert client.post(address, sent).status_code == 302
    assert case.replies.get().promised[0]["confirmed"] is True


def test_the_live_check_offers_the_day_and_keeps_a_tick_taken_away(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    client = client_of(people["executor"])
    address = reverse("case-check", args=[case.number])
    first = client.post(address, {"text": TEXT, "promises": ""}).content.decode()
    assert 'value="2026-06-15" checked' in first
    later = client.post(
        address, {"text": TEXT, "promises": "", "promises_seen": "2026-06-15"}
    ).content.decode()
    assert 'value="2026-06-15">' in later
    assert 'value="2026-06-15" checked' not in later


def test_page_and_api_send_the_same_promise(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    client = client_of(people["executor"])
    check = client.post(
        reverse("api-case-check", args=[case.number]), {"text": TEXT}, "application/json"
    ).json()
    days = [day["until"] for day in check["promised"]]
    assert days == ["2026-06-15"]
    made = client.post(
        reverse("api-case-submit-reply", args=[case.number]),
        {"text": TEXT, "promises": days, "override": "да"},
        "application/json",
    )
    assert made.status_code == 200, made.json()
    assert case.replies.get().promised[0]["confirmed"] is True


def test_the_approver_confirms_what_nobody_was_asked_about(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    actions.submit_reply(case, actor=people["executor"], text=TEXT, override="да")
    if reloaded(case).status == Status.REVIEW:
        actions.accept_reply(reloaded(case), actor=people["supervisor"])
    client = client_of(people["approver"])
    page = client.get(reverse("case-detail", args=[case.number])).content.decode()
    assert 'name="promises" value="2026-06-15" checked' in page
    client.post(
        reverse("case-publish", args=[case.number]), {"url": URL, "promises": ["", "2026-06-15"]}
    )
    assert case.promises.get().until_on == date(2026, 6, 15)


def test_on_its_day_the_case_is_back_in_the_queue_and_the_day_after_the_promise_is_broken(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    promise = case.promises.get()
    at(datetime(2026, 6, 11, 9, tzinfo=UTC))
    assert promise_terms.walk(timezone.now()) == {"told": 0, "due": 0, "broken": 0}
    at(datetime(2026, 6, 12, 9, tzinfo=UTC))
    assert promise_terms.walk(timezone.now())["told"] == 1
    assert promise_terms.walk(timezone.now())["told"] == 0
    assert News.objects.get(kind="promise_due").data == {"until_on": "2026-06-15"}
    at(datetime(2026, 6, 15, 5, 59, tzinfo=UTC))  # a minute to the opening in Moscow
    assert promise_terms.walk(timezone.now())["due"] == 0
    at(datetime(2026, 6, 15, 6, 1, tzinfo=UTC))
    assert promise_terms.walk(timezone.now())["due"] == 1
    assert promise_terms.walk(timezone.now())["due"] == 0
    back = reloaded(case)
    assert back.status == Status.IN_WORK
    assert back.due_at == promise.clock.due_at
    queue = client_of(people["executor"]).get(reverse("queue"))
    assert [row.case.pk for row in queue.context["rows"]] == [case.pk]
    at(datetime(2026, 6, 15, 20, 30, tzinfo=UTC))  # half past eleven in Moscow
    assert promise_terms.walk(timezone.now())["broken"] == 0
    at(datetime(2026, 6, 15, 21, 30, tzinfo=UTC))
    assert promise_terms.walk(timezone.now())["broken"] == 1
    assert promise_terms.walk(timezone.now())["broken"] == 0
    promise.refresh_from_db()
    assert promise.state == "broken"
    assert promise.clock.missed_at is not None or Clock.objects.get(pk=promise.clock_id).missed_at
    assert reloaded(case).due_at is not None
    assert case.events.first().move == "promise_broken"


def test_a_broken_promise_reopens_a_closed_case(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    closed = actions.close(reloaded(case), actor=people["supervisor"], reason="author-content")
    assert closed.promises.get().clock.stopped_at is None
    at(datetime(2026, 6, 16, 9, tzinfo=UTC))
    assert promise_terms.walk(timezone.now())["broken"] == 1
    assert reloaded(case).status == Status.REOPENED


def test_a_promise_reported_with_proof_lets_the_case_rest(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    at(datetime(2026, 6, 15, 7, tzinfo=UTC))
    promise_terms.walk(timezone.now())
    promise = case.promises.get()
    with pytest.raises(BadChange, match="proof_missing"):
        actions.keep_promise(reloaded(case), actor=people["executor"], promise=promise, proof=" ")
    done = actions.keep_promise(
        reloaded(case), actor=people["executor"], promise=promise, proof="Акт № 5"
    )
    assert done.status == Status.ANSWERED
    assert done.due_at is None
    promise.refresh_from_db()
    assert (promise.state, promise.kept_proof, promise.settled_by) == (
        "kept",
        "Акт № 5",
        people["executor"],
    )
    at(datetime(2026, 6, 17, 9, tzinfo=UTC))
    assert promise_terms.walk(timezone.now()) == {"told": 0, "due": 0, "broken": 0}


def test_a_day_is_moved_twice_at_most_and_further_only_under_control(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    for day in (date(2026, 6, 22), date(2026, 6, 29)):
        actions.move_promise(
            reloaded(case),
            actor=people["approver"],
            promise=case.promises.get(state="open"),
            until=day,
            reason="Дожди",
            url=URL,
        )
    last = case.promises.get(state="open")
    assert last.moved_from.moved_from.until_on == date(2026, 6, 15)
    assert reloaded(case).postponements == 2
    third = {
        "actor": people["approver"],
        "promise": last,
        "until": date(2026, 7, 6),
        "reason": "Дожди",
        "url": URL,
    }
    with pytest.raises(BadChange, match="postponements_limit"):
        actions.move_promise(reloaded(case), **third)
    actions.set_control(reloaded(case), actor=people["supervisor"], reason="Срывы")
    moved = actions.move_promise(reloaded(case), **third)
    assert moved.promises.filter(state="moved").count() == 3
    assert Clock.objects.running().filter(case=case, code__startswith="PROMISE").count() == 1


def test_a_later_day_in_a_new_final_reply_is_a_move_and_not_a_promise_kept(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = answered(agency, people)
    at(NOW + timedelta(hours=1))
    actions.correct_reply(reloaded(case), actor=people["approver"], reason="Новый срок")
    at(NOW + timedelta(hours=2))
    actions.submit_reply(
        reloaded(case),
        actor=people["executor"],
        text=TEXT.replace("15 июня", "25 июня"),
        promises=[date(2026, 6, 25)],
        override="да",
    )
    if reloaded(case).status == Status.REVIEW:
        actions.accept_reply(reloaded(case), actor=people["supervisor"])
    published = actions.publish(reloaded(case), actor=people["approver"], url=URL)
    assert list(published.promises.values_list("until_on", "state")) == [
        (date(2026, 6, 15), "moved"),
        (date(2026, 6, 25), "open"),
    ]
    at(NOW + timedelta(hours=3))
    recalled = actions.recall_publication(
        published, actor=people["approver"], reason="Не та ссылка"
    )
    assert list(recalled.promises.values_list("until_on", "state")) == [(date(2026, 6, 15), "open")]


def test_the_walk_does_each_thing_once_however_late_it_comes(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    cases = [answered(agency, people) for _ in range(5)]
    at(datetime(2026, 7, 20, 9, tzinfo=UTC))
    assert promise_terms.walk(timezone.now(), limit=2)["broken"] == 5
    assert promise_terms.walk(timezone.now(), limit=2)["broken"] == 0
    for case in cases:
        assert case.events.filter(move="promise_broken").count() == 1


def test_list_and_calendar_show_only_what_one_may_see(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    mine = answered(agency, people)
    other = factories.make_agency("foreign", Agency.objects.get(code="region"))
    strangers = {
        "executor": factories.make_person("executor", other),
        "approver": factories.make_person("approver", other),
        "supervisor": people["supervisor"],
    }
    answered(other, strangers)
    client = client_of(people["executor"])
    rows = client.get(reverse("promise-list")).context["rows"]
    assert [row["promise"].case_id for row in rows] == [mine.pk]
    both = client_of(people["supervisor"])
    assert len(both.get(reverse("promise-list")).context["rows"]) == 2
    for reader, count in ((client, 1), (both, 2)):
        weeks = reader.get(reverse("promise-calendar"), {"month": "2026-06"}).context["weeks"]
        days = {day.on: day.open for week in weeks for day in week if day.total}
        assert days == {date(2026, 6, 15): count}
        month = reader.get(reverse("api-promise-month"), {"month": "2026-06"}).json()
        assert [(day["day"], day["open"]) for day in month] == [("2026-06-15", count)]
    chosen = client.get(reverse("promise-list"), {"state": "open", "term": "week"})
    assert [(chip.value, chip.url) for chip in chosen.context["chips"]] == [
        ("ожидается", "?state=&term=week"),
        ("в ближайшие семь дней", "?state=open&term="),
    ]
    assert client.get("/promises/?state=&term=").context["chips"] == []
    assert client.get(reverse("promise-list"), {"agency": "foreign"}).status_code == 400
    assert client.get(reverse("api-promises"), {"agency": "foreign"}).status_code == 422


def test_the_list_goes_on_after_its_last_row(
    at: Any, agency: Agency, people: dict[str, User]
) -> None:
    case = case_of(agency, people)
    Promise.objects.bulk_create(
        Promise(case=case, what=f"Дело {n}", until_on=NOW.date() + timedelta(days=n % 7))
        for n in range(120)
    )
    client, seen, cursor = client_of(people["executor"]), [], ""
    for _page in range(3):
        found = client.get(reverse("api-promises"), {"cursor": cursor} if cursor else {}).json()
        seen += [row["id"] for row in found["results"]]
        cursor = found["next"]
    assert cursor == ""
    assert len(seen) == len(set(seen)) == 120
