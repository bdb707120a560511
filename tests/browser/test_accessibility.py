"""axe-core finds nothing, nothing scrolls sideways, the browser's security policy is silent."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from agencies.roles import Role
from cases.workflow import Status
from reports import keeping
from reports.periods import region_today
from tests.browser.conftest import Desk, SignIn, signing_in
from tests.browser.faults import faults_of
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVERYBODY = ["/settings/", "/notices/", "/notices/settings/", "/password/", "/cases/nothing-here/"]
READERS = [
    "/cases/",
    "/search/?q=яма",
    "/search/",
    "/search/?q=абракадабра",
    "/filter/?list=/cases/",
]
# Case pages by state; a trailing word is the page of a move.
PAGES: dict[str, list[str]] = {
    Role.OPERATOR: [
        *READERS,
        "/desk/",
        "/desk/?list=1",
        "/import/",
        "/exports/",
        "moderation:",
        "moderation:route/",
        "moderation:split/",
    ],
    Role.COORDINATOR: [
        "/events/",
        "/events/?view=offered",
        "/events/mv-26-001/",
        "/events/mv-26-001/edit/",
        "/repeats/",
        "/desk/?view=disputes",
        "/desk/?view=disputes&list=1",
        "redirect_asked:redirect/",
        "answered:close/",
    ],
    Role.QUALITY_SUPERVISOR: [
        *READERS,
        "/review/",
        "/review/?list=1",
        "/copies/",
        "family",
        "/review/figures/",
        "/review/lessons/",
        "/review/agreement/",
        "/dashboard/",
        "/metrics/?period=month",
        "/metrics/received/rows/",
        "/templates/?period=month",
        "/templates/{template}/",
        "/cases/?control=true",
        "review:",
        "in_work:assign/",
        "in_work:extend/",
    ],
    Role.CURATOR: [
        "/copies/",
        "family",
        "/queue/?scope=agency",
        "/views/",
        "/views/new/?list=queue",
        "/views/{view}/",
        "/bulk/?move=assign&all=1&list=queue&scope=agency",
        "/bulk/?move=take",
        "/bulk/{bulk}/",
        "/bulk/{done_bulk}/",
        "/filter/?list=/queue/&only=status",
        "routed:",
        "routed:dispute-competence/",
        "/absence/",
        "/handover/",
        "/handover/plan/?agency=own",
        "/handover/{handover}/",
    ],
    Role.EXECUTOR: [
        *("/queue/", "/queue/?view=control", "in_work:", "rework:", "routed:"),
        *("/parts/?side=others&state=all", "in_work:ask-part/"),
    ],
    Role.CO_EXECUTOR: ["/parts/", "/parts/{part}/"],
    Role.APPROVER: ["/approval/", "approval:", "answered:", "approval:publish/", "/dashboard/"],
    Role.HEAD_OFFICE: [
        "/dashboard/?from=x",
        "/reports/",
        "/reports/r3/",
        "/reports/by-mail/",
        "/snapshots/{slice}/",
        "/snapshots/{rating}/",
        "/decisions/",
        "/cases/",
        "in_work:",
        "in_work:set-control/",
    ],
    Role.ADMINISTRATOR: [
        "/admin/",
        "/admin/agencies/agency/",
        "/admin/agencies/user/",
        "/admin/agencies/user/add/",
    ],
    Role.AUDITOR: ["/cases/", "closed:"],
}


@pytest.fixture
def _django_db_helper() -> None:
    """pytest-django's, which would empty the tables after each test: here after the last."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once: the pages of all roles are read from it."""
    with django_db_blocker.unblock():
        made = World()
        keeping.catch_up()
        made.freeze()  # with figures this time
        yield made
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def sign_in(world: World, lasting_server: LiveServer, browser: Browser) -> Iterator[SignIn]:
    yield from signing_in(str(lasting_server), browser)


def _path(world: World, page: str) -> str:
    if page.startswith("/"):
        for name, made in (
            ("{handover}", world.handover),
            ("{view}", world.saved_view),
            ("{bulk}", world.bulk),
            ("{done_bulk}", world.done_bulk),
            ("{part}", world.part),
            ("{template}", world.template),
            ("{slice}", world.snapshot),
            ("{rating}", world.rating),
        ):
            page = page.replace(name, str(made.pk))
        return page
    if page == "family":
        return f"/copies/{world.family.pk}/"
    state, _, rest = page.partition(":")
    return f"/cases/{world.case(Status(state), 'own').number}/{rest}"


@pytest.mark.parametrize("role", list(PAGES))
def test_every_page_of_the_role_is_accessible(world: World, sign_in: SignIn, role: str) -> None:
    desk = sign_in(world.people[role])
    faults = [
        fault
        for page in [*PAGES[role], *EVERYBODY]
        for fault in faults_of(desk, _path(world, page))
    ]
    # Error pages are among the walked ones: their status is no fault of the page.
    said = [line for line in desk.console if "Failed to load resource" not in line]
    assert faults + said == []


def test_the_sign_in_page_is_accessible(sign_in: SignIn, world: World) -> None:
    desk = sign_in(world.people["nobody"])
    desk.page.context.clear_cookies()
    assert faults_of(desk, "/sign-in/") == []


def _plant_a_spike(world: World) -> None:
    """Nine weeks of three a day, thirty today."""
    case = world.case(Status.IN_WORK, "own")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into reports_topiccount (span, start, topic_id, territory_id, received)"
            " select 'd', %s - n, %s, %s, case when n = 0 then 30 else 3 end"
            " from generate_series(0, 63) n on conflict (span, start, topic_id, territory_id)"
            " do update set received = excluded.received",
            [region_today(), case.topic_id, case.territory_id],
        )


def test_the_pages_of_the_whole_region_are_accessible(world: World, sign_in: SignIn) -> None:
    """The digest's, of its editors; spikes, with one on the page."""
    _plant_a_spike(world)
    desk = sign_in(world.regional[Role.QUALITY_SUPERVISOR])
    pages = ["/digests/", f"/digests/{world.decision.digest_id}/", "/spikes/"]
    pages.append(f"/digests/decisions/{world.decision.pk}/cases/")
    assert [fault for page in pages for fault in faults_of(desk, page)] + desk.console == []
    assert desk.open("/spikes/").locator("section.panel").count() == 1
    if folder := os.environ.get("SHOTS"):
        _shoot(desk, folder, ("/spikes/",))


def _shoot(desk: Desk, folder: str, pages: Iterable[str]) -> None:
    for at, page in enumerate(pages):
        desk.open(page)
        for width in (1440, 390):
            desk.page.set_viewport_size({"width": width, "height": 900})
            for theme in ("light", "dark"):
                desk.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                desk.page.screenshot(path=f"{folder}/{at}-{width}-{theme}.png", full_page=True)


def test_the_service_pages_of_the_regions_administrator_are_accessible(
    world: World, sign_in: SignIn
) -> None:
    """Jobs, rules, a calendar's year, a rehearsed change: rights on the whole region."""
    from cases import rehearsal

    administrator = world.regional[Role.ADMINISTRATOR]
    days = {"kind": "regional", "intervals": None, "shorter_by": None, "title": "Праздник"}
    change = rehearsal.propose(
        "calendar", {"calendar": None, "days": [{**days, "day": "2026-06-01"}]}, by=administrator
    )
    rehearsal.rehearse()
    agency = str(world.agencies["own"].pk)
    told = {"code": "SN-FIRST", "which": "more", "case": world.case(Status.IN_WORK, "own").pk}
    moments = {"before": "2026-06-01T10:00:00+03:00", "until": "2026-06-02T10:00:00+03:00"}
    change.refresh_from_db()
    change.result |= {
        "more": 37,
        "agencies": {agency: {"more": 37, "fewer": 0}},
        "cases": [told | moments],
    }
    change.save()
    desk = sign_in(administrator)
    pages = (
        *("/admin/", "/jobs/", "/terms/", "/terms/rules/SN-FIRST/"),
        *("/terms/calendars/production/2026/", f"/terms/changes/{change.pk}/"),
    )
    assert [fault for page in pages for fault in faults_of(desk, page)] == []
    if folder := os.environ.get("SHOTS"):
        _shoot(desk, folder, pages)
