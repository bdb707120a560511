"""Two people at one case by its pages: the second is told who did what and keeps his words."""

import pytest

from agencies.models import Agency
from cases import actions
from cases.workflow import Status
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


def test_a_form_sent_after_anothers_change_keeps_its_words(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"])
    other = factories.make_person("curator", region["own"], last_name="Юдина")
    approver = client_of(factories.make_person("approver", region["own"]))
    actions.add_note(case, actor=other, text="Позвонить мастеру")
    path = f"/cases/{case.number}/return-to-author/"
    page = approver.post(path, {"remark": "Назовите срок", "version": case.version})
    text = page.content.decode()
    assert page.status_code == 412
    assert "Юдина" in text
    assert "Назовите срок" in text
    assert reloaded(case).status == Status.APPROVAL
    assert f'name="version" value="{reloaded(case).version}"' in text
    again = approver.post(path, {"remark": "Назовите срок", "version": reloaded(case).version})
    assert again.status_code == 302
    assert reloaded(case).status == Status.IN_WORK


def test_a_reply_sent_after_anothers_change_stays_in_the_editor(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    other = factories.make_person("curator", region["own"], last_name="Юдина")
    actions.add_note(case, actor=other, text="Позвонить мастеру")
    assert case.executor is not None
    page = client_of(case.executor).post(
        f"/cases/{case.number}/submit-reply/",
        {"text": factories.REPLY, "version": case.version},
    )
    assert page.status_code == 412
    assert "Юдина" in page.content.decode()
    assert factories.REPLY[:60] in page.content.decode()
    assert not case.replies.exists()


def test_who_came_second_is_told_who_was_first_and_led_to_the_case(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.ROUTED, region["own"])
    first = factories.make_person("executor", region["own"], last_name="Юдина")
    second = factories.make_person("executor", region["own"])
    actions.take(case, actor=first)
    page = client_of(second).post(f"/cases/{case.number}/take/", {"version": case.version})
    text = page.content.decode()
    assert page.status_code == 409
    assert "Юдина" in text
    assert "Взять в работу" in text
    assert f'href="/cases/{case.number}/"' in text


def test_a_refused_form_tells_of_anothers_change_before_it_takes_the_new_version(
    region: dict[str, Agency],
) -> None:
    """Else the next press, with the version of the new page, would go over it unseen."""
    case = factories.make_case(Status.APPROVAL, region["own"])
    other = factories.make_person("curator", region["own"], last_name="Юдина")
    approver = client_of(factories.make_person("approver", region["own"]))
    path = f"/cases/{case.number}/return-to-author/"
    seen = approver.post(path, {"remark": "", "version": case.version}).content.decode()
    assert "С тех пор, как вы открыли страницу" not in seen
    actions.add_note(case, actor=other, text="Позвонить мастеру")
    page = approver.post(path, {"remark": "", "version": case.version})
    assert page.status_code == 422
    assert "С тех пор, как вы открыли страницу" in page.content.decode()
    assert "Позвонить мастеру" in page.content.decode()
    writing = factories.make_case(Status.IN_WORK, region["own"])
    actions.add_note(writing, actor=other, text="Не тот двор")
    assert writing.executor is not None
    page = client_of(writing.executor).post(
        f"/cases/{writing.number}/submit-reply/", {"text": "", "version": writing.version}
    )
    assert page.status_code == 422
    assert "С тех пор, как вы открыли страницу" in page.content.decode()
    assert page.content.decode().count('id="errors"') == 1
