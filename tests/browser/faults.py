"""What is wrong with a page: axe-core's findings, and what scrolls sideways."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Desk

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22a",
    "wcag22aa",
    "best-practice",
]
# What a page asks for when it opens (hx-trigger="load") has come and stands in its place.
_LOADED = """() => document.fonts.status === "loaded" && !document.querySelector(
  ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")"""
# The theme is on, and what fades into it (Django's admin fades its colours) has faded.
_SETTLED = """dark => matchMedia("(prefers-color-scheme: dark)").matches === dark
  && document.getAnimations().every(one => one.playState !== "running"
    || !isFinite(one.effect.getComputedTiming().endTime))"""


def _wait_until(page: Page, quiet: str, told: object = None) -> None:
    """Until it is so twice running."""
    times = 0
    for _ in range(500):
        times = times + 1 if page.evaluate(quiet, told) else 0
        if times == 2:
            return
        page.wait_for_timeout(20)
    pytest.fail(f"{page.url} never came to rest: {quiet}")


def axe(page: Page) -> list[str]:
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        # Without preload: axe would fetch the styles again and put them into the page inline,
        # which the policy rightly refuses and the console reports as a fault of the page.
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations'], preload: false})",
        RULES,
    )
    return [
        f"{wrong['id']}: {node['target']} {node['html'][:120]}"
        for wrong in found["violations"]
        for node in wrong["nodes"][:3]
    ]


def sideways(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if not wide:
        return []
    return page.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        # What scrolls inside its own frame does not widen the page.
        ".filter(e => { for (let p = e.parentElement; p && p !== document.body;"
        " p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return false;"
        " return true; }).slice(0, 4)"
        ".map(e => 'sideways: ' + e.tagName + '.' + e.className)"
    ) or ["sideways"]


def faults_of(desk: Desk, path: str) -> list[str]:
    """Everything wrong with one page in both themes and at all widths."""
    page = desk.open(path)
    _wait_until(page, _LOADED)
    faults = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            _wait_until(page, _SETTLED, theme == "dark")
            faults += [f"{path} {width} {theme} {fault}" for fault in axe(page)]
    for width in (320, 390, 720):
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"{path} {width} {fault}" for fault in sideways(page)]
    return faults
