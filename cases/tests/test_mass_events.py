"""Mass events: found as messages come, offered, decided, answered, closed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases import events, gathering
from cases.models import (
    Case,
    CasePrint,
    EventOffer,
    EventOrder,
    MassEvent,
    News,
    OfferMember,
    WordCount,
)
from cases.workflow import Status
from tests import factories

from .test_copies import client_of

pytestmark = pytest.mark.django_db
WATER = (
    "Нет горячей воды третий день, отключили без объявления",
    "Горячей воды нет с понедельника, отключили без объявления",
    "Третий день отключили горячую воду, объявления нет",
    "Отключили горячую воду, объявления нет, диспетчер молчит",
    "Горячую воду отключили без объявления, диспетчер молчит третий день",
)


@pytest.fixture
def region() -> dict[str, Agency]:
    factories.load_reference()
    found = factories.make_region()
    # Other messages, against which the words of an event are rare.
    for n in range(6):
        WordCount.objects.get_or_create(word=n, defaults={"n": 1})
    WordCount.objects.filter(word=0).update(n=400)
    return found


@pytest.fixture
def coordinator(region: dict[str, Agency]) -> User:
    return factories.make_person(Role.COORDINATOR, region["region"])


def water(region: dict[str, Agency], text: str, **facts: Any) -> Case:
    facts.setdefault("place", "")
    facts.setdefault("topic", factories.make_topic("housing.no-water"))
    return factories.make_case(
        Status.IN_WORK, facts.pop("agency", region["own"]), text=text, **facts
    )


def offered(region: dict[str, Agency], texts: tuple[str, ...] = WATER) -> EventOffer:
    cases = [water(region, text) for text in texts]
    gathering.gather([case.pk for case in cases])
    return EventOffer.objects.get()


def post(client: Client, name: str, data: dict[str, Any], **kwargs: Any) -> Any:
    return client.post(reverse(name, kwargs=kwargs), data)


def test_messages_about_one_thing_are_offered_as_one_event(region: dict[str, Agency]) -> None:
    noise = factories.make_case(text="Во дворе яма, машина застряла", place="")
    gathering.gather([noise.pk])
    offer = offered(region)
    members = set(offer.members.values_list("case__title", "state"))
    assert len(offer.members.all()) == 5, members
    assert not offer.members.filter(case=noise).exists()
    assert all(member.why for member in offer.members.all())
    assert News.objects.get(kind="event_offer").data["count"] >= 4


def test_one_person_who_writes_ten_times_makes_no_event(region: dict[str, Agency]) -> None:
    author = factories.make_citizen()
    cases = [water(region, text, citizen=author) for text in WATER]
    gathering.gather([case.pk for case in cases])
    assert not EventOffer.objects.exists()


def test_a_message_that_comes_later_joins_the_waiting_offer(region: dict[str, Agency]) -> None:
    offer = offered(region, WATER[:4])
    late = water(region, WATER[4])
    gathering.gather([late.pk])
    assert offer.members.filter(case=late, state="waiting").exists()
    assert EventOffer.objects.count() == 1


def test_far_apart_in_time_they_are_no_event(region: dict[str, Agency]) -> None:
    now = timezone.now()
    cases = [
        water(region, text, received_at=now - timedelta(days=10 * n))
        for n, text in enumerate(WATER)
    ]
    gathering.gather([case.pk for case in cases])
    assert not EventOffer.objects.exists()


def test_the_centre_confirms_chosen_messages_and_the_others_are_left_out(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region)
    client = client_of(coordinator)
    page = client.get(reverse("event-offer", kwargs={"pk": offer.pk}))
    assert WATER[2] in page.content.decode()
    keys = list(offer.members.order_by("pk").values_list("case_id", flat=True))
    answer = post(
        client,
        "event-offer",
        {"decision": "confirm", "case": keys[:4], "title": "Горячая вода"},
        pk=offer.pk,
    )
    event = MassEvent.objects.get(title="Горячая вода")
    assert answer["Location"] == event.get_absolute_url()
    assert sorted(event.cases.values_list("pk", flat=True)) == sorted(keys[:4])
    assert event.agency == region["own"]
    assert OfferMember.objects.get(case=keys[4]).state == "refused"
    # Each joined by a move of its own, with its event.
    assert event.cases.first().events.filter(move="join_event", actor=coordinator).exists()


def test_two_who_decide_at_once_make_one_event(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region)
    keys = list(offer.members.values_list("case_id", flat=True))
    events.confirm(offer, actor=coordinator, chosen=keys, event=None, title="Вода")
    client = client_of(coordinator)
    post(client, "event-offer", {"decision": "confirm", "case": keys}, pk=offer.pk)
    post(client, "event-offer", {"decision": "refuse"}, pk=offer.pk)
    assert MassEvent.objects.count() == 1
    offer.refresh_from_db()
    assert offer.state == "confirmed"


def test_what_was_refused_is_not_offered_again(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region, WATER[:4])
    post(client_of(coordinator), "event-offer", {"decision": "refuse"}, pk=offer.pk)
    late = water(region, WATER[4])
    gathering.gather([late.pk])
    # Nor after a change of the card of one of them.
    first = offer.members.order_by("pk").first().case
    Case.objects.filter(pk=first.pk).update(place="улица Лесная, 7")
    gathering.gather([first.pk])
    assert EventOffer.objects.count() == 1
    assert not OfferMember.objects.filter(state="waiting").exists()


def test_late_comers_of_an_open_event_are_offered_and_joined_with_one_press(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region, WATER[:4])
    keys = list(offer.members.values_list("case_id", flat=True))
    event = events.confirm(offer, actor=coordinator, chosen=keys, event=None, title="Вода").event
    late, other = water(region, WATER[4]), water(region, WATER[0])
    gathering.gather([late.pk, other.pk])
    client = client_of(coordinator)
    page = client.get(event.get_absolute_url()).content.decode()
    assert late.number in page
    post(client, "event-late", {"decision": "join", "case": [late.pk]}, code=event.code)
    post(client, "event-late", {"decision": "leave", "case": [other.pk]}, code=event.code)
    late.refresh_from_db()
    other.refresh_from_db()
    assert (late.event, other.event) == (event, None)
    # Left out for good, even when its card changes.
    Case.objects.filter(pk=other.pk).update(place="улица Лесная, 7")
    gathering.gather([other.pk])
    assert not OfferMember.objects.filter(case=other, state="waiting").exists()


def test_an_event_made_by_hand_finds_its_messages_by_its_own_words(
    region: dict[str, Agency], coordinator: User
) -> None:
    event = MassEvent.objects.create(
        code="mv-26-009",
        title="Нет горячей воды в центре",
        topic=factories.make_topic("housing.no-water"),
        territory=factories.make_territory(),
        starts_on=timezone.localdate(),
    )
    case = water(region, WATER[0])
    gathering.gather([case.pk])
    assert OfferMember.objects.get(event=event).case == case


def test_offers_are_seen_within_the_reach_of_their_reader(
    region: dict[str, Agency],
) -> None:
    cases = [water(region, text) for text in WATER[:3]]
    cases += [water(region, text, agency=region["other"]) for text in WATER[3:]]
    gathering.gather([case.pk for case in cases])
    offer = EventOffer.objects.get()
    own = factories.make_person(Role.COORDINATOR, region["own"])
    beside = factories.make_person(Role.COORDINATOR, region["beside"])
    page = client_of(own).get(reverse("event-offer", kwargs={"pk": offer.pk}))
    text = page.content.decode()
    assert cases[0].number in text
    assert cases[4].number not in text
    assert client_of(beside).get(f"/events/offers/{offer.pk}/").status_code == 404
    address = reverse("event-offer", kwargs={"pk": offer.pk})
    assert address not in client_of(beside).get("/events/?view=offered").content.decode()
    decided = events.confirm(
        offer, actor=own, chosen=[c.pk for c in cases], event=None, title="Вода"
    )
    # What he could not see waits for who can.
    assert {case.pk for case in decided.joined} == {case.pk for case in cases[:3]}
    assert decided.later == 2


def test_a_rejected_message_leaves_the_offer(region: dict[str, Agency]) -> None:
    offer = offered(region)
    gone = offer.members.first().case
    Case.objects.filter(pk=gone.pk).update(status=Status.REJECTED, agency=None)
    gathering.gather([gone.pk])
    assert not offer.members.filter(case=gone).exists()
    assert not CasePrint.objects.filter(pk=gone.pk).exists()


def test_the_worker_reads_the_journal_once(region: dict[str, Agency]) -> None:
    gathering.step()  # takes its place
    case = water(region, WATER[0])
    with connection.cursor() as cursor:
        # The transaction of the test itself never ends: let its rows be of an earlier one.
        cursor.execute("update cases_caseevent set tx = pg_snapshot_xmin(pg_current_snapshot())")
        cursor.execute("update cases_position set tx = '3'")
    from cases import following

    bound, following._BOUND = following._BOUND, ""
    try:
        assert gathering.step() > 0
        assert gathering.step() == 0
    finally:
        following._BOUND = bound
    assert CasePrint.objects.filter(pk=case.pk).exists()


def test_the_page_of_an_event_costs_the_same_for_many_members(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region)
    keys = list(offer.members.values_list("case_id", flat=True))
    event = events.confirm(offer, actor=coordinator, chosen=keys, event=None, title="В").event
    client = client_of(coordinator)
    client.get(event.get_absolute_url())
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(event.get_absolute_url())
    for text in WATER * 3:
        Case.objects.filter(pk=water(region, text).pk).update(event=event)
    with CaptureQueriesContext(connection) as many:
        page = client.get(event.get_absolute_url())
    assert page.status_code == 200
    assert len(many) == len(few) <= 20


def test_gathering_costs_the_same_for_many_messages(region: dict[str, Agency]) -> None:
    one = [water(region, "Не горит фонарь у школы").pk]
    other = ("фонарь", "лестница", "автобус", "поликлиника", "учебник", "собака", "снег", "шум")
    many = [water(region, word).pk for word in other]
    with CaptureQueriesContext(connection) as few:
        gathering.gather(one)
    with CaptureQueriesContext(connection) as more:
        gathering.gather(many)
    assert len(more) <= len(few) + 2


def test_closing_ends_offers_and_the_text(region: dict[str, Agency], coordinator: User) -> None:
    offer = offered(region, WATER[:4])
    keys = list(offer.members.values_list("case_id", flat=True))
    event = events.confirm(offer, actor=coordinator, chosen=keys, event=None, title="Вода").event
    client = client_of(coordinator)
    post(client, "event-close", {}, code=event.code)
    event.refresh_from_db()
    assert event.closed_at is not None
    assert event.ends_on == timezone.localdate()
    late = water(region, WATER[4])
    gathering.gather([late.pk])
    assert not OfferMember.objects.filter(case=late).exists()
    assert "Вода" in client.get("/events/?view=closed").content.decode()


def test_the_centre_writes_the_decision_and_unknown_places_are_refused(
    region: dict[str, Agency], coordinator: User
) -> None:
    client = client_of(coordinator)
    values = {"title": "Нет воды", "starts_on": "2026-11-01", "approved_text": "Здравствуйте!"}
    answer = client.post(reverse("event-new"), values)
    event = MassEvent.objects.get()
    assert answer["Location"] == event.get_absolute_url()
    url = reverse("event-edit", kwargs={"code": event.code})
    broken = client.post(url, {**values, "approved_text": "Ответ [дата по дому]"})
    assert broken.status_code == 422
    client.post(
        url, {**values, "approved_text": "Здравствуйте, [имя]!", "decision": "Пуск 5 декабря"}
    )
    event.refresh_from_db()
    assert event.decision == "Пуск 5 декабря"
    assert "Пуск 5 декабря" in client.get(event.get_absolute_url()).content.decode()


# Personal replies

TEXT = (
    "Здравствуйте, [имя]! Горячую воду на Садовой отключили 20 ноября из-за прорыва трубы у дома 5."
    " Трубу заменим до 5 декабря, воду по адресу [адрес] дадим в тот же день к 18:00. Плату за"
    " эти дни пересчитаем в квитанции за ноябрь. Отвечает Роман Ильин, Теплосети."
)


def test_each_member_gets_his_own_reply_and_what_the_check_stops_stays_a_draft(
    region: dict[str, Agency],
) -> None:
    executor = factories.make_person(Role.EXECUTOR, region["own"])
    topic = factories.make_topic("housing.no-water")
    event = MassEvent.objects.create(
        code="mv-26-010",
        title="Вода",
        topic=topic,
        agency=region["own"],
        approved_text=TEXT,
        starts_on=timezone.localdate() - timedelta(days=1),
    )
    own = {"executor": executor, "event": event, "topic": topic}
    good = factories.make_case(
        Status.IN_WORK, region["own"], text=WATER[0], place="Садовая, 5", **own
    )
    bare = factories.make_case(Status.IN_WORK, region["own"], text=WATER[1], place="", **own)
    foreign = factories.make_case(
        Status.IN_WORK, region["other"], text=WATER[2], event=event, topic=topic
    )
    others = factories.make_case(
        Status.IN_WORK, region["own"], text=WATER[3], event=event, topic=topic
    )
    client = client_of(executor)
    url = reverse("event-replies", kwargs={"code": event.code})
    page = client.get(url).content.decode()
    assert "воду по адресу Садовая, 5 дадим" in page
    answer = client.post(url, {"outcome": ""})
    result = client.get(answer["Location"]).content.decode()
    rows = {row.case_id: row for row in EventOrder.objects.get().rows.all()}
    assert set(rows) == {good.pk, bare.pk}
    assert not {foreign.number, others.number} & set(result.split())
    assert rows[bare.pk].state == "refused"
    assert rows[good.pk].state in ("sent", "draft")
    good.refresh_from_db()
    if rows[good.pk].state == "sent":
        reply = good.replies.get()
        assert reply.text.startswith("Здравствуйте, Марина!")
        assert good.status in (Status.APPROVAL, Status.REVIEW)
    else:
        assert rows[good.pk].codes
        assert good.drafts.get(author=executor).text.startswith("Здравствуйте, Марина!")


def test_messages_nobody_has_seen_are_not_left_out(
    region: dict[str, Agency], coordinator: User
) -> None:
    """One came while the page stood open: a decision without it would refuse it for good."""
    offer = offered(region, WATER[:4])
    client = client_of(coordinator)
    page = client.get(reverse("event-offer", args=[offer.pk]))
    late = water(region, WATER[4])
    gathering.gather([late.pk])
    given = {
        "decision": "confirm", "title": "Нет воды", "seen": page.context["seen"],
        "case": [row[0].case_id for row in page.context["rows"]],
    }  # fmt: skip
    answer = client.post(reverse("event-offer", args=[offer.pk]), given, follow=True)
    assert "Сначала посмотрите их" in answer.content.decode()
    assert offer.members.filter(case=late, state="waiting").exists()
    assert not MassEvent.objects.exists()
    given["seen"] = answer.context["seen"]
    client.post(reverse("event-offer", args=[offer.pk]), given)
    assert MassEvent.objects.get().cases.count() == 4


def test_an_offer_is_decided_over_the_api(region: dict[str, Agency], coordinator: User) -> None:
    offer = offered(region)
    client = client_of(coordinator)
    listed = client.get(reverse("api-offers")).json()
    assert [(row["offer"]["id"], row["messages"]) for row in listed["results"]] == [(offer.pk, 5)]
    assert listed["before"] is None
    seen = client.get(reverse("api-offer", args=[offer.pk]))
    numbers = [row["case"] for row in seen.json()["members"]]
    assert {row["text"] for row in seen.json()["members"]} == set(WATER)

    def decide(what: str, body: dict[str, Any], key: str = "", tag: str = "") -> Any:
        headers = {"If-Match": tag or seen["ETag"]} | ({"Idempotency-Key": key} if key else {})
        return client.post(
            reverse(f"api-offer-{what}", args=[offer.pk]), body,
            content_type="application/json", headers=headers,
        )  # fmt: skip

    assert decide("confirm", {"cases": numbers}, tag='"' + "0" * 16 + '"').status_code == 412
    assert decide("confirm", {"cases": numbers}, tag="what").status_code == 400
    assert decide("confirm", {"cases": ["26-999999"]}).status_code == 422
    assert decide("confirm", {"cases": numbers, "event": "mv-00-000"}).status_code == 422
    assert not MassEvent.objects.exists()
    body = {"cases": numbers[:4], "title": "Нет воды"}
    done = decide("confirm", body, "k1")
    assert done.status_code == 200, done.content
    assert set(done.json()["joined"]) == set(numbers[:4])
    event = MassEvent.objects.get(code=done.json()["event"], title="Нет воды")
    assert event.cases.count() == 4
    assert offer.members.get(case__number=numbers[4]).state == "refused"
    # Sent again it is the same answer, another decision is too late.
    assert decide("confirm", body, "k1").json() == done.json()
    assert decide("refuse", {}).status_code == 409
    assert client.get(reverse("api-offer", args=[offer.pk])).json()["event"] == event.code
    stranger = factories.make_person(Role.COORDINATOR, region["other"])
    assert client_of(stranger).get(reverse("api-offer", args=[offer.pk])).status_code == 404
    executor = factories.make_person(Role.EXECUTOR, region["own"])
    assert client_of(executor).get(reverse("api-offers")).status_code == 403


def test_a_refused_offer_stays_refused_over_the_api(
    region: dict[str, Agency], coordinator: User
) -> None:
    offer = offered(region)
    answer = client_of(coordinator).post(
        reverse("api-offer-refuse", args=[offer.pk]), {"reason": "Разные дома"},
        content_type="application/json",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    offer.refresh_from_db()
    assert (offer.reason, offer.decided_by) == ("Разные дома", coordinator)
