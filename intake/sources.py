"""Where a message comes from: channel codes, addresses of posts, authors."""

import re
from collections.abc import Mapping as MappingType
from typing import NamedTuple

from intake.places import plain_name

# A file's words -> channel code. A mapping may add its own («источник 3» -> "hotline").
_WORDS: dict[str, tuple[str, ...]] = {
    "vk": ("vk", "вк", "вконтакте", "vkontakte", "vk com", "в контакте", "vk.com", "vk.ru"),
    "ok": ("ok", "ок", "одноклассники", "odnoklassniki", "ok.ru"),
    "telegram": ("telegram", "телеграм", "телеграмм", "tg", "тг", "t.me"),
    "max": ("max", "макс", "max.ru"),
    "pos": (
        *("pos", "пос", "платформа обратной связи", "госуслуги", "решаем вместе"),
        *("госуслуги. решаем вместе", "госуслуги решаем вместе", "gosuslugi"),
    ),
    "hotline": (
        *("hotline", "горячая линия", "122", "телефон", "звонок", "phone", "call"),
        *("телефон горячей линии", "служба 122", "112", "едс", "еддс"),
    ),
    "site": (
        *("site", "сайт", "портал", "web", "веб", "website", "интернет-приемная"),
        *("сайт ведомства", "официальный сайт"),
    ),
    "reception": (
        *("reception", "электронная приемная", "electronic reception", "59-фз", "фз-59"),
        *("обращение граждан", "письменное обращение"),
    ),
    "gospublic": ("gospublic", "госпаблик", "госпаблики", "официальная страница"),
    "email": ("email", "e-mail", "почта", "электронная почта", "письмо"),
    "import": ("import", "импорт", "файл", "other", "прочее", "иное"),
}
CHANNELS = tuple(_WORDS)
# What a channel is called that the region does not have yet.
CHANNEL_NAMES = {
    "vk": "ВКонтакте",
    "ok": "Одноклассники",
    "telegram": "Телеграм",
    "max": "МАКС",
    "pos": "Платформа обратной связи",
    "hotline": "Горячая линия",
    "site": "Сайт",
    "reception": "Электронная приёмная",
    "gospublic": "Госпаблик",
    "email": "Электронная почта",
    "import": "Импорт",
}
_BY_WORD = {plain_name(word): code for code, words in _WORDS.items() for word in words}
_HOSTS = {
    **dict.fromkeys(("vk.com", "vk.ru", "vkontakte.ru", "vkvideo.ru"), "vk"),
    **dict.fromkeys(("ok.ru", "odnoklassniki.ru"), "ok"),
    **dict.fromkeys(("t.me", "telegram.me", "telegram.org", "telegram.dog"), "telegram"),
    **dict.fromkeys(("max.ru", "web.max.ru"), "max"),
    **dict.fromkeys(("gosuslugi.ru", "pos.gosuslugi.ru"), "pos"),
}
_HOST = re.compile(r"https?://(?:www\.|m\.|mobile\.|new\.)?([^/?#:]+)", re.I)


def channel_of(word: str, own: MappingType[str, str] | None = None) -> str:
    """Channel code of a file's own word for a source; empty when the word is not known."""
    key = plain_name(word)
    return (own or {}).get(key) or (own or {}).get(word.lower()) or _BY_WORD.get(key, "")


def channel_of_url(url: str) -> str:
    """Channel code of an address by its host; empty for hosts we do not know."""
    found = _HOST.match(url)
    return _HOSTS.get(found[1].lower(), "") if found else ""


_WALL = re.compile(r"(?:wall|topic|photo|video|market|clip|story)-?\d+_\d+")
_REPLY = re.compile(r"(?:^|&)(?:reply|post|comment)=(\d+)")


def post_key(url: str) -> str:
    """What an address names, the same for all its spellings: «vk:wall-1_2/3», «tg:name/15»."""
    found = _HOST.match(url)
    if not found:
        return ""
    host = found[1].lower()
    channel = _HOSTS.get(host, "")
    path, _, query = url[found.end() :].partition("#")[0].partition("?")
    path = path.strip("/")
    reply = _REPLY.search(query) if query else None
    if channel == "vk":
        post = _WALL.search(path) or _WALL.search(query)
        if post:
            return f"vk:{post[0]}/{reply[1]}" if reply else f"vk:{post[0]}"
    if channel == "telegram":
        path = path.removeprefix("s/")
        return f"tg:{path}/{reply[1]}" if reply else f"tg:{path}"
    return f"{channel or host}:{path}?{query}" if query else f"{channel or host}:{path}"


class Author(NamedTuple):
    """Who wrote: all that the row tells. `kind`: person, anonymous or collective."""

    handle: str
    name: str
    profile_url: str
    phone: str
    kind: str

    @property
    def hidden_name(self) -> str:
        """What of the name is hidden in texts, as `Citizen.hidden_name`."""
        return self.name if self.kind == "person" else ""


_COLLECTIVE = re.compile(
    r"\b(?:жильцы|жители|инициативн\w* групп\w*|коллективн\w*|совет дома|родители|собственники"
    r"|ТСЖ|ТСН|СНТ|члены)\b",
    re.I,
)
_ANONYMOUS = re.compile(
    r"(?:аноним\w*|без имени|не указан\w*|неизвест\w*|скрыт\w*|anonymous|unknown|нет данных)", re.I
)
_COMMUNITY = re.compile(r"(?:club|public|event)\d+|group/\d+")


def author_of(channel: str, handle: str, name: str, profile_url: str, phone: str) -> Author:
    """The author's handle is taken from the profile address where the row has no id.

    One spelling per network: «id123» and «club123» on VK, bare digits on OK, so that a plain file
    and an export meet in the same citizen. A community that writes counts as collective: no single
    person stands behind it.
    """
    if not handle and profile_url:
        handle = _path(profile_url)
    if channel == "vk" and handle.lstrip("-").isdigit():
        handle = f"club{handle[1:]}" if handle.startswith("-") else f"id{handle}"
    elif channel == "ok":
        handle = handle.removeprefix("profile/")
    if _ANONYMOUS.fullmatch(name):
        return Author(handle, "", profile_url, phone, "person" if handle else "anonymous")
    if (name and _COLLECTIVE.search(name)) or (handle and _COMMUNITY.match(handle)):
        return Author(handle, name, profile_url, phone, "collective")
    if not (handle or name or phone):
        return Author("", "", profile_url, phone, "anonymous")
    return Author(handle, name, profile_url, phone, "person")


def is_community(url: str) -> bool:
    """Whether a page belongs to a community, not to a person."""
    return _COMMUNITY.match(_path(url)) is not None


def _path(url: str) -> str:
    """«id123» of https://vk.com/id123?z=1, «profile/5» of http://ok.ru/profile/5."""
    bare = url.split("://", 1)[-1].split("?", 1)[0].split("#", 1)[0]
    return bare.partition("/")[2].strip("/")[:200]
