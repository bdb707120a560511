"""What nobody should send: empty, wrong and oversized values; moves a case never has."""

import re
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from rest_framework.test import APIClient

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right, Role
from cases import actions
from cases.doors import DOORS
from cases.errors import MoveNotAllowed
from cases.models import Case, Reply
from cases.workflow import MOVES, Regime, Status
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db

NEVER = ("я" * 9000, "\x00")  # too long for every field but the reply; in no field at all
JUNK = ("", " ", "нет такого", "99999-99-99", "-1", *NEVER)
SOLVED = (
    "Здравствуйте, Ирина! Яму во дворе дома 5 по улице Садовой засыпали 8 июня, асфальт уложен."
    " Работу принял мастер Котов, телефон 112."
)


def holder(name: str, region: dict[str, Agency]) -> User:
    roles = HOLDERS[Right(MOVES[name].right)] & HOLDERS[Right.VIEW_CASES]
    return factories.make_person(sorted(roles)[0], region["region"])


def some_value(field: forms.Field) -> list[str]:
    """One that looks right."""
    if isinstance(field, forms.ModelChoiceField):
        first = field.queryset.first()  # type: ignore[union-attr]
        key = field.to_field_name or "pk"
        return [str(getattr(first, key))] if first is not None else []
    if isinstance(field, forms.ChoiceField):
        return [str(key) for key, _name in field.choices if key][:1]
    if isinstance(field, forms.DateField):
        return [factories.next_workday().isoformat()]
    return ["https://vk.example/wall1"] if isinstance(field, forms.URLField) else ["12"]


@pytest.mark.parametrize("name", DOORS)
def test_no_value_of_one_field_makes_a_form_fail(region: dict[str, Agency], name: str) -> None:
    move, door = MOVES[name], DOORS[name]
    status = sorted(move.sources)[0]
    regime = sorted(move.regimes)[0]
    case = factories.make_case(status, region["own"], regime=regime)
    actor = holder(name, region)
    good = {
        key: some_value(field) for key, field in door.form(case=case, actor=actor).fields.items()
    }
    for key in good:
        for value in (None, *JUNK):
            data = QueryDict(mutable=True)
            for other, some in good.items():
                data.setlist(other, some if other != key else [] if value is None else [value])
            form = door.form(data, case=case, actor=actor)
            valid = form.is_valid()
            field = form.fields[key]
            if value in NEVER and isinstance(field, forms.CharField):
                refused = value == "\x00" or len(value) > (field.max_length or 0)
                assert (key in form.errors and not valid) == refused, (key, value[:9])


def test_a_part_without_words_is_a_mistake_of_its_field(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.MODERATION, None)
    client = client_of(factories.make_person(Role.OPERATOR, region["region"]))
    answer = client.post(
        f"/cases/{case.number}/split/",
        {"answer": "several", "agency_1": "own", "part_1": "Яма", "agency_2": "other"},
    )
    assert answer.status_code == 422
    assert "part_2" in answer.context["form"].errors
    assert reloaded(case).status == Status.MODERATION


@pytest.mark.parametrize("value", [5, -1, True, 1e30])
def test_a_day_that_is_a_number_is_refused_by_the_api(
    region: dict[str, Agency], value: object
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    api = APIClient()
    api.force_login(factories.make_person(Role.QUALITY_SUPERVISOR, region["region"]))
    body = {"reason": "Паводок", "until": value}
    answer = api.post(f"/api/cases/{case.number}/set-control/", body, format="json")
    assert answer.status_code == 422
    assert list(answer.data["errors"]) == ["until"]
    author = case.executor
    api.force_login(author)
    body = {"text": SOLVED, "promises": [value]}
    answer = api.post(f"/api/cases/{case.number}/submit-reply/", body, format="json")
    assert answer.status_code == 422
    assert list(answer.data["errors"]) == ["promises"]


def test_a_move_the_regime_never_has_is_refused_for_that(region: dict[str, Agency]) -> None:
    """Not «the case has changed meanwhile»: nobody changed it."""
    case = factories.make_case(Status.MODERATION, None, regime=Regime.LAW59)
    operator = factories.make_person(Role.OPERATOR, region["region"])
    with pytest.raises(MoveNotAllowed) as refused:
        actions.reject(case, actor=operator, reason="spam")
    assert refused.value.code == "no_such_move"
    api = APIClient()
    api.force_login(operator)
    answer = api.post(f"/api/cases/{case.number}/reject/", {"reason": "spam"}, format="json")
    assert answer.status_code == 409
    assert (
        answer.data["title"]
        == "Для обращений этого вида («59-ФЗ») такого действия нет: «Отклонить»."
    )
    page = client_of(operator).get(f"/bulk/?move=reject&case={case.number}").content.decode()
    assert "Для обращений этого вида такого действия нет." in page


def test_a_case_nobody_had_taken_can_be_taken_after_a_refused_dispute(
    region: dict[str, Agency],
) -> None:
    """It used to be in work with nobody: no executor could take it."""
    case = factories.make_case(Status.MODERATION, None)
    actions.route(
        case, actor=factories.make_person(Role.OPERATOR, region["region"]), agency=region["own"]
    )
    curator = factories.make_person(Role.CURATOR, region["own"])
    coordinator = factories.make_person(Role.COORDINATOR, region["region"])
    actions.dispute_competence(
        reloaded(case), actor=curator, reason="other-powers", proposed=region["other"]
    )
    actions.refuse_redirect(reloaded(case), actor=coordinator)
    assert reloaded(case).status == Status.ROUTED
    official = factories.make_person(Role.EXECUTOR, region["own"])
    actions.take(reloaded(case), actor=official)
    # With an executor it goes on with him.
    actions.dispute_competence(
        reloaded(case), actor=curator, reason="other-powers", proposed=region["other"]
    )
    actions.refuse_redirect(reloaded(case), actor=coordinator)
    got = reloaded(case)
    assert (got.status, got.executor) == (Status.IN_WORK, official)


def sent_as_solved(region: dict[str, Agency], why: str = "Камера сломалась") -> Case:
    """Without the photo its topic asks for, its author gave a reason."""
    Agency.objects.filter(pk=region["own"].pk).update(publish_own=True)
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert case.topic is not None
    type(case.topic).objects.filter(pk=case.topic.pk).update(photo_required=True)
    case = Case.objects.select_related("agency", "executor").get(pk=case.pk)
    actions.submit_reply(case, actor=case.executor, text=SOLVED, outcome="solved", override=why)
    reply = case.replies.get()
    assert [found.code for found in reply.findings.filter(severity="block")] == ["Q05"]
    Reply.objects.filter(pk=reply.pk).update(flagged=False, risk=0.01, state=Reply.State.APPROVAL)
    Case.objects.filter(pk=case.pk).update(status=Status.APPROVAL)
    return case


def test_a_reply_sent_in_spite_of_a_block_is_not_published_by_its_author(
    region: dict[str, Agency],
) -> None:
    case = sent_as_solved(region)
    assert case.executor is not None
    author = client_of(case.executor)
    assert "publish" not in _moves(author, case)
    answer = author.post(f"/cases/{case.number}/publish/", {"url": "https://vk.example/wall1"})
    assert answer.status_code == 403
    # Without the block he may.
    case.replies.get().findings.filter(severity="block").delete()
    assert "publish" in _moves(author, case)


def test_who_decides_on_it_reads_why_it_was_sent(region: dict[str, Agency]) -> None:
    case = sent_as_solved(region)
    approver = client_of(factories.make_person(Role.APPROVER, region["own"]))
    page = approver.get(f"/cases/{case.number}/").content.decode()
    assert "Отправлен несмотря на грубую ошибку" in page
    assert "Камера сломалась" in page
    assert "publish" in _moves(approver, case)
    Case.objects.filter(pk=case.pk).update(status=Status.REVIEW, review_rank=1)
    case.replies.update(state=Reply.State.REVIEW, flagged=True)
    supervisor = client_of(factories.make_person(Role.QUALITY_SUPERVISOR, region["region"]))
    page = supervisor.get(f"/review/{case.number}/").content.decode()
    assert "Камера сломалась" in page


def test_a_phone_in_the_reason_is_hidden_from_who_sees_no_contacts(
    region: dict[str, Agency],
) -> None:
    case = sent_as_solved(region, "Житель звонил с 8 900 123-45-67")
    auditor = client_of(factories.make_person(Role.AUDITOR, region["own"]))
    page = auditor.get(f"/cases/{case.number}/").content.decode()
    assert "Житель звонил" in page
    assert "123-45-67" not in page
    curator = client_of(factories.make_person(Role.CURATOR, region["own"]))
    assert "123-45-67" in curator.get(f"/cases/{case.number}/").content.decode()
    Case.objects.filter(pk=case.pk).update(status=Status.REVIEW, review_rank=1)
    case.replies.update(state=Reply.State.REVIEW, flagged=True)
    supervisor = client_of(factories.make_person(Role.QUALITY_SUPERVISOR, region["region"]))
    page = supervisor.get(f"/review/{case.number}/").content.decode()
    assert "Житель звонил" in page
    assert "123-45-67" not in page


def _moves(client: Any, case: Case) -> set[str]:
    page = client.get(f"/cases/{case.number}/").content.decode()
    return {
        name
        for name in DOORS
        if re.search(rf'action="/cases/{case.number}/{DOORS[name].slug}/', page)
    }
