"""The whole job of the portal, walked once through its pages by everybody it concerns."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from agencies.roles import Role
from cases.models import Case, CaseEvent, Clock, Reply, RoutingRule
from intake.models import ImportBatch
from intake.tasks import run_batch
from intake.tests.command import incident
from intake.tests.files import as_xlsx
from tests import factories
from tests.browser.conftest import Desk, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LETTER = (
    "Во дворе дома 5 по улице Садовой третью неделю яма полметра глубиной. "
    "Когда её засыпят? Кто отвечает за этот двор?"
)
BRUSH_OFF = (
    "Здравствуйте! Ваше обращение рассмотрено. Работы будут выполнены в установленном порядке"
    " при наличии финансирования. По вопросу рекомендуем обратиться в управляющую компанию."
    " Благодарим за активную гражданскую позицию."
)
ON_THE_MERITS = (
    "Здравствуйте! Мастер дорожного участка Сергей Петров осмотрел двор дома 5 по улице Садовой."
    " Яму засыпят щебнем и заасфальтируют до 20 июня 2031 года, работы ведёт «Дорсервис»"
    " по договору с нами. За двор отвечает наш отдел благоустройства, телефон 8 (300) 200-10-10,"
    " с 9:00 до 18:00."
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LINK = "https://vk.example/wall-1_2?reply=3"


class People:
    def __init__(self) -> None:
        factories.load_reference()
        agencies = factories.make_region()
        self.topic = factories.make_topic()
        factories.make_territory()
        RoutingRule.objects.create(topic=self.topic, agency=agencies["own"])
        self.operator = factories.make_person(Role.OPERATOR, agencies["region"], "operator")
        self.official = factories.make_person(Role.EXECUTOR, agencies["own"], "official")
        self.approver = factories.make_person(Role.APPROVER, agencies["own"], "approver")
        self.supervisor = factories.make_person(
            Role.QUALITY_SUPERVISOR, agencies["region"], "supervisor"
        )
        self.stranger = factories.make_person(Role.EXECUTOR, agencies["other"], "stranger")


def _import(desk: Desk, name: str, content: bytes) -> None:
    """Upload, preview, start; the worker's part is done here, the page shows the result."""
    page = desk.open("/import/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": XLSX, "buffer": content})
    with page.expect_navigation():
        page.click("main form .button-primary")
    with page.expect_navigation():
        page.click("main form .button-primary")
    batch = ImportBatch.objects.latest("pk")
    run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == "done"
    assert batch.created > 0


def _arrive(desk: Desk) -> Case:
    """A workbook in the 47-column layout, written here: a message at its first step."""
    posted = timezone.localtime().replace(microsecond=0, tzinfo=None) - timedelta(minutes=20)
    row: dict[str, Any] = incident(
        text=f"'{LETTER}", step="На модерации", agency="", topic="", topic_group="", assigned_at=""
    )
    row["Дата создания"] = posted
    row["Аудитория"] = 120.0
    _import(desk, "Выгрузка.xlsx", as_xlsx([list(row), list(row.values())]))
    case = Case.objects.get(messages__text=LETTER)
    assert case.citizen.handle == "id77"
    return case


def _moderate_and_route(desk: Desk, case: Case) -> None:
    page = desk.open("/desk/")
    assert case.number in desk.text()
    desk.keys("t")
    page.keyboard.type("roads")
    desk.keys("Escape")
    desk.key_to_next_page("s")  # save the card: the rules now know the topic
    assert page.input_value("#agency") == "own"
    desk.key_to_next_page("a")  # route
    assert case.number not in page.inner_text("main .review-desk, main .empty")


def _write(desk: Desk, text: str) -> None:
    """Type into the editor and wait for the panel of exactly this text."""
    page = desk.page
    page.focus("#reply-text")
    page.keyboard.press("Control+A")
    # The answer is there before the panel is: that of the text before is told by its mark.
    page.evaluate("document.querySelector('#quality-panel .score')?.setAttribute('data-old', '')")
    with page.expect_response(
        lambda got: "/check/" in got.url and got.request.method == "POST"
    ) as answer:
        page.keyboard.insert_text(text)
    assert answer.value.ok
    page.wait_for_function(
        "text => document.querySelector('#mirror').textContent === text"
        " && document.querySelector('#quality-panel .score:not([data-old])')",
        arg=text,
    )
    assert page.evaluate("document.activeElement.id") == "reply-text", "the swap took the focus"


def _points(desk: Desk) -> int:
    return int(desk.page.text_content("#quality-panel .ring-text") or "")


def _timeline(desk: Desk) -> str:
    return desk.page.inner_text(".timeline")


@pytest.fixture(autouse=True)
def _files_on_disk(settings: Any, tmp_path: Path) -> None:
    """The upload is kept by the server's thread and read by the worker's."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


def test_a_message_becomes_a_published_reply_that_was_first_a_brush_off(sign_in: SignIn) -> None:
    people = People()
    operator = sign_in(people.operator)
    case = _arrive(operator)
    address = f"/cases/{case.number}/"

    _moderate_and_route(operator, case)

    official = sign_in(people.official)
    page = official.open("/queue/")
    official.keys("j")
    official.key_to_next_page("Enter")
    assert page.url.endswith(address)
    official.key_to_next_page("t")  # take

    _write(official, BRUSH_OFF)
    assert _points(official) < 40
    assert page.locator("#mirror mark").count() > 0, "no passage is marked"
    official.key_to_next_page("Control+Enter")
    case.refresh_from_db()
    assert (case.status, case.flagged) == ("review", True)

    supervisor = sign_in(people.supervisor)
    desk = supervisor.open("/review/")
    assert case.number in supervisor.text()
    assert desk.locator(".versus mark").count() > 0
    supervisor.keys("1")
    supervisor.key_to_next_page("r")
    case.refresh_from_db()
    assert case.status == "rework"

    page = official.open(address)
    _write(official, ON_THE_MERITS)
    assert _points(official) >= 60
    official.key_to_next_page("Control+Enter")
    case.refresh_from_db()
    assert (case.status, case.flagged) == ("approval", False)

    approver = sign_in(people.approver)
    approver.open("/approval/")
    approver.keys("j")
    approver.key_to_next_page("Enter")
    approver.page.fill("#publish-url", LINK)
    approver.key_to_next_page("Enter")
    case.refresh_from_db()
    assert case.status == "answered"
    assert approver.page.locator(f'a[href="{LINK}"]').count() == 1

    _the_record_is_complete(case, approver)
    _a_stranger_sees_nothing(sign_in(people.stranger), case)
    for window in (operator, official, supervisor, approver):
        assert window.console == []


def _the_record_is_complete(case: Case, desk: Desk) -> None:
    moves = list(CaseEvent.objects.filter(case=case).order_by("id").values_list("move", flat=True))
    assert moves == [
        "imported",
        "amend",
        "route",
        "take",
        "submit_reply",
        "return_for_rework",
        "submit_reply",
        "publish",
    ]
    assert desk.page.locator(".timeline > li").count() == len(moves)
    clock = Clock.objects.get(case=case, kind=Clock.Kind.REPLY)
    published = Reply.objects.get(case=case, state=Reply.State.PUBLISHED)
    assert clock.stopped_at == published.published_at
    assert clock.stopped_at is not None
    assert clock.stopped_at < clock.due_at


def _a_stranger_sees_nothing(desk: Desk, case: Case) -> None:
    page = desk.page
    answer = page.goto(f"{desk.base}/cases/{case.number}/")
    assert answer is not None
    assert answer.status == 404
    words = (case.number, "Садовой", "Дорсервис")
    for path in ("/queue/", "/cases/", f"/search/?q={case.number}", "/search/?q=яма"):
        page.goto(desk.base + path)
        # Heading and empty state repeat the words one searched for.
        shown = "\n".join(page.locator("#rows .case").all_inner_texts())
        assert not [word for word in words if word in shown], path
