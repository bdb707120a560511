"""Words looked up once: every worker speaks the one language of the portal.

A page asks Django for some hundred words; each time it finds the active language anew through
two layers of request-local storage, which is a tenth of the page's processor time. The languages
of the settings are one (portal.headers.LanguageMiddleware), so a word once found is the word.
"""

from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

# More than the catalogue has; a few messages are asked with many numbers.
_MOST = 16_384


def remember_words() -> None:
    """For a process that serves pages; where another language is spoken too, nothing changes.

    `typed`: a safe string is the same key as the plain one, and must not answer for it.
    """
    if len(settings.LANGUAGES) != 1:
        return
    translation.activate(settings.LANGUAGE_CODE)
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        found = lru_cache(maxsize=_MOST, typed=True)(getattr(trans_real, name))
        # Where Django itself lays the functions it has chosen between trans_real and trans_null.
        setattr(translation._trans, name, found)
