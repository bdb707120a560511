"""The centre's desk shows what the person may do and nothing that would answer 403."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from agencies.models import Agency
from cases import actions
from cases.models import Case
from cases.workflow import Status
from tests import factories
from tests.acting import signed_in

pytestmark = pytest.mark.django_db


def disputed(region: dict[str, Agency]) -> Case:
    case = factories.make_case(Status.ROUTED, region["own"])
    curator = factories.make_person("curator", region["own"])
    actions.dispute_competence(
        case, actor=curator, reason="other-owner", note="Двор частный", proposed=region["other"]
    )
    return Case.objects.defer("search").get(pk=case.pk)


@pytest.mark.parametrize("role", ["operator", "coordinator"])
@pytest.mark.parametrize("status", [Status.RECEIVED, Status.MODERATION, Status.REDIRECT_ASKED])
def test_every_form_of_the_desk_opens_for_who_sees_it(
    region: dict[str, Agency], role: str, status: str
) -> None:
    case = disputed(region) if status == Status.REDIRECT_ASKED else factories.make_case(status)
    client = signed_in(role, region["region"])
    page = client.get(f"/desk/?case={case.number}").content.decode()
    forms = re.findall(rf'action="(/cases/{case.number}/[^"]+)"', page)
    assert {path: client.get(path).status_code for path in forms} == dict.fromkeys(forms, 200)
    decides = role == "coordinator" or status != Status.REDIRECT_ASKED
    assert bool(forms) is decides


def test_an_operator_reads_a_dispute_and_is_told_who_decides(region: dict[str, Agency]) -> None:
    case = disputed(region)
    page = signed_in("operator", region["region"]).get(f"/desk/?view=disputes&case={case.number}")
    text = page.content.decode()
    assert "Двор частный" in text
    assert "решает координатор" in text


def test_the_reason_of_a_dispute_stays_in_sight_and_in_words(region: dict[str, Agency]) -> None:
    case = disputed(region)
    operator = factories.make_person("operator", region["region"])
    for at in range(7):
        actions.add_note(case, actor=operator, text=f"Заметка {at}")
    page = signed_in("coordinator", region["region"]).get(f"/desk/?case={case.number}")
    text = page.content.decode()
    assert "Двор частный" in text
    assert "other-owner" not in text


def test_the_tabs_of_the_desk_count_and_print_no_python(region: dict[str, Agency]) -> None:
    factories.make_case(Status.MODERATION)
    page = signed_in("operator", region["region"]).get("/desk/").content.decode()
    assert "QuerySet" not in page
    assert page.count("<option") > 10


def test_a_rejection_waits_on_its_own_list_for_a_second_person(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.MODERATION)
    first = factories.make_person("operator", region["region"])
    second = factories.make_person("operator", region["region"])
    actions.reject(case, actor=first, reason="spam")
    for person, offered in ((first, False), (second, True)):
        client = Client()
        client.force_login(person)
        page = client.get("/desk/?view=rejecting")
        assert page.context["rejecting"] == 1
        assert [row.pk for row in page.context["rows"]] == [case.pk]
        assert ("confirm_rejection" in page.context["moves"]) is offered
        assert "route" not in page.context["moves"]


def test_a_proposed_rejection_does_not_stand_in_the_way_of_the_next_message(
    region: dict[str, Agency],
) -> None:
    waits, ready = (factories.make_case(Status.MODERATION) for _ in range(2))
    Case.objects.filter(pk=waits.pk).update(received_at=ready.received_at - timedelta(days=1))
    first = factories.make_person("operator", region["region"])
    client = signed_in("operator", region["region"])
    actions.reject(waits, actor=first, reason="spam")
    Case.objects.filter(pk=ready.pk).update(proposed_agency=region["own"])  # the import did
    page = client.get("/desk/")
    assert page.context["case"] == ready
    assert "Ведомство предлагает" not in page.content.decode()
    assert client.get(f"/desk/?case={waits.number}").context["case"] == waits


def test_several_of_the_desk_are_moved_at_once(region: dict[str, Agency]) -> None:
    cases = [factories.make_case(Status.MODERATION) for _ in range(2)]
    disputed(region)
    client = signed_in("coordinator", region["region"])
    page = client.get("/desk/").content.decode()
    form = page[page.index('id="choose"') :]
    moves = re.findall(r'name="move" value="([^"]+)"', form)
    assert moves == ["route", "start_moderation", "merge", "reject"]
    chosen = re.findall(r'name="case" value="([^"]+)"', form)
    assert sorted(chosen) == sorted(case.number for case in cases)
    preview = client.get("/bulk/", {"list": "desk", "move": "route", "case": chosen})
    assert preview.context["possible"] == 2
    body = {"cases": preview.context["cases"], "agency": region["own"].code, "step": "do"}
    client.post("/bulk/?list=desk&move=route", body)
    assert set(Case.objects.filter(number__in=chosen).values_list("status", flat=True)) == {
        Status.ROUTED
    }
    page = client.get("/desk/?view=disputes").content.decode()
    assert re.findall(r'name="move" value="([^"]+)"', page) == ["redirect"]
    # Who decides nothing here has no boxes.
    page = signed_in("operator", region["region"]).get("/desk/?view=disputes").content.decode()
    assert 'id="choose"' not in page
    assert 'name="case"' not in page
