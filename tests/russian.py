"""Russian of one part of the catalogue alone: a test of words needs no compiled catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import override_settings
from django.utils import translation

PARTS = Path(__file__).resolve().parents[1] / "locale" / "ru" / "parts"


@contextmanager
def russian_of(part: str, folder: Path) -> Iterator[None]:
    target = folder / "ru" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (PARTS / part).open("rb") as source, (target / "django.mo").open("wb") as compiled:
        write_mo(compiled, read_po(source, locale="ru"))
    before = translation.get_language()
    with override_settings(LOCALE_PATHS=[folder], USE_I18N=True):
        translation.activate("ru")  # a changed LOCALE_PATHS makes Django forget its catalogues
        yield
    if before:
        translation.activate(before)
