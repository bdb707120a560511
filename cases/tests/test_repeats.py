"""Repeats: found beside the earlier case, decided, counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from cases import gathering
from cases.actions.repeats import mark_repeat
from cases.models import (
    Case,
    RepeatPair,
    RepeatTally,
)
from cases.workflow import Status
from tests import factories

from .test_copies import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator(region: dict[str, Agency]) -> User:
    return factories.make_person(Role.COORDINATOR, region["region"])


def test_a_repeat_is_shown_with_both_texts_and_decided_with_one_press(
    region: dict[str, Agency], coordinator: User
) -> None:
    topic = factories.make_topic("roads.lighting")
    now = timezone.now()
    common: dict[str, Any] = {"topic": topic, "place": "ул. Рабочая, 14"}
    first = factories.make_case(
        Status.CLOSED,
        region["own"],
        text="Напротив дома 14 по Рабочей не горит фонарь",
        received_at=now - timedelta(days=20),
        registered_at=now - timedelta(days=20),
        **common,
    )
    Case.objects.filter(pk=first.pk).update(answered_at=now - timedelta(days=10))
    later = factories.make_case(
        Status.IN_WORK, region["own"], text="Фонарь у дома 14 так и не горит", **common
    )
    gathering.gather([first.pk, later.pk])
    pair = RepeatPair.objects.get()
    assert (pair.case, pair.earlier, pair.state) == (later, first, "found")
    assert "house" in pair.why
    assert pair.agency_id == region["own"].pk
    client = client_of(coordinator)
    page = client.get(reverse("repeats")).content.decode()
    assert "так и не горит" in page
    assert "не горит фонарь" in page
    judge = reverse("case-judge-repeat", kwargs={"number": later.number})
    client.post(judge, {"verdict": "confirmed", "version": later.version})
    later.refresh_from_db()
    assert later.repeat_of == first
    client.post(judge, {"verdict": "refused", "version": later.version})
    later.refresh_from_db()
    assert later.repeat_of is None
    # Refused for good: neither the rule nor the worker finds it again.
    mark_repeat(later)
    assert later.repeat_of is None
    Case.objects.filter(pk=later.pk).update(place="ул. Рабочая, 14а")
    gathering.gather([later.pk])
    assert RepeatPair.objects.get().state == "refused"
    curator = factories.make_person(Role.CURATOR, region["other"])
    assert later.number not in client_of(curator).get("/repeats/?state=refused").content.decode()


def test_counts_of_pairs_follow_whatever_becomes_of_them(region: dict[str, Agency]) -> None:
    """Found, confirmed, rerouted, found again, gone with the case: the tally is what is there."""

    def there() -> dict[int, tuple[int, int, int]]:
        counted: dict[int, tuple[int, int, int]] = {}
        for pair in RepeatPair.objects.exclude(agency_id=None):
            a, b, c = counted.get(pair.agency_id, (0, 0, 0))
            one = (pair.counts, pair.state == "found", pair.state == "refused")
            counted[pair.agency_id] = (a + one[0], b + one[1], c + one[2])
        return counted

    def told() -> dict[int, tuple[int, int, int]]:
        rows = RepeatTally.objects.values_list("agency_id", "counted", "found", "refused")
        return {pk: (a, b, c) for pk, a, b, c in rows if (a, b, c) != (0, 0, 0)}

    earlier = factories.make_case("closed", region["own"])
    cases = [factories.make_case("in_work", region["own"]) for _ in range(4)]
    homeless = factories.make_case("moderation")
    pairs = [RepeatPair(case=case, earlier=earlier, counts=n < 2) for n, case in enumerate(cases)]
    RepeatPair.objects.bulk_create([*pairs, RepeatPair(case=homeless, earlier=earlier)])
    assert told() == there() == {region["own"].pk: (2, 4, 0)}
    now = timezone.now()
    RepeatPair.objects.filter(case=cases[0]).update(state="refused", counts=False, decided_at=now)
    Case.objects.filter(pk__in=[cases[1].pk, homeless.pk]).update(agency=region["other"])
    RepeatPair.objects.bulk_create(
        [RepeatPair(case=cases[2], earlier=earlier, counts=True)],
        update_conflicts=True, unique_fields=["case"], update_fields=["counts"],
    )  # fmt: skip
    assert told() == there()
    assert told() == {region["own"].pk: (1, 2, 1), region["other"].pk: (1, 2, 0)}
    RepeatPair.objects.filter(case__in=cases[:3]).delete()
    assert told() == there() == {region["own"].pk: (0, 1, 0), region["other"].pk: (0, 1, 0)}
