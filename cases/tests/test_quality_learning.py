"""Figures, calibration from verdicts and rehearsals: commands, page, acceptance."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from agencies.models import Agency, User
from agencies.roles import Role
from cases.checking import thresholds
from cases.models import QualitySetting, Reply, Review, WeightProposal
from cases.views.figures import FIGURES
from cases.workflow import Status
from portal.management.commands import evaluate_quality
from quality import RULES_VERSION, default_model
from quality.fit import MATERIAL
from tests import factories

CONFIRMED = {"confirmed": "1", "reason": "По вердиктам месяца"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(client: Client) -> Callable[..., User]:
    """Sign in as the holder of a role on an agency."""

    def _enter(role: str, agency: Agency) -> User:
        person = factories.make_person(role, agency)
        client.force_login(person)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ru"
        return person

    return _enter


def _rows() -> list[dict]:
    return [json.loads(line) for line in MATERIAL.read_text(encoding="utf-8").splitlines()]


def _verdicts(agencies: list, reviewer, count: int) -> None:
    """Replies of the material with the verdicts its readers would give."""
    words = {"good": "good", "borderline": "remarks", "brush_off": "brush_off"}
    rows = [row for row in _rows() if row["label"] != "borderline"][:count]
    for number, row in enumerate(rows):
        agency = agencies[number % len(agencies)]
        case = factories.make_case(
            Status.IN_WORK, agency=agency, marker=f"v{number}", text=row["case_text"]
        )
        reply = factories.make_reply(
            case, Reply.State.PUBLISHED, text=row["reply_text"], risk=0.05, flagged=False
        )
        Review.objects.create(reply=reply, reviewer=reviewer, verdict=words[row["label"]])


def told(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_too_few_verdicts_propose_nothing(region) -> None:
    with pytest.raises(CommandError, match="Мало"):
        call_command("calibrate_quality", "--from-verdicts")
    assert not WeightProposal.objects.exists()


@pytest.mark.slow
def test_proposed_weights_rule_only_once_accepted(client, region, enter) -> None:
    agencies = [factories.make_agency("a-one"), factories.make_agency("a-two")]
    reviewer = factories.make_person("supervisor-of-verdicts")
    _verdicts(agencies, reviewer, 72)
    text = told("calibrate_quality", "--from-verdicts")
    proposal = WeightProposal.objects.get()
    assert f"№ {proposal.pk}" in text
    assert proposal.verdicts == 72
    assert thresholds()[0].weights is None
    assert "Ничего не изменено" in told(
        "calibrate_quality", "--rehearse-proposal", str(proposal.pk)
    )

    enter(Role.ADMINISTRATOR, region["region"])
    page = client.get(reverse("admin:cases_weightproposal_change", args=[proposal.pk]))
    assert page.status_code == 200
    client.post(
        reverse("admin:cases_weightproposal_changelist"),
        {"action": "accept_proposal", "_selected_action": [proposal.pk], **CONFIRMED},
    )
    weights = thresholds()[0].weights
    assert weights is not None
    assert weights.as_data() == proposal.data
    assert weights.marks != default_model().marks
    proposal.refresh_from_db()
    assert proposal.accepted_by is not None


def test_a_supervisor_may_not_accept_weights(client, region, enter) -> None:
    proposal = WeightProposal.objects.create(
        data=default_model().as_data(), before={}, after={}, verdicts=1
    )
    enter(Role.QUALITY_SUPERVISOR, region["region"])
    client.post(
        reverse("admin:cases_weightproposal_changelist"),
        {"action": "accept_proposal", "_selected_action": [proposal.pk], **CONFIRMED},
    )
    assert not QualitySetting.objects.exists()


def test_a_threshold_is_rehearsed_on_stored_risks_and_changes_nothing(
    client, region, enter
) -> None:
    agency = factories.make_agency("a-three")
    for number, risk in enumerate((0.01, 0.1, 0.5)):
        case = factories.make_case(Status.IN_WORK, agency=agency, marker=f"r{number}")
        factories.make_reply(case, Reply.State.PUBLISHED, risk=risk, flagged=risk > 0.13)
    assert "+1 пометок, −0" in told("calibrate_quality", "--rehearse-flag", "0.05")
    assert "+0 пометок, −1" in told("calibrate_quality", "--rehearse-flag", "0.6")
    assert list(Reply.objects.order_by("risk").values_list("flagged", flat=True)) == [
        False,
        False,
        True,
    ]


def test_the_figures_page_shows_the_release_and_rehearses(client, region, enter) -> None:
    enter(Role.QUALITY_SUPERVISOR, region["region"])
    page = client.get(reverse("quality-figures"), {"points": "50"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Ничего не изменено" in text
    assert "Трудные виды ответов" in text
    wrong = client.get(reverse("quality-figures"), {"points": "сто"})
    assert "Целое число" in wrong.content.decode()


def test_what_other_rules_scored_is_not_kept(tmp_path, monkeypatch) -> None:
    file = tmp_path / "figures.json"
    monkeypatch.setattr(evaluate_quality, "FIGURES", file)
    other = {"on": "2026-01-01", "rules": "2026.1", "baselines": [1], "sealed": {"rules": "2026.1"}}
    file.write_text(json.dumps(other), encoding="utf-8")
    evaluate_quality.keep({"on": "2026-11-26", "groups_off": [2]})
    evaluate_quality.keep({"on": "2026-11-27", "development": {}})
    assert json.loads(file.read_text(encoding="utf-8")) == {
        **{"on": "2026-11-27", "rules": RULES_VERSION},
        **{"groups_off": [2], "development": {}},
    }


def test_the_figures_of_this_release_are_of_its_rules() -> None:
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    parts = [kept, *(kept[name] for name in ("development", "sealed"))]
    assert {part["rules"] for part in parts} == {RULES_VERSION}


@pytest.mark.slow
def test_the_figures_are_told_for_any_material(tmp_path) -> None:
    rows = [row for row in _rows() if row["id"][:2] in ("h1", "h2")]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    text = told("evaluate_quality", "--material", str(file), "--sealed", str(file), "--baselines")
    for words in ("полнота", "запечатанная часть", "warm_empty", "this engine"):
        assert words in text
