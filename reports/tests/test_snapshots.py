"""Frozen reports: made of the rows, the same hash again, shown to whom they may be shown."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.access import held_roles
from agencies.models import Agency, User
from agencies.roles import Right, Role
from cases.demo.load import load_demo
from cases.models import (
    Attachment,
    Case,
    Citizen,
    Draft,
    Mark,
    MassEvent,
    Message,
    Promise,
    Reply,
    Review,
    Territory,
    Topic,
)
from reports import files, keeping, sentences, snapshots, spikes
from reports.content import canonical
from reports.definitions import PERIODS
from reports.forms import LONGEST
from reports.made.all import REPORTS
from reports.metrics import METRICS
from reports.models import Snapshot
from reports.periods import Period, region_today
from reports.showing import Reading
from reports.tables import COLUMNS
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_committed")]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, User]]:
    """The demo, and one person of each role; rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(cases=150, seed=5)
        _plant_an_event()
        keeping.catch_up()
        people: dict[str, User] = {}
        for user in User.objects.filter(is_active=True).order_by("pk"):
            for role, _agency in held_roles(user):
                people.setdefault(role, user)
        yield people
        transaction.set_rollback(True)


def _plant_an_event() -> None:
    """A dozen messages about one thing today: a spike, and a mass event with a decision."""
    today = region_today()
    event = MassEvent.objects.create(
        code="dark-yards", title="Тёмные дворы", decision="Фонари включат до 1 декабря",
        starts_on=today - timedelta(days=2),
    )  # fmt: skip
    agency = Agency.objects.filter(kind=Agency.Kind.MUNICIPALITY).first()
    topic = Topic.objects.order_by("pk").last()
    for at in range(12):
        factories.make_case(
            "closed" if at < 3 else "in_work", agency, topic=topic, event=event,
            territory=Territory.objects.first(), outcome="solved" if at < 3 else "",
        )  # fmt: skip


def person(demo: dict[str, User], role: str) -> User:
    """Fresh: what he reaches is read anew."""
    return User.objects.get(pk=demo[role].pk)


def long_ago() -> Period:
    today = region_today()
    return Period(today - timedelta(days=120), today)


def made(user: User, code: str, **given: Any) -> Snapshot:
    found = snapshots.ask(user, REPORTS[code], long_ago(), background=False, **given)
    assert found.state == Snapshot.State.DONE
    return found


@pytest.mark.parametrize("code", REPORTS)
def test_a_report_says_something_and_is_the_same_when_made_again(
    demo: dict[str, User], code: str
) -> None:
    found = made(person(demo, Role.HEAD_OFFICE), code)
    data = json.loads(found.content)
    assert canonical(data) == found.content
    assert any(table["rows"] for table in data["tables"].values())
    for table in data["tables"].values():
        assert set(table["columns"]) <= set(COLUMNS)
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
    assert snapshots.build(found).sha256 == found.sha256
    out = io.StringIO()
    call_command("rebuild_snapshot", found.pk, stdout=out)
    assert found.sha256 in out.getvalue()


def test_tables_of_the_demo_are_filled(demo: dict[str, User]) -> None:
    """Guards the test above: an empty table is told by its name."""
    user = person(demo, Role.HEAD_OFFICE)
    empty = set()
    for code in REPORTS:
        tables = json.loads(made(user, code).content)["tables"]
        empty |= {f"{code}.{name}" for name, table in tables.items() if not table["rows"]}
    # Executors are of one agency; what the small demo has no example of.
    allowed = {
        "r3.executors", "r9.lifted", "r8.awaited",
    }  # fmt: skip
    assert empty <= allowed


def test_figures_of_a_report_are_those_of_the_dictionary(demo: dict[str, User]) -> None:
    from reports.figures import Scope, figures_of

    user = person(demo, Role.HEAD_OFFICE)
    found = made(user, "r2")
    rows = json.loads(found.content)["tables"]["whole"]["rows"]
    figures = figures_of([row[0] for row in rows], Scope(None), long_ago())
    for code, now, _before in rows:
        assert now[1:3] == [figures[code].numerator, figures[code].denominator]


def test_built_from_the_rows_anew_the_hash_is_the_same(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    known = {code: made(user, code).sha256 for code in REPORTS}
    keeping.begin_building()
    keeping.catch_up()
    for one in Snapshot.objects.all():
        assert snapshots.build(one).sha256 == known[one.report]


def test_forgetting_a_citizen_changes_no_report(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    known = [made(user, code) for code in REPORTS]
    words = {
        *(c.name for c in Citizen.objects.exclude(name="") if len(c.name) > 6),
        *(c.handle for c in Citizen.objects.all() if len(c.handle) > 5),
        *(c.title for c in Case.objects.all()),
    }
    for one in known:
        assert not [word for word in words if word in one.content]
    _forget_everybody()
    keeping.begin_building()  # no fact is left that was made of the words
    keeping.catch_up()
    for one in known:
        assert snapshots.build(one).sha256 == one.sha256, one.report


def _forget_everybody() -> None:
    """What is to be destroyed of citizens and of what they wrote; the rows themselves stay."""
    with connection.cursor() as cursor:
        # Only a forgetter may change these words: for everybody else the database keeps them.
        cursor.execute(
            "set constraints all immediate;"
            " alter table cases_message disable trigger message_stays;"
            " alter table cases_reply disable trigger published_reply_stays"
        )
    for citizen in Citizen.objects.all():
        Citizen.objects.filter(pk=citizen.pk).update(
            name="", handle=f"forgotten-{citizen.pk}", phone="", address="", profile_url=""
        )
    gone = "…"
    assert Message.objects.update(text=gone, url="", raw={}, fingerprint="")
    assert Reply.objects.filter(state=Reply.State.PUBLISHED).update(text=gone)
    Reply.objects.update(text=gone, promise=gone, new_fact="", published_url="")
    Promise.objects.update(what=gone, note="")
    Promise.objects.exclude(kept_proof="").update(kept_proof=gone)
    Review.objects.update(remark="")
    Mark.objects.update(comment="")
    Attachment.objects.update(name=gone)
    Draft.objects.update(text=gone)
    Case.objects.update(title=gone, place="", split_part="")


def test_what_forgetting_must_leave_is_counted(demo: dict[str, User]) -> None:
    """Why kind and key of the author stay (docs/reports.md): reports count by both."""
    user = person(demo, Role.HEAD_OFFICE)
    r5, r10 = made(user, "r5"), made(user, "r10")
    recent = Case.objects.filter(received_at__date__gt=long_ago().first)
    again = recent.filter(repeat_of__citizen=F("citizen")).first()
    assert again is not None
    appeal = recent.filter(appeal__isnull=False)
    Citizen.objects.filter(pk__in=appeal.values("citizen")).update(kind=Citizen.Kind.COLLECTIVE)
    assert snapshots.build(r10).sha256 != r10.sha256
    # Two authors made one, or one made two, are another number of «the same author».
    other = Citizen.objects.exclude(pk=again.citizen_id).first()
    Case.objects.filter(pk=again.pk).update(citizen=other)
    assert snapshots.build(r5).sha256 != r5.sha256


def test_spikes_of_reports_are_the_alarms_of_the_page(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    period = long_ago()
    alarms = {
        (one.first.isoformat(), one.topic, one.territory, one.count)
        for one in spikes.spikes(period.first, region_today())
    }
    event = MassEvent.objects.get(code="dark-yards")
    planted = Case.objects.filter(event=event).select_related("agency").first()
    assert planted is not None

    def named(code: str, **given: Any) -> set[tuple[Any, ...]]:
        rows = json.loads(made(user, code, **given).content)["tables"]["spikes"]["rows"]
        return {(row[0], row[2], row[3], row[5]) for row in rows}

    assert named("r7") == alarms
    assert named("r1") <= alarms
    # Of one agency: the same rule over its own messages.
    own = named("r7", agency=planted.agency_id)
    assert any(row[1] == planted.topic_id and row[3] >= 11 for row in own)
    other = Agency.objects.exclude(pk=planted.agency_id).order_by("pk")[3]
    assert not named("r7", agency=other.pk)


def test_a_slice_of_the_earlier_edition_is_still_read(demo: dict[str, User]) -> None:
    """It named spikes by seven days; it is shown so, and not made again by other rules."""
    user = person(demo, Role.HEAD_OFFICE)
    old = made(user, "r7")
    data = json.loads(old.content)
    tables = data["tables"]
    tables["weeks"] = {
        "columns": ["topic", "territory", "arrived", "usual", "deviates"],
        "rows": [[row[2], row[3], 63, 70, 90] for row in tables.pop("spikes")["rows"]],
    }
    old.content = canonical(data)
    assert [shown.code for shown in Reading(old, user).tables()] == ["days", "weeks", "events"]
    weekly = made(user, "r1")
    data = json.loads(weekly.content)
    data["tables"]["spikes"] = tables["weeks"]
    weekly.content = canonical(data)
    assert "за семь дней сообщений 63, обычно 7." in sentences.spikes(Reading(weekly, user))[0]
    Snapshot.objects.filter(pk=old.pk).update(edition=1)
    with pytest.raises(CommandError, match="edition 1"):
        call_command("rebuild_snapshot", old.pk)


def test_a_changed_row_is_found_and_named(demo: dict[str, User]) -> None:
    found = made(person(demo, Role.HEAD_OFFICE), "r15")
    case = Case.objects.filter(status="closed", event__isnull=False).first()
    assert case is not None
    Case.objects.filter(pk=case.pk).update(status="ceased")
    with pytest.raises(CommandError, match="stock: "):
        call_command("rebuild_snapshot", found.pk)


def test_no_fraction_gets_into_a_snapshot() -> None:
    with pytest.raises(TypeError):
        canonical({"a": [1, {"b": 0.5}]})


@pytest.mark.parametrize("code", REPORTS)
def test_every_format_of_every_report_is_made(demo: dict[str, User], code: str) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    found = made(user, code)
    client = Client()
    client.force_login(user)
    page = client.get(reverse("snapshot", args=[found.pk]))
    assert page.status_code == 200
    assert found.sha256[:24] in page.content.decode()
    body = {
        kind: client.get(reverse("snapshot-file", args=[found.pk, kind])).content
        for kind in files.FORMATS
    }
    assert body["pdf"].startswith(b"%PDF")
    assert body["json"].decode() == found.content
    sheets = zipfile.ZipFile(io.BytesIO(body["xlsx"]))
    tables = len(Reading(found, user).tables())
    assert len([n for n in sheets.namelist() if n.startswith("xl/worksheets/sheet")]) == tables + 1
    # Made again from the snapshot, a file is the same.
    again = client.get(reverse("snapshot-file", args=[found.pk, "xlsx"])).content
    assert again == body["xlsx"]
    assert client.get(reverse("snapshot-file", args=[found.pk, "doc"])).status_code == 404


def test_without_marks_it_is_said_and_the_rest_is_weighed(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    Mark.objects.all().delete()
    keeping.begin_building()
    keeping.catch_up()
    data = json.loads(made(user, "r2").content)
    assert data["notes"] == ["no_marks"]
    rating = next(row for row in data["tables"]["whole"]["rows"] if row[0] == "rating")
    parts = {row[0]: row[1] for row in data["tables"]["whole"]["rows"]}
    speed = parts["in_time"][1] / parts["in_time"][2]
    good = 1 - parts["brush_off_share"][1] / parts["brush_off_share"][2]
    assert rating[1][0] == round(10 * 100 * (40 * speed + 40 * good) / 80)
    assert json.loads(made(user, "r11").content)["notes"] == ["no_marks_pos"]


def test_points_of_the_platform_weigh_marks_only_where_there_are_some() -> None:
    from reports.made.regimes import points

    assert points(0, 0, 0, 0) is None
    assert points(5, 10, 0, 0) == 500
    assert points(5, 10, 6, 10) == 750
    assert points(5, 10, 3, 10) == 500


def test_two_snapshots_are_compared_row_by_row(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    now = snapshots.ask(user, REPORTS["r2"], PERIODS["week"](region_today()))
    other = made(user, "r2")
    client = Client()
    client.force_login(user)
    page = client.get(reverse("snapshot", args=[now.pk]), {"with": other.pk})
    text = page.content.decode()
    assert page.context["other"] == other
    compared = {one.shown.code: one for one in page.context["compared"]}
    value = compared["whole"].rows[0][1]
    assert value.sub.startswith("было ")
    assert value.sub in text
    # One of other agencies is no comparison.
    narrow = snapshots.ask(
        user, REPORTS["r2"], long_ago(), agency=Agency.objects.order_by("pk")[3].pk,
        background=False,
    )  # fmt: skip
    page = client.get(reverse("snapshot", args=[now.pk]), {"with": narrow.pk})
    assert page.context["other"] is None


def test_words_of_the_slice_are_written_beside_the_figures(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    found = made(user, "r1")
    client = Client()
    client.force_login(user)
    path = reverse("snapshot-words", args=[found.pk])
    answer = client.post(path, {"main": "Звоните +7 912 345-67-89", "decide": ""})
    assert answer.status_code == 200
    assert "main" in answer.context["form"].errors
    client.post(path, {"main": "Стало лучше.\n\nНо не везде.", "decide": ""})
    again = Snapshot.objects.get(pk=found.pk)
    assert again.words == {"main": ["Стало лучше.", "Но не везде."]}
    assert again.sha256 == found.sha256 == snapshots.build(again).sha256
    page = client.get(reverse("snapshot", args=[found.pk])).content.decode()
    assert "Но не везде." in page
    official = Client()
    official.force_login(person(demo, Role.EXECUTOR))
    assert official.post(path, {"main": "Я лучше всех"}).status_code in (403, 404)


def test_the_slice_fits_two_pages_however_much_there_is(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    found = snapshots.ask(user, REPORTS["r1"], Period.week(region_today()))
    data = json.loads(found.content)
    tables = data["tables"]
    # As many rows as the definition lets through.
    most = {"topics": 8, "agencies": 10, "events": 4, "spikes": 4, "control": 6}
    for name, count in most.items():
        assert 0 < len(tables[name]["rows"]) <= count, name
        tables[name]["rows"] = (tables[name]["rows"] * count)[:count]
    MassEvent.objects.update(decision="Решение о дворах. " * 20)
    line = "Слово за словом о том, что решили. " * 10
    found.words = {"main": [line[:LONGEST]] * 4, "decide": [line[:LONGEST]] * 4}
    found.content = canonical(data)
    body = files.pdf(Reading(found, user))
    assert len(re.findall(rb"/Type\s*/Page\b", body)) == 2


def test_figures_of_the_page_open_their_rows(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    found = made(user, "r1")
    client = Client()
    client.force_login(user)
    page = client.get(reverse("snapshot", args=[found.pk])).content.decode()
    urls = {
        url.replace("&amp;", "&")
        for url in re.findall(r'href="(/metrics/[^"#]*/rows/[^"]*)"', page)
    }
    assert len(urls) > 10
    for url in sorted(urls)[:12]:
        assert client.get(url).status_code == 200
    # An administrator has the numbers and no way to the rows.
    clerk = Client()
    clerk.force_login(person(demo, Role.ADMINISTRATOR))
    seen = clerk.get(reverse("snapshot", args=[found.pk]))
    assert seen.status_code == 200
    assert "/rows/" not in seen.content.decode()


def test_a_page_of_a_snapshot_asks_few_questions(demo: dict[str, User]) -> None:
    user = person(demo, Role.HEAD_OFFICE)
    found = made(user, "r2")
    client = Client()
    client.force_login(user)
    path = reverse("snapshot", args=[found.pk])
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    assert len(queries) <= 9
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("report-list"))
    assert len(queries) <= 6


def test_rights_of_reports_are_rights() -> None:
    assert {report.right for report in REPORTS.values()} <= set(Right.values)
    assert all(METRICS[code] for code in ("received", "rating"))
