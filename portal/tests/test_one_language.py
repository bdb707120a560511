"""Words looked up once are the words Django would look up each time."""

import pytest
from django.utils import translation
from django.utils.safestring import SafeData, mark_safe
from django.utils.translation import gettext, ngettext, pgettext, trans_real

from portal.one_language import remember_words


@pytest.fixture
def _remembered(monkeypatch: pytest.MonkeyPatch):
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(translation._trans, name, getattr(trans_real, name))
    with translation.override("ru"):
        remember_words()
        yield


@pytest.mark.usefixtures("_remembered")
def test_words_are_the_same() -> None:
    for _again in range(2):
        assert gettext("All cases") == trans_real.gettext("All cases") == "Все обращения"
        assert pgettext("weekday, genitive", "Monday") == "понедельника"
        assert pgettext("weekday", "Monday") == "понедельник"
        told = [
            ngettext("%(n)d working hour", "%(n)d working hours", n) % {"n": n}
            for n in (1, 3, 8, 21)
        ]
        assert told == ["1 рабочий час", "3 рабочих часа", "8 рабочих часов", "21 рабочий час"]


@pytest.mark.usefixtures("_remembered")
def test_a_safe_string_does_not_answer_for_a_plain_one() -> None:
    assert isinstance(gettext(mark_safe("All cases")), SafeData)
    assert not isinstance(gettext("All cases"), SafeData)


def test_nothing_is_remembered_where_two_languages_are_spoken(settings) -> None:
    settings.LANGUAGES = [("ru", "Русский"), ("en", "English")]
    before = translation._trans.gettext
    remember_words()
    assert translation._trans.gettext is before
