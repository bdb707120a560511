"""The Russian catalogue is complete and the committed file is made of its parts."""

from pathlib import Path

from babel.messages.pofile import read_po

from portal import catalogue


def test_every_string_of_the_interface_has_a_russian_translation():
    assert catalogue.missing() == []


def test_the_committed_catalogue_is_what_its_parts_make():
    with catalogue.TARGET.open("rb") as stream:
        committed = {(m.id, m.context): m.string for m in read_po(stream, locale="ru") if m.id}
    made = {(m.id, m.context): m.string for m in catalogue.merged() if m.id}
    assert committed == made


def test_placeholders_survive_the_translation():
    def names(text: str) -> set[str]:
        return {part.split(")")[0] for part in text.split("%(")[1:]}

    for message in catalogue.merged():
        if isinstance(message.id, str) and message.id and isinstance(message.string, str):
            assert names(message.string) == names(message.id), message.id


def test_the_glossary_names_sections_and_buttons_as_the_catalogue_does():
    translations: dict[str, set[str]] = {}
    for message in catalogue.merged():
        if isinstance(message.id, str) and isinstance(message.string, str):
            translations.setdefault(message.id, set()).add(message.string)
    text = (Path(__file__).parent.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip().split(" / ") for cell in line.strip("|").split("|")]
        for line in text.split("## Sections and buttons\n")[1].splitlines()
        if line.startswith("| ")
    ][2:]  # the head and the rule below it
    assert len(rows) > 40
    assert [row for row in rows if len(row) != 2 or len(row[0]) != len(row[1])] == []
    pairs = [pair for english, russian in rows for pair in zip(english, russian, strict=True)]
    assert [(msgid, said) for msgid, said in pairs if translations.get(msgid) != {said}] == []
