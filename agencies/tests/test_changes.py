"""History of reference data: who changed what from what to what, by whatever door, for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from agencies.actions import grant_role, revoke_role
from agencies.admin_base import ReadOnlyAdmin, RightsAdmin
from agencies.changes import watched_tables
from agencies.history import changes_of, tell
from agencies.models import Agency, Change, User
from agencies.roles import Role
from cases.models import Case, ReplyTemplate, RoutingRule, Topic
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def boss(region: dict[str, Agency], client: Client) -> User:
    person = factories.make_person(Role.ADMINISTRATOR, region["region"])
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(person)
    return person


def told_of(row: Any) -> list[tuple[str, str, str]]:
    found = list(changes_of(row))
    tell(found)
    return [(one.title, one.was, one.became) for change in found for one in change.told]


def test_every_register_that_is_edited_here_is_watched() -> None:
    edited = {
        model._meta.db_table
        for model, page in admin.site._registry.items()
        if isinstance(page, RightsAdmin) and not isinstance(page, ReadOnlyAdmin)
    }
    assert edited - set(watched_tables()) == set()


def test_the_history_of_cases_and_replies_is_that_of_the_case(client: Client, region: Any) -> None:
    case = factories.make_case(Status.REVIEW, region["own"])
    client.force_login(factories.make_person(Role.QUALITY_SUPERVISOR, region["own"]))
    place = reverse("admin:cases_case_change", args=[case.pk])
    for kind, row in (("case", case), ("reply", case.replies.get())):
        answer = client.get(reverse(f"admin:cases_{kind}_history", args=[row.pk]))
        assert (answer.status_code, answer["Location"]) == (302, place)


def test_a_form_leaves_who_what_and_why(client: Client, region: Any, boss: User) -> None:
    topic = factories.make_topic("roads.pits")
    url = reverse("admin:cases_topic_change", args=[topic.pk])
    form = client.get(url).context["adminform"].form
    values = {n: form[n].value() for n in form.fields if form[n].value() not in (None, False)}
    old = topic.name
    answer = client.post(url, {**values, "name": "Ямы", "_why": "Просят жители"})
    assert answer.status_code == 302
    change = changes_of(topic)[0]
    assert (change.actor_id, change.reason, change.kind) == (boss.pk, "Просят жители", "changed")
    assert change.fields == {"name": [old, "Ямы"]}
    page = client.get(reverse("admin:cases_topic_history", args=[topic.pk])).content.decode()
    for word in (old, "Ямы", "Просят жители", str(boss)):
        assert word in page


def test_any_other_door_is_seen_too(region: Any) -> None:
    """A statement typed by hand has no actor, but it has its row."""
    own = region["own"]
    Agency.objects.filter(pk=own.pk).update(phone="+7 900 000-00-01", parent=region["other"])
    assert told_of(own)[:2] == [
        ("superior", str(region["region"]), str(region["other"])),
        ("phone", "—", "+7 900 000-00-01"),
    ]
    assert changes_of(own)[0].actor_id is None


def test_roles_and_curators_are_told_of_their_owner(region: Any, boss: User) -> None:
    person = factories.make_person(Role.EXECUTOR, region["own"], "mate")
    grant_role(person, Role.CURATOR, region["below"])
    revoke_role(person, Role.CURATOR, region["below"])
    region["own"].curators.add(person)
    role = f"{Role.CURATOR.label}: {region['below']}"
    assert told_of(person)[:2] == [("roles held", role, "—"), ("roles held", "—", role)]
    assert told_of(region["own"])[0] == ("curators", "—", str(person))


def test_a_password_is_noted_without_its_hash_and_a_sign_in_not_at_all(
    client: Client, region: Any, boss: User
) -> None:
    mate = factories.make_person(Role.EXECUTOR, region["own"], "mate")
    before = changes_of(mate).count()
    mate.last_login = timezone.now()
    mate.save(update_fields=["last_login"])
    mate.theme = User.Theme.DARK
    mate.save()
    assert changes_of(mate).count() == before
    new = {"password1": "a-new-long-pass-9", "password2": "a-new-long-pass-9"}
    path = reverse("admin:auth_user_password_change", args=[mate.pk])
    assert client.post(path, {**new, "usable_password": "true"}).status_code == 302
    change = changes_of(mate)[0]
    assert change.fields == {"password": ["•••", "•••"]}
    assert change.actor_id == boss.pk


def test_history_is_not_edited(region: Any) -> None:
    for act in (lambda rows: rows.update(reason="иначе"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="history is not edited"), transaction.atomic():
            act(Change.objects.all())


def test_a_refused_form_leaves_no_history(client: Client, region: Any, boss: User) -> None:
    before = Change.objects.count()
    url = reverse("admin:agencies_agency_change", args=[region["own"].pk])
    assert client.post(url, {"name": ""}).status_code == 200
    assert Change.objects.count() == before


def test_deleting_asks_for_a_reason_and_keeps_what_there_was(
    client: Client, region: Any, boss: User
) -> None:
    rule = RoutingRule.objects.create(topic=Topic.objects.first(), agency=region["own"])
    url = reverse("admin:cases_routingrule_delete", args=[rule.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"post": "yes"}).status_code == 422
    assert RoutingRule.objects.filter(pk=rule.pk).exists()
    assert client.post(url, {"reason": "Ведомство ликвидировано"}).status_code == 302
    gone = Change.objects.filter(table="cases_routingrule", kind="removed").latest("pk")
    assert (gone.row_id, gone.actor_id) == (rule.pk, boss.pk)
    assert gone.reason == "Ведомство ликвидировано"
    assert gone.fields["agency_id"] == [region["own"].pk, None]
    page = client.get(reverse("admin:agencies_change_changelist")).content.decode()
    assert "Ведомство ликвидировано" in page


def test_several_are_deleted_with_one_reason(client: Client, region: Any, boss: User) -> None:
    rules = [RoutingRule.objects.create(agency=region["own"], note=str(at)) for at in range(3)]
    url = reverse("admin:cases_routingrule_changelist")
    data = {"action": "delete_selected", "_selected_action": [rule.pk for rule in rules]}
    page = client.post(url, data)
    assert page.status_code == 200
    assert RoutingRule.objects.count() == 3
    client.post(url, {**data, "confirmed": "1", "reason": "Заменены одним"})
    assert RoutingRule.objects.count() == 0
    assert Change.objects.filter(kind="removed", reason="Заменены одним").count() == 3


def test_what_is_in_use_stays(client: Client, region: Any, boss: User) -> None:
    """No register deletes what cases point to; the page names what holds it."""
    template = ReplyTemplate.objects.create(name="t", text="Текст")
    url = reverse("admin:cases_replytemplate_delete", args=[template.pk])
    assert client.post(url, {"reason": "устарел"}).status_code == 302
    assert not ReplyTemplate.objects.exists()
    assert client.get(reverse("admin:cases_topic_delete", args=[1])).status_code in (403, 404)


@pytest.mark.parametrize("name", ["approve", "new_version", "accept_proposal", "send_again"])
def test_no_action_of_a_register_works_without_its_page(name: str) -> None:
    """Each asks first: the work stands behind `with_reason`."""
    found = [
        getattr(type(page), name)
        for page in admin.site._registry.values()
        if hasattr(type(page), name)
    ]
    assert [act.__module__ for act in found] == ["agencies.admin_confirm"]


def test_the_page_of_a_history_asks_little(client: Client, region: Any, boss: User) -> None:
    own = region["own"]
    for at in range(60):
        Agency.objects.filter(pk=own.pk).update(
            phone=str(at), parent=region["other"] if at % 2 else region["region"]
        )
    url = reverse("admin:agencies_agency_history", args=[own.pk])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = client.get(url)
    assert len(asked) <= 8, [query["sql"][:80] for query in asked]
    older = page.context["older"]
    assert older is not None
    assert client.get(f"{url}?before={older}").status_code == 200
    assert len(page.context["changes"]) == 50


def test_a_person_keeps_filters_of_his_own(client: Client, region: Any, boss: User) -> None:
    page = reverse("admin:agencies_user_changelist")
    shown = client.get(f"{page}?is_active__exact=0").content.decode()
    assert 'id="filter-name"' in shown
    save = reverse("filter-save")
    form = {"page": "agencies.user", "query": "is_active__exact=0", "name": "Отключённые"}
    answer = client.post(save, form)
    assert answer["Location"] == f"{page}?is_active__exact=0"
    assert "Отключённые" in client.get(page).content.decode()
    assert (
        "Отключённые"
        not in client.get(reverse("admin:agencies_agency_changelist")).content.decode()
    )
    other = Client()
    other.force_login(factories.make_person(Role.ADMINISTRATOR, region["own"], "other-boss"))
    assert "Отключённые" not in other.get(page).content.decode()
    kept = boss.saved_filters.get()
    assert other.post(reverse("filter-drop", args=[kept.pk])).status_code == 404
    assert client.post(reverse("filter-drop", args=[kept.pk])).status_code == 302
    assert not boss.saved_filters.exists()
    assert client.post(save, {**form, "page": "axes.accesslog"}).status_code == 403
    assert client.post(save, {**form, "page": "nothing"}).status_code == 403


def test_the_first_page_counts_the_readers_own_cases(client: Client, region: Any) -> None:
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    client.force_login(supervisor)
    late = timezone.now() - timedelta(days=1)
    for agency in ("own", "below", "other"):
        case = factories.make_case("in_work", region[agency])
        Case.objects.filter(pk=case.pk).update(due_at=late, flagged=True)
    context = client.get(reverse("admin:index")).context
    counts = {one["code"]: one for one in context["waiting"]}
    assert {code: one["count"] for code, one in counts.items()} == {
        "overdue": 2, "today": 0, "review": 0, "flagged": 2, "control": 0,
    }  # fmt: skip
    for one in counts.values():
        listed = client.get(one["url"])
        assert listed.context["cl"].result_count == one["count"], one
    assert "service_counts" not in context
    assert [one["code"] for one in context["numbers"]][:2] == ["overdue_now", "due_today"]


def test_the_first_page_of_an_administrator_has_numbers_and_no_words(
    client: Client, region: Any, boss: User
) -> None:
    case = factories.make_case("in_work", region["own"])
    today = timezone.localdate()
    ReplyTemplate.objects.create(name="скоро", text="т", expires_on=today)
    ReplyTemplate.objects.create(name="уже", text="т", expires_on=today - timedelta(days=1))
    page = client.get(reverse("admin:index"))
    assert [one["code"] for one in page.context["waiting"]] == ["overdue", "today"]
    counts = [one["count"] for one in page.context["service_counts"]]
    assert counts == [0, 0, 1, 1, 2]
    for one in page.context["service_counts"][2:]:
        assert client.get(one["url"]).context["cl"].result_count == one["count"], one
    assert case.title not in page.content.decode()
