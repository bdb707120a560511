"""Drafts through their pages: never overwritten unseen, no text ever lost."""

from typing import Any

import pytest
from django.test import Client

from agencies.models import User
from agencies.roles import Role
from cases import actions
from cases.actions import drafts
from cases.models import Case, Draft, DraftCopy, Message
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


class Tab:
    """A page of a case in one tab: knows the draft it has seen."""

    def __init__(self, case: Case, person: User, name: str) -> None:
        self.case, self.name = case, name
        self.client = Client()
        self.client.force_login(person)
        page = self.client.get(case.get_absolute_url()).content.decode()
        self.version = self._field(page, 'name="version" value="')
        self.seen = self._field(page, 'id="draft-seen" value="')

    @staticmethod
    def _field(page: str, before: str) -> str:
        return page.split(before, 1)[1].split('"', 1)[0]

    def save(self, text: str, **more: str) -> str:
        """The page after the save; what it has seen now is remembered as a browser does."""
        answer = self.client.post(
            f"{self.case.get_absolute_url()}draft/",
            {"text": text, "tab": self.name, "seen": self.seen, **more},
        )
        body = answer.content.decode()
        if 'id="draft-seen"' in body:
            self.seen = self._field(body, 'id="draft-seen" value="')
        return body

    def send(self, text: str) -> Any:
        return self.client.post(
            f"{self.case.get_absolute_url()}submit-reply/", {"text": text, "version": self.version}
        )


@pytest.fixture
def person() -> User:
    factories.load_reference()
    return factories.make_person(Role.EXECUTOR, factories.make_agency("own"))


@pytest.fixture
def case(person: User) -> Case:
    return factories.make_case(Status.IN_WORK, person.agency, executor=person)


def text_of(case: Case) -> str:
    return Draft.objects.get(case=case).text


def copies(case: Case) -> list[str]:
    return list(DraftCopy.objects.filter(case=case).values_list("text", flat=True))


def test_one_tab_saves_again_and_again(case: Case, person: User) -> None:
    tab = Tab(case, person, "one")
    for text in ("Осмотрели", "Осмотрели двор", "Осмотрели двор и яму"):
        assert "draft-conflict" in tab.save(text)
        assert text_of(case) == text
    assert copies(case) == []


def test_an_answer_that_never_came_back_is_no_conflict(case: Case, person: User) -> None:
    """The browser gave up waiting: it has not seen its own last save."""
    tab = Tab(case, person, "one")
    old = tab.seen
    tab.save("Осмотрели")
    tab.seen = old
    assert "изменён в другом месте" not in tab.save("Осмотрели двор")
    assert text_of(case) == "Осмотрели двор"


def test_a_second_tab_with_an_older_draft_is_told_and_both_texts_stay(
    case: Case, person: User
) -> None:
    one, two = Tab(case, person, "one"), Tab(case, person, "two")
    one.save("Яму засыплем в пятницу.")
    said = two.save("Яму засыплем завтра.")
    assert "изменён в другом месте" in said
    assert "<del>" in said
    assert "<ins>" in said
    assert text_of(case) == "Яму засыплем в пятницу."
    assert copies(case) == ["Яму засыплем завтра."]
    # It goes on typing: its one copy follows, the conflict stays until it is decided.
    assert "изменён в другом месте" in two.save("Яму засыплем завтра утром.")
    assert copies(case) == ["Яму засыплем завтра утром."]


def test_keeping_the_text_here_makes_the_other_one_the_copy(case: Case, person: User) -> None:
    one, two = Tab(case, person, "one"), Tab(case, person, "two")
    one.save("Первая вкладка")
    two.save("Вторая вкладка")
    assert "изменён в другом месте" not in two.save("Вторая вкладка", keep="mine")
    assert text_of(case) == "Вторая вкладка"
    assert copies(case) == ["Первая вкладка"]
    assert "изменён в другом месте" not in two.save("Вторая вкладка, дальше")
    assert "изменён в другом месте" in one.save("Первая вкладка, дальше")


def test_the_same_text_in_two_tabs_is_no_conflict(case: Case, person: User) -> None:
    one, two = Tab(case, person, "one"), Tab(case, person, "two")
    one.save("Одно и то же")
    assert "изменён в другом месте" not in two.save("Одно и то же")


def test_a_returned_reply_does_not_swallow_what_was_begun(case: Case, person: User) -> None:
    approver = factories.make_person(Role.APPROVER, person.agency)
    actions.submit_reply(case, actor=person, text=factories.REPLY)
    drafts.save_draft(Case.objects.get(pk=case.pk), actor=person, text="Начато до возврата")
    actions.return_to_author(case, actor=approver, remark="Назовите срок")
    assert text_of(case) == factories.REPLY
    assert copies(case) == ["Начато до возврата"]


def test_a_page_open_before_the_return_is_told_of_the_returned_text(
    case: Case, person: User
) -> None:
    tab = Tab(case, person, "one")
    tab.save("Черновик")
    drafts.lay_draft(case, person.pk, "Возвращённый текст")
    assert "изменён в другом месте" in tab.save("Черновик, дальше")
    assert text_of(case) == "Возвращённый текст"
    assert sorted(copies(case)) == ["Черновик", "Черновик, дальше"]


def test_sending_ends_the_draft_and_keeps_another_text(case: Case, person: User) -> None:
    one = Tab(case, person, "one")
    Tab(case, person, "two").save("Другой текст из другой вкладки")
    assert one.send(factories.REPLY).status_code == 302
    assert not Draft.objects.exists()
    assert copies(case) == ["Другой текст из другой вкладки"]


def test_sending_the_draft_itself_leaves_no_copy(case: Case, person: User) -> None:
    tab = Tab(case, person, "one")
    tab.save(f"{factories.REPLY}\n")
    assert tab.send(factories.REPLY).status_code == 302
    assert copies(case) == []


def test_copies_are_ones_own_few_and_forgotten_in_time(case: Case, person: User) -> None:
    colleague = factories.make_person(Role.EXECUTOR, person.agency)
    for number in range(14):
        drafts._keep_copy(case, person, f"текст {number}")
    drafts._keep_copy(case, colleague, "чужой")
    assert len(drafts.copies_of(case, person)) == drafts.MOST_COPIES
    tab = Tab(case, person, "one")
    shown = tab.client.get(f"{case.get_absolute_url()}copies/").content.decode()
    assert "текст 13" in shown
    assert "чужой" not in shown
    newest = DraftCopy.objects.latest("saved_at").saved_at
    assert drafts.forget_copies(newest + drafts.COPIES_KEPT / 2) == 0
    assert drafts.forget_copies(newest + 2 * drafts.COPIES_KEPT) == drafts.MOST_COPIES + 1


def test_a_stale_reply_shows_what_happened_and_keeps_both_texts(case: Case, person: User) -> None:
    """412: another move was made meanwhile; the text stays in the editor."""
    tab = Tab(case, person, "one")
    head = factories.make_person(Role.HEAD_OFFICE, person.agency)
    actions.set_control(case, actor=head, reason="Поручение")
    actions.add_note(case, actor=head, text="Срочно")
    answer = tab.send(factories.REPLY)
    page = answer.content.decode()
    assert answer.status_code == 412
    assert "С тех пор, как вы открыли страницу" in page
    assert f"Взято на личный контроль: {head}" in page
    assert f"Заметка: {head}" in page
    assert "Зарегистрировано" not in page.split("quality-panel")[0].split("conflict")[0]
    assert factories.REPLY in page
    # The next press is knowing: the page carries the version of now.
    tab.version = Tab._field(page, 'name="version" value="')
    assert tab.send(factories.REPLY).status_code == 302


def test_a_message_edited_meanwhile_is_shown_before_and_now(case: Case, person: User) -> None:
    tab = Tab(case, person, "one")
    robot = factories.make_person(
        Role.IMPORT_SERVICE, factories.make_agency("region", kind="region")
    )
    message = Message.objects.get(case=case)
    actions.receive(
        actor=robot,
        channel=message.channel,
        external_id=message.external_id,
        text=f"{message.text} Ещё не горит фонарь.",
        posted_at=message.posted_at,
    )
    page = tab.send(factories.REPLY).content.decode()
    assert "Сообщение жителя: каким вы его видели и сейчас" in page
    assert "<ins>" in page


def test_a_reply_sent_by_a_colleague_first_stands_beside_ones_own(case: Case, person: User) -> None:
    """409: the case went to approval; the unsent text is shown and kept."""
    tab = Tab(case, person, "one")
    colleague = factories.make_person(Role.EXECUTOR, person.agency)
    actions.submit_reply(case, actor=colleague, text=factories.REPLY)
    mine = factories.REPLY.replace("20 июня", "25 июня")
    answer = tab.send(mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Ответ не отправлен" in page
    assert mine in page
    assert "Отправленный ответ" in page
    assert copies(case) == [mine]


def test_an_api_client_without_a_page_just_saves(case: Case, person: User) -> None:
    drafts.save_draft(case, actor=person, text="раз")
    assert not drafts.save_draft(case, actor=person, text="два").conflict
    assert text_of(case) == "два"
