"""The digest: what is proposed, what may be said, who edits it, what everybody sees."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases.errors import BadChange
from cases.models import Case, MassEvent
from reports import digests, keeping
from reports.models import Digest, DigestEntry
from reports.periods import region_today
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_committed")]
WORDS = "секретзимородок"


@pytest.fixture
def region() -> dict[str, Agency]:
    return factories.make_region()


def solved(agency: Agency, count: int, **facts: object) -> list[Case]:
    return [
        factories.make_case(
            "closed", agency, outcome="solved", topic=factories.make_topic("roads.pits"),
            territory=factories.make_territory("Верхний Яр"), **facts,
        )
        for _ in range(count)
    ]  # fmt: skip


def digest_of_now() -> Digest:
    today = region_today()
    return Digest.objects.create(
        first=today - timedelta(days=6), last=today, hashtags=digests.default_hashtags()
    )


def editor(region: dict[str, Agency]) -> Client:
    client = Client()
    client.force_login(factories.make_person(Role.HEAD_OFFICE, region["region"]))
    return client


def test_events_with_a_decision_and_solved_places_are_proposed_once(
    region: dict[str, Agency],
) -> None:
    today = region_today()
    event = MassEvent.objects.create(
        code="water", title="Горячая вода", decision="Отключение перенесли на 20 мая.",
        starts_on=today - timedelta(days=3),
    )  # fmt: skip
    undecided = MassEvent.objects.create(code="ice", title="Лёд", starts_on=today)
    of_event = solved(region["own"], 3, event=event)
    factories.make_case("in_work", region["own"], event=undecided)
    of_place = solved(region["other"], 2)
    factories.make_case("closed", region["own"], outcome="explained")
    keeping.catch_up()
    found = digest_of_now()
    assert digests.propose(found) == 2
    assert digests.propose(found) == 0
    first, second = found.entries.order_by("position")
    assert (first.event, first.sentence) == (event, "Отключение перенесли на 20 мая.")
    assert {link.case_id for link in first.links.all()} == {case.pk for case in of_event}
    assert {link.case_id for link in second.links.all()} == {case.pk for case in of_place}
    assert second.sentence == "2 обращения: работы выполнены."
    assert not found.entries.filter(confirmed_at__isnull=False).exists()


def entry_of(cases: list[Case]) -> DigestEntry:
    entry = DigestEntry.objects.create(digest=digest_of_now(), heading="Ямы")
    digests._link(entry, [case.pk for case in cases])
    return entry


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("", "digest_empty"),
        ("Звоните 8 (912) 345-67-89.", "digest_contacts"),
        ("Подробности: https://vk.example/wall-1_2", "digest_contacts"),
        ("Яму по просьбе Марины Кузнецовой засыпали.", "digest_name"),
        ("«Во дворе яма, когда её засыпят? Ходим в темноте» — засыпали.", "digest_quotes"),
        ("Ямы во дворах засыпали щебнем.", ""),
    ],
)
def test_words_that_show_a_resident_are_refused(
    region: dict[str, Agency], sentence: str, code: str
) -> None:
    text = "Во дворе яма, когда её засыпят? Ходим в темноте."
    entry = entry_of(solved(region["own"], 2, text=text))
    who = factories.make_person(Role.HEAD_OFFICE, region["region"])
    given = {"heading": "Ямы", "sentence": sentence, "progress": "done", "on": None}
    if code:
        with pytest.raises(BadChange) as refused:
            digests.confirm(entry, actor=who, **given)  # type: ignore[arg-type]
        assert refused.value.code == code
        assert DigestEntry.objects.get().confirmed_at is None
        return
    digests.confirm(entry, actor=who, **given)  # type: ignore[arg-type]
    assert DigestEntry.objects.get().cases_count == 2


def test_everybody_reads_confirmed_sentences_and_numbers_only(region: dict[str, Agency]) -> None:
    cases = solved(region["own"], 3, marker=WORDS)
    keeping.catch_up()
    client = editor(region)
    today = f"{region_today():%Y-%m-%d}"
    client.post(reverse("digest-list"), {"period": "own", "first": today, "last": today})
    found = Digest.objects.get()
    entry = found.entries.get()
    extra = DigestEntry.objects.create(digest=found, heading="Тайный черновик", sentence="Рано.")
    page = reverse("digest", args=[found.pk])
    stranger = Client()
    public = reverse("decisions-of", args=[found.pk])
    assert stranger.get(public).status_code == 404
    # Nothing is confirmed yet: nothing to publish.
    refused = client.post(page, {"step": "publish"})
    assert refused.status_code == 200
    assert Digest.objects.get().published_at is None
    values = {
        "heading": "Ямы в Верхнем Яре", "sentence": "Ямы засыпали.", "progress": "done",
        "on": f"{region_today():%Y-%m-%d}", "step": "confirm",
    }  # fmt: skip
    assert client.post(reverse("digest-entry", args=[entry.pk]), values).status_code == 302
    client.post(page, {"intro": "Вы писали о дворах.", "hashtags": "#Двор"})
    assert client.post(page, {"step": "publish"}).status_code == 302
    for path in (public, reverse("decisions")):
        text = stranger.get(path).content.decode()
        assert "Ямы засыпали." in text
        assert "Вы писали о дворах." in text
        assert "3<small>обращения" in text
        assert extra.heading not in text
        assert WORDS not in text
        assert not [case.number for case in cases if case.number in text]
        assert "/digests/" not in text
    post = client.get(page).context["post"]
    assert "— Ямы в Верхнем Яре. Ямы засыпали. Сделано " in post
    assert post.endswith("#Двор #ВерхнийЯр")
    assert WORDS not in post
    client.post(page, {"step": "withdraw"})
    assert stranger.get(public).status_code == 404


def test_a_sentence_leads_to_its_cases_for_those_who_may(region: dict[str, Agency]) -> None:
    own, other = solved(region["own"], 1), solved(region["other"], 1)
    entry = entry_of([*own, *other])
    path = reverse("digest-cases", args=[entry.pk])
    official = Client()
    official.force_login(factories.make_person(Role.EXECUTOR, region["own"]))
    assert official.get(path).status_code == 404  # a draft is the editors'
    DigestEntry.objects.update(confirmed_at=timezone.now(), sentence="Засыпали.")
    Digest.objects.update(published_at=timezone.now())
    text = official.get(path).content.decode()
    assert own[0].number in text
    assert other[0].number not in text
    whole = editor(region).get(path).content.decode()
    assert own[0].number in whole
    assert other[0].number in whole
    assert Client().get(path).status_code == 302


def test_only_who_watches_over_the_region_edits(region: dict[str, Agency]) -> None:
    for role, agency, status in (
        (Role.HEAD_OFFICE, "region", 200),
        (Role.QUALITY_SUPERVISOR, "region", 200),
        (Role.QUALITY_SUPERVISOR, "own", 403),
        (Role.ADMINISTRATOR, "region", 403),
    ):
        client = Client()
        client.force_login(factories.make_person(role, region[agency]))
        assert client.get(reverse("digest-list")).status_code == status
