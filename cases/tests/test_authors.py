"""Authors as cards show them: by name, by handle, anonymous, collective; what they wrote before."""

import pytest

from agencies.models import Agency
from cases.models import Case, Citizen
from cases.numbers import number_in
from cases.workflow import Status
from tests import factories
from tests.acting import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("facts", "seen", "masked"),
    [
        ({"name": "Марина Кузнецова"}, "Марина Кузнецова", "Марина К."),
        ({"name": "", "handle": "id77"}, "id77", "имя не указано"),
        ({"name": "", "handle": "anonymous:5", "kind": "anonymous"}, "аноним", "аноним"),
        ({"name": "Жители дома 7", "kind": "collective"}, "Жители дома 7", "Жители дома 7"),
    ],
)
def test_an_author_is_named_as_far_as_the_reader_may_know_him(
    region: dict[str, Agency], facts: dict[str, str], seen: str, masked: str
) -> None:
    citizen = Citizen.objects.create(channel=factories.make_channel(), **{"handle": "h", **facts})
    case = factories.make_case(Status.IN_WORK, region["own"], citizen=citizen)
    page = signed_in("executor", region["own"]).get(f"/cases/{case.number}/").content.decode()
    assert seen in page
    blind = signed_in("auditor", region["own"])
    for path in (f"/cases/{case.number}/", "/cases/"):
        page = blind.get(path).content.decode()
        assert masked in page, path
        if masked != seen:
            assert seen not in page, path
    assert ("коллективное" in page) is False
    page = blind.get(f"/cases/{case.number}/").content.decode()
    assert ("коллективное" in page) is (facts.get("kind") == "collective")


def test_a_number_jumps_to_its_case_however_it_is_written(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    client = signed_in("executor", region["own"])
    year, digits = case.number.split("-")
    for words in (
        case.number,
        f"№ {case.number}",
        f"№{case.number} ",
        f"{year}–{digits}",  # noqa: RUF001
        f"{year} {digits}",
        f"{year}-{int(digits)}",
    ):
        answer = client.get("/search/", {"q": words})
        assert (answer.status_code, answer.headers.get("Location")) == (
            302,
            f"/cases/{case.number}/",
        ), words


def test_words_are_no_number() -> None:
    assert [number_in(words) for words in ("26", "дом 26-5", "26-", "260-1", "")] == [""] * 5


def test_a_link_of_another_kind_is_no_publication(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.APPROVAL, region["own"])
    client = signed_in("approver", region["own"])
    for url in ("ftp://vk.example/wall1", "javascript:alert(1)", "wall", ""):
        answer = client.post(f"/cases/{case.number}/publish/", {"url": url})
        assert answer.status_code == 422, url
    assert Case.objects.get(pk=case.pk).status == Status.APPROVAL
