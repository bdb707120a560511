"""Time zones as people choose and read them: Russia's by a city and the distance from Moscow."""

from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RUSSIAN_ZONES: tuple[tuple[str, str | Promise], ...] = (
    ("Europe/Kaliningrad", _("Kaliningrad, MSK−1")),
    ("Europe/Moscow", _("Moscow")),
    ("Europe/Samara", _("Samara, MSK+1")),
    ("Europe/Saratov", _("Saratov, MSK+1")),
    ("Asia/Yekaterinburg", _("Yekaterinburg, MSK+2")),
    ("Asia/Omsk", _("Omsk, MSK+3")),
    ("Asia/Novosibirsk", _("Novosibirsk, MSK+4")),
    ("Asia/Krasnoyarsk", _("Krasnoyarsk, MSK+4")),
    ("Asia/Irkutsk", _("Irkutsk, MSK+5")),
    ("Asia/Yakutsk", _("Yakutsk, MSK+6")),
    ("Asia/Vladivostok", _("Vladivostok, MSK+7")),
    ("Asia/Magadan", _("Magadan, MSK+8")),
    ("Asia/Kamchatka", _("Kamchatka, MSK+9")),
)
_NAMES = dict(RUSSIAN_ZONES)


def word_zone(code: str) -> str:
    return str(_NAMES.get(code, code))


def other_zones() -> list[tuple[str, str]]:
    """All that are not Russia's, by their codes."""
    return [(code, code) for code in sorted(available_timezones() - _NAMES.keys())]
