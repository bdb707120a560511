"""What the portal says about findings, in Russian, from the part's own translations."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.wording_quality import CODES, word_finding, word_line_error
from tests.russian import russian_of

ROOT = Path(__file__).resolve().parents[1]
PARAMS = {
    "percent": 92, "missing": 1, "total": 2, "numbers": "2", "count": 3, "seconds": 40, "times": 7,
    "index": -12,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _russian(tmp_path: Path) -> Iterator[None]:
    with russian_of("quality.po", tmp_path):
        yield


def test_every_code_of_the_engine_is_worded() -> None:
    used = {
        code
        for path in (ROOT / "quality").glob("*.py")
        for code in re.findall(r'"([QP]\d{1,2})"', path.read_text(encoding="utf-8"))
    }
    assert used == CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_finding_is_told_in_russian_with_its_figures(code: str) -> None:
    worded = word_finding(code, PARAMS)
    told = " ".join((worded.title, worded.explanation, worded.proposal))
    assert re.search("[а-я]", worded.title)
    assert re.search("[а-я]", worded.explanation)
    assert "%(" not in told
    assert bool(worded.proposal) == code.startswith("Q")
    assert not re.search("[a-z]{3}", told)


def test_a_missing_term_is_worded_with_a_way_to_mend_it() -> None:
    worded = word_finding("Q30")
    assert worded.title == "Нет срока: житель не узнает, когда это сделают"
    assert worded.proposal == "Добавьте дату или период"


def test_a_finding_of_older_rules_without_figures_keeps_its_title() -> None:
    assert word_finding("Q10", {}).title == "Скопировано из прежнего ответа"
    assert word_finding("Q10", {}).explanation == ""


def test_a_bad_line_is_told_with_its_field() -> None:
    assert word_line_error("missing", {"field": "reply_text"}) == "нет поля reply_text"
