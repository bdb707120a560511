"""A citizen's contacts and full name, planted everywhere, on every page of who may not see them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right, Role
from cases import actions
from cases.actions.moderation import refresh_search
from cases.models import Attachment, Case, CaseEvent, Draft, Message, Reply
from cases.workflow import Status
from tests import factories
from tests.access_payloads import ROUTES
from tests.admin_payloads import ADMIN_MODELS
from tests.test_access import WALKED, body_text

pytestmark = pytest.mark.django_db

SECRETS = ("345-67-89", "Кузнецов", "@example.org", "vk.example/id", "Зелёная, 9")
SAID = (
    "Марина Кузнецова, +7 912 345-67-89, m.k@example.org, https://vk.example/id77."
    " Когда засыпят яму?"
)
BLIND = sorted(HOLDERS[Right.VIEW_STATES] - HOLDERS[Right.VIEW_CONTACTS])


class Scene:
    """Two cases of one author at one agency, each with everything people may have written."""

    def __init__(self) -> None:
        factories.load_reference()
        self.region: dict[str, Agency] = factories.make_region()
        self.citizen = factories.make_citizen(
            name="Кузнецова Марина Петровна",
            phone="+7 912 345-67-89",
            address="Зелёная, 9",
            profile_url="https://vk.example/id77",
        )
        self.neighbour = factories.make_citizen(name="Кузнецов Олег Ильич")
        self.cases = {status: self._case(status) for status in (*STATES,)}
        self.clients: dict[str, Client] = {}
        for role in BLIND:
            self.clients[role] = Client(raise_request_exception=False)
            self.clients[role].force_login(factories.make_person(role, self.region["region"]))

    def _case(self, status: str) -> Case:
        case = factories.make_case(
            status,
            self.region["own"],
            citizen=self.citizen,
            text=SAID,
            place="Садовая, 5, кв. 12, +7 912 345-67-89",
            control_reason=f"Поручение: {SAID}",
            controlled_by=factories.make_person(Role.HEAD_OFFICE, self.region["region"]),
        )
        Message.objects.create(
            case=case,
            channel=case.channel,
            external_id=f"second-{case.pk}",
            author=self.neighbour,
            text="И я, Олег Кузнецов, тел. 8 912 345-67-89",
            url="https://vk.example/id78",
            posted_at=case.received_at,
            fingerprint="1" * 64,
        )
        for move, key in (
            ("add_note", "text"),
            ("dispute_competence", "note"),
            ("extend", "reason"),
            ("return_to_author", "remark"),
        ):
            CaseEvent.objects.create(case=case, move=move, data={key: SAID})
        CaseEvent.objects.create(
            case=case, move="amend", data={"place": ["", SAID], "title": [SAID, "Яма"]}
        )
        assert case.executor is not None
        Draft.objects.create(case=case, author=case.executor, text=SAID)
        Attachment.objects.create(
            case=case,
            name="Кузнецова 345-67-89.png",
            sha256="cd" * 32,
            media_type="image/png",
            size=9,
        )
        question = {"number": 1, "start": 0, "end": 99, "text": SAID, "answered": "no"}
        case.replies.update(
            assessment={"questions": [question], "reuse": None, "personal_share": 1}
        )
        refresh_search([case.pk])
        return case


STATES = (Status.IN_WORK, Status.REVIEW, Status.APPROVAL, Status.ANSWERED, Status.REDIRECT_ASKED)


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Scene()
        transaction.set_rollback(True)


def shown(answer: Any) -> list[str]:
    if answer.status_code != 200:
        return []
    text = body_text(answer).replace("\xa0", " ")
    return [secret for secret in SECRETS if secret in text]


def addresses(scene: Scene) -> list[str]:
    """Every page and API answer a reader may ask for by GET."""
    found = ["/review/", "/review/?list=1", "/desk/", "/desk/?view=disputes", "/search/?q=яма"]
    found += ["/bulk/?move=add_note&all=1&list=case-list", "/promises/table/csv/"]
    found += ["/control/table/xlsx/", "/copies/table/csv/?days=365"]
    for case in scene.cases.values():
        for name in WALKED:
            route = ROUTES[name]
            if route.status and route.kwargs is None:
                found.append(reverse(name, kwargs={"number": case.number}))
    found += [
        reverse(name) for name in WALKED if not ROUTES[name].status and ROUTES[name].kwargs is None
    ]
    for model in ADMIN_MODELS:
        found.append(reverse(f"admin:{model}_changelist"))
    for case in scene.cases.values():
        found.append(reverse("admin:cases_case_change", args=[case.pk]))
        found += [
            reverse("admin:cases_reply_change", args=[reply.pk]) for reply in case.replies.all()
        ]
    return found


@pytest.mark.parametrize("role", BLIND)
def test_nothing_of_a_citizen_is_shown_without_the_right(scene: Scene, role: str) -> None:
    client = scene.clients[role]
    mistakes = []
    read = 0
    for address in addresses(scene):
        answer = client.get(address)
        if answer.status_code >= 500:
            mistakes.append(f"{address}: {answer.status_code}")
        read += answer.status_code == 200
        if found := shown(answer):
            mistakes.append(f"{address}: {found}")
    assert "\n".join(mistakes) == ""
    assert read > 5


def test_the_page_that_asks_before_a_move_in_the_admin_hides_them_too(scene: Scene) -> None:
    client = scene.clients[Role.QUALITY_SUPERVISOR]
    rows = [str(case.pk) for case in scene.cases.values()]
    answer = client.post(
        reverse("admin:cases_case_changelist"),
        {"action": "put_under_control", "_selected_action": rows},
    )
    assert answer.status_code == 200
    assert shown(answer) == []


def test_who_may_see_them_does(scene: Scene) -> None:
    """Guards the walk: planted and visible to the curator."""
    client = Client()
    client.force_login(factories.make_person(Role.CURATOR, scene.region["own"]))
    page = client.get(f"/cases/{scene.cases[Status.IN_WORK].number}/")
    assert set(shown(page)) == set(SECRETS)


def test_a_heading_holds_neither_name_nor_phone_from_the_start(
    region_reader: User, caplog: pytest.LogCaptureFixture
) -> None:
    """Taken in by the API, with a word of the log level DEBUG to be heard."""
    caplog.set_level("DEBUG")
    channel = factories.make_channel()
    made = actions.receive(
        actor=region_reader,
        channel=channel,
        external_id="named",
        text=f"Я, {SAID}",
        posted_at=timezone.now(),
        author="id77",
        author_facts={"name": "Кузнецова Марина Петровна", "phone": "+7 912 345-67-89"},
    )
    assert not [secret for secret in SECRETS if secret in made.case.title]
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    assert not [secret for secret in SECRETS if secret in logged]


@pytest.fixture
def region_reader(scene: Scene) -> User:
    return factories.make_person(Role.OPERATOR, scene.region["region"])


def test_replies_are_shown_as_they_were_written(scene: Scene) -> None:
    """A reviewer must see what the citizen will read: the check, not a mask, keeps data out."""
    reply = Reply.objects.filter(case=scene.cases[Status.REVIEW]).get()
    page = scene.clients[Role.QUALITY_SUPERVISOR].get(f"/review/{reply.case.number}/")
    assert reply.text[:40] in page.content.decode()
