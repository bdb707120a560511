"""What a careless or hostile reader sends and what he must not get to see."""

import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from agencies.models import Agency, User
from cases.models import Attachment, Case
from cases.workflow import Status
from tests import factories
from tests.acting import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/search/?q=%00",
        "/cases/%00/",
        "/desk/?case=%00",
        "/review/%00/",
        "/cases/?received_until=9999-12-31",
        "/cases/?received_from=0001-01-01",
        "/cases/?executor=%00",
        "/cases/?cursor=%C2%B2",
        "/cases/?author=%00",
        "/cases/?author=%26%7C!:*()'",
        "/cases/99999999999999999999999/files/99999999999999999999999999/",
        "/api/cases/%00/",
        "/api/cases/?received_until=9999-12-31",
    ],
)
def test_no_address_is_an_error_of_the_server(region: dict[str, Agency], address: str) -> None:
    assert signed_in("operator", region["region"]).get(address).status_code < 500


@pytest.mark.parametrize("body", [[], "x", 5, [{"a": 1}], True])
@pytest.mark.parametrize("place", ["absences", "handovers", "messages", "views", "cases/bulk"])
def test_a_body_that_is_no_object_is_the_callers_mistake(
    region: dict[str, Agency], place: str, body: Any
) -> None:
    role = "import_service" if place == "messages" else "curator"
    client = signed_in(role, region["region"])
    answer = client.post(f"/api/{place}/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("value", [5, True, {"a": 1}, ["x"], "2026-02-30"])
def test_an_absence_with_a_wrong_day_is_refused_beside_it(
    region: dict[str, Agency], value: Any
) -> None:
    other = factories.make_person("executor", region["own"])
    client = signed_in("executor", region["own"])
    body = {"deputy": other.username, "last": value}
    answer = client.post("/api/absences/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["last"]


@pytest.mark.parametrize("version", ["²", "9" * 5000, "-1", "x"])
def test_a_forged_version_field_is_no_error_of_the_server(
    region: dict[str, Agency], version: str
) -> None:
    case = factories.make_case(Status.ROUTED, region["own"])
    client = signed_in("executor", region["own"])
    answer = client.post(f"/cases/{case.number}/take/", {"version": version})
    assert answer.status_code < 500


def test_a_lost_file_is_a_404(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    lost = Attachment.objects.create(
        case=case, name="акт.png", sha256="cd" * 32, media_type="image/png", size=9
    )
    answer = signed_in("executor", region["own"]).get(f"/cases/{case.number}/files/{lost.pk}/")
    assert answer.status_code == 404


PHONE = "+7 912 345-67-89"


def reviewed(region: dict[str, Agency]) -> Case:
    """A case whose every field a citizen's phone may have got into holds it."""
    case = factories.make_case(
        Status.REVIEW, region["own"], title=f"Звоните {PHONE}", place=f"кв. 77, {PHONE}"
    )
    question = {"number": 1, "start": 0, "end": 5, "text": f"Когда? {PHONE}", "answered": "no"}
    case.replies.update(assessment={"questions": [question], "reuse": None, "personal_share": 1})
    factories.make_case(
        Status.ROUTED, region["own"], citizen=case.citizen, title=f"Раньше: {PHONE}"
    )
    return case


@pytest.mark.parametrize("role", ["quality_supervisor", "approver", "auditor"])
def test_a_phone_stays_hidden_without_the_right_to_contacts(
    region: dict[str, Agency], role: str
) -> None:
    case = reviewed(region)
    client = signed_in(role, region["own"])
    for address in (f"/cases/{case.number}/", f"/review/{case.number}/", "/review/"):
        answer = client.get(address)
        assert answer.status_code in (200, 403)
        assert "345-67-89" not in answer.content.decode().replace("\xa0", " "), address


@pytest.mark.parametrize("address", ["/cases/{}/", "/review/{}/", "/api/cases/{}/"])
def test_a_name_signed_under_a_message_is_hidden_with_the_contacts(
    region: dict[str, Agency], address: str
) -> None:
    case = factories.make_case(
        Status.REVIEW, region["own"], text="Когда засыпят яму? Марина Кузнецова"
    )
    page = address.format(case.number)
    answer = signed_in("quality_supervisor", region["own"]).get(page)
    assert answer.status_code == 200
    assert "Марина Кузнецова" not in answer.content.decode()


def test_a_heading_keeps_no_phone_whoever_writes_it(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.MODERATION)
    values = {"title": f"Яма, звонить {PHONE}", "version": case.version}
    signed_in("operator", region["region"]).post(f"/cases/{case.number}/amend/", values)
    assert Case.objects.get(pk=case.pk).title == "Яма, звонить •••"


def test_the_right_to_contacts_shows_the_phone(region: dict[str, Agency]) -> None:
    case = reviewed(region)
    answer = signed_in("curator", region["own"]).get(f"/cases/{case.number}/")
    assert "345-67-89" in answer.content.decode()


def test_only_web_addresses_become_links(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    case.messages.update(url="javascript:alert(1)")
    case.replies.update(published_url="javascript:alert(2)")
    page = signed_in("executor", region["own"]).get(f"/cases/{case.number}/").content.decode()
    assert "javascript:" not in page


def test_the_letter_of_a_merged_case_is_signed_by_its_own_author(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    other = factories.make_citizen(name="Пётр Соседов")
    letter = case.messages.get()
    letter.pk, letter.external_id, letter.author = None, "merged-1", other
    letter.save()
    page = signed_in("executor", region["own"]).get(f"/cases/{case.number}/").content.decode()
    assert "Пётр Соседов" in page
    assert "Марина Кузнецова" in page


DESK_FORMS = {
    Status.RECEIVED: {"amend", "start-moderation"},
    Status.MODERATION: {"amend", "route", "reject", "merge"},
    Status.REDIRECT_ASKED: {"redirect", "refuse-redirect"},
}


@pytest.mark.parametrize("status", DESK_FORMS)
def test_every_form_of_the_desk_says_which_version_was_seen(
    region: dict[str, Agency], status: str
) -> None:
    agency = region["own"] if status == Status.REDIRECT_ASKED else None
    case = factories.make_case(status, agency)
    page = signed_in("coordinator", region["region"]).get(f"/desk/?case={case.number}")
    forms = page.content.decode().split("<form")
    for slug in DESK_FORMS[Status(status)]:
        form = next(f for f in forms if f"/cases/{case.number}/{slug}/" in f)
        assert f'name="version" value="{case.version}"' in form.split("</form>")[0], slug


def test_a_second_amendment_of_a_card_seen_before_the_first_is_refused(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.MODERATION)
    client = signed_in("operator", region["region"])
    values: dict[str, Any] = {"severity": 4, "version": case.version}
    assert client.post(f"/cases/{case.number}/amend/", values).status_code == 302
    values["severity"] = 1
    assert client.post(f"/cases/{case.number}/amend/", values).status_code == 412
    assert Case.objects.get(pk=case.pk).severity == 4


def test_a_disabled_person_is_nobody_at_once(region: dict[str, Agency]) -> None:
    person = factories.make_person("executor", region["own"])
    client = Client()
    client.force_login(person)
    assert client.get("/queue/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/queue/").status_code == 302


def test_signing_in_leads_nowhere_outside(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ROUTED, region["own"], due_at=timezone.now() + timedelta(1))
    answer = signed_in("executor", region["own"]).post(
        f"/cases/{case.number}/take/", {"next": "https://evil.example/"}
    )
    assert answer.url == case.get_absolute_url()


@pytest.mark.parametrize(("status", "traced"), [(403, False), (404, False), (500, True)])
def test_a_refusal_is_one_line_of_the_log_and_a_failure_has_its_trace(
    settings, status: int, traced: bool
) -> None:
    stream = io.StringIO()
    console = logging.StreamHandler(stream)
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        console.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    logger = logging.Logger("django.request")
    logger.addHandler(console)
    try:
        raise PermissionError("of somebody")
    except PermissionError:
        logger.error("%s: %s", "Refused", "/cases/", exc_info=True, extra={"status_code": status})
    told = stream.getvalue()
    assert "Refused: /cases/" in told
    assert ("Traceback" in told) is traced
