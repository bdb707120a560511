"""The sample a newcomer of the demo loads: it speaks of the demo's own agencies and topics."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone

from intake.sample import rows
from intake.tests.files import lines
from intake.tests.test_import_pages import operator  # noqa: F401  a fixture

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 5, 14)


def test_the_sample_names_what_the_demo_region_knows() -> None:
    region = yaml.safe_load((ROOT / "cases/demo/region.yaml").read_text(encoding="utf-8"))
    groups = yaml.safe_load((ROOT / "cases/reference/topics.yaml").read_text(encoding="utf-8"))
    told = list(rows(DAY))
    assert {row.get("agency") for row in told} - {None} <= {a["name"] for a in region["agencies"]}
    places = {place["name"] for place in region["territories"]}
    assert {row.get("territory") for row in told} - {None} <= places
    known = {group["name"]: {t["name"] for t in group["topics"]} for group in groups}
    for row in told:
        if "topic_group" in row:
            assert row.get("topic") in {None, *known[row["topic_group"]]}, row["text"]


@pytest.mark.django_db
def test_the_sample_shows_every_fate_of_a_row_and_none_but_the_demo_offers_it(
    operator: Client,  # noqa: F811
    settings: Any,
) -> None:
    assert "/import/sample.xlsx" in operator.get("/import/").content.decode()
    answer = operator.get("/import/sample.xlsx")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    read = lines(content, now=timezone.now())
    worst = Counter(
        next((a for a in ("rejected", "quarantined", "repaired") if a in seen), "taken")
        for line in read
        for seen in [{problem.action for problem in line.problems}]
    )
    assert worst["taken"] >= 20
    assert worst["rejected"]
    assert worst["repaired"]
    assert worst["quarantined"] >= 3
    settings.DEMO = False
    assert operator.get("/import/sample.xlsx").status_code == 404
    assert "/import/sample.xlsx" not in operator.get("/import/").content.decode()
