"""History of agencies nobody here knows: kept whole, handed over once somebody says whose it is."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agencies.models import Agency
from agencies.roles import Role
from cases.models import Case, Reply, RoutingRule
from intake.models import AgencyName, AwaitingAgency
from intake.refs import UNKNOWN_AGENCY
from intake.tests.command import ANSWERED, bring, incident, write
from portal.wording_events import event_detail
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("region")]
STRANGE = "Управа Неизвестного района"


@pytest.fixture
def operator(region: dict[str, Any]) -> Client:
    client = Client()
    client.force_login(factories.make_person(Role.OPERATOR, region["region"], "operator"))
    return client


def give(tmp_path: Path, *rows: dict[str, str]) -> dict[str, Any]:
    number = len(list(tmp_path.glob("*.csv")))
    return bring(write(tmp_path / f"{number}.csv", [incident(**row) for row in rows]))


def test_finished_history_of_an_unknown_agency_keeps_state_reply_and_times(tmp_path: Path) -> None:
    give(tmp_path, {**ANSWERED, "agency": STRANGE, "step": "Готово"})
    case = Case.objects.get()
    assert (case.status, case.outcome, case.agency.code) == ("closed", "solved", UNKNOWN_AGENCY)
    reply = Reply.objects.get()
    assert (reply.state, reply.author_name) == ("published", STRANGE)
    assert reply.published_at == case.answered_at
    waiting = AwaitingAgency.objects.get()
    assert (waiting.case, waiting.name.name, waiting.name.agency) == (case, STRANGE, None)
    placeholder = Agency.objects.get(code=UNKNOWN_AGENCY)
    assert not placeholder.is_active  # nobody can route there
    assert placeholder.parent.kind == "region"


def test_an_open_case_of_an_unknown_agency_goes_to_the_desk_with_its_earlier_reply(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    RoutingRule.objects.create(topic=factories.make_topic(), agency=region["other"])
    give(tmp_path, {**ANSWERED, "agency": STRANGE, "step": "На доработке"})
    case = Case.objects.get()
    assert (case.status, case.agency) == ("moderation", None)
    assert case.proposed_agency == region["other"]
    assert case.clocks.get().code == "SN-MOD"
    assert Reply.objects.get().agency.code == UNKNOWN_AGENCY
    assert not AwaitingAgency.objects.exists()


def test_history_that_names_no_agency_is_of_the_one_the_rules_say(
    tmp_path: Path, region: dict[str, Any]
) -> None:
    RoutingRule.objects.create(topic=factories.make_topic(), agency=region["other"])
    give(tmp_path, {**ANSWERED, "agency": ""})
    assert Case.objects.get().agency == region["other"]
    give(tmp_path, {**ANSWERED, "agency": "", "external_id": "2", "topic": ""})
    assert Case.objects.latest("pk").agency.code == UNKNOWN_AGENCY


def test_an_operator_says_whose_it_is_and_all_that_waits_is_handed_over(
    tmp_path: Path, region: dict[str, Any], operator: Client
) -> None:
    rows = [{**ANSWERED, "agency": STRANGE, "external_id": str(n)} for n in range(3)]
    give(tmp_path, *rows, {**ANSWERED, "agency": "Трест «Север»", "external_id": "9"})
    page = operator.get("/import/agencies/").content.decode()
    assert STRANGE in page
    name = AgencyName.objects.get(name=STRANGE)
    other = AgencyName.objects.get(name="Трест «Север»")
    given = {f"name_{name.pk}": str(region["own"].pk), f"name_{other.pk}": "none"}
    assert operator.post("/import/agencies/", given).status_code == 302
    moved = Case.objects.filter(agency=region["own"])
    assert moved.count() == 3
    assert set(Reply.objects.filter(case__in=moved).values_list("agency__code", flat=True)) == {
        "own"
    }
    for case in moved:
        event = case.events.first()
        assert (event.move, event.actor.username) == ("agency_named", "operator")
        assert event.data["agency"] == region["own"].pk
        assert STRANGE in event_detail(event)
        assert case.version == 2
    # What is none of ours stays and is not asked about again.
    assert Case.objects.get(agency__code=UNKNOWN_AGENCY).messages.get().external_id == "9"
    assert "Север" not in operator.get("/import/agencies/").content.decode()
    # Later files know the name.
    give(tmp_path, {**ANSWERED, "agency": STRANGE.upper(), "external_id": "77"})
    assert Case.objects.latest("pk").agency == region["own"]


def test_a_case_people_moved_on_is_not_handed_over(
    tmp_path: Path, region: dict[str, Any], operator: Client
) -> None:
    give(tmp_path, {**ANSWERED, "agency": STRANGE})
    Case.objects.update(agency=region["other"])
    name = AgencyName.objects.get()
    operator.post("/import/agencies/", {f"name_{name.pk}": str(region["own"].pk)})
    assert Case.objects.get().agency == region["other"]
    assert not AwaitingAgency.objects.exists()


def test_the_same_history_again_changes_nothing_before_and_after_the_naming(
    tmp_path: Path, region: dict[str, Any], operator: Client
) -> None:
    row = {**ANSWERED, "agency": STRANGE}
    give(tmp_path, row)
    assert give(tmp_path, row)["unchanged"] == 1
    name = AgencyName.objects.get()
    operator.post("/import/agencies/", {f"name_{name.pk}": str(region["own"].pk)})
    assert give(tmp_path, row)["unchanged"] == 1
    assert give(tmp_path, {**row, "audience": "5"})["updated"] == 1
    assert Case.objects.get().agency == region["own"]


def test_names_are_told_before_the_import_with_their_rows(tmp_path: Path, operator: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    rows = [incident(**{**ANSWERED, "agency": STRANGE, "external_id": str(n)}) for n in range(3)]
    content = write(tmp_path / "a.csv", rows).read_bytes()
    upload = {"file": SimpleUploadedFile("выгрузка.csv", content)}
    answer = operator.post("/import/", upload, follow=True)
    page = answer.content.decode()
    assert f"{STRANGE} (3)" in page
    assert not Case.objects.exists()
    assert not Agency.objects.filter(code=UNKNOWN_AGENCY).exists()
    assert AgencyName.objects.get().name == STRANGE
