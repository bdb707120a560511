"""The review desk over the API: what waits, the verdict by the id it gives, and who sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases.models import Case, ReviewTask, WorkflowSetting
from cases.workflow import Status
from portal.api import review
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


def reviewer(region: dict[str, Agency], name: str, agency: str = "own") -> User:
    return factories.make_person(Role.QUALITY_SUPERVISOR, region[agency], name)


@pytest.fixture
def drawn(region: dict[str, Agency]) -> Callable[..., Case]:
    """An answered case whose reply waits as `kind`."""

    def make(kind: str = "sample", agency: str = "own", **facts: Any) -> Case:
        case = factories.make_case(Status.ANSWERED, region[agency])
        reply = case.replies.get()
        ReviewTask.objects.create(kind=kind, reply=reply, agency=region[agency], **facts)
        return case

    return make


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/review/{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def judge(client: Client, row: dict[str, Any], verdict: str = "good", **more: Any) -> Any:
    return client.post(
        f"/api/cases/{row['case']}/judge-reply/",
        {"task": row["task"], "verdict": verdict, **more},
        content_type="application/json",
        headers={"If-Match": f'"{row["version"]}"'},
    )


def test_a_drawn_reply_is_judged_by_the_id_the_desk_gives(
    region: dict[str, Agency], drawn: Callable[..., Case]
) -> None:
    WorkflowSetting.objects.create(second_percent=100)
    case, foreign = drawn(), drawn(agency="other")
    one, two = (client_of(reviewer(region, name)) for name in ("one", "two"))
    (row,) = listed(one, "?part=sample")
    reply = case.replies.get()
    assert (row["case"], row["case_id"], row["reply"]) == (case.number, case.pk, reply.pk)
    assert (row["cause"], row["agency"]["code"]) == ("sample", region["own"].code)
    assert (row["risk"], row["flagged"]) == (reply.risk, reply.flagged)
    assert row["waiting_since"]
    done = judge(one, row, "brush_off", grounds=["no-date"], remark="Срока нет")
    assert done.status_code == 200, done.content
    assert listed(one, "?part=sample") == []
    # The second look is somebody else's, and tells him nothing of the first.
    assert listed(one, "?part=second") == []
    (again,) = listed(two, "?part=second")
    assert (again["case"], again["cause"]) == (case.number, "second")
    assert set(again) == set(row)
    assert not {"brush_off", "no-date", "Срока нет", "one"} & {str(v) for v in again.values()}
    assert judge(two, again).status_code == 200
    assert listed(two, "?part=second") == []
    assert [r["case"] for r in listed(client_of(reviewer(region, "x", "other")), "?part=sample")] \
        == [foreign.number]  # fmt: skip


def test_flagged_replies_stand_as_on_the_desk_and_an_objection_is_named(
    region: dict[str, Agency],
) -> None:
    one, two = reviewer(region, "one"), reviewer(region, "two")
    made = []
    for risk in (0.5, 0.9, 0.7):
        case = factories.make_case(Status.REVIEW, region["own"], risk=risk, flagged=True)
        Case.objects.filter(pk=case.pk).update(review_rank=risk, submitted_at=timezone.now())
        case.replies.update(risk=risk, flagged=True)
        made.append(case)
    factories.make_case(Status.REVIEW, region["other"])
    disputed = made[0].replies.get()
    first = disputed.reviews.create(reviewer=one, verdict="remarks", returned=True)
    ReviewTask.objects.create(
        kind="dispute", reply=disputed, agency=region["own"], first=first, words="Срок назван"
    )
    desk = client_of(two).get("/review/?list=1").context["rows"]
    rows = listed(client_of(two))
    numbers = [made[1].number, made[2].number, made[0].number]
    assert [row["case"] for row in rows] == [case.number for case in desk] == numbers
    assert [row["cause"] for row in rows] == ["flagged", "flagged", "dispute"]
    assert [(row["risk"], row["task"]) for row in rows] == [(0.9, None), (0.7, None), (0.5, None)]
    # An objection to one's own return is for somebody else.
    assert [row["case"] for row in listed(client_of(one))] == numbers[:2]
    path = f"/api/cases/{rows[0]['case']}/accept-reply/"
    assert client_of(two).post(path, {}, content_type="application/json").status_code == 200
    assert [row["case"] for row in listed(client_of(two))] == numbers[1:]


def test_the_desk_goes_on_by_cursor_in_as_many_queries_for_much_as_for_little(
    region: dict[str, Agency], drawn: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "PAGE", 2)
    client = client_of(reviewer(region, "one"))
    ranks = [0.9, 0.7, 0.7, None, None]
    flagged = [factories.make_case(Status.REVIEW, region["own"]) for _ in ranks]
    for case, rank in zip(flagged, ranks, strict=True):
        Case.objects.filter(pk=case.pk).update(review_rank=rank)
    samples = [drawn() for _ in range(5)]

    def pages(part: str) -> tuple[list[str], set[int]]:
        seen: list[str] = []
        asked: set[int] = set()
        cursor = ""
        listed(client, f"?part={part}")
        while True:
            with CaptureQueriesContext(connection) as caught:
                page = client.get("/api/review/", {"part": part, "cursor": cursor}).json()
            asked.add(len(caught))
            seen += [row["case"] for row in page["results"]]
            if not (cursor := page["next"]):
                return seen, asked

    for part, wanted in (("flagged", flagged), ("sample", samples)):
        seen, asked = pages(part)
        assert seen == [case.number for case in wanted]
        assert len(asked) == 1
        assert max(asked) <= 7  # three of them the session's and the person's


def test_who_may_not_judge_is_refused_and_a_part_that_is_none_is_a_mistake(
    region: dict[str, Agency],
) -> None:
    executor = factories.make_person(Role.EXECUTOR, region["own"])
    assert client_of(executor).get("/api/review/").status_code == 403
    answer = client_of(reviewer(region, "one")).get("/api/review/?part=mine")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["part"])
