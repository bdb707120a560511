"""A reviewer's hour: sixty verdicts, three keys each at most, the next case without reload."""

from agencies.models import Agency
from agencies.roles import Role
from cases.models import Case, Review
from cases.workflow import Status
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.test_keyboard import agencies, person

__all__ = ["agencies"]

VERDICTS = 60
# Two grounds and «for rework», one ground and «brush-off», or «accept» alone.
KEYS = (("1", "2", "r"), ("6", "o"), ("a",))
_SWAPPED = """() => new Promise((done, failed) => {
  const start = performance.now();
  const settled = () => done(performance.now() - start);
  document.addEventListener("htmx:afterSettle", settled, {once: true});
  setTimeout(() => failed(new Error("nothing came")), 15000);
})"""


def test_sixty_verdicts_by_keys_alone(
    agencies: dict[str, Agency],  # noqa: F811  the fixture
    sign_in: SignIn,
) -> None:
    for _number in range(VERDICTS):
        factories.make_case(Status.REVIEW, agencies["own"])
    desk = sign_in(person(Role.QUALITY_SUPERVISOR, agencies["own"]))
    page = desk.open("/review/")
    page.evaluate("window.notReloaded = true")
    took = []
    for at in range(VERDICTS):
        shown = page.inner_text(".review-case h2 + p")
        *grounds, verdict = KEYS[at % len(KEYS)]
        desk.keys(*grounds)
        page.evaluate(f"() => {{ window.swapped = ({_SWAPPED})(); }}")
        desk.keys(verdict)
        took.append(page.evaluate("window.swapped"))
        if at < VERDICTS - 1:
            assert page.inner_text(".review-case h2 + p") != shown
            assert page.evaluate("document.activeElement.matches('[data-focus]')")
    assert page.evaluate("window.notReloaded")
    assert page.locator(".empty").is_visible()
    assert Review.objects.count() == VERDICTS
    assert not Case.objects.filter(status=Status.REVIEW).exists()
    took.sort()
    print(f"next case: median {took[30]:.0f} ms, p95 {took[57]:.0f} ms")
    # The last one is taken back.
    desk.keys("u")
    page.wait_for_selector(".verdict-bar")
    assert Case.objects.filter(status=Status.REVIEW).count() == 1
    assert desk.console == []
