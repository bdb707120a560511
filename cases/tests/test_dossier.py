"""What the two statements of a case's page bring is what the ORM would bring."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from agencies.access import role_reach
from agencies.models import Agency, User
from cases.directory import directory_of
from cases.dossier import dossier_of, whole_case
from cases.models import (
    Appeal,
    Assignment,
    Attachment,
    Case,
    CaseEvent,
    Clock,
    Draft,
    Finding,
    Mark,
    MassEvent,
    Message,
    Paper,
    Promise,
    Reply,
    Review,
)
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


def _values(row: Model) -> dict[str, Any]:
    """The columns that are loaded, by name."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in row.get_deferred_fields()
    }


def _same(found: Model, model: type[Model] | None = None) -> None:
    stored = (model or type(found))._base_manager.get(pk=found.pk)  # type: ignore[attr-defined]
    values = _values(found)
    assert values == {name: getattr(stored, name) for name in values}
    assert values.keys() >= {"id"} or found.pk is not None


def _full_case(agency: Agency, person: User) -> Case:
    """One of everything that can hang on a case."""
    case = factories.make_case(Status.REVIEW, agency, executor=person)
    other = factories.make_case(Status.CLOSED, agency, citizen=case.citizen)
    event = MassEvent.objects.create(code="flood", title="Паводок", starts_on=date(2026, 4, 1))
    Case.objects.filter(pk=case.pk).update(
        status=Status.MERGED, event=event, controlled_by=person, repeat_of=other,
        controlled_until=date(2026, 7, 1), merged_into=other, rejection_by=person, lat=55.75,
        touched=["title"],
    )  # fmt: skip
    reply = case.replies.get()
    reply.assessment = {"questions": [{"number": 1, "text": "«Когда?»"}], "reuse": None}
    reply.similarity = 1 / 3
    reply.published_at = timezone.now()
    reply.save()
    Finding.objects.create(reply=reply, code="Q03", severity="warn", spans=[[0, 4]], weight=0.1)
    Review.objects.create(
        reply=reply, reviewer=person, verdict="remarks", grounds=["no-term"], returned=True
    )
    factories.make_reply(case, Reply.State.RETURNED, author=None, author_name="Отдел")
    Draft.objects.create(case=case, author=person, text="Здравствуйте")
    CaseEvent.objects.create(case=case, actor=person, move="add_note", data={"text": '\\ " </x>'})
    Attachment.objects.create(
        case=case, name="фото.jpg", sha256="0" * 64, media_type="image/jpeg", size=3,
        message=case.messages.get(),
    )  # fmt: skip
    letter = Attachment.objects.create(
        case=case, name="письмо.pdf", sha256="1" * 64, media_type="application/pdf", size=9
    )
    Paper.objects.create(
        case=case, kind="letter", number="17", dated=date(2026, 5, 5), signer="Иванов",
        attachment=letter, made_by=person, data={"a": [1, None]},
    )  # fmt: skip
    Promise.objects.create(case=case, what="засыпать яму", until_on=date(2026, 6, 20))
    Mark.objects.create(case=case, reply=reply, value=4, recorded_by=person)
    now = timezone.now()
    Assignment.objects.create(
        case=case, agency=agency, executor=person, at=now - timedelta(hours=9), until=now
    )
    Appeal.objects.create(case=case, incoming_number="7", received_at=timezone.now())
    return case


def test_the_case_comes_with_all_it_refers_to(agency: Agency, django_assert_num_queries) -> None:
    person = factories.make_person("executor", agency)
    case = _full_case(agency, person)
    directory_of(person)
    role_reach(person)
    with django_assert_num_queries(1):
        found = whole_case(person, case.number)
        assert found is not None
        related = {
            name: getattr(found, name)
            for name in (
                *("citizen", "executor", "event", "controlled_by", "repeat_of", "merged_into"),
                *("appeal", "rejection_by", "agency", "topic", "territory", "channel"),
            )
        }
    _same(found)
    assert found.get_deferred_fields() == {"search"}
    for name, row in related.items():
        assert row is not None, name
        _same(row)
    assert related["agency"].calendar


def test_what_hangs_on_a_case_comes_whole(agency: Agency, django_assert_num_queries) -> None:
    person = factories.make_person("executor", agency)
    case = whole_case(person, _full_case(agency, person).number)
    assert case is not None
    with django_assert_num_queries(1):
        found = dossier_of(case, person)
        inside = [
            (row, getattr(row, name))
            for rows, names in (
                (found.letters, ("channel", "author", "case")),
                (found.replies[1:], ("agency", "author", "case")),
                (found.events[:1], ("actor",)),
                (found.papers, ("attachment",)),
                (found.assignments, ("agency", "executor")),
            )
            for row in rows
            for name in names
        ]
        findings = [f for reply in found.replies for f in reply.findings.all()]
        reviews = [r for reply in found.replies for r in reply.reviews.all()]
        assert [review.reviewer for review in reviews] == [person]
        assert [clock.rule for clock in found.clocks] == [None]
    for row, part in inside:
        _same(row)
        _same(part)
    assert [reply.version for reply in found.replies] == [2, 1]
    assert found.replies[0].author is None
    expected: dict[type[Model], list[Any]] = {
        Message: found.letters,
        Reply: found.replies,
        Finding: findings,
        Review: reviews,
        Draft: [found.draft],
        CaseEvent: found.events,
        Clock: found.clocks,
        Attachment: [*found.files, *(paper.attachment for paper in found.papers)],
        Promise: found.promises,
        Paper: found.papers,
        Mark: found.marks,
        Assignment: found.assignments,
    }
    for model, rows in expected.items():
        of_case = "reply__case" if model in (Finding, Review) else "case"
        assert len(rows) == model._base_manager.filter(**{of_case: case}).count()  # type: ignore[attr-defined]
        for row in rows:
            assert type(row) is model
            _same(row)
    # A prefetched list is still a queryset: whoever narrows it asks the database.
    assert not found.replies[1].findings.filter(code="none").exists()


def test_another_agencys_case_is_none_and_others_are_counted_by_scope(agency: Agency) -> None:
    person = factories.make_person("executor", agency)
    stranger = factories.make_person("executor", factories.make_agency("other"))
    case = factories.make_case(Status.IN_WORK, agency)
    own = [factories.make_case(Status.IN_WORK, agency, citizen=case.citizen) for _ in range(7)]
    factories.make_case(Status.IN_WORK, factories.make_agency("third"), citizen=case.citizen)
    factories.make_case(Status.RECEIVED, citizen=case.citizen)
    assert whole_case(stranger, case.number) is None
    assert whole_case(User.objects.create(username="nobody"), case.number) is None
    found = dossier_of(case, person)
    assert {other.pk for other in found.others} <= {other.pk for other in own}
    assert len(found.others) == 5
    assert found.hidden == 2
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    assert dossier_of(case, factories.make_person("coordinator", region)).hidden == 0


def test_history_is_cut_and_drafts_of_others_stay_theirs(agency: Agency) -> None:
    person = factories.make_person("executor", agency)
    colleague = factories.make_person("executor", agency)
    case = factories.make_case(Status.IN_WORK, agency)
    Draft.objects.create(case=case, author=colleague, text="не для вас")
    for at in range(5):
        CaseEvent.objects.create(case=case, move="add_note", data={"text": str(at)})
    found = dossier_of(case, person, steps=3)
    assert found.draft is None
    assert [event.data["text"] for event in found.events] == ["4", "3", "2"]


def test_the_first_response_is_awaited_while_its_term_runs(agency: Agency) -> None:
    person = factories.make_person("executor", agency)
    case = factories.make_case(Status.IN_WORK, agency)
    now = timezone.now()
    clock = Clock.objects.create(
        case=case, kind=Clock.Kind.STAGE, code="SN-PRIMARY", started_at=now,
        due_at=now + timedelta(hours=2),
    )  # fmt: skip
    dossier_of(case, person)
    assert vars(case)["awaits_first_response"] is True
    clock.stopped_at = now
    clock.save()
    dossier_of(case, person)
    assert vars(case)["awaits_first_response"] is False
