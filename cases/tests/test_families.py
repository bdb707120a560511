"""Families of copied replies: what is found, what is counted, who sees what."""

import random
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency
from cases import actions, families, reuse, tasks
from cases.models import (
    AgencyTexts,
    Case,
    CopiedFamily,
    FamilyChange,
    FamilyShare,
    Reply,
    ReplyPrint,
)
from cases.workflow import Status
from quality import edits
from quality.evaluate_reuse import texts
from quality.prints import make_print
from tests import factories

from .test_copies import EDITED, OTHER, SHORT, TEXT, client_of, make_event, stored, submitted

pytestmark = pytest.mark.django_db


def drain() -> None:
    tasks.renew_families(0)


def sent(agency: Agency, text: str, **facts: Any) -> Reply:
    """A reply sent through the move of its author."""
    return submitted(factories.make_case(Status.IN_WORK, agency, **facts), text)


# What is found


def pairs(groups: dict[int, list[int]]) -> set[tuple[int, int]]:
    return {pair for group in groups.values() for pair in combinations(sorted(group), 2)}


def test_seeded_families_are_found_with_their_members(region: dict[str, Agency]) -> None:
    """200 replies, 12 families over three agencies: pairs of one family found, pairs right."""
    dice = random.Random(20261126)
    pool = [text for text in texts() if make_print(text).stems >= 25]
    dice.shuffle(pool)
    ways = [
        lambda text: edits.change_slots(text, dice),
        lambda text: edits.edit_words(text, 0.05, dice),
        lambda text: edits.edit_words(edits.change_slots(text, dice), 0.1, dice),
    ]
    planned = [(number, pool[number]) for number in range(12)]
    truth: list[tuple[int, str]] = [*planned]
    for number, text in planned:
        for at in range(3 + number % 6):
            truth.append((number, ways[at % 3](text)))
    truth += [(100 + at, text) for at, text in enumerate(pool[12 : 212 - len(truth)])]
    agencies = [region["own"], region["below"], region["other"]]
    dice.shuffle(truth)
    made: dict[int, list[int]] = {}
    for number, text in truth:
        reply = stored(dice.choice(agencies), text, risk=None)
        made.setdefault(number, []).append(reply.pk)
    ReplyPrint.objects.all().delete()
    Reply.objects.update(risk=None)
    tasks.check_backlog()
    drain()
    found: dict[int, list[int]] = {}
    for pk, family in ReplyPrint.objects.values_list("pk", "family"):
        found.setdefault(family, []).append(pk)
    wanted, told = pairs(made), pairs(found)
    assert len(truth) == 200
    precision = len(wanted & told) / len(told)
    recall = len(wanted & told) / len(wanted)
    assert precision >= 0.98, (precision, recall)
    assert recall >= 0.95, (precision, recall)
    listed = CopiedFamily.objects.filter(replies__gte=2)
    assert {f.pk: f.replies for f in listed} == {
        family: len(members) for family, members in found.items() if len(members) > 1
    }


def test_a_family_grows_with_each_reply_and_shrinks_when_one_is_taken_back(
    region: dict[str, Agency],
) -> None:
    first = sent(region["own"], TEXT)
    assert not FamilyChange.objects.exists()  # a reply like no other changes nothing
    sent(region["own"], OTHER)
    second = sent(region["below"], EDITED)
    third = sent(region["other"], TEXT)
    drain()
    family = CopiedFamily.objects.get()
    assert (family.pk, family.replies, family.agencies, family.authors) == (first.pk, 3, 3, 3)
    assert family.first_reply_id == first.pk
    shares = FamilyShare.objects.values_list("agency", "replies")
    assert set(shares) == {(region[name].pk, 1) for name in ("own", "below", "other")}
    case = Case.objects.get(pk=third.case_id)
    actions.withdraw_reply(case, actor=third.author)
    drain()
    assert CopiedFamily.objects.get().replies == 2
    actions.withdraw_reply(Case.objects.get(pk=first.case_id), actor=first.author)
    drain()
    assert not CopiedFamily.objects.exists()  # one reply is no family
    sent(region["other"], TEXT)
    drain()
    assert CopiedFamily.objects.get().first_reply_id == second.pk


def test_short_texts_are_counted_and_not_listed(region: dict[str, Agency]) -> None:
    for _ in range(3):
        sent(region["own"], SHORT)
    drain()
    assert CopiedFamily.objects.get().replies == 3
    reader = factories.make_person("quality_supervisor", region["region"])
    assert families.listed(reader, days=30) == ([], None)


def test_an_index_made_anew_finds_its_families_again(region: dict[str, Agency]) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    for text in (TEXT, EDITED, OTHER, TEXT, SHORT, SHORT):
        sent(region["own"], text)
    before = dict(ReplyPrint.objects.values_list("pk", "family"))
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # a test is one transaction
    call_command("index_replies", "--all", verbosity=0)
    assert dict(ReplyPrint.objects.values_list("pk", "family")) == before


# Approved texts


def test_an_approved_text_in_its_own_cases_is_no_family(region: dict[str, Agency]) -> None:
    event = make_event()
    for _ in range(3):
        sent(region["own"], TEXT, event=event)
    drain()
    assert not CopiedFamily.objects.filter(replies__gt=0).exists()


def test_a_text_approved_later_leaves_only_its_use_in_unlike_cases(
    region: dict[str, Agency],
) -> None:
    topic = factories.make_topic("flood")
    for _ in range(3):
        sent(region["own"], TEXT, topic=topic)
    for _ in range(2):
        sent(region["other"], TEXT)
    drain()
    assert CopiedFamily.objects.get().replies == 5
    event = make_event(topic=topic)
    drain()
    family = CopiedFamily.objects.get()
    assert (family.replies, family.explained, family.event) == (2, 3, event)
    assert list(FamilyShare.objects.values_list("agency", flat=True)) == [region["other"].pk]
    reader = factories.make_person("quality_supervisor", region["region"])
    first = Reply.objects.get(pk=family.first_reply_id)
    found, _more = families.members(reader, family.pk, first)
    assert {member.reply.agency_id for member in found} == {region["other"].pk}
    event.ends_on = timezone.localdate() - timedelta(days=1)
    event.save()
    drain()
    assert CopiedFamily.objects.get().replies == 5


# Who sees what


def three_agencies(region: dict[str, Agency]) -> list[Reply]:
    made = [
        sent(region["other"], f"{TEXT} Тайна соседей: подвал на Ржавой улице."),
        sent(region["own"], f"{TEXT} Приписка для своих."),
        sent(region["below"], EDITED),
    ]
    drain()
    tasks.count_replies(0)
    return made


@pytest.mark.parametrize("role", ["curator", "quality_supervisor"])
def test_a_reader_sees_his_agencies_and_others_as_a_number(
    region: dict[str, Agency], role: str
) -> None:
    made = three_agencies(region)
    family = CopiedFamily.objects.get()
    client = client_of(factories.make_person(role, region["own"]))
    pages = {
        path: client.get(path).content.decode()
        for path in (
            "/copies/",
            f"/copies/{family.pk}/",
            "/api/copies/",
            f"/api/copies/{family.pk}/",
        )
    }
    for path, page in pages.items():
        for word in ("Тайна", "Ржавой", made[0].case.number, region["other"].name):
            assert word not in page, path
    own = pages[f"/copies/{family.pk}/"]
    assert "2 ответа с одним текстом" in own
    assert "и ещё 1 ответ других ведомств" in own
    assert made[1].case.number in own
    assert made[2].case.number in own
    assert "<del>" in own
    told = client.get(f"/api/copies/{family.pk}/").json()
    assert (told["replies"], told["others"]) == (2, 1)
    assert [row["case"] for row in told["members"]] == [r.case.number for r in made[1:]]
    assert told["members"][1]["similarity"] >= 85
    assert told["shares"][0]["of"] == 1


def test_the_supervisor_of_the_region_sees_all(region: dict[str, Agency]) -> None:
    made = three_agencies(region)
    supervisor = client_of(factories.make_person("quality_supervisor", region["region"]))
    page = supervisor.get(f"/copies/{made[0].pk}/").content.decode()
    assert "3 ответа с одним текстом" in page
    assert "других ведомств" not in page
    for reply in made:
        assert reply.case.number in page


def test_who_has_no_part_in_a_family_finds_none(region: dict[str, Agency]) -> None:
    made = three_agencies(region)
    stranger = client_of(factories.make_person("curator", region["beside"]))
    assert stranger.get(f"/copies/{made[0].pk}/").status_code == 404
    assert stranger.get(f"/api/copies/{made[0].pk}/").status_code == 404
    assert stranger.get("/api/copies/").json()["results"] == []


def test_an_executor_has_no_list_of_families(region: dict[str, Agency]) -> None:
    client = client_of(factories.make_person("executor", region["own"]))
    assert client.get("/copies/").status_code == 403
    assert client.get("/api/copies/").status_code == 403


def test_the_share_of_copies_is_of_all_replies(region: dict[str, Agency]) -> None:
    three_agencies(region)
    sent(region["own"], OTHER)
    tasks.count_replies(0)
    row = AgencyTexts.objects.get(agency=region["own"])
    assert (row.copied, row.replies) == (1, 2)
    page = client_of(factories.make_person("curator", region["own"])).get("/copies/")
    assert "50\xa0%" in page.content.decode().replace("&nbsp;", "\xa0")


def test_pages_follow_each_other_without_gap(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "PAGE", 2)
    pool = [text for text in texts() if make_print(text).stems >= 30][:5]
    for number, text in enumerate(pool):
        replies = [stored(region["own"], text) for _ in range(2 + number % 3)]
        ReplyPrint.objects.filter(pk__in=[r.pk for r in replies]).update(family=replies[0].pk)
    drain()
    for agency in ("region", "own"):
        client = client_of(factories.make_person("quality_supervisor", region[agency]))
        seen, after = [], ""
        while True:
            told = client.get("/api/copies/", {"after": after}).json()
            seen += [(row["replies"], row["id"]) for row in told["results"]]
            after = told["after"]
            if not after:
                break
        assert seen == sorted(seen, reverse=True)
        assert len(set(seen)) == 5


def test_pages_ask_a_bounded_number_of_times(region: dict[str, Agency]) -> None:
    reader = client_of(factories.make_person("quality_supervisor", region["region"]))
    counts = []
    for _ in range(2):
        for _ in range(3):
            stored(region["own"], TEXT)
        first = ReplyPrint.objects.order_by("pk").first()
        assert first is not None
        ReplyPrint.objects.update(family=first.pk)
        drain()
        asked = []
        for path in ("/copies/", f"/copies/{first.pk}/"):
            with CaptureQueriesContext(connection) as caught:
                assert reader.get(path).status_code == 200
            asked.append(len(caught))
        counts.append(asked)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


def test_counting_many_families_needs_few_statements(region: dict[str, Agency]) -> None:
    counts = []
    for size in (2, 8):
        for text in texts()[:size]:
            replies = [stored(region["own"], text) for _ in range(2)]
            ReplyPrint.objects.filter(pk__in=[r.pk for r in replies]).update(family=replies[0].pk)
        with CaptureQueriesContext(connection) as caught:
            families.renew_some()
        counts.append(len(caught))
    assert abs(counts[0] - counts[1]) <= 1
    assert reuse.ATTACHED == 0.85
