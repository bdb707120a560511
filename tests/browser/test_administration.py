"""The administration with keyboard and phone: filters, history, an action with its reason."""

import os

import pytest
from django.urls import reverse

from agencies.models import Change, SavedFilter
from agencies.roles import Role
from cases.models import ReferenceImport, ReplyTemplate, RoutingRule, Topic
from reports import keeping
from tests.browser.conftest import Desk, SignIn
from tests.browser.faults import faults_of
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    made = World()
    keeping.catch_up()
    return made


def _shots(desk: Desk, pages: list[str]) -> None:
    folder = os.environ.get("SHOTS")
    for at, page in enumerate(pages if folder else ()):
        desk.open(page)
        for theme in ("light", "dark"):
            desk.page.emulate_media(color_scheme=theme)
            for width in (1440, 390):
                desk.page.set_viewport_size({"width": width, "height": 900})
                desk.page.screenshot(
                    path=f"{folder}/admin-{at}-{width}-{theme}.png", full_page=True
                )


def test_screens_of_the_administration_are_accessible(world: World, sign_in: SignIn) -> None:
    boss = world.regional[Role.ADMINISTRATOR]
    topic = Topic.objects.order_by("pk")[0]
    own = world.agencies["own"]
    own.phone = "+7 843 200-00-00"
    own.save()
    template = ReplyTemplate.objects.create(name="Отключение воды", text="Воду вернут [дата].")
    SavedFilter.objects.create(
        user=boss, page="cases.topic", name="Закрытые темы", query="is_active__exact=0"
    )
    pages = [
        "/admin/",
        reverse("admin:cases_topic_changelist") + "?is_active__exact=1",
        reverse("admin:cases_topic_change", args=[topic.pk]),
        reverse("admin:agencies_agency_history", args=[own.pk]),
        reverse("admin:cases_replytemplate_delete", args=[template.pk]),
        reverse("admin:agencies_change_changelist"),
        "/exchange/",
    ]
    table = [["code", "name"], [topic.code, "Ямы"], ["new", ""]]
    made = ReferenceImport.objects.create(
        table="topics", file_name="темы.xlsx", rows=table, made_by=boss
    )
    right = ReferenceImport.objects.create(
        table="topics", file_name="темы-2.xlsx", rows=table[:2], made_by=boss
    )
    pages += [f"/exchange/files/{one.pk}/" for one in (made, right)]
    desk = sign_in(boss)
    assert [fault for page in pages for fault in faults_of(desk, page)] == []
    assert desk.console == []
    _shots(desk, pages)


def test_a_supervisor_on_a_phone_keeps_a_filter_by_keyboard(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.QUALITY_SUPERVISOR]
    desk = sign_in(person, width=390)
    page = desk.open("/admin/")
    page.focus(".admin-counts a")
    desk.key_to_next_page("Enter")
    assert "due=overdue" in page.url
    page.focus("#filter-name")
    page.keyboard.type("Просроченные")
    desk.key_to_next_page("Enter")
    kept = SavedFilter.objects.get(user=person)
    assert (kept.page, kept.query, kept.name) == ("cases.case", "due=overdue", "Просроченные")
    assert page.inner_text(".saved-filters a[aria-current]") == "Просроченные"


def test_a_rule_is_deleted_by_keyboard_with_a_reason(world: World, sign_in: SignIn) -> None:
    rule = RoutingRule.objects.create(agency=world.agencies["own"], note="лишнее")
    desk = sign_in(world.regional[Role.ADMINISTRATOR], width=390)
    page = desk.open(reverse("admin:cases_routingrule_delete", args=[rule.pk]))
    page.focus("#id_reason")
    page.keyboard.type("Ведомство закрыто")
    page.keyboard.press("Tab")
    desk.key_to_next_page("Enter")
    assert not RoutingRule.objects.filter(pk=rule.pk).exists()
    assert Change.objects.filter(reason="Ведомство закрыто", kind="removed").exists()
