"""What verdicts tell about the flags: figures by hand, scope, export."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from agencies.models import Agency
from agencies.roles import Role
from cases.lessons import labelled, lessons, missed_share
from cases.models import Finding, Reply, Review, ReviewTask
from cases.workflow import Status
from quality.batch import check_lines
from quality.evaluate import wilson
from quality.fit import read_pair
from tests import factories

pytestmark = pytest.mark.django_db

SINCE = timedelta(days=30)


def judged(
    agency: Agency, flagged: bool, verdict: str, *, code: str = "", drawn: bool = True
) -> Reply:
    """`drawn`: a reply that was let pass came by the random sample, not by somebody's eye."""
    case = factories.make_case(Status.IN_WORK, agency, text="Звоните 8 900 123-45-67, яма!")
    reply = factories.make_reply(
        case, Reply.State.PUBLISHED, text="Вопрос на контроле.", risk=0.5, flagged=flagged
    )
    if code:
        Finding.objects.create(reply=reply, code=code, severity="return")
    if verdict:
        reviewer = factories.make_person()
        # An earlier verdict on the same reply does not count.
        Review.objects.create(reply=reply, reviewer=reviewer, verdict="remarks")
        Review.objects.create(reply=reply, reviewer=reviewer, verdict=verdict)
        if drawn and not flagged:
            ReviewTask.objects.create(kind="sample", reply=reply, agency=agency)
    return reply


def some(agency: Agency) -> None:
    """Five flagged with 3 отписки, 1 with remarks, 1 good; four passed with 1 отписка of 2."""
    for verdict in ("brush_off", "brush_off", "brush_off", "remarks", "good"):
        judged(agency, True, verdict, code="Q12")
    for verdict in ("brush_off", "good", "", ""):
        judged(agency, False, verdict)


def test_what_a_supervisor_picked_himself_tells_nothing_of_recall(
    region: dict[str, Agency],
) -> None:
    some(region["own"])
    for _number in range(5):
        judged(region["own"], False, "brush_off", drawn=False)
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    found = lessons(supervisor, timezone.now() - SINCE)
    assert found.verdicts == 12
    assert found.whole.recall is not None
    assert found.whole.recall.passed == 2
    # Half of 9 passed is missed: 3 / (3 + 4.5).
    assert found.whole.recall.value == pytest.approx(0.4)


def test_what_an_agency_without_a_verdict_sent_counts_too(region: dict[str, Agency]) -> None:
    some(region["own"])
    for _number in range(4):
        judged(region["below"], False, "")
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    recall = lessons(supervisor, timezone.now() - SINCE).whole.recall
    # Half of 8 passed is missed: 3 / (3 + 4).
    assert recall is not None
    assert recall.value == pytest.approx(3 / 7)


def test_the_export_keeps_a_first_verdict_from_who_may_judge_anew(
    region: dict[str, Agency],
) -> None:
    reply = judged(region["own"], True, "brush_off")
    first = reply.reviews.order_by("pk").last()
    assert first is not None
    ReviewTask.objects.create(kind="second", reply=reply, agency=region["own"], first=first)
    other = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    assert not list(labelled(other, timezone.now() - SINCE))
    ReviewTask.objects.update(done_at=timezone.now())
    assert len(list(labelled(other, timezone.now() - SINCE))) == 1


def test_agencies_count_by_what_they_sent() -> None:
    # One of one drawn was empty where 10 passed, none of 19 where 390 did: 1 of 20 is not it.
    value, low, high = missed_share([(1, 1, 10), (0, 19, 390)]) or (0, 0, 0)
    assert value == pytest.approx(10 / 400)
    assert low < value < high
    # A share each of the same size is a simple sample.
    assert missed_share([(1, 10, 50), (3, 10, 50)]) == pytest.approx((0.2, *wilson(4, 20)))
    assert missed_share([(0, 0, 10)]) is None


def test_an_administrator_reads_figures_and_no_verdicts(
    region: dict[str, Agency], client: Client
) -> None:
    some(region["own"])
    client.force_login(factories.make_person(Role.ADMINISTRATOR, region["region"]))
    page = client.get(reverse("quality-lessons"), {"days": "30"}).content.decode()
    assert "3 из 5" in page
    assert reverse("quality-export") not in page
    sent = {"days": "30", "reason": "обучить веса к ноябрю"}
    assert client.post(reverse("quality-export"), sent).status_code == 403


def test_figures_are_those_counted_by_hand(region: dict[str, Agency]) -> None:
    some(region["own"])
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    found = lessons(supervisor, timezone.now() - SINCE)
    assert found.verdicts == 7
    whole = found.whole
    assert (whole.precision.hits, whole.precision.of) == (3, 5)
    assert (whole.faulty.hits, whole.faulty.of) == (4, 5)
    assert whole.precision.low == pytest.approx(0.23, abs=0.01)
    assert whole.precision.high == pytest.approx(0.88, abs=0.01)
    # 3 found of 5 flagged; half of 4 passed is missed: 3 / (3 + 2).
    assert whole.recall is not None
    assert whole.recall.value == pytest.approx(0.6)
    assert whole.recall.low is not None
    assert whole.recall.high is not None
    assert whole.recall.low < 0.6 < whole.recall.high
    assert [(row.name, row.precision.of) for row in found.agencies] == [(region["own"].name, 5)]
    assert [(row.name, row.precision.hits, row.precision.of) for row in found.checks] == [
        ("Q12", 3, 5)
    ]
    assert lessons(supervisor, timezone.now()).verdicts == 0


def test_recall_is_not_claimed_without_verdicts_on_replies_let_pass(
    region: dict[str, Agency],
) -> None:
    judged(region["own"], True, "brush_off")
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    recall = lessons(supervisor, timezone.now() - SINCE).whole.recall
    assert recall is not None
    assert recall.value is None


def test_only_cases_of_the_reader_are_counted(region: dict[str, Agency]) -> None:
    some(region["own"])
    stranger = factories.make_person(Role.QUALITY_SUPERVISOR, region["other"])
    assert lessons(stranger, timezone.now() - SINCE).verdicts == 0
    assert not list(labelled(stranger, timezone.now() - SINCE))


def test_figures_cost_the_same_number_of_queries(
    region: dict[str, Agency], django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    some(region["own"])
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    lessons(supervisor, timezone.now() - SINCE)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        lessons(supervisor, timezone.now() - SINCE)


def test_the_export_is_masked_needs_a_reason_and_is_read_again(
    region: dict[str, Agency], client: Client
) -> None:
    some(region["own"])
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    client.force_login(supervisor)
    address = reverse("quality-export")
    assert client.post(address, {"days": "30", "reason": "так"}).status_code == 422
    assert not LogEntry.objects.exists()
    answer = client.post(address, {"days": "30", "reason": "обучить веса к ноябрю"})
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = [json.loads(line) for line in body.splitlines()]
    assert len(rows) == 7
    assert "123-45-67" not in body
    assert {row["label"] for row in rows} == {"good", "borderline", "brush_off"}
    assert LogEntry.objects.get().change_message == "обучить веса к ноябрю"
    assert [read_pair(row).label for row in rows] == [row["label"] for row in rows]
    assert not [row for row in check_lines(body.splitlines()) if "error" in row]


def test_the_page_shows_the_figures_and_the_api_the_same(
    region: dict[str, Agency], client: Client
) -> None:
    some(region["own"])
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    client.force_login(supervisor)
    page = client.get(reverse("quality-lessons"), {"days": "30"}).content.decode()
    assert "3 из 5" in page
    assert "Q12" in page
    token = Token.objects.create(user=supervisor).key
    caller = Client(headers={"Authorization": f"Token {token}"})
    told = caller.get(reverse("api-quality-lessons"), {"days": "30"}).json()
    assert told["verdicts"] == 7
    assert told["whole"]["precision"] == {"hits": 3, "of": 5, "low": 0.231, "high": 0.882}
    assert told["checks"][0]["name"] == "Q12"
