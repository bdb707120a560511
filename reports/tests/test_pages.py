"""The pages of figures: whose numbers, which rows, how many queries."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases.models import Case, Review
from cases.workflow import Status
from reports import board, keeping, wording
from reports.charts import heat_level, spark
from reports.metrics import METRICS
from reports.templatetags import league
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_committed")]


@pytest.fixture
def region() -> dict[str, Agency]:
    return factories.make_region()


def signed_in(role: str, agency: Agency) -> tuple[Client, User]:
    person = factories.make_person(role, agency)
    client = Client()
    client.force_login(person)
    return client, person


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_each_counts_his_agencies_only(region: dict[str, Agency]) -> None:
    for agency, count in (("own", 2), ("below", 1), ("other", 4)):
        for _ in range(count):
            factories.make_case(Status.IN_WORK, region[agency])
    factories.make_case(Status.MODERATION)
    keeping.catch_up()
    path = reverse("api-metric", args=["received"])
    for role, agency, wanted in (
        (Role.APPROVER, "own", 3),
        (Role.APPROVER, "below", 1),
        (Role.HEAD_OFFICE, "region", 8),
        (Role.ADMINISTRATOR, "region", 8),
    ):
        client, _person = signed_in(role, region[agency])
        assert client.get(path).json()["numerator"] == wanted
        assert client.get(path, {"agency": region["other"].pk}).status_code == (
            200 if agency == "region" else 404
        )
        page = read(client, reverse("dashboard"))
        assert (region["other"].short_name + "</a>" in page) is (agency == "region")


def test_rows_are_as_many_as_the_figure_page_after_page(region: dict[str, Agency]) -> None:
    made = [factories.make_case(Status.IN_WORK, region["own"]) for _ in range(5)]
    made += [factories.make_case(Status.IN_WORK, region["own"]) for _ in range(50)]
    factories.make_case(Status.IN_WORK, region["other"])
    keeping.catch_up()
    client, _person = signed_in(Role.APPROVER, region["own"])
    path = reverse("metric-rows", args=["received"])
    seen: list[str] = []
    query = "?set=num&period=week"
    while query:
        page = read(client, path + query)
        seen += re.findall(r"№&nbsp;(\d\d-\d+)", page)
        further = re.search(r'href="(\?[^"]*cursor[^"]*)"', page)
        query = further.group(1).replace("&amp;", "&") if further else ""
    assert sorted(seen) == sorted(case.number for case in made)
    api = client.get(reverse("api-metric-rows", args=["received"])).json()
    assert len(api["results"]) == 50
    assert api["next"]


def test_an_administrator_sees_numbers_without_a_way_to_the_rows(
    region: dict[str, Agency],
) -> None:
    factories.make_case(Status.IN_WORK, region["own"])
    keeping.catch_up()
    client, _person = signed_in(Role.ADMINISTRATOR, region["region"])
    for name in ("dashboard", "metrics"):
        assert "/rows/" not in read(client, reverse(name))
    assert client.get(reverse("metric-rows", args=["received"])).status_code == 403


def test_the_workload_is_the_heads_alone(region: dict[str, Agency]) -> None:
    late = factories.make_case(Status.IN_WORK, region["own"])
    Case.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
    factories.make_case(Status.IN_WORK, region["own"], executor=late.executor)
    factories.make_case(Status.IN_WORK, region["below"])
    keeping.catch_up()
    assert late.executor is not None
    name = late.executor.last_name
    head, _person = signed_in(Role.APPROVER, region["own"])
    page = read(head, reverse("dashboard"))
    row = re.search(rf"{name} \S+</th>(.*?)</tr>", page)
    assert row is not None
    for url, count in re.findall(r'href="(.*?)">(\d+)', row[1]):
        assert len(head.get(html.unescape(url)).context["rows"]) == int(count)
    assert re.findall(r">(\d+)</a>", row[1]) == ["2", "1"]
    # Of an agency below him too, but only where he asks for it.
    below = read(head, reverse("dashboard") + f"?agency={region['below'].pk}")
    assert 'id="workload"' in below
    assert name not in below
    for role, agency in (
        (Role.CURATOR, "own"),
        (Role.EXECUTOR, "own"),
        (Role.QUALITY_SUPERVISOR, "region"),
        (Role.HEAD_OFFICE, "region"),
        (Role.APPROVER, "region"),
    ):
        client, _person = signed_in(role, region[agency])
        asked = f"?agency={region['own'].pk}"
        assert 'id="workload"' not in read(client, reverse("dashboard") + asked), role


def test_agencies_with_few_reviews_stand_behind_and_are_not_compared(
    region: dict[str, Agency],
) -> None:
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["region"])
    for code, judged, bad in (("own", 12, 3), ("other", 12, 6), ("below", 1, 1)):
        for at in range(judged):
            reply = factories.make_case(Status.ANSWERED, region[code]).replies.get()
            verdict = "brush_off" if at < bad else "good"
            Review.objects.create(reply=reply, reviewer=judge, verdict=verdict)
    keeping.catch_up()
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    answer = client.get(reverse("dashboard"))
    classes = {one.code: one for one in answer.context["league"]}
    ministries = [row.agency.code for row in classes["executive"].rows]
    assert ministries == ["other", "own"]
    (below,) = classes["institutions"].rows
    assert not below.figures["brush_off_share"].enough
    first = classes["executive"].rows[0].figures["brush_off_share"]
    assert (first.numerator, first.denominator) == (6, 12)
    assert first.low == pytest.approx(0.254, abs=1e-3)
    # As they are drawn: the share with its interval and the way to its rows, or how few there are.
    judge_client = Client()
    judge_client.force_login(judge)
    page = html.unescape(read(judge_client, reverse("dashboard")))
    other, own = (region[code] for code in ("other", "own"))
    assert page.index(f">{other.short_name}</a></th>") < page.index(f">{own.short_name}</a></th>")
    link = rf'<a href="(/metrics/brush_off_share/rows/\?[^"]*agency={other.pk})">50\s%</a>'
    found = re.search(link + r' <small class="sub">25–75\s%</small>', page)
    assert found
    behind = set(re.findall(r"№&nbsp;(\d\d-\d+)", read(judge_client, found.group(1))))
    assert len(behind) == 6
    assert re.search(r'100\s%</a> <small class="sub">мало: 1</small>', page)
    assert (
        "<a href" not in league.league_rows(classes["executive"].rows[:1], {}, "").split("</th>")[1]
    )


def test_a_long_class_is_shown_page_by_page(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {f"m{n}": factories.make_agency(f"m{n}", region["region"]) for n in range(5)}
    for agency in named.values():
        factories.make_case(Status.ANSWERED, agency)
    keeping.catch_up()
    monkeypatch.setattr(board, "WHOLE", 2)
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    seen: list[str] = []
    query = "?all=1&class=executive"
    while query:
        answer = client.get(reverse("dashboard") + query)
        (one,) = answer.context["league"]
        assert (one.total, one.first) == (5, len(seen))
        assert len(one.rows) <= 2
        seen += [row.agency.code for row in one.rows]
        page = answer.content.decode().replace("&amp;", "&")
        further = re.search(r'href="(\?[^"#]*)#agencies" rel="next"', page)
        query = further.group(1) if further else ""
        assert ('rel="prev"' in page) is (one.first > 0)
    assert sorted(seen) == sorted(named)
    (last,) = client.get(f"{reverse('dashboard')}?all=1&class=executive&page=99").context["league"]
    assert (last.first, [row.agency.code for row in last.rows]) == (4, seen[4:])


def test_a_cell_of_the_map_counts_for_a_thousand_residents(region: dict[str, Agency]) -> None:
    for _ in range(3):
        case = factories.make_case(Status.IN_WORK, region["own"])
    assert case.territory is not None
    type(case.territory).objects.filter(pk=case.territory_id).update(population=6000)
    keeping.catch_up()
    client, _person = signed_in(Role.APPROVER, region["own"])
    (row,) = client.get(reverse("dashboard")).context["heat"]["rows"]
    (cell,) = row["cells"]
    assert (cell["text"], cell["count"]) == ("0,5", 3)
    assert f"topic={case.topic_id}&territory={case.territory_id}" in cell["url"]
    answer = client.get(reverse("dashboard"), {"heat": "count"})
    assert answer.context["heat"]["rows"][0]["cells"][0]["text"] == "3"
    type(case.territory).objects.filter(pk=case.territory_id).update(population=3_000_000)
    (cell,) = client.get(reverse("dashboard")).context["heat"]["rows"][0]["cells"]
    assert cell["text"] == "<\N{NO-BREAK SPACE}0,01"  # three cases are not none


def test_ages_and_workload_open_the_cases_they_count(region: dict[str, Agency]) -> None:
    now = timezone.now()
    for days in (0, 1, 2, 8, 40, 41, 400):
        case = factories.make_case(Status.IN_WORK, region["own"])
        type(case).objects.filter(pk=case.pk).update(received_at=now - timedelta(days=days))
    factories.make_case(Status.IN_WORK, region["other"])
    keeping.catch_up()
    client, person = signed_in(Role.APPROVER, region["own"])
    page = client.get(reverse("dashboard")).context
    assert [one["count"] for one in page["ages"]] == [2, 1, 0, 1, 0, 3]
    for one in page["ages"]:
        assert len(client.get(one["url"]).context["rows"]) == one["count"], one["title"]
    (row, *_others) = [one for one in page["workload"]["rows"] if one["executor"]]
    assert len(client.get(row["url"]).context["rows"]) == row["total"]


@pytest.mark.parametrize(
    "query",
    ["?from=2026-05-02&to=2026-05-01", "?from=x&to=y", "?from=1990-01-01&to=2026-01-01", "?to=1"],
)
def test_a_broken_period_is_said_and_the_week_shown(region: dict[str, Agency], query: str) -> None:
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    assert 'id="period-error"' in read(client, reverse("dashboard") + query)
    assert client.get(reverse("api-metric", args=["received"]) + query).status_code == 400


@pytest.mark.parametrize("period", ["week", "month", "quarter"])
def test_the_dashboard_asks_the_same_whatever_the_number_of_cases(
    region: dict[str, Agency], period: str
) -> None:
    keeping.catch_up()
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    counts = []
    for _ in range(2):
        client.get(reverse("dashboard"), {"period": period})  # the directory is read once
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("dashboard"), {"period": period})
        counts.append(len(queries))
        for _ in range(4):
            factories.make_case(Status.ANSWERED, region["own"])
        keeping.catch_up()
    assert counts[1] <= 13
    assert counts[1] - counts[0] <= 4


def test_pictures() -> None:
    assert spark([None, 1.0]) is None
    assert spark([1.0, None, 3.0]) == {"points": "2.0,22.0 86.0,2.0", "x": "86.0", "y": "2.0"}
    assert spark([2.0, 2.0]) == {"points": "2.0,12.0 86.0,12.0", "x": "86.0", "y": "12.0"}
    assert [heat_level(v, 10) for v in (0, 1, 2, 5, 9.9, 10)] == [1, 1, 2, 3, 5, 5]
    assert heat_level(0, 0) == 1


@pytest.mark.parametrize("code", METRICS)
def test_many_figures_of_a_metric_are_written_as_one_alone(code: str) -> None:
    write = wording.writer(code)
    for value in (0.0, 0.0349, 1 / 3, 1.0, 7, 59.6, 61.2, 998.96, 999.5, 1234.5, 2880.0, 1e6):
        assert write(value) == wording.worded(code, value)


def test_numbers_are_parted_by_thousands() -> None:
    for value, digits, text in (
        (0, 0, "0"), (999.4, 0, "999"), (999.5, 0, "1 000"), (-1234.5, 1, "-1 234,5"),
        (12.0, 1, "12"), (0.04, 1, "0"), (6.9, 1, "6,9"), (1e6, 2, "1 000 000"),
    ):  # fmt: skip
        assert wording.number(value, digits).replace("\N{NO-BREAK SPACE}", " ") == text


def test_the_dictionary_tells_every_metric_and_what_has_no_data(region: dict[str, Agency]) -> None:
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    page = read(client, reverse("metrics"))
    listed = client.get(reverse("api-metrics")).json()
    assert [one["code"] for one in listed] == list(METRICS)
    for one in listed:
        assert f'id="{one["code"]}"' in page
    assert "данных нет" in page


def test_names_of_agencies_are_words_in_the_league(region: dict[str, Agency]) -> None:
    Agency.objects.filter(pk=region["own"].pk).update(short_name="<i>Дом")
    factories.make_case(Status.IN_WORK, region["own"])
    keeping.catch_up()
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    page = read(client, reverse("dashboard"))
    assert page.count("&lt;i&gt;Дом") == 2  # in the league and among the agencies to choose from
    assert "<i>Дом" not in page


@pytest.mark.parametrize(("code", "links"), [("rating", 6), ("deviation", 9)])
def test_a_figure_made_of_others_leads_to_their_rows(
    region: dict[str, Agency], code: str, links: int
) -> None:
    factories.make_case(Status.IN_WORK, region["own"])
    keeping.catch_up()
    client, _person = signed_in(Role.HEAD_OFFICE, region["region"])
    assert f"{reverse('metric-rows', args=[code])}?from=" in read(client, reverse("metrics"))
    page = read(client, reverse("metric-rows", args=[code]))
    found = re.findall(r'href="(/[^"]*\?set=[^"]*)"', page)
    assert len(found) == links
    for url in found:
        read(client, html.unescape(url))
    if code == "deviation":
        assert "data-table" in read(client, html.unescape(found[0]))


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.004, "<\N{NO-BREAK SPACE}0,01"), (0.006, "0,01"), (0.31, "0,31"), (2, "2")],
)
def test_a_few_of_many_residents_are_no_nought(value: float, told: str) -> None:
    assert wording.per_thousand(value) == told
