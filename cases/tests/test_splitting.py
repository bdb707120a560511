"""One message about several matters: several answers, or one with contributions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases import actions
from cases.errors import BadChange
from cases.models import Attachment, Case, Clock
from cases.workflow import Status
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db
PIT, LAMP, BUS = "Когда засыпят яму?", "Когда заменят фонарь?", "Почему отменили автобус?"


class Place:
    def __init__(self) -> None:
        factories.load_reference()
        agencies = factories.make_region()
        self.region, self.own, self.other = (agencies[n] for n in ("region", "own", "other"))
        self.third = factories.make_agency("third", self.region)
        self.operator = factories.make_person(Role.OPERATOR, self.region)
        self.executor = factories.make_person(Role.EXECUTOR, self.own)

    def message(self, regime: str = "social", **facts: Any) -> Case:
        return factories.make_case(
            Status.MODERATION, text=f"{PIT} {LAMP} {BUS}", regime=regime, due_at=None, **facts
        )

    def split(self, case: Case, *agencies: Agency, **facts: Any) -> Case:
        words = (PIT, LAMP, BUS)
        return actions.split(
            case, actor=self.operator, parts=list(zip(agencies, words, strict=False)), **facts
        )


@pytest.fixture
def place() -> Place:
    return Place()


def test_each_part_is_a_case_at_its_agency_with_the_message_and_its_own_question(
    place: Place,
) -> None:
    case = place.message()
    Attachment.objects.create(
        case=case, message=case.messages.get(), name="яма.png", sha256="ab" * 32,
        media_type="image/png", size=9,
    )  # fmt: skip
    first = place.split(case, place.own, place.other, place.third)
    parts = list(Case.objects.filter(split_from=case).order_by("pk"))
    assert [(p.agency, p.split_part) for p in (first, *parts)] == [
        (place.own, PIT), (place.other, LAMP), (place.third, BUS),
    ]  # fmt: skip
    assert {p.status for p in (first, *parts)} == {Status.ROUTED}
    assert {p.messages.get().text for p in parts} == {case.messages.get().text}
    assert [p.messages.get().attachments.count() for p in parts] == [1, 1]
    assert [p.citizen for p in parts] == [case.citizen] * 2
    assert [c.kind for c in parts[0].clocks.order_by("kind")] == ["executor", "reply"]
    assert [e.move for e in parts[0].events.all()] == ["split_off"]
    assert first.events.first().data["numbers"] == [p.number for p in parts]
    assert parts[0] in Case.objects.matching("фонарь")


def test_the_terms_of_every_part_count_from_the_registration_of_the_message(place: Place) -> None:
    registered = datetime(2026, 6, 1, 9, tzinfo=UTC)
    case = place.message("portal", registered_at=registered, received_at=registered)
    with patch.object(timezone, "now", lambda: registered + timedelta(days=2)):
        place.split(case, place.own, place.other)
    part = Case.objects.get(split_from=case)
    starts = {
        clock.started_at for clock in Clock.objects.filter(case__in=[case, part], kind="total")
    }
    dues = {clock.due_at for clock in Clock.objects.filter(case__in=[case, part], kind="total")}
    assert starts == {registered}
    assert len(dues) == 1


def test_59_fz_tells_the_citizen_by_a_notice_and_says_when_it_is_late(place: Place) -> None:
    now = timezone.now()
    case = place.message("law59", registered_at=now - timedelta(days=9))
    with pytest.raises(BadChange, match="outgoing_number_missing"):
        place.split(case, place.own, place.other)
    assert not Case.objects.filter(split_from=case).exists()
    first = place.split(case, place.own, place.other, outgoing_number="12-р/1")
    paper = first.papers.get()
    assert (paper.kind, paper.number) == ("split", "12-р/1")
    assert [b["name"] for b in paper.data["bodies"]] == [place.own.name, place.other.name]
    assert paper.attachment.size > 5000
    event = first.events.get(move="split")
    assert event.data["late"] is True
    part = Case.objects.get(split_from=case)
    assert part.appeal.incoming_number == f"{case.appeal.incoming_number}/2"
    assert part.appeal.redirect_notice_at is not None
    in_time = place.message("law59", registered_at=now - timedelta(days=1))
    done = place.split(in_time, place.own, place.other, outgoing_number="12-р/2")
    assert "late" not in done.events.get(move="split").data


def test_with_one_answer_the_others_contribute_to_the_first(place: Place) -> None:
    case = place.message()
    first = place.split(case, place.own, place.other, place.third, answer="one")
    assert not Case.objects.filter(split_from=case).exists()
    assert (first.agency, first.split_part) == (place.own, PIT)
    assert [(p.agency, p.task, p.state) for p in first.parts.order_by("pk")] == [
        (place.other, LAMP, "asked"), (place.third, BUS, "asked"),
    ]  # fmt: skip
    moves = [event.move for event in first.events.order_by("pk")]
    assert moves[-3:] == ["ask_part", "ask_part", "split"]
    # The executor of the first agency collects them.
    actions.give_part(
        first.parts.earliest("pk"),
        actor=factories.make_person(Role.CO_EXECUTOR, place.other),
        text="Фонарь заменим 12 июня",
    )
    page = client_of(place.executor).get(first.get_absolute_url()).content.decode()
    assert "Фонарь заменим 12 июня" in page


def test_the_other_parts_are_shown_by_right_and_counted_without_it(place: Place) -> None:
    case = place.message()
    place.split(case, place.own, place.other, place.third)
    others = Case.objects.filter(split_from=case)
    page = client_of(place.executor).get(case.get_absolute_url())
    assert page.context["siblings"] == {"cases": [], "hidden": 2}
    text = page.content.decode()
    assert PIT in text
    assert not any(part.number in text for part in others)
    whole = client_of(place.operator).get(case.get_absolute_url())
    assert {one.pk for one in whole.context["siblings"]["cases"]} == {p.pk for p in others}
    helper = factories.make_person(Role.EXECUTOR, place.other)
    mine = client_of(helper).get(others.get(agency=place.other).get_absolute_url())
    assert mine.context["siblings"] == {"cases": [], "hidden": 2}
    assert case.number not in mine.content.decode()
    told = client_of(helper).get(f"/api/cases/{others.get(agency=place.other).number}/").json()
    assert (told["split_part"], told["siblings"], told["hidden_siblings"]) == (LAMP, [], 2)


def test_parts_of_one_message_are_no_repeats_of_each_other(place: Place) -> None:
    case = place.message()
    place.split(case, place.own, place.other)
    part = Case.objects.get(split_from=case)
    Case.objects.filter(pk=case.pk).update(
        status=Status.ANSWERED, answered_at=timezone.now(), due_at=None
    )
    factories.make_reply(Case.objects.get(pk=case.pk), "published")
    actions.recall_routing(part, actor=place.operator, reason="Не то")
    actions.route(Case.objects.get(pk=part.pk), actor=place.operator, agency=place.third)
    assert Case.objects.get(pk=part.pk).repeat_of is None


def test_a_change_at_the_source_reaches_every_part(place: Place) -> None:
    case = place.message()
    place.split(case, place.own, place.other)
    part = Case.objects.get(split_from=case)
    message = case.messages.get()
    service = factories.make_person(Role.IMPORT_SERVICE, place.region)
    actions.receive(
        actor=service, channel=message.channel, external_id=message.external_id,
        text="Яму засыпали, а фонарь не горит", posted_at=message.posted_at, author="x",
    )  # fmt: skip
    copy = part.messages.get(is_current=True)
    assert (copy.text, copy.version) == ("Яму засыпали, а фонарь не горит", 2)
    assert part.events.first().move == "message_edited"
    assert part.messages.filter(is_current=False).count() == 1


def test_two_agencies_each_with_a_question_or_nothing(place: Place) -> None:
    case = place.message()
    with pytest.raises(BadChange, match="split_needs_two"):
        place.split(case, place.own)
    with pytest.raises(BadChange, match="split_same_agency"):
        place.split(case, place.own, place.own)
    with pytest.raises(BadChange, match="split_part_empty"):
        actions.split(case, actor=place.operator, parts=[(place.own, PIT), (place.other, " ")])
    client = client_of(place.operator)
    form = client.get(f"{case.get_absolute_url()}split/").content.decode()
    assert f"{PIT} {LAMP} {BUS}" in form
    body = {"answer": "several", "agency_1": "own", "part_1": PIT}
    answer = client.post(f"{case.get_absolute_url()}split/", body)
    assert answer.status_code == 422
    body |= {"agency_2": "other", "part_2": LAMP, "part_3": BUS}
    answer = client.post(f"{case.get_absolute_url()}split/", body)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"agency_3"}
    body["agency_3"] = "third"
    assert client.post(f"{case.get_absolute_url()}split/", body).status_code == 302
    assert Case.objects.filter(split_from=case).count() == 2
    again = Case.objects.defer("search").get(pk=case.pk)
    actions.recall_routing(again, actor=place.operator, reason="Не то")
    with pytest.raises(BadChange, match="split_already"):
        place.split(Case.objects.get(pk=case.pk), place.own, place.other)
