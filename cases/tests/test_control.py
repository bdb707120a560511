"""Personal control: set, proposed to be lifted by a supervisor, lifted by the head's office."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from cases import actions
from cases.doors import open_doors
from cases.dossier import dossier_of
from cases.errors import BadChange, RightMissing
from cases.models import Case, Control
from cases.workflow import Status
from tests import factories
from tests.acting import client_of, reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(region: dict[str, Agency]) -> User:
    return factories.make_person("head_office", region["region"])


@pytest.fixture
def supervisor(region: dict[str, Agency]) -> User:
    return factories.make_person("quality_supervisor", region["region"])


def names(case: Case, person: User) -> set[str]:
    fresh = reloaded(case)
    dossier_of(fresh, person)
    return {door.name for door in open_doors(fresh, person, None)}


def test_a_supervisor_proposes_and_only_the_heads_office_lifts(
    region: dict[str, Agency], head: User, supervisor: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    actions.set_control(case, actor=head, reason="Жалоба третий раз", resolution="Доложить лично")
    assert "propose_lifting" in names(case, supervisor)
    actions.propose_lifting(reloaded(case), actor=supervisor, outcome="Яму засыпали, акт № 5")
    assert {"propose_lifting", "lift_control", "decline_lifting"} & names(case, supervisor) == set()
    with pytest.raises(RightMissing):
        actions.lift_control(reloaded(case), actor=supervisor, reason="Сделано")
    with pytest.raises(BadChange, match="lifting_proposed"):
        actions.propose_lifting(reloaded(case), actor=supervisor, outcome="Ещё раз")
    assert {"lift_control", "decline_lifting"} <= names(case, head)
    actions.decline_lifting(reloaded(case), actor=head, note="Проверим весной")
    actions.propose_lifting(reloaded(case), actor=supervisor, outcome="Проверено весной")
    lifted = actions.lift_control(reloaded(case), actor=head, reason="Исполнено")
    assert lifted.controlled_by is None
    control = case.controls.get()
    assert (control.set_by, control.lifted_by, control.proposed_by) == (head, head, supervisor)
    assert (control.resolution, control.outcome) == ("Доложить лично", "Исполнено")
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves[-5:] == [
        "set_control",
        "propose_lifting",
        "decline_lifting",
        "propose_lifting",
        "lift_control",
    ]


def test_every_time_under_control_stays_in_the_history(
    region: dict[str, Agency], head: User, supervisor: User
) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    actions.set_control(case, actor=supervisor, reason="Первый")
    actions.set_control(
        reloaded(case), actor=head, reason="Первый, уточнён", until=timezone.localdate()
    )
    assert reloaded(case).controlled_by == supervisor
    actions.lift_control(reloaded(case), actor=head, reason="Сделано")
    actions.set_control(reloaded(case), actor=head, reason="Второй")
    assert [(c.reason, c.lifted_at is None) for c in case.controls.order_by("pk")] == [
        ("Первый, уточнён", False),
        ("Второй", True),
    ]


def test_control_that_came_without_a_row_can_be_lifted(
    region: dict[str, Agency], head: User
) -> None:
    case = factories.make_case(
        Status.IN_WORK, region["own"], controlled_by=head, control_reason="Из прежней системы"
    )
    actions.lift_control(case, actor=head, reason="Сделано")
    assert case.controls.get().reason == "Из прежней системы"


def test_the_board_sorts_by_what_has_to_happen_next(
    region: dict[str, Agency], head: User, supervisor: User
) -> None:
    today, now = timezone.localdate(), timezone.now()

    def under_control(status: str = Status.IN_WORK, days: int = 30, **facts: object) -> Case:
        case = factories.make_case(status, region["own"], **facts)
        actions.set_control(
            case, actor=head, reason="Поручение", until=today + timedelta(days=days)
        )
        return case

    later_due = {"due_at": now + timedelta(days=60)}
    later = under_control(**later_due)
    week = under_control(days=3, **later_due)
    late = under_control(due_at=now - timedelta(hours=1))
    answered = under_control(Status.ANSWERED)
    proposed = under_control(**later_due)
    actions.propose_lifting(reloaded(proposed), actor=supervisor, outcome="Готово")
    page = client_of(head).get(reverse("control-board"))
    board = {c.key: [card.control.case_id for card in c.cards] for c in page.context["columns"]}
    assert board == {
        "late": [late.pk],
        "week": [week.pk],
        "later": [later.pk],
        "answered": [answered.pk],
        "proposed": [proposed.pk],
    }
    told = client_of(head).get(reverse("api-control")).json()
    assert {row["case"]: row["column"] for row in told["running"]} == {
        case.number: column
        for column, pks in board.items()
        for case in Case.objects.filter(pk__in=pks)
    }


def test_a_supervisor_of_one_agency_sees_no_other_on_board_and_protocol(
    region: dict[str, Agency], head: User
) -> None:
    for code in ("own", "other"):
        case = factories.make_case(Status.IN_WORK, region[code])
        actions.set_control(case, actor=head, reason=f"Основание {code}")
    client = client_of(factories.make_person("quality_supervisor", region["own"]))
    for name in ("control-board", "control-protocol", "api-control"):
        body = client.get(reverse(name)).content.decode()
        assert "Основание own" in body
        assert "Основание other" not in body


def test_the_protocol_is_a_pdf_with_what_runs_and_what_was_lifted(
    region: dict[str, Agency], head: User
) -> None:
    running = factories.make_case(Status.IN_WORK, region["own"])
    actions.set_control(running, actor=head, reason="Поручение", resolution="Доложить")
    done = factories.make_case(Status.IN_WORK, region["own"])
    actions.set_control(done, actor=head, reason="Поручение")
    actions.lift_control(reloaded(done), actor=head, reason="Исполнено полностью")
    client = client_of(head)
    answer = client.get(reverse("control-protocol-pdf"))
    assert answer.content.startswith(b"%PDF")
    body = client.get(reverse("control-protocol")).content.decode()
    for part in (running.number, "Доложить", done.number, "Исполнено полностью"):
        assert part in body


def test_the_board_costs_the_same_for_one_card_and_for_many(
    region: dict[str, Agency], head: User, django_assert_max_num_queries: object
) -> None:
    for _n in range(12):
        case = factories.make_case(Status.IN_WORK, region["own"])
        actions.set_control(case, actor=head, reason="Поручение")
    client = client_of(head)
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        client.get(reverse("control-board"))
    assert Control.objects.running().count() == 12
