"""The admin of cases and rules through the client, as supervisors and administrators use it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import User
from agencies.roles import Role
from cases.models import Case, CaseEvent, Reply, Review
from cases.workflow import Status
from tests.admin_desk import CASES, MARKER, act, said
from tests.factories import first_reason, hold, make_case, make_person
from tests.pages import fields_of, inline_of

pytestmark = pytest.mark.django_db
STATES = "/admin/cases/casestate/"


def test_supervisor_sees_cases_of_his_agencies_and_no_others(client, region, enter) -> None:
    own = make_case(Status.IN_WORK, region["below"])
    other = make_case(Status.IN_WORK, region["other"], marker=MARKER)
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    page = client.get(CASES).content.decode()
    assert own.number in page
    assert other.number not in page
    assert MARKER not in page
    assert client.get(f"{CASES}{own.pk}/change/").status_code == 200
    assert client.get(f"{CASES}{other.pk}/change/").status_code == 404
    assert client.get(f"{CASES}{other.pk}/history/").status_code == 404
    assert not client.get(CASES, {"q": other.number}).context["cl"].result_list
    assert MARKER not in client.get(CASES, {"q": "яма"}).content.decode()
    assert other.number not in client.get(CASES, {"agency": other.agency_id}).content.decode()


def test_foreign_case_is_left_alone_by_a_posted_action(client, region, enter) -> None:
    other = make_case(Status.REVIEW, region["other"], marker=MARKER)
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    events = CaseEvent.objects.count()
    answer = act(client, [other], "put_under_control", reason="важно")
    assert MARKER not in answer.content.decode()
    assert other.number not in answer.content.decode()
    other.refresh_from_db()
    assert other.controlled_by is None
    assert CaseEvent.objects.count() == events


@pytest.mark.parametrize("role", [Role.EXECUTOR, Role.APPROVER, Role.OPERATOR, Role.CURATOR])
def test_people_without_the_rights_do_not_enter(client, region, enter, role) -> None:
    enter(role, region["region"])
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get(CASES, follow=True).status_code == 403


def test_a_stranger_is_sent_to_the_portals_own_sign_in(client, region) -> None:
    answer = client.get(CASES, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/?next=")


def test_rows_cannot_be_edited_added_or_deleted(client, region, enter) -> None:
    case = make_case(Status.IN_WORK, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    assert client.get(f"{CASES}add/").status_code == 403
    assert client.post(f"{CASES}{case.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{CASES}{case.pk}/change/", {"status": "closed", "title": "другое"})
    case.refresh_from_db()
    assert case.status == Status.IN_WORK
    assert "другое" not in case.title


def test_detail_tells_messages_replies_and_history(client, region, enter) -> None:
    case = make_case(Status.REVIEW, region["own"], text="Яма у дома, звоните +7 912 345-67-89")
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    page = client.get(f"{CASES}{case.pk}/change/").content.decode()
    assert "Яма у дома" in page
    assert "345-67-89" not in page  # a supervisor does not hold the right to contacts
    assert "мастер участка Петров" in page
    assert 'name="title"' not in page


def test_control_is_set_and_lifted_with_a_reason_after_confirmation(client, region, enter) -> None:
    case = make_case(Status.IN_WORK, region["own"])
    enter(Role.HEAD_OFFICE, region["own"])
    asked = act(client, [case], "put_under_control")
    assert "confirmed" in asked.content.decode()
    assert Case.objects.get(pk=case.pk).controlled_by is None
    empty = act(client, [case], "put_under_control", reason="")
    assert empty.context["form"].errors["reason"]
    done = act(client, [case], "put_under_control", reason="жалоба губернатору")
    assert said(done) == [f"№ {case.number}: сделано"]
    case.refresh_from_db()
    assert case.control_reason == "жалоба губернатору"
    act(client, [case], "lift_control", reason="решено")
    moves = list(case.events.values_list("move", flat=True)[:2])
    assert moves == ["lift_control", "set_control"]


def test_each_row_tells_its_own_result(client, region, enter) -> None:
    fit = make_case(Status.REVIEW, region["own"])
    unfit = make_case(Status.IN_WORK, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    ground = first_reason("return")
    answer = act(
        client, [fit, unfit], "return_for_rework", grounds=[ground], remark="Назовите срок"
    )
    assert sorted(said(answer)) == sorted(
        [f"№ {fit.number}: сделано", f"№ {unfit.number}: состояние не позволяет"]
    )
    fit.refresh_from_db()
    unfit.refresh_from_db()
    assert (fit.status, unfit.status) == (Status.REWORK, Status.IN_WORK)
    review = Review.objects.get(reply__case=fit)
    assert review.verdict == Review.Verdict.REMARKS
    assert review.grounds == [ground]


def test_brush_off_is_a_verdict_with_grounds(client, region, enter) -> None:
    case = make_case(Status.REVIEW, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    refused = act(client, [case], "brush_off", remark="пусто")
    assert "grounds" in refused.context["form"].errors
    act(client, [case], "brush_off", grounds=[first_reason("return")], remark="пусто")
    assert Review.objects.get(reply__case=case).verdict == Review.Verdict.BRUSH_OFF
    case.refresh_from_db()
    assert case.status == Status.REWORK


def test_accepting_on_the_list_of_replies_judges_the_reply_that_was_read(
    client, region, enter
) -> None:
    case = make_case(Status.REVIEW, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    reply = case.replies.get()
    url = "/admin/cases/reply/"
    assert case.number in client.get(url, {"flagged": "yes"}).content.decode()
    assert client.get(f"{url}{reply.pk}/change/").status_code == 200
    unsaid = act(client, [reply], "accept", url=url, reason="")
    assert "reason" in unsaid.context["form"].errors
    answer = act(client, [reply], "accept", url=url, reason="по телефону подтвердили")
    assert said(answer) == [f"№ {case.number}: сделано"]
    reply.refresh_from_db()
    assert reply.state == Reply.State.ACCEPTED
    assert reply.reviews.get().verdict == "good"  # a reason is no remark
    assert case.events.first().data["reason"] == "по телефону подтвердили"


def test_extension_and_executor_are_changed_with_event_and_reason(client, region, enter) -> None:
    case = make_case(Status.IN_WORK, region["own"])
    colleague = make_person(Role.EXECUTOR, region["own"])
    stranger = make_person(Role.EXECUTOR, region["other"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    until = timezone.localtime() + timedelta(days=5)
    act(client, [case], "extend", until=f"{until:%Y-%m-%dT%H:%M}", reason="экспертиза")
    refused = act(client, [case], "assign", executor=stranger.pk, reason="отпуск")
    assert "executor" in refused.context["form"].errors
    act(client, [case], "assign", executor=colleague.pk, reason="отпуск")
    case.refresh_from_db()
    assert case.executor == colleague
    assert case.extensions == 1
    reasons = list(case.events.values_list("data__reason", flat=True)[:2])
    assert reasons == ["отпуск", "экспертиза"]


def test_a_case_changed_after_it_was_read_is_left_as_it_is(client, region, enter) -> None:
    case = make_case(Status.REVIEW, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    values = {"reason": "проверено", f"version_{case.pk}": case.version}
    Case.objects.filter(pk=case.pk).update(version=case.version + 1)
    answer = act(client, [case], "accept", **values)
    assert said(answer) == [f"№ {case.number}: обращение тем временем изменили"]
    case.refresh_from_db()
    assert case.status == Status.REVIEW


def test_filters_find_overdue_due_today_flagged_and_controlled(client, region, enter) -> None:
    head = enter(Role.QUALITY_SUPERVISOR, region["own"])
    now = timezone.now()
    late = make_case(Status.IN_WORK, region["own"], due_at=now - timedelta(minutes=2))
    later = make_case(Status.IN_WORK, region["own"], due_at=now + timedelta(days=9))
    flagged = make_case(Status.REVIEW, region["own"], due_at=now + timedelta(days=9))
    held = make_case(
        Status.IN_WORK, region["own"], due_at=now + timedelta(days=9), controlled_by=head
    )

    def numbers(**query: Any) -> set[str]:
        rows = client.get(CASES, query).context["cl"].result_list
        return {row.number for row in rows}

    everything = {case.number for case in (late, later, flagged, held)}
    assert numbers() == everything
    assert numbers(due="overdue") == {late.number}
    assert numbers(flagged="yes") == {flagged.number}
    assert numbers(control="yes") == {held.number}
    assert numbers(status="review") == {flagged.number}
    assert numbers(agency=region["own"].pk) == everything
    assert numbers(agency="x' or 1=1") == set()
    assert numbers(group=late.topic.group_id, territory=late.territory_id) == everything
    assert numbers(q=late.number) == {late.number}
    assert numbers(q=late.number[:7]) >= {late.number}
    assert numbers(q="яма") == everything
    assert numbers(q="водопад") == set()


@pytest.mark.parametrize("url", [CASES, "/admin/cases/reply/", STATES])
def test_a_list_costs_the_same_for_one_row_and_ten(client, region, enter, url) -> None:
    role = Role.ADMINISTRATOR if url == STATES else Role.QUALITY_SUPERVISOR
    enter(role, region["region"])

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        for query in queries.captured_queries:
            text = query["sql"].lower()
            assert "count(" not in text or "limit" in text, text
        return len(queries)

    make_case(Status.REVIEW, region["own"])
    client.get(url)
    one = cost()
    for _number in range(9):
        make_case(Status.REVIEW, region["other"])
    assert cost() == one
    assert one <= 12


def test_searching_keeps_the_filters(client, region, enter) -> None:
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    assert {"q", "flagged", "due"} <= fields_of(
        client.get(CASES, {"flagged": "yes", "due": "overdue"}).content.decode()
    )


def test_administrators_see_numbers_and_states_and_never_a_word(client, region, enter) -> None:
    """The marker stands in every text, name, link and note of the case."""
    case = make_case(Status.REVIEW, region["own"], marker=MARKER)
    author = case.replies.get().author
    User.objects.filter(pk=author.pk).update(last_name=MARKER)
    enter(Role.ADMINISTRATOR, region["region"])
    page = client.get(STATES).content.decode()
    assert case.number in page
    assert MARKER not in page
    for url in (
        f"{STATES}{case.pk}/change/",
        f"{STATES}{case.pk}/history/",
        CASES,
        f"{CASES}{case.pk}/change/",
        "/admin/cases/reply/",
        f"/admin/cases/reply/{case.replies.get().pk}/change/",
        f"/admin/cases/caseevent/{case.events.first().pk}/change/",
    ):
        assert client.get(url).status_code == 403, url
    for query in ({"q": MARKER}, {"q": "яма"}):
        assert case.number not in client.get(STATES, query).content.decode()
    journal = client.get("/admin/cases/caseevent/").content.decode()
    assert case.number in journal
    assert MARKER not in journal
    for name in ("importbatch", "quarantinedrow"):
        answer = client.get(f"/admin/intake/{name}/")
        assert answer.status_code == 200
        assert MARKER not in answer.content.decode()


def test_administrator_of_one_branch_sees_its_states_only(client, region, enter) -> None:
    own = make_case(Status.IN_WORK, region["below"])
    other = make_case(Status.IN_WORK, region["other"])
    enter(Role.ADMINISTRATOR, region["own"])
    page = client.get(STATES).content.decode()
    assert own.number in page
    assert other.number not in page
    for name in ("routingrule", "deadlinerule", "topic", "qualitysetting", "massevent"):
        assert client.get(f"/admin/cases/{name}/").status_code == 403, name


def test_auditor_reads_the_journal_and_nothing_else(client, region, enter) -> None:
    case = make_case(Status.IN_WORK, region["own"])
    other = make_case(Status.IN_WORK, region["other"])
    enter(Role.AUDITOR, region["own"])
    page = client.get("/admin/cases/caseevent/").content.decode()
    assert case.number in page
    assert other.number not in page
    assert client.get(CASES).status_code == 403
    assert client.get("/admin/agencies/user/").status_code == 403
    assert client.post("/admin/cases/caseevent/add/").status_code == 403


LISTS = [
    "cases/case",
    "cases/reply",
    "cases/casestate",
    "cases/caseevent",
    "cases/topic",
    "cases/topicgroup",
    "cases/territory",
    "cases/routingrule",
    "cases/deadlinerule",
    "cases/qualitysetting",
    "cases/reason",
    "cases/channel",
    "cases/massevent",
    "agencies/agency",
    "agencies/user",
    "agencies/workingcalendar",
    "agencies/calendarday",
    "agencies/accountevent",
    "intake/importbatch",
    "intake/quarantinedrow",
]


def test_pages_carry_a_strict_policy_and_nothing_it_would_block(client, region, enter) -> None:
    case = make_case(Status.REVIEW, region["own"])
    boss = enter(Role.ADMINISTRATOR, region["region"])
    make_person(Role.QUALITY_SUPERVISOR, region["region"])
    hold(boss, Role.QUALITY_SUPERVISOR, region["region"])
    urls = ["/admin/", "/admin/cases/", f"{CASES}{case.pk}/change/"]
    urls += [f"/admin/{name}/" for name in LISTS]
    urls += [
        f"/admin/{name}/add/"
        for name in LISTS
        if name.split("/")[1]
        in ("topic", "routingrule", "deadlinerule", "agency", "user", "workingcalendar")
    ]
    urls += [f"/admin/agencies/user/{boss.pk}/change/", f"/admin/agencies/user/{boss.pk}/password/"]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, url
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert inline_of(answer.content.decode()) == [], url
    asked = act(client, [case], "put_under_control")
    assert inline_of(asked.content.decode()) == []


def test_answered_cases_are_closed_together_and_each_refusal_is_told(client, region, enter) -> None:
    answered = make_case(Status.ANSWERED, region["own"])
    working = make_case(Status.IN_WORK, region["own"])
    enter(Role.QUALITY_SUPERVISOR, region["own"])
    reason = first_reason("closing")
    done = said(act(client, [answered, working], "close", reason=reason))
    assert sorted(done) == sorted(
        [
            f"№ {answered.number}: сделано",
            f"№ {working.number}: состояние не позволяет",
        ]
    )
    assert Case.objects.get(pk=answered.pk).close_reason == reason
    act(client, [answered], "reopen", reason="Житель возразил", cause="author")
    assert Case.objects.get(pk=answered.pk).reopenings == 1
