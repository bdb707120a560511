"""A signed-in browser on the live server; what the console says is kept for the tests."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from agencies.models import User

PASSWORD = "browser walks here"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that ran out of time is asked once more, and the summary says so (R).

    Two cores drive browser, server and database at once; a test that fails in any other way
    has failed.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


# Playwright's event loop runs in the tests' thread; the ORM there is used between its steps.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield found
        found.close()


@dataclass
class Desk:
    """One person's browser window."""

    page: Page
    base: str
    console: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        try:
            self.page.goto(self.base + path)
        except Error as error:
            # The page was going somewhere by itself (an import that has ended): once more.
            if "ERR_ABORTED" not in str(error):
                raise
            self.page.goto(self.base + path)
        return self.page

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def key_to_next_page(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press(name)

    def text(self) -> str:
        return self.page.inner_text("body")


SignIn = Callable[..., Desk]


@pytest.fixture(scope="session")
def lasting_server(django_db_setup: None) -> Iterator[LiveServer]:
    """As `live_server`, for tests that only read: their tables are not emptied after each."""
    server = LiveServer("localhost")
    with server._live_server_modified_settings:
        yield server
    server.stop()


@pytest.fixture
def sign_in(live_server: object, browser: Browser) -> Iterator[SignIn]:
    """`sign_in(person, width=1440, theme="light")`: through the sign-in page, by keyboard."""
    yield from signing_in(str(live_server), browser)


def signing_in(base: str, browser: Browser) -> Iterator[SignIn]:
    windows = []

    def enter(person: User, *, width: int = 1440, theme: str = "light") -> Desk:
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            locale="ru-RU",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        windows.append(context)
        desk = Desk(context.new_page(), base)

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                desk.console.append(f"{desk.page.url}: {message.text}")

        desk.page.on("console", hear)
        page = desk.open("/sign-in/")
        page.focus("#id_username")
        page.keyboard.type(person.username)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        desk.key_to_next_page("Enter")
        assert "/sign-in/" not in page.url, page.inner_text("body")
        return desk

    yield enter
    for context in windows:
        context.close()
    _wait_for_quiet()


def _wait_for_quiet() -> None:
    """What closing pages have sent is answered before the tables are emptied: no deadlock."""
    quiet = 0
    for _ in range(50):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            (busy,) = cursor.fetchone()
        quiet = 0 if busy else quiet + 1
        if quiet == 2:
            return
        time.sleep(0.1)
