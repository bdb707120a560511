"""Frozen reports: who may make, open and carry off which; what the worker does."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import Role
from reports import keeping, snapshots
from reports.content import canonical
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import Period, region_today
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_committed")]


def long_ago() -> Period:
    today = region_today()
    return Period(today - timedelta(days=90), today)


@pytest.fixture
def region() -> dict[str, Agency]:
    return factories.make_region()


def signed_in(role: str, agency: Agency) -> tuple[Client, User]:
    user = factories.make_person(role, agency)
    client = Client()
    client.force_login(user)
    return client, user


KINDS = ("", "xlsx", "pdf", "json", "progress")


@pytest.mark.parametrize("code", REPORTS)
def test_a_snapshot_opens_only_for_who_reaches_all_it_counts(
    region: dict[str, Agency], code: str
) -> None:
    report = REPORTS[code]
    whole, of_own = (
        Snapshot.objects.create(
            report=code, first="2026-01-01", last="2026-01-31", today="2026-02-02",
            at="2026-02-02T10:00Z", scope=scope, state="done", sha256="0" * 64,
            content=canonical(
                {
                    "period": ["2026-01-01", "2026-01-31"], "before": ["2025-12-01", "2025-12-31"],
                    "notes": [], "tables": {t.code: {"columns": [], "rows": []} for t in
                    report.tables if code != "r1"},
                }
            ),
        )
        for scope in (None, [region["own"].pk])
    )  # fmt: skip
    people = {
        "governor": (Role.HEAD_OFFICE, "region"),
        "own": (Role.QUALITY_SUPERVISOR, "own"),
        "other": (Role.QUALITY_SUPERVISOR, "other"),
        "import": (Role.IMPORT_SERVICE, "region"),
    }
    wanted = {"governor": (True, True), "own": (False, True), "other": (False, False)}
    for name, (role, agency) in people.items():
        client, _user = signed_in(role, region[agency])
        opens = wanted.get(name, (False, False))
        for (found, may), kind in product(zip((whole, of_own), opens, strict=True), KINDS):
            if kind == "progress":
                path = reverse("snapshot-progress", args=[found.pk])
            elif kind:
                path = reverse("snapshot-file", args=[found.pk, kind])
            else:
                path = reverse("snapshot", args=[found.pk])
            if may and code == "r1" and kind in ("", "pdf"):
                continue  # the slice cannot be drawn of nothing; the page test draws it
            answer = client.get(path)
            refused = (403,) if name == "import" else (404,)
            assert answer.status_code in ((200, 204) if may else refused), (name, found.scope, kind)


def test_one_gets_the_figures_of_his_own_agencies(region: dict[str, Agency]) -> None:
    client, user = signed_in(Role.CURATOR, region["own"])
    answer = client.post(reverse("report-make", args=["r2"]))
    found = Snapshot.objects.get()
    assert answer["Location"] == reverse("snapshot", args=[found.pk])
    assert set(found.scope or []) == {region["own"].pk, region["below"].pk}
    foreign = {"period": "month", "agency": region["other"].pk}
    refused = client.post(reverse("report-make", args=["r2"]), foreign)
    assert refused.status_code == 200
    assert "agency" in refused.context["form"].errors
    assert Snapshot.objects.count() == 1
    with pytest.raises(snapshots.BadChange):
        snapshots.ask(user, REPORTS["r2"], long_ago(), agency=region["other"].pk)
    # Personal control is for those who set it.
    assert client.get(reverse("report", args=["r9"])).status_code == 403
    assert client.post(reverse("report-make", args=["r9"])).status_code == 403


def test_a_right_that_is_gone_closes_the_snapshot(region: dict[str, Agency]) -> None:
    client, user = signed_in(Role.CURATOR, region["own"])
    found = snapshots.ask(user, REPORTS["r2"], long_ago())
    path = reverse("snapshot", args=[found.pk])
    assert client.get(path).status_code in (200, 302)
    AgencyUserPermission.objects.filter(user=user).delete()
    assert client.get(path).status_code == 403


def test_executors_are_named_to_the_head_of_this_agency_alone(region: dict[str, Agency]) -> None:
    case = factories.make_case("in_work", region["own"])
    assert case.executor is not None
    keeping.catch_up()
    head, user = signed_in(Role.APPROVER, region["own"])
    found = snapshots.ask(
        user, REPORTS["r3"], long_ago(), agency=region["own"].pk, background=False
    )
    path = reverse("snapshot", args=[found.pk])
    name = case.executor.last_name
    assert name in head.get(path).content.decode()
    assert name in zipped(head.get(reverse("snapshot-file", args=[found.pk, "xlsx"])).content)
    for role, agency in (
        (Role.QUALITY_SUPERVISOR, "region"),
        (Role.HEAD_OFFICE, "region"),
        (Role.APPROVER, "region"),
        (Role.CURATOR, "own"),
    ):
        client, _user = signed_in(role, region[agency])
        assert name not in client.get(path).content.decode(), role
        book = client.get(reverse("snapshot-file", args=[found.pk, "xlsx"])).content
        assert name not in zipped(book)
        assert client.get(reverse("snapshot-file", args=[found.pk, "json"])).status_code == 403


def zipped(body: bytes) -> str:
    packed = zipfile.ZipFile(io.BytesIO(body))
    return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def test_a_long_report_is_made_by_the_worker_with_progress(region: dict[str, Agency]) -> None:
    client, _user = signed_in(Role.HEAD_OFFICE, region["region"])
    answer = client.post(reverse("report-make", args=["r6"]))
    found = Snapshot.objects.get()
    assert found.state == Snapshot.State.WAITING
    assert "0 из 2" in client.get(answer["Location"]).content.decode()
    progress = reverse("snapshot-progress", args=[found.pk])
    assert 'hx-trigger="every 1s"' in client.get(progress).content.decode()
    for _ in range(2):
        client.post(reverse("report-make", args=["r6"]))
    refused = client.post(reverse("report-make", args=["r6"]))
    assert refused.status_code == 200
    assert Snapshot.objects.count() == 3
    snapshots.make(found.pk)
    done = client.get(progress)
    assert done.status_code == 204
    assert done["HX-Redirect"].endswith(answer["Location"])
    # A killed worker leaves it running: it is begun anew.
    Snapshot.objects.filter(pk=found.pk).update(state="running", sha256="")
    assert [one.pk for one in snapshots.stopped()] == [found.pk]
    snapshots.make(found.pk)
    assert Snapshot.objects.get(pk=found.pk).state == Snapshot.State.DONE


def test_a_report_is_frozen_and_taken_over_the_api(region: dict[str, Agency]) -> None:
    client, _user = signed_in(Role.CURATOR, region["own"])
    kinds = {one["code"]: one for one in client.get(reverse("api-reports")).json()}
    assert "r9" not in kinds  # personal control is not his
    assert kinds["r2"]["tables"][0]["columns"]

    def freeze(key: str = "", **body: str) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(
            reverse("api-snapshots"), body, content_type="application/json", headers=headers
        )

    days = {"period": "own", "first": "2026-01-01", "last": "2026-01-31"}
    asked = freeze("k", report="r2", agency="own", **days)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting"), asked.content
    assert freeze("k", report="r2", agency="own", **days).json() == asked.json()
    assert freeze(report="r9").status_code == 403
    assert freeze(report="r2", agency="other").status_code == 422
    assert freeze(report="r2", period="own", first="2026-02-01").status_code == 400
    pk = asked.json()["id"]
    path = reverse("api-snapshot", args=[pk])
    file = {kind: reverse("api-snapshot-file", args=[pk, kind]) for kind in ("json", "xlsx", "pdf")}
    assert client.get(file["json"]).status_code == 404  # not ready
    snapshots.make(pk)
    done = client.get(path).json()
    assert (done["state"], done["tables_done"]) == ("done", done["tables"])
    body = client.get(file["json"]).content
    assert hashlib.sha256(body).hexdigest() == done["sha256"]
    assert json.loads(body)["scope"] == [region["own"].pk]
    assert client.get(file["xlsx"]).content[:2] == b"PK"
    assert client.get(file["pdf"]).content.startswith(b"%PDF")
    listed = client.get(reverse("api-snapshots"), {"report": "r2"}).json()
    assert [one["id"] for one in listed["results"]] == [pk]
    stranger, _other = signed_in(Role.CURATOR, region["other"])
    assert stranger.get(path).status_code == 404
    assert stranger.get(file["xlsx"]).status_code == 404
    assert stranger.get(reverse("api-snapshots")).json()["results"] == []
    service, _third = signed_in(Role.IMPORT_SERVICE, region["region"])
    assert service.get(reverse("api-reports")).status_code == 403


def test_executors_by_name_are_not_given_over_the_api(region: dict[str, Agency]) -> None:
    """The content names them where the report is of one agency: for its head alone."""
    _client, head = signed_in(Role.APPROVER, region["own"])
    made = snapshots.ask(head, REPORTS["r3"], long_ago(), agency=region["own"].pk, background=False)
    data = snapshots.data_of(made)
    data["tables"]["executors"]["rows"] = [[1] * len(data["tables"]["executors"]["columns"])]
    Snapshot.objects.filter(pk=made.pk).update(content=canonical(data))
    supervisor, _user = signed_in(Role.QUALITY_SUPERVISOR, region["own"])
    path = reverse("api-snapshot-file", args=[made.pk, "json"])
    assert supervisor.get(path).status_code == 403
    assert _client.get(path).status_code == 200
