"""Standing in through the pages: what the deputy sees and does, and how the history says it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Deputy, User
from agencies.roles import Role
from cases.models import Case, CaseEvent, News
from cases.workflow import Status
from notices.kinds import Kind
from notices.models import Notice
from notices.telling import of_events, of_news, tell
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def anna(region: Any) -> User:
    return factories.make_person(
        Role.EXECUTOR, region["own"], first_name="Анна", last_name="Серова"
    )


@pytest.fixture
def olga(region: Any) -> User:
    return factories.make_person(
        Role.EXECUTOR, region["own"], first_name="Ольга", last_name="Лапина"
    )


def given(deputy: User, **more: Any) -> dict[str, Any]:
    last = TODAY + timedelta(days=5)
    return {
        "deputy": deputy.username,
        "first": TODAY.isoformat(),
        "last": last.isoformat(),
        "reason": "leave",
        **more,
    }


def stand(person: User, deputy: User) -> None:
    answer = client_of(person).post("/absence/", given(deputy, person=person.username))
    assert answer.status_code == 302


def test_one_names_a_deputy_for_oneself_and_both_see_it(anna: User, olga: User) -> None:
    stand(anna, olga)
    assert "Вас замещают" not in client_of(olga).get("/absence/").content.decode()
    assert "Вы замещаете" in client_of(olga).get("/absence/").content.decode()
    assert "Ольга Лапина" in client_of(anna).get("/absence/").content.decode()
    news = News.objects.get()
    assert (news.kind, news.person, news.data["state"]) == ("deputy", olga, "named")
    tell(of_news([news]))
    page = client_of(olga).get("/notices/").content.decode()
    assert "Вы замещаете: Анна Серова" in page.replace("\u00a0", " ")


def test_a_leader_names_it_and_the_absent_one_is_told(region: Any, anna: User, olga: User) -> None:
    head = factories.make_person(Role.APPROVER, region["own"])
    answer = client_of(head).post("/absence/", given(olga, person=anna.username))
    assert answer.status_code == 302
    told = {(news.person_id, news.data["state"]) for news in News.objects.all()}
    assert told == {(olga.pk, "named"), (anna.pk, "given")}
    assert Deputy.objects.get().named_by == head


def test_a_colleague_cannot_name_one_for_another(anna: User, olga: User) -> None:
    answer = client_of(olga).post("/absence/", given(olga, person=anna.username))
    assert answer.status_code == 400
    assert not Deputy.objects.exists()


def test_a_refusal_stands_beside_its_field(anna: User, olga: User) -> None:
    last = (TODAY - timedelta(days=1)).isoformat()
    answer = client_of(anna).post("/absence/", given(olga, person=anna.username, last=last))
    assert answer.status_code == 400
    assert "Последний день раньше первого" in answer.content.decode()


def test_who_is_absent_himself_stands_in_for_nobody(anna: User, olga: User) -> None:
    """Two who named each other left the cases of both to nobody."""
    stand(anna, olga)
    answer = client_of(olga).post("/absence/", given(anna, person=olga.username))
    assert answer.status_code == 400
    assert "сам отсутствует" in answer.content.decode()
    later = TODAY + timedelta(days=6)
    answer = client_of(olga).post(
        "/absence/",
        given(anna, person=olga.username, first=later.isoformat(), last=later.isoformat()),
    )
    assert answer.status_code == 302


def test_a_deputy_leaves_when_somebody_else_stands_in(region: Any, anna: User, olga: User) -> None:
    """Else the cases of the first would be with nobody, and nobody would know."""
    stand(anna, olga)
    third = factories.make_person(Role.EXECUTOR, region["own"])
    answer = client_of(olga).post("/absence/", given(third, person=olga.username))
    assert answer.status_code == 400
    assert "сначала назначьте коллеге другого" in answer.content.decode()
    stand(anna, third)
    fourth = factories.make_person(Role.EXECUTOR, region["own"])
    stand(olga, fourth)
    assert Deputy.objects.count() == 3


def test_the_deputys_queue_holds_both_peoples_cases(region: Any, anna: User, olga: User) -> None:
    hers = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    own = factories.make_case(Status.IN_WORK, region["own"], executor=olga)
    page = client_of(olga).get("/queue/").content.decode()
    assert own.number in page
    assert hers.number not in page
    stand(anna, olga)
    page = client_of(olga).get("/queue/").content.decode()
    assert own.number in page
    assert hers.number in page


def test_the_history_says_for_whom_it_was_done(region: Any, anna: User, olga: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    stand(anna, olga)
    client_of(olga).post(f"{case.get_absolute_url()}submit-reply/", {"text": factories.REPLY})
    event = CaseEvent.objects.get(case=case, move="submit_reply")
    assert (event.actor, event.data["for"]) == (olga, anna.pk)
    page = client_of(anna).get(case.get_absolute_url()).content.decode()
    assert "Ольга Лапина (за: Анна Серова)" in page
    answer = client_of(olga).get(f"/api/cases/{case.number}/").json()
    assert answer["events"][0]["on_behalf_of"] == "Анна Серова"


def test_a_right_of_the_absent_one_alone_is_said_too(region: Any, olga: User) -> None:
    boss = factories.make_person(Role.APPROVER, region["other"], last_name="Орлов")
    case = factories.make_case(Status.APPROVAL, region["other"])
    page = client_of(olga).get(case.get_absolute_url())
    assert page.status_code == 404
    now = timezone.now()
    Deputy.objects.create(person=boss, deputy=olga, starts_at=now, ends_at=now + timedelta(days=1))
    client_of(olga).post(f"{case.get_absolute_url()}return-to-author/", {"remark": "Назовите день"})
    event = CaseEvent.objects.get(case=case, move="return_to_author")
    assert event.data["for"] == boss.pk
    Deputy.objects.update(ends_at=timezone.now())
    assert client_of(olga).get(case.get_absolute_url()).status_code == 404


def test_ones_own_work_is_nobody_elses(region: Any, anna: User, olga: User) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"], executor=olga)
    stand(anna, olga)
    client_of(olga).post(f"{case.get_absolute_url()}submit-reply/", {"text": factories.REPLY})
    event = CaseEvent.objects.get(case=case, move="submit_reply")
    assert "for" not in event.data


def test_the_deputy_takes_back_the_absent_authors_reply(
    region: Any, anna: User, olga: User
) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"], executor=anna)
    url = f"{case.get_absolute_url()}withdraw-reply/"
    assert client_of(olga).post(url).status_code == 403
    stand(anna, olga)
    assert client_of(olga).post(url).status_code == 302
    assert CaseEvent.objects.get(case=case, move="withdraw_reply").data["for"] == anna.pk


def test_what_the_absent_one_is_told_the_deputy_is_told(
    region: Any, anna: User, olga: User
) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"], executor=anna)
    stand(anna, olga)
    boss = factories.make_person(Role.APPROVER, region["own"])
    client_of(boss).post(f"{case.get_absolute_url()}return-to-author/", {"remark": "Назовите день"})
    tell(of_events(list(CaseEvent.objects.filter(move="return_to_author"))))
    found = Notice.objects.filter(kind=Kind.RETURNED)
    assert set(found.values_list("person", flat=True)) == {anna.pk, olga.pk}
    assert found.get(person=olga).data["for"] == "Анна Серова"
    page = client_of(olga).get("/notices/").content.decode()
    assert "вместо: Анна Серова" in page


def test_nobody_is_told_of_what_he_did_for_another(region: Any, anna: User, olga: User) -> None:
    boss = factories.make_person(Role.APPROVER, region["own"])
    stand(anna, boss)
    case = factories.make_case(Status.APPROVAL, region["own"], executor=anna)
    client_of(boss).post(f"{case.get_absolute_url()}return-to-author/", {"remark": "Назовите день"})
    tell(of_events(list(CaseEvent.objects.filter(move="return_to_author"))))
    assert set(Notice.objects.values_list("person", flat=True)) == {anna.pk}


def test_the_deputy_reads_the_absent_ones_draft(region: Any, anna: User, olga: User) -> None:
    case: Case = factories.make_case(Status.IN_WORK, region["own"], executor=anna)
    client_of(anna).post(f"{case.get_absolute_url()}draft/", {"text": "Начато Анной"})
    url = f"{case.get_absolute_url()}copies/"
    assert "Начато Анной" not in client_of(olga).get(url).content.decode()
    stand(anna, olga)
    assert "Начато Анной" in client_of(olga).get(url).content.decode()


def test_naming_and_ending_by_api(anna: User, olga: User) -> None:
    client = client_of(anna)
    values = given(olga)
    made = client.post("/api/absences/", values, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["deputy"]["username"] == olga.username
    again = client.post("/api/absences/", values, content_type="application/json")
    assert again.status_code == 422
    assert "deputy" in again.json()["errors"]
    pk = made.json()["id"]
    assert client_of(olga).get("/api/absences/").json()[0]["runs"] is True
    assert client_of(olga).post(f"/api/absences/{pk}/end/").status_code == 204
    assert client.get("/api/absences/").json() == []
    states = set(News.objects.values_list("person", "data__state"))
    assert states == {(olga.pk, "named"), (anna.pk, "gone")}


def test_nobody_is_offered_as_his_own_deputy(region: Any, anna: User, olga: User) -> None:
    offered = client_of(anna).get("/absence/").context["form"].fields["deputy"].queryset
    assert olga in offered
    assert anna not in offered
