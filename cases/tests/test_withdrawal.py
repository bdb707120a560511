"""Who takes a reply back, and what the case is taken for afterwards."""

import pytest

from agencies.models import Agency, User
from agencies.roles import Role
from cases import actions
from cases.doors import open_doors
from cases.errors import RightMissing
from cases.filters import CaseFilter
from cases.models import Case, Draft, Reply
from cases.workflow import Status
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


def author_of(case: Case) -> User:
    assert case.executor is not None
    return case.executor


def flagged() -> list[Case]:
    found = CaseFilter({"flagged": "true"}, queryset=Case.objects.all())
    return list(found.filter_queryset(Case.objects.all()) if found.form.is_valid() else [])


def test_the_author_takes_his_reply_back(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"])
    page = client_of(author_of(case)).post(f"/cases/{case.number}/withdraw-reply/")
    assert page.status_code == 302
    assert case.replies.get().state == Reply.State.WITHDRAWN
    assert Draft.objects.get(case=case).author == author_of(case)


def test_a_colleague_does_not_take_the_reply_back(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"])
    colleague = factories.make_person("executor", region["own"])
    client = client_of(colleague)
    for method in (client.get, client.post):
        assert method(f"/cases/{case.number}/withdraw-reply/").status_code == 403
    assert client.post(f"/api/cases/{case.number}/withdraw-reply/").status_code == 403
    with pytest.raises(RightMissing):
        actions.withdraw_reply(case, actor=colleague)
    assert "withdraw-reply" not in client.get(f"/cases/{case.number}/").content.decode()
    moves = client.get(f"/api/cases/{case.number}/").json()["moves"]
    assert "withdraw_reply" not in {move["name"] for move in moves}
    assert case.replies.get().state == Reply.State.APPROVAL


def test_the_curator_takes_it_back_for_the_author(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.REVIEW, region["below"])
    curator = factories.make_person("curator", region["own"])
    page = client_of(curator).get(f"/cases/{case.number}/")
    assert "withdraw-reply" in page.content.decode()
    actions.withdraw_reply(case, actor=curator)
    assert Draft.objects.get(case=case).author == author_of(case)
    assert reloaded(case).status == Status.IN_WORK


@pytest.mark.parametrize("move", ["withdraw", "return_to_author", "rework"])
def test_a_case_is_flagged_only_by_its_current_reply(region: dict[str, Agency], move: str) -> None:
    status = Status.APPROVAL if move == "return_to_author" else Status.REVIEW
    case = factories.make_case(status, region["own"])
    case.replies.update(risk=0.9, flagged=True, outcome="solved")
    Case.objects.filter(pk=case.pk).update(risk=0.9, flagged=True, outcome="solved")
    assert flagged() == [case]
    if move == "withdraw":
        actions.withdraw_reply(case, actor=author_of(case))
    elif move == "return_to_author":
        approver = factories.make_person("approver", region["own"])
        actions.return_to_author(case, actor=approver, remark="Назовите срок")
    else:
        supervisor = factories.make_person("quality_supervisor", region["own"])
        actions.return_for_rework(case, actor=supervisor, grounds=["no-date"])
    assert flagged() == []
    got = reloaded(case)
    assert (got.risk, got.flagged, got.outcome, got.submitted_at) == (None, False, "", None)


def test_behind_a_withdrawn_correction_stands_the_published_reply(
    region: dict[str, Agency],
) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    case.replies.update(risk=0.1, flagged=False, outcome="explained")
    factories.make_reply(case, Reply.State.REVIEW, risk=0.9, flagged=True, outcome="solved")
    Case.objects.filter(pk=case.pk).update(status=Status.REVIEW, risk=0.9, flagged=True)
    actions.withdraw_reply(case, actor=author_of(case))
    got = reloaded(case)
    assert (got.risk, got.flagged, got.outcome) == (0.1, False, "explained")


def test_a_returned_published_reply_stays_the_current_one(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    supervisor = factories.make_person("quality_supervisor", region["own"])
    actions.return_for_rework(case, actor=supervisor, grounds=["no-date"])
    assert reloaded(case).risk == case.replies.get().risk


def test_an_answer_without_its_text_offers_nothing_to_take_back(region: dict[str, Agency]) -> None:
    """History of an import may know that it was answered, and no more."""
    case = factories.make_case(Status.ANSWERED, region["own"])
    approver = factories.make_person(Role.APPROVER, region["own"])
    names = {door.name for door in open_doors(case, approver, case.replies.get())}
    assert {"recall_publication", "correct_reply"} <= names
    without = {door.name for door in open_doors(case, approver, None)}
    assert names - without == {"recall_publication", "correct_reply"}
