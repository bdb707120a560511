"""The reference files and the demo region hold together; no database is needed."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml

from agencies.roles import Role
from cases.routing import Router, Rule
from deadlines.hours import WeekPlan, minute_of_day

CASES = Path(__file__).resolve().parents[1]
REASON_FILES = ("review_grounds", "rejection_reasons", "close_reasons", "redirect_reasons")
KINDS = {
    *("region", "centre", "governor_office", "ministry", "inspection", "municipality"),
    *("department", "institution", "utility", "federal"),
}
BESIDE_THE_HIERARCHY = {"utility", "federal"}


def read(path: str) -> Any:
    return yaml.safe_load((CASES / path).read_text(encoding="utf-8"))


def repeated(values: list[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


@pytest.fixture(scope="module")
def groups() -> list[dict[str, Any]]:
    return read("reference/topics.yaml")


@pytest.fixture(scope="module")
def topics(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {topic["code"]: topic for group in groups for topic in group["topics"]}


@pytest.fixture(scope="module")
def region() -> dict[str, Any]:
    return read("demo/region.yaml")


@pytest.fixture(scope="module")
def agencies(region: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {agency["code"]: agency for agency in region["agencies"]}


def router_of(region: dict[str, Any]) -> Router:
    """The portal's own router over the rows of the file."""
    return Router(
        Rule(
            pk=number,
            agency_id=row["agency"],
            topic_id=row.get("topic"),
            group_id=row.get("group"),
            territory_id=row.get("territory"),
            from_on=row.get("from"),
            until_on=row.get("until"),
        )
        for number, row in enumerate(region["routing"])
    )


def pick(region: dict[str, Any], topic: str, territory: str, on: date) -> str | None:
    """The agency a rule names."""
    rule = router_of(region).pick(
        topic_id=topic, group_id=topic.split(".")[0], territory_id=territory, on=on
    )
    return rule.agency_id if rule else None


def test_there_are_26_groups_and_each_ends_with_other(groups: list[dict[str, Any]]) -> None:
    assert len(groups) == 26
    assert not repeated([group["name"] for group in groups])
    for group in groups:
        assert group["topics"][-1]["code"] == f"{group['code']}.other"


def test_topic_codes_are_ascii_unique_and_carry_their_group(groups: list[dict[str, Any]]) -> None:
    codes = [topic["code"] for group in groups for topic in group["topics"]]
    assert not repeated(codes)
    for group in groups:
        for topic in group["topics"]:
            assert topic["code"].isascii()
            assert topic["code"].startswith(f"{group['code']}.")
            assert len(topic["code"]) <= 80


def test_topic_names_are_unique_so_that_an_import_by_name_is_sure(
    topics: dict[str, dict[str, Any]],
) -> None:
    assert not repeated([topic["name"].casefold() for topic in topics.values()])


def test_topic_attributes_are_known_values(topics: dict[str, dict[str, Any]]) -> None:
    for code, topic in topics.items():
        assert topic["severity"] in range(1, 6), code
        assert isinstance(topic["photo_required"], bool), code
        assert topic["season"] in {None, "winter", "summer", "heating"}, code
        assert topic["kind"] in {"solvable", "informational"}, code
        assert topic["responsible"] in {"regional", "municipal", "utility", "federal"}, code
        assert topic["belongs"].endswith("."), code


def test_an_informational_topic_never_asks_for_a_photo(
    topics: dict[str, dict[str, Any]],
) -> None:
    wrong = [
        code
        for code, topic in topics.items()
        if topic["kind"] == "informational" and topic["photo_required"]
    ]
    assert wrong == []


@pytest.mark.parametrize("name", REASON_FILES)
def test_reasons_have_unique_codes_and_both_languages(name: str) -> None:
    rows = read(f"reference/{name}.yaml")
    assert not repeated([row["code"] for row in rows])
    assert not repeated([row["name"] for row in rows])
    assert rows[-1]["code"] == "other"
    for row in rows:
        assert row["msgid"].isascii()
        assert 0 < len(row["name"]) <= 200
        assert len(row["code"]) <= 50


def test_agency_codes_are_unique_and_their_kinds_known(region: dict[str, Any]) -> None:
    assert not repeated([agency["code"] for agency in region["agencies"]])
    assert {agency["kind"] for agency in region["agencies"]} == KINDS


def test_the_agency_tree_has_one_root_and_no_loop(agencies: dict[str, dict[str, Any]]) -> None:
    for code in agencies:
        seen = [code]
        while parent := agencies[seen[-1]]["parent"]:
            assert parent not in seen, seen
            seen.append(parent)
        top = agencies[seen[-1]]
        assert top["kind"] in {"region", *BESIDE_THE_HIERARCHY}
        assert (top["kind"] == "region") != (agencies[code]["kind"] in BESIDE_THE_HIERARCHY)


def test_an_agency_stands_after_its_superior_so_that_one_pass_creates_the_tree(
    region: dict[str, Any],
) -> None:
    earlier: set[str | None] = {None}
    for agency in region["agencies"]:
        assert agency["parent"] in earlier, agency["code"]
        earlier.add(agency["code"])


def test_calendars_are_valid_weeks_and_every_agency_has_one(
    region: dict[str, Any], agencies: dict[str, dict[str, Any]]
) -> None:
    calendars = {calendar["code"]: calendar for calendar in region["calendars"]}
    for calendar in calendars.values():
        WeekPlan(
            tuple(
                tuple((minute_of_day(start), minute_of_day(end)) for start, end in day)
                for day in calendar["week"]
            )
        )
        for day in calendar["regional_days"]:
            assert isinstance(day["day"], date)
    assert {agency["calendar"] for agency in agencies.values()} <= set(calendars)


def test_two_time_zones_are_in_use_and_both_exist(region: dict[str, Any]) -> None:
    zones = {row["time_zone"] for key in ("territories", "agencies") for row in region[key]}
    assert zones == {"Asia/Yekaterinburg", "Asia/Omsk"}
    assert zones <= available_timezones()


def test_a_municipality_keeps_the_time_of_its_territory(
    region: dict[str, Any], agencies: dict[str, dict[str, Any]]
) -> None:
    for territory in region["territories"]:
        assert agencies[f"adm-{territory['code']}"]["time_zone"] == territory["time_zone"]


def test_people_have_known_roles_on_known_agencies(
    region: dict[str, Any], agencies: dict[str, dict[str, Any]]
) -> None:
    assert not repeated([person["username"] for person in region["people"]])
    full = [f"{p['surname']} {p['name']} {p['patronymic']}" for p in region["people"]]
    assert not repeated(full)
    for person in region["people"]:
        assert person["username"].isascii()
        assert person["agency"] in agencies
        assert person["email"].endswith("@example.org")
        assert person["roles"], person["username"]
        for held in person["roles"]:
            assert held["role"] in Role.values
            assert held["agency"] in agencies


def test_every_role_is_held_by_someone(region: dict[str, Any]) -> None:
    held = {row["role"] for person in region["people"] for row in person["roles"]}
    assert held == set(Role.values)


def test_head_and_curators_are_people_of_the_file(region: dict[str, Any]) -> None:
    usernames = {person["username"] for person in region["people"]}
    assert region["first_administrator"] in usernames
    for agency in region["agencies"]:
        assert {agency["head"], *agency["curators"]} <= usernames, agency["code"]


def test_every_agency_that_gets_cases_can_answer_and_approve(region: dict[str, Any]) -> None:
    # The centre sorts out its own topics by an operator's hand and answers nobody itself.
    for agency in {row["agency"] for row in region["routing"]} - {"cur"}:
        roles = {
            row["role"]
            for person in region["people"]
            for row in person["roles"]
            if row["agency"] == agency
        }
        assert {"executor", "approver"} <= roles, agency


def test_routing_rules_name_known_things_once(
    region: dict[str, Any], topics: dict[str, Any], agencies: dict[str, Any]
) -> None:
    groups = {code.split(".")[0] for code in topics}
    territories = {territory["code"] for territory in region["territories"]}
    keys = []
    for row in region["routing"]:
        assert ("topic" in row) != ("group" in row), row
        assert row.get("topic") in {None, *topics}, row
        assert row.get("group") in {None, *groups}, row
        assert row.get("territory") in {None, *territories}, row
        assert row["agency"] in agencies, row
        if "from" in row and "until" in row:
            assert row["from"] <= row["until"]
        keys.append(str({k: v for k, v in row.items() if k not in {"agency", "note"}}))
    assert not repeated(keys)


def test_every_topic_reaches_an_agency_in_every_territory(
    region: dict[str, Any], topics: dict[str, Any]
) -> None:
    router = router_of(region)
    lost = [
        (topic, territory["code"])
        for topic in topics
        for territory in region["territories"]
        if router.pick(
            topic_id=topic,
            group_id=topic.split(".")[0],
            territory_id=territory["code"],
            on=date(2026, 10, 1),
        )
        is None
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("topic", "territory", "on", "agency"),
    [
        ("roads.potholes", "nizhnerechensk", date(2026, 4, 1), "dep-dor-nizh"),
        ("roads.potholes", "stepnoy", date(2026, 4, 1), "adm-stepnoy"),
        ("roads.construction", "nizhnerechensk", date(2026, 4, 1), "min-transport"),
        ("roads.snow-road", "borovoye", date(2026, 1, 15), "zarechavtodor"),
        ("housing.water-burst", "kamenny-brod", date(2026, 4, 1), "vodokanal"),
        ("housing.water-burst", "zaozyorsk", date(2026, 4, 1), "min-zhkh"),
        ("housing.no-water", "nizhnerechensk", date(2026, 5, 1), "min-zhkh"),
        ("housing.no-water", "nizhnerechensk", date(2026, 5, 31), "min-zhkh"),
        ("housing.no-water", "nizhnerechensk", date(2026, 6, 1), "vodokanal"),
        ("housing.heating-none", "nizhnerechensk", date(2026, 1, 15), "teploseti"),
        ("housing.complaint-uk", "nizhnerechensk", date(2026, 1, 15), "gzhi"),
        ("waste.container-sites", "ust-zarechye", date(2026, 1, 15), "chisty-kray"),
        ("education.school-places", "nizhnerechensk", date(2026, 1, 15), "dep-obr-nizh"),
        ("education.exams", "nizhnerechensk", date(2026, 1, 15), "min-obr"),
        ("safety.sanitary", "svetlopolye", date(2026, 1, 15), "rospotrebnadzor"),
        ("health.queue", "nizhnerechensk", date(2026, 1, 15), "min-zdrav"),
    ],
)
def test_the_demo_routing_sends_a_topic_where_a_region_would(
    region: dict[str, Any], topic: str, territory: str, on: date, agency: str
) -> None:
    assert pick(region, topic, territory, on) == agency


def test_mass_events_name_known_things_and_an_agency_the_routing_agrees_with(
    region: dict[str, Any], topics: dict[str, Any], agencies: dict[str, Any]
) -> None:
    events = read("demo/mass_events.yaml")
    assert not repeated([event["code"] for event in events])
    for event in events:
        assert event["topic"] in topics
        assert event["agency"] in agencies
        assert event["starts_on"] <= event["ends_on"]
        assert (
            pick(region, event["topic"], event["territory"], event["starts_on"])
            == (event["agency"])
        )


def test_work_phones_carry_the_invented_area_code_and_are_unique(region: dict[str, Any]) -> None:
    rows = [*region["agencies"], *region["people"]]
    assert all(row["phone"].startswith("8 (3599) ") for row in rows)
    assert not repeated([row["phone"] for row in rows])
