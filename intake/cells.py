"""One cell -> a clean value. No cell raises: what cannot be read comes back with a code.

A cell is what the readers give: str, float, int, bool, datetime, date, time, timedelta or None.
Every function returns (value, code); the code is one of `problems.ROW_RULES` or "".
"""

import html
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

# What an empty cell looks like in files of other systems.
EMPTY = frozenset(
    {
        *("", "-", "—", "–", "'", "'-", "nan", "NaN", "None", "NULL", "null"),
        *("#N/A", "#Н/Д", "#REF!", "#ССЫЛКА!", "#VALUE!", "#ЗНАЧ!", "#NAME?", "#ИМЯ?", "#DIV/0!"),
    }
)
FIRST_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001  earlier dates are a spreadsheet's zero

_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff9-\ufffd<&\t]"
    r"|_x[0-9A-Fa-f]{4}_|\[(?:id|club|public|event)\d"
)
_TAGS = (
    "a|abbr|address|article|b|big|blockquote|body|br|button|center|code|div|em|embed|font|form"
    "|h[1-6]|head|hr|html|i|iframe|img|input|label|li|link|meta|object|ol|option|p|pre|s|script"
    "|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|th|thead|title|tr"
    "|tt|u|ul|video"
)
# Content that is not text: (an opening and its closing with all between, the closing alone).
_HIDDEN = tuple(
    (re.compile(rf"{start}.*?{end}", re.I | re.S), re.compile(end, re.I))
    for start, end in (
        ("<!--", "-->"),
        *((rf"<{tag}\b[^<>]*>", rf"</{tag}\s*>") for tag in ("script", "style", "head", "svg")),
    )
)
_BREAK = re.compile(r"<(?:br|hr|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.I)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>|<!doctype[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# Joins the parts of one emoji («семья»); anywhere else it only hides.
_LONE_JOINER = re.compile("(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001ffff])\u200d")
_BLANK = re.compile("[\t\xa0\u2000-\u200a\u202f\u205f\u3000]")
_LINE = re.compile("\r\n?|\x85|\u2028|\u2029")
_MENTION = re.compile(r"\[(?:id|club|public|event)\d{1,20}(?::[^|\[\]]{0,40})?\|([^\[\]]{0,200})\]")
_FORMULA = re.compile(
    r"=\s*\S|[+\-@](?:[^а-яё\s]*[A-Za-z]\w*\(|[^а-яё]*(?:\|\s*['\"]|[A-Za-z']!\$?[A-Z])|\d+[+*/]\d)",
    re.I,
)


def plain(value: Any) -> str:
    """A cell of any type as the text a person would have typed: 1.0 -> «1»."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def text(value: Any) -> tuple[str, tuple[str, ...]]:
    """Plain text and the codes of what was mended in it.

    Mentions `[id123|Имя]` become the name, without a note: that is how the network writes them.
    One leading apostrophe goes: spreadsheets put it there to mark text.
    """
    raw = value if isinstance(value, str) else plain(value)
    result = raw.strip()
    codes: list[str] = []
    if result[:1] == "'":
        result = result[1:].lstrip()
    elif result[:1] in ("=", "+", "-", "@") and _FORMULA.match(result[:200]):
        codes.append("formula")
    if _SUSPECT.search(result):
        result = _mend(result, codes)
    if not result.isascii() and not unicodedata.is_normalized("NFC", result):
        result = unicodedata.normalize("NFC", result)
    if result in EMPTY:
        return "", tuple(codes)
    return result, tuple(codes)


def _mend(value: str, codes: list[str]) -> str:
    result = value
    if "_x" in result:
        result = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), result)
    if "<" in result or "&" in result:
        bare = _TAG.sub("", _BREAK.sub("\n", _without_hidden(result)))
        bare = _ENTITY.sub(lambda m: html.unescape(m[0]), bare)
        if bare != result:
            codes.append("markup")
            result = bare
    if not result.isprintable():
        result = _LINE.sub("\n", result)
        visible = _LONE_JOINER.sub("", _CONTROL.sub("", result))
        if visible != result:
            codes.append("control_characters")
        result = _BLANK.sub(" ", visible)
    if "\ufffd" in result:
        codes.append("broken_characters")
    if "|" in result:
        result = _MENTION.sub(r"\1", result)
    return result.strip()


def _without_hidden(value: str) -> str:
    for whole, closing in _HIDDEN:
        end = max((found.end() for found in closing.finditer(value)), default=0)
        # Past the last closing nothing matches, and looking for it would take quadratic time.
        if end:
            value = whole.sub("", value[:end]) + value[end:]
    return value


def name(value: Any) -> tuple[str, tuple[str, ...]]:
    """Text of one line: inner runs of blanks become one."""
    result, codes = text(value)
    return " ".join(result.split()), codes


_WHOLE = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eEеЕ]\+?\d+")
_QUOTED = re.compile(r'="([^"]*)"')


def identifier(value: Any) -> tuple[str, str]:
    """An id as text. Spreadsheets make 41000000 of it 41000000.0 and lose the 16th digit."""
    if isinstance(value, (bool, datetime, date, time, timedelta)):
        return "", "bad_id"
    if isinstance(value, (float, int)):
        if abs(value) >= 1e15:
            return "", "rounded_id"
        return plain(value), ""
    raw = plain(value).strip()
    if raw.isdecimal() and raw.isascii() and len(raw) <= 200:
        return raw, ""
    quoted = _QUOTED.fullmatch(raw)
    raw = quoted[1] if quoted else raw
    result = name(raw)[0]
    whole = _WHOLE.fullmatch(result)
    if whole:
        return whole[1], ""
    if _SCIENTIFIC.fullmatch(result):
        return "", "rounded_id"
    if len(result) > 200 or "\ufffd" in result:
        return "", "bad_id"
    return result, ""


_DAY_FIRST = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:г\.?)?"
    r"(?:,?\s*(?:в\s*)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?)?"
)
_YEAR_FIRST = re.compile(
    r"(\d{4})[./](\d{1,2})[./](\d{1,2})(?:[\sT]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
)
_IN_WORDS = re.compile(
    r"(\d{1,2})\s+([а-яё]+)\.?\s+(\d{4})(?:\s*г(?:\.|ода)?)?"
    r"(?:,?\s*(?:в\s*)?(\d{1,2}):(\d{2})(?::(\d{2}))?)?",
    re.I,
)
_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  local wall clock, as the file has it
_SPACED = re.compile(r"\s+")


def moment(value: Any) -> tuple[datetime | None, str]:
    """A moment as the file says it: naive when it names no zone, to the second.

    Day before month, always: «03/25/2026» is an error, not 25 March, because the next line of such
    a file would be read the wrong way round in silence.
    """
    try:
        if type(value) is str and value[4:5] == "-":
            result = datetime.fromisoformat(value)
            return (_whole(result) if result.microsecond else result), ""
        return _moment(value)
    except (ValueError, OverflowError):
        return None, "bad_moment"


def _moment(value: Any) -> tuple[datetime | None, str]:
    if isinstance(value, str):
        cleaned = _SPACED.sub(" ", text(value)[0])
        return (_whole(_from_text(cleaned)), "") if cleaned else (None, "")
    if isinstance(value, datetime):
        return _whole(value), ""
    if isinstance(value, date):
        return datetime.combine(value, time()), ""
    if value is None:
        return None, ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _whole(_from_number(float(value))), ""
    raise ValueError("no moment")


def _whole(value: datetime) -> datetime:
    if value.microsecond:
        value += timedelta(microseconds=500_000)
        value = value.replace(microsecond=0)
    return value


def _from_number(value: float) -> datetime:
    # 20,000..80,000: 1954..2119 in days of a spreadsheet.
    if 20_000 <= value < 80_000:
        return _SERIAL_ZERO + timedelta(seconds=round(value * 86400))
    if _EPOCH.fullmatch(plain(value)):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    raise ValueError("no moment")


def _from_text(value: str) -> datetime:
    if value[4:5] == "-" and value[7:8] == "-":
        return datetime.fromisoformat(value)
    if found := _DAY_FIRST.fullmatch(value):
        day, month, year, *clock = found.groups()
        return _build(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), clock)
    if found := _YEAR_FIRST.fullmatch(value):
        year, month, day, *clock = found.groups()
        return _build(int(year), int(month), int(day), clock)
    if found := _IN_WORDS.fullmatch(value):
        day, word, year, *clock = found.groups()
        return _build(int(year), _month(word.lower()), int(day), clock)
    if _SERIAL.fullmatch(value) or _EPOCH.fullmatch(value):
        return _from_number(float(value.replace(",", ".")))
    raise ValueError("no moment")


def _month(word: str) -> int:
    for number, start in enumerate(_MONTHS, 1):
        if word.startswith(start) and (start != "ма" or word in ("май", "мая", "мае")):
            return number
    raise ValueError("no month")


def _build(year: int, month: int, day: int, clock: list[str | None]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  zone comes later


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?")


def clock(value: Any) -> time | None:
    """A time of day from a column of its own; None when it is none."""
    if isinstance(value, datetime):
        return value.time().replace(microsecond=0)
    if isinstance(value, time):
        return value.replace(microsecond=0)
    if isinstance(value, timedelta):
        value = value.total_seconds() / 86400
    if isinstance(value, float) and 0 <= value < 1:
        return (FIRST_MOMENT + timedelta(seconds=round(value * 86400))).time()
    found = _CLOCK.fullmatch(plain(value).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]), min(int(found[3] or 0), 59))


_DURATION = re.compile(
    r"(?:(\d{1,5})\s*(?:days?|дн(?:ей|я|\.)?|день|сут(?:ок|ки)?\.?|д\.?),?\s*)?"
    r"(\d{1,6}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
)


def duration(value: Any) -> tuple[int | None, str]:
    """Whole seconds of `11 days, 12:10:25.217000`, `102:13:00`, a timedelta or part of a day."""
    if isinstance(value, timedelta):
        return round(value.total_seconds()), ""
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second, ""
    if isinstance(value, datetime):
        # A spreadsheet's way to show more than 24 hours without the right format.
        return round((value.replace(tzinfo=None) - _SERIAL_ZERO).total_seconds()), ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (round(value * 86400), "") if 0 <= value < 100_000 else (None, "bad_duration")
    raw = plain(value)
    found = _DURATION.fullmatch(raw)
    if not found:
        raw = name(value)[0]
        if not raw:
            return None, ""
        found = _DURATION.fullmatch(raw)
    if not found:
        return None, "bad_duration"
    days, hours, minutes, seconds, fraction = found.groups()
    total = int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return total + (1 if fraction and fraction[0] >= "5" else 0), ""


def number(value: Any) -> tuple[int | None, str]:
    """A whole count: «12 163», 12163.0; negative or fractional is an error."""
    if isinstance(value, str):
        if value.isdecimal() and len(value) < 10:
            return int(value), ""
        raw = name(value)[0].replace(" ", "").replace(",", ".")
        if not raw:
            return None, ""
        try:
            value = float(raw) if len(raw) < 20 else -1
        except ValueError:
            return None, "bad_number"
    if value is None:
        return None, ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None, "bad_number"
    if not 0 <= value < 2**31 or value != int(value):
        return None, "bad_number"
    return int(value), ""


_YES = frozenset({"да", "yes", "true", "истина", "1", "+", "есть", "y", "д", "v", "x"})
_FLAGS: dict[str, bool | None] = {"Да": True, "Нет": False, "-": None}
_NO = frozenset({"нет", "no", "false", "ложь", "0", "n", "н", "отсутствует", "отсутствуют"})


def flag(value: Any) -> tuple[bool | None, str]:
    """«Да», «Нет» and their kind; «-» and an empty cell say nothing (None)."""
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value], ""
    word = plain(value).strip().lstrip("'").lower()
    if word in _YES:
        return True, ""
    if word in _NO:
        return False, ""
    if word in EMPTY:
        return None, ""
    if word.isdigit() or word.startswith(("http://", "https://")):
        return True, ""  # a count of files, or their addresses
    return None, "bad_flag"


_URL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.I)
_NO_SCHEME = re.compile(r"(?:[\w-]+\.)+[a-zа-я]{2,10}(?:/\S*)?", re.I)


def url(value: Any, limit: int = 500) -> tuple[str, str]:
    """An http(s) address, with the scheme added where it is left out; nothing else passes."""
    raw = value.strip() if isinstance(value, str) else plain(value)
    if not (raw.isascii() and _URL.fullmatch(raw)):
        raw = name(raw)[0]
        if not raw:
            return "", ""
        if not _URL.fullmatch(raw) and _NO_SCHEME.fullmatch(raw):
            raw = f"https://{raw}"
        if not _URL.fullmatch(raw):
            return "", "bad_url"
    return (raw, "") if len(raw) <= limit else ("", "bad_url")


_DEGREES = re.compile(r"([+-]?\d{1,3}(?:[.,]\d+)?)\s*°?")
_PAIR = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*")


def degrees(value: Any) -> tuple[float | None, str]:
    """A coordinate as the file has it, decimal comma allowed; the range is checked by `place`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (float(value), "") if -1e6 < value < 1e6 else (None, "coordinates_out_of_range")
    raw = name(value)[0]
    if not raw:
        return None, ""
    found = _DEGREES.fullmatch(raw)
    if not found:
        return None, "coordinates_out_of_range"
    return float(found[1].replace(",", ".")), ""


def pair(value: Any) -> tuple[float | None, float | None, str]:
    """«55.75, 37.61» in one column: latitude first."""
    raw = name(value)[0].strip("()[] ")
    if not raw:
        return None, None, ""
    found = _PAIR.fullmatch(raw)
    if not found:
        return None, None, "coordinates_out_of_range"
    return float(found[1]), float(found[2]), ""


def place(lat: float | None, lon: float | None) -> tuple[float | None, float | None, str]:
    """Latitude and longitude inside Russia's bounding box, put right when they are swapped.

    Box: 41..82 N and 19 E..169 W. Outside of it, or 0, 0: dropped.
    """
    if lat is None and lon is None:
        return None, None, ""
    if lat is None or lon is None:
        return None, None, "coordinates_incomplete"
    if _inside(lat, lon):
        return round(lat, 6), round(lon, 6), ""
    if _inside(lon, lat):
        return round(lon, 6), round(lat, 6), "coordinates_swapped"
    return None, None, "coordinates_out_of_range"


def _inside(lat: float, lon: float) -> bool:
    return 41 <= lat <= 82 and (19 <= lon <= 180 or -180 <= lon <= -169)


_DIGIT = re.compile(r"\d")


def phone(value: Any) -> str:
    """«+7XXXXXXXXXX» for a Russian number, else the cleaned text; never more than 60 characters."""
    raw = name(value)[0]
    digits = "".join(_DIGIT.findall(raw))
    if len(digits) == 11 and digits[0] in "78":
        return f"+7{digits[1:]}"
    if len(digits) == 10 and digits[0] in "3489":
        return f"+7{digits}"
    return raw[:60]
