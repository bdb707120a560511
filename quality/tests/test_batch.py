"""The core of check_replies: formats, errors by line, history, cumulative reading."""
# ruff: noqa: E501

import json
from pathlib import Path

import pytest

from quality.batch import check_lines, main

TEXT = (
    "Здравствуйте! Специалистами отдела изучены поступившие материалы, схема движения, состояние "
    "покрытия и обочин, после чего подготовлены предложения о включении участка в перечень объектов "
    "содержания, о чём уведомлены заинтересованные службы и подрядчик."
)


def line(key: str, reply: str, case: str = "Яма на Лесной") -> str:
    return json.dumps({"id": key, "case_text": case, "reply_text": reply}, ensure_ascii=False)


def test_a_line_gives_score_flag_reasons_and_reuse() -> None:
    (result,) = check_lines([line("a", "Обращение рассмотрено, меры примут.")])
    assert set(result) == {"id", "score", "flagged", "reasons", "reuse"}
    assert (result["id"], result["flagged"], result["reuse"]) == ("a", True, None)
    assert "Q12" in {reason["code"] for reason in result["reasons"]}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("не json", "bad_json"),
        ("[1]", "not_object"),
        ('{"case_text": "x"}', "missing"),
        ('{"reply_text": 5}', "bad_type"),
        ('{"reply_text": "x", "is_public": "да"}', "bad_type"),
        ('{"reply_text": "x", "assigned_at": "вчера"}', "bad_moment"),
        (b"\xff\xfe", "not_utf8"),
        ("[" * 100_000, "bad_json"),
    ],
)
def test_a_bad_line_is_told_by_number_and_does_not_stop_the_rest(bad: str, code: str) -> None:
    first, second, third = check_lines([line("a", "Засыпали."), bad, line("c", "Засыпали.")])
    assert (first["id"], third["id"]) == ("a", "c")
    assert (second["line"], second["error"]) == (2, code)


def test_a_bad_line_keeps_its_id() -> None:
    (told,) = check_lines(['{"id": "x7", "reply_text": 5}'])
    assert (told["id"], told["error"]) == ("x7", "bad_type")


def test_history_and_earlier_lines_are_sources() -> None:
    other = line("new", TEXT.replace("перечень", "список"), "Яма на Садовой")
    (alone,) = check_lines([other])
    (known,) = check_lines([other], [line("old", TEXT)])
    *_, later = check_lines([line("first", TEXT), other], cumulative=True)
    *_, separate = check_lines([line("first", TEXT), other])
    assert alone["reuse"] is None
    assert separate["reuse"] is None
    assert known["reuse"]["source_id"] == "old"
    assert later["reuse"]["source_id"] == "first"
    start, end, source_start, source_end = later["reuse"]["spans"][0]
    assert json.loads(other)["reply_text"][start:end][:20] == TEXT[source_start:source_end][:20]


def test_the_command_writes_a_line_each_and_fails_on_a_bad_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line("a", "Засыпали вчера.") + "\n{\n", encoding="utf-8")
    assert main([str(source), str(target)]) == 1
    rows = [json.loads(row) for row in target.read_text(encoding="utf-8").splitlines()]
    assert [row.get("id", row.get("line")) for row in rows] == ["a", 2]
    assert capsys.readouterr().err.startswith("2: bad_json")


def test_a_target_that_is_read_is_refused_and_kept(tmp_path: Path) -> None:
    source, earlier = tmp_path / "in.jsonl", tmp_path / "earlier.jsonl"
    for path in (source, earlier):
        path.write_text(line("a", "Засыпали вчера."), encoding="utf-8")
    for target in (source, earlier):
        with pytest.raises(SystemExit):
            main([str(source), str(target), "--history", str(earlier)])
        assert target.read_text(encoding="utf-8") == line("a", "Засыпали вчера.")


def test_half_a_character_in_an_id_does_not_stop_the_rest(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    broken = '{"id": "\\ud800", "case_text": "Яма", "reply_text": "Засыпали."}'
    source.write_text(f"{broken}\n{line('b', 'Засыпали.')}\n", encoding="utf-8")
    assert main([str(source), str(target)]) == 0
    rows = [json.loads(row) for row in target.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["\ud800", "b"]


def test_no_text_of_the_case_switches_its_checks_off() -> None:
    reply = "Яму на Лесной засыпали вчера."
    asked = {"id": "a", "reply_text": reply}
    assert list(check_lines([json.dumps(asked)])) == list(
        check_lines([json.dumps({**asked, "case_text": None})])
    )
    (told,) = check_lines([json.dumps({"id": "a", "reply_text": None})])
    assert told["error"] == "missing"
