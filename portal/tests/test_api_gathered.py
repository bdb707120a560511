"""Mass events, repeats and spikes over the API, in the reader's scope."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases.models import Case, MassEvent, RepeatPair
from cases.workflow import Status
from reports import spike_views
from reports.expected import Expected
from reports.spikes import Spike
from tests import factories
from tests.acting import signed_in

pytestmark = pytest.mark.django_db


def test_events_are_read_as_far_as_ones_cases_go(region: dict[str, Agency]) -> None:
    today = timezone.localdate()
    event = MassEvent.objects.create(
        code="mv-26-001", title="Нет воды", agency=region["own"], starts_on=today, decision="Чинят"
    )
    MassEvent.objects.create(
        code="mv-25-001", title="Снег", starts_on=today, closed_at=timezone.now()
    )
    made = {
        (name, status): factories.make_case(status, region[name])
        for name in ("own", "other")
        for status in (Status.IN_WORK, Status.ANSWERED)
    }
    Case.objects.update(event=event)
    own = signed_in(Role.CURATOR, region["own"])
    (row,) = own.get("/api/events/").json()["results"]
    assert (row["event"]["code"], row["members"]) == (event.code, 2)
    assert own.get("/api/events/?view=closed").json()["results"] == []
    assert own.get("/api/events/?view=all").status_code == 422
    page = own.get(f"/api/events/{event.code}/").json()
    assert (page["decision"], page["figures"]["total"], page["figures"]["answered"]) \
        == ("Чинят", 2, 1)  # fmt: skip
    numbers = [one["number"] for one in page["cases"]["results"]]
    assert numbers == [made["own", Status.IN_WORK].number]
    whole = own.get(f"/api/events/{event.code}/?members=all").json()["cases"]["results"]
    assert {one["number"] for one in whole} == {
        case.number for (name, _), case in made.items() if name == "own"
    }
    beside = signed_in(Role.CURATOR, region["beside"])
    assert beside.get("/api/events/").json()["results"] == []
    assert beside.get(f"/api/events/{event.code}/").status_code == 404

    def asked(path: str) -> int:
        own.get(path)
        with CaptureQueriesContext(connection) as caught:
            assert own.get(path).status_code == 200
        return len(caught)

    paths = "/api/events/", f"/api/events/{event.code}/?members=all"
    few = [asked(path) for path in paths]
    more = [factories.make_case(Status.IN_WORK, region["own"]).pk for _ in range(3)]
    Case.objects.filter(pk__in=more).update(event=event)
    assert [asked(path) for path in paths] == few


def test_repeats_show_the_earlier_case_where_it_may_be_opened(region: dict[str, Agency]) -> None:
    later = [factories.make_case(Status.IN_WORK, region["own"]) for _ in range(2)]
    earlier = [factories.make_case(Status.CLOSED, region[name]) for name in ("own", "other")]
    for case, before in zip(later, earlier, strict=True):
        RepeatPair.objects.create(case=case, earlier=before, why=["author"], words=0.5)
    client = signed_in(Role.COORDINATOR, region["own"])
    rows = client.get("/api/repeats/").json()["results"]
    assert [(row["case"], row["earlier"]) for row in rows] == [
        (later[1].number, None),
        (later[0].number, earlier[0].number),
    ]
    assert rows[0]["text"]
    assert (rows[0]["earlier_text"], rows[0]["earlier_reply"]) == ("", "")
    assert rows[1]["earlier_text"]
    assert client.get("/api/repeats/?state=confirmed").json()["results"] == []
    assert len(client.get(f"/api/repeats/?agency={region['own'].code}").json()["results"]) == 2
    assert client.get("/api/repeats/?agency=none").json()["results"] == []
    assert client.get("/api/repeats/?before=x").status_code == 400
    judged = client.post(
        f"/api/cases/{rows[0]['case']}/judge-repeat/",
        {"verdict": "refused"},
        content_type="application/json",
        headers={"If-Match": f'"{rows[0]["version"]}"'},
    )
    assert judged.status_code == 200, judged.content
    (left,) = client.get("/api/repeats/").json()["results"]
    assert left["case"] == later[0].number
    other = signed_in(Role.COORDINATOR, region["other"])
    assert other.get("/api/repeats/").json()["results"] == []


def test_spikes_are_those_of_the_page_for_who_sees_the_region(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, land = factories.make_topic(), factories.make_territory()
    day = timezone.localdate() - timedelta(days=1)
    bound = Expected(2.0, 8, 10)
    found = Spike(topic.pk, land.pk, day, day, day, 14, bound, days=[(day, 14, bound)])
    monkeypatch.setattr(spike_views, "spikes", lambda first, last: [found])
    client = signed_in(Role.HEAD_OFFICE, region["region"])
    (row,) = client.get("/api/spikes/").json()
    assert (row["topic"], row["territory"], row["count"], row["usual"], row["high"]) \
        == (topic.code, land.code, 14, 2.0, 8)  # fmt: skip
    assert row["days"] == [{"day": f"{day}", "count": 14, "high": 8}]
    assert signed_in(Role.HEAD_OFFICE, region["own"]).get("/api/spikes/").status_code == 403
