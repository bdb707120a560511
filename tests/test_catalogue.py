"""The Russian catalogue is complete and the committed file is made of its parts."""

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
