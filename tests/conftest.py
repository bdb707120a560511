"""Browser tests need chromium: found here, and missing it is said, not passed over."""

import os
import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Path of a chromium: CHROMIUM, or the usual names on PATH and in /usr/bin."""
    chosen = os.environ.get("CHROMIUM")
    for name in (chosen,) if chosen else _NAMES:
        found = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/local/bin:/snap/bin")
        if found:
            return found
    return None


@pytest.fixture(scope="session")
def chromium() -> str:
    """`executable_path` for playwright."""
    path = find_chromium()
    if path is None:
        pytest.skip("no chromium")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no chromium"))


def _skipped_browser_tests(reporter: pytest.TerminalReporter) -> int:
    return sum("browser" in report.keywords for report in reporter.stats.get("skipped", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if count := _skipped_browser_tests(terminalreporter):
        why = "no chromium" if find_chromium() is None else "see -rs"
        terminalreporter.write_line(f"{count} browser tests skipped: {why}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """REQUIRE_BROWSER=1 (CI): a browser test that was skipped is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("REQUIRE_BROWSER") or reporter is None:
        return  # a worker of xdist has no reporter: only the main process judges
    if exitstatus == 0 and _skipped_browser_tests(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
