"""One line of a table -> one message with its history, or the reasons why not.

What happens with a bad row (codes of `problems.ROW_RULES`; the Russian table is docs/intake.md):

| Found | Code | Done with the row |
|---|---|---|
| no text, or nothing visible in it | missing_text | rejected: nothing to answer |
| a line the reader could not cut into cells | broken_line | rejected |
| text or reply over 50,000 characters | too_long | quarantined, cells kept cut |
| no date; not a date; before 2000; over a day ahead | missing_date, bad_date, ancient_date, \
future_date | quarantined |
| source missing / a word no channel is known by | missing_source, unknown_source | quarantined |
| no id, and no address or incident number to make one of | missing_id | quarantined |
| no id, but an address of the post or an incident number | derived_id | taken, noted |
| id that is a date or over 200 characters | bad_id | quarantined |
| id of 16+ digits kept as a number, or 4,1E+07 | rounded_id | quarantined: digits are lost |
| same id again in the file, other content | duplicate_id | the later one quarantined |
| same id again, same content | | counted as unchanged |
| filled cells beyond the header | extra_cells | quarantined: columns may be shifted |
| HTML tags and entities | markup | text without them, cells keep them |
| =, +, -, @ that a spreadsheet would run | formula | kept as plain text |
| control, zero-width, direction characters | control_characters | removed |
| U+FFFD: bytes of another encoding | broken_characters | kept, noted |
| a short field over its limit | cut | cut to the limit |
| a moment, duration, count, flag, address of a side column unreadable | bad_moment, bad_duration, \
bad_number, bad_flag, bad_url | that value left empty |
| house number that became a date | house_as_date | left empty |
| step, kind, outcome not in our lists | unknown_step, unknown_kind, unknown_outcome | left empty |
| regime not in our list | unknown_regime | that of the source |
| reply earlier than the message | reply_too_early | its moment left empty |
| coordinates swapped / outside Russia / one of two | coordinates_swapped, \
coordinates_out_of_range, coordinates_incomplete | put right / left empty |

Without a note: the apostrophe before a text, [id123|Имя] -> Имя, 41000000.0 -> 41000000, «-» and
NULL as empty cells, line ends, no-break spaces, composed letters. Raw cells are always kept.
A local moment takes the zone the caller gives, for all territories or for each by name.
"""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from datetime import datetime, timedelta, tzinfo
from json import JSONEncoder
from typing import Any

from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from cases.masking import mask_text
from cases.titles import heading
from intake import cells as clean
from intake.columns import Mapping
from intake.fields import BY_NAME, FIELDS, MAX_TEXT
from intake.incoming import IncomingReply, IncomingRow, Line, Timings, Verdict
from intake.lists import KINDS, OUTCOMES, REGIMES, STEPS
from intake.problems import Action, Problem, gravest
from intake.sources import author_of, channel_of, channel_of_url, post_key

Zone = tzinfo | Callable[[str], tzinfo]
FUTURE_SLACK = timedelta(days=1)
_DOUBT = timedelta(minutes=1)


class RowReader:
    """Reads lines under one set of headers. Not thread-safe: it remembers what it cleaned."""

    def __init__(
        self,
        headers: Sequence[str],
        mapping: Mapping,
        *,
        zone: Zone,
        now: datetime,
        words: MappingType[str, str] | None = None,
    ) -> None:
        """`now` is aware; local moments in the file take `zone` or zone(territory name).

        `words`: further names of channels -> code; those of the mapping come first.
        """
        self.headers = tuple(headers)
        self.mapping = mapping
        self._zone = zone
        self._words = {**(words or {}), **mapping.sources}
        self._now = now
        self._latest = now + FUTURE_SLACK
        self._width = len(self.headers)
        self._header = {name: header for header, name in mapping.columns.items()}
        self._names: list[tuple[int, str, int]] = []
        self._texts: list[tuple[int, str]] = []
        self._others: list[tuple[int, str, Callable[[Any], tuple[Any, str]]]] = []
        parsers: dict[str, Callable[[Any], tuple[Any, str]]] = {
            "moment": clean.moment,
            "duration": clean.duration,
            "number": clean.number,
            "flag": clean.flag,
            "url": clean.url,
            "id": clean.identifier,
        }
        special = {"lat": clean.degrees, "lon": clean.degrees}
        raw_fields = {"coordinates", "posted_time", "house"}
        self._raw: dict[str, int] = {}
        # By field, not by column: `values` fill in one order whatever the file's, and their
        # fingerprint needs no sorting.
        places = {name: self.headers.index(h) for h, name in mapping.columns.items()}
        for name in sorted(places):
            index, field = places[name], BY_NAME[name]
            if name in raw_fields:
                self._raw[name] = index
            elif field.kind == "text":
                self._texts.append((index, name))
            elif name in special:
                self._others.append((index, name, special[name]))
            elif field.kind in parsers:
                self._others.append((index, name, parsers[field.kind]))
            else:
                self._names.append((index, name, field.limit))
        self._memo: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._latest_in: dict[tzinfo, datetime] = {}

    def raw(self, cells: Sequence[Any]) -> list[str]:
        """The cells as text fit for a JSON column (cut, without U+0000), to the last filled one."""
        plain = clean.plain
        result = [cell if type(cell) is str else plain(cell) for cell in cells]
        while result and not result[-1]:
            result.pop()
        everything = "".join(result)
        if len(everything) > MAX_TEXT or "\x00" in everything or not _is_storable(everything):
            return [storable(cell) for cell in result]
        return result

    def read(self, line: int, cells: Sequence[Any]) -> Line:
        """Never raises on content."""
        problems: list[Problem] = []
        raw = self.raw(cells)
        width = len(cells)
        if width < self._width:
            cells = [*cells, *[""] * (self._width - width)]
        elif width > self._width and any(c not in ("", None) for c in cells[self._width :]):
            problems.append(Problem(line, "", "extra_cells", {"header": self._width}))
        values = self._values(line, cells, problems)
        row = self._build(line, values, problems)
        verdict = _verdict(gravest(problems) if problems else None)
        if verdict != "accepted":
            row = None
        return Line(line, verdict, row, tuple(problems), self.headers, as_json(raw))

    def _values(self, line: int, cells: Sequence[Any], problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        memo = self._memo
        for index, name, limit in self._names:
            cell = cells[index]
            if cell == "":
                continue
            if type(cell) is str:
                known = memo.get(cell)
                if known is None:
                    known = clean.name(cell)
                    if len(cell) < 200:
                        if len(memo) > 50_000:
                            memo.clear()
                        memo[cell] = known
                value, codes = known
            else:
                value, codes = clean.name(cell)
            if codes:
                self._note(line, name, codes, problems)
            if len(value) > limit:
                self._note(line, name, ("cut",), problems, limit=limit)
                value = value[:limit]
            if value:
                values[name] = value
        seen: dict[Any, tuple[str, tuple[str, ...]]] = {}
        for index, name in self._texts:
            cell = cells[index]
            if cell in ("", "'"):
                continue
            if isinstance(cell, str) and len(cell) > 4 * MAX_TEXT:
                self._note(line, name, ("too_long",), problems, length=len(cell), limit=MAX_TEXT)
                continue
            # The general first reply repeats the last executor's one in most rows.
            result = seen.get(cell)
            if result is None:
                result = seen[cell] = clean.text(cell)
            value, codes = result
            if codes:
                self._note(line, name, codes, problems)
            if len(value) > MAX_TEXT:
                self._note(line, name, ("too_long",), problems, length=len(value), limit=MAX_TEXT)
                continue
            if value:
                values[name] = value
        for index, name, parse in self._others:
            cell = cells[index]
            if cell == "":
                continue
            value, code = parse(cell)
            if code:
                if name == "posted_at":
                    code = "bad_date"
                elif code in ("bad_id", "rounded_id") and name != "external_id":
                    code = "bad_number"
                self._note(line, name, (code,), problems)
            if value is not None and value != "":
                values[name] = value
        self._raw_values(line, cells, values, problems)
        return values

    def _raw_values(
        self, line: int, cells: Sequence[Any], values: dict[str, Any], problems: list[Problem]
    ) -> None:
        for name, index in self._raw.items():
            cell = cells[index]
            if cell == "" or cell is None:
                continue
            if name == "house":
                # «5/2» typed into a spreadsheet becomes the 5th of February.
                if not isinstance(cell, (str, int, float)):
                    self._note(line, name, ("house_as_date",), problems)
                    continue
                house, codes = clean.name(cell)
                self._note(line, name, codes, problems)
                if len(house) > 60:
                    self._note(line, name, ("cut",), problems, limit=60)
                if house:
                    values[name] = house[:60]
            elif name == "posted_time":
                moment, clock = values.get("posted_at"), clean.clock(cell)
                if clock and moment and not (moment.hour or moment.minute or moment.second):
                    values["posted_at"] = datetime.combine(moment.date(), clock, moment.tzinfo)
            elif name == "coordinates" and "lat" not in values and "lon" not in values:
                lat, lon, code = clean.pair(cell)
                if code:
                    self._note(line, name, (code,), problems)
                elif lat is not None:
                    values["lat"], values["lon"] = lat, lon

    def _note(
        self,
        line: int,
        name: str,
        codes: Sequence[str],
        problems: list[Problem],
        **params: Any,
    ) -> None:
        for code in codes:
            problems.append(Problem(line, self._header.get(name, name), code, params))

    def _build(
        self, line: int, values: dict[str, Any], problems: list[Problem]
    ) -> IncomingRow | None:
        get = values.get
        zone = self._zone
        if not isinstance(zone, tzinfo):
            zone = zone(get("territory", ""))
        posted = self._posted(line, values, zone, problems)
        if "text" not in values and not any(p.code == "too_long" for p in problems):
            self._note(line, "text", ("missing_text",), problems)
        channel = self._channel(line, values, problems)
        key = post_key(get("url", ""))
        external_id = self._id(line, values, channel, key, problems)
        status, kind, outcome = self._lists(line, values, problems)
        lat, lon, code = clean.place(get("lat"), get("lon"))
        if code:
            self._note(line, "lat" if "lat" in self._header else "coordinates", (code,), problems)
        if "lat" in values or "lon" in values:
            # Last in any case, as when they come from one column: the order is the fingerprint's.
            values.pop("lat", None)
            values.pop("lon", None)
        if lat is not None:
            values["lat"], values["lon"] = lat, lon
        moments = self._moments(line, values, posted, zone, problems)
        if not (posted and channel and external_id and "text" in values):
            return None
        phone = clean.phone(values["author_phone"]) if "author_phone" in values else ""
        if phone:
            values["author_phone"] = phone
        timings = Timings(
            moments.get("first_reply_at"),
            get("first_reply_elapsed"),
            get("first_reply_working"),
            moments.get("assigned_at"),
            moments.get("executor_reply_at"),
            get("first_reaction"),
            get("in_time"),
            get("total_elapsed"),
            moments.get("approval_sent_at"),
            get("approval_elapsed"),
            moments.get("satisfaction_at"),
        )
        reason = get("close_reason", "")
        mark = get("mark", int(reason) if reason in ("1", "2", "3", "4", "5") else None)
        tags = get("tags", "")
        author = author_of(
            channel,
            get("author_id", ""),
            get("author_name", ""),
            get("author_url", ""),
            phone,
        )
        words = mask_text(values["text"], author.hidden_name)
        return IncomingRow(
            line=line,
            channel=channel,
            external_id=external_id,
            posted_at=posted,
            text=values["text"],
            url=get("url", ""),
            blog_url=get("blog_url", ""),
            post_key=key,
            author=author,
            region=get("region", ""),
            territory=get("territory", ""),
            settlement=get("settlement", ""),
            street=get("street", ""),
            house=get("house", ""),
            address=get("address", ""),
            object=get("object", "") or get("object_old", ""),
            lat=lat,
            lon=lon,
            topic_group=get("topic_group", ""),
            topic=get("topic", ""),
            agency=get("agency", ""),
            agency_kind=get("agency_kind", ""),
            executor=get("executor", ""),
            kind=kind,
            outcome=outcome,
            status=status,
            replies=_replies(values, timings),
            finished_at=moments.get("finished_at"),
            close_reason=reason,
            mark=mark if mark in (1, 2, 3, 4, 5) else None,
            audience=get("audience"),
            engagement=get("engagement"),
            account=get("account", ""),
            tags=tuple(t for t in (p.strip() for p in tags.replace(";", ",").split(",")) if t)
            if tags
            else (),
            note=get("note", ""),
            message_has_media=get("message_has_media"),
            reply_has_media=get("reply_has_media"),
            survey_sent=get("survey_sent"),
            timings=timings,
            incident_number=get("incident_number", ""),
            cabinet=get("cabinet", ""),
            fingerprint=_digest(values),
            text_fingerprint=_digest({"media": get("message_has_media"), "text": values["text"]}),
            values=values,
            title=heading(words),
            words=words,
        )

    def _posted(
        self, line: int, values: dict[str, Any], zone: tzinfo, problems: list[Problem]
    ) -> datetime | None:
        moment = values.get("posted_at")
        if moment is None:
            if not any(p.code == "bad_date" for p in problems):
                self._note(line, "posted_at", ("missing_date",), problems)
            return None
        local = values["posted_at"] = moment if moment.tzinfo is None else _local(moment, zone)
        if local < clean.FIRST_MOMENT:
            self._note(line, "posted_at", ("ancient_date",), problems, value=str(local))
            return None
        if local > self._latest_local(zone):
            self._note(line, "posted_at", ("future_date",), problems, value=str(local))
            return None
        return local.replace(tzinfo=zone)

    def _latest_local(self, zone: tzinfo) -> datetime:
        """The last moment that is not the future, as a wall clock of the zone."""
        latest = self._latest_in.get(zone)
        if latest is None:
            latest = self._latest_in[zone] = self._latest.astimezone(zone).replace(tzinfo=None)
        return latest

    def _moments(
        self,
        line: int,
        values: dict[str, Any],
        posted: datetime | None,
        zone: tzinfo,
        problems: list[Problem],
    ) -> dict[str, datetime]:
        moments: dict[str, datetime] = {}
        start = values["posted_at"] - _DOUBT if posted else None
        latest = self._latest_local(zone)
        for name in _SIDE_MOMENTS:
            moment = values.get(name)
            if moment is None:
                continue
            local = moment if moment.tzinfo is None else _local(moment, zone)
            values[name] = local
            if not clean.FIRST_MOMENT <= local <= latest:
                self._note(line, name, ("bad_moment",), problems)
                del values[name]
            elif start and local < start and name in ("first_reply_at", "executor_reply_at"):
                self._note(line, name, ("reply_too_early",), problems)
                del values[name]
            else:
                moments[name] = local.replace(tzinfo=zone)
        return moments

    def _channel(self, line: int, values: dict[str, Any], problems: list[Problem]) -> str:
        word = values.get("source", "")
        if word:
            code = channel_of(word, self._words)
            if not code:
                self._note(line, "source", ("unknown_source",), problems, value=word[:100])
            return code
        addresses = [values.get(name, "") for name in ("url", "blog_url", "author_url")]
        for address in addresses:
            code = address and channel_of_url(address)
            if code:
                return code
        if self.mapping.default_source:
            return self.mapping.default_source
        known = next((a for a in addresses if a), "")
        if known:
            self._note(line, "url", ("unknown_source",), problems, value=known[:100])
        else:
            name = "source" if "source" in self._header else "url"
            self._note(line, name, ("missing_source",), problems)
        return ""

    def _id(
        self,
        line: int,
        values: dict[str, Any],
        channel: str,
        key: str,
        problems: list[Problem],
    ) -> str:
        given = values.get("external_id")
        if given:
            return str(given)
        if any(p.code in ("rounded_id", "bad_id") for p in problems):
            return ""
        number = values.get("incident_number")
        derived = key or (f"№{number}" if number else "")
        if not derived and self.mapping.content_ids:
            names = ("author_id", "author_name", "author_phone", "posted_at", "text")
            derived = f"#{channel}-{_digest({name: values.get(name) for name in names})}"
        if not derived:
            self._note(line, "external_id", ("missing_id",), problems)
            return ""
        if len(derived) > 200:
            derived = f"{derived[:160]}#{xxh3_64_hexdigest(derived.encode())}"
        self._note(line, "external_id", ("derived_id",), problems, value=derived)
        return derived

    def _lists(
        self, line: int, values: dict[str, Any], problems: list[Problem]
    ) -> tuple[str, str, str]:
        codes = []
        for name, words, problem in _LISTS:
            value = values.get(name, "")
            code = words.get(value.lower().replace("ё", "е"), "") if value else ""
            if value and not code:
                self._note(line, name, (problem,), problems, value=value[:100])
            codes.append(code)
        return codes[0], codes[1], codes[2]


_LISTS = (
    ("step", STEPS, "unknown_step"),
    ("kind", KINDS, "unknown_kind"),
    ("outcome", OUTCOMES, "unknown_outcome"),
    ("regime", REGIMES, "unknown_regime"),
)
_SIDE_MOMENTS = tuple(f.name for f in FIELDS if f.kind == "moment" and f.name != "posted_at")


def _verdict(action: Action | None) -> Verdict:
    return action if action in ("quarantined", "rejected") else "accepted"


def _local(moment: datetime, zone: tzinfo) -> datetime:
    """An aware moment as a wall clock of the zone; the ends of the calendar stay as they are."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return moment.replace(tzinfo=None)


def _replies(values: dict[str, Any], timings: Timings) -> tuple[IncomingReply, ...]:
    get = values.get
    first, general = get("reply_1", ""), get("first_reply_text", "")
    media, account = get("reply_has_media"), get("account", "")
    replies = []
    if general and general != first:
        # Somebody answered before the last executor, or the layout has no reply of his own.
        replies.append(IncomingReply(0, general, timings.first_reply_at, by_last_executor=False))
    if first:
        replies.append(
            IncomingReply(
                1,
                first,
                timings.executor_reply_at or (None if replies else timings.first_reply_at),
                timings.approval_sent_at,
                timings.approval_seconds,
                media,
                account,
            )
        )
    for ordinal, name in ((2, "reply_2"), (3, "reply_3")):
        if get(name):
            replies.append(IncomingReply(ordinal, values[name], account=account))
    return tuple(replies)


def _digest(values: MappingType[str, Any]) -> str:
    joined = "\x1e".join([*values, "", *map(str, values.values())])
    # Tells changed from unchanged, guards nothing: a fast hash of 128 bits is enough.
    return xxh3_128_hexdigest(joined.encode("utf-8", "replace"))


as_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _is_storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(value: str) -> str:
    """A raw cell fit for a JSON column: cut to 50,000 characters, no U+0000, no half surrogates."""
    if len(value) > MAX_TEXT:
        value = value[:MAX_TEXT] + "…"
    if "\x00" in value:
        value = value.replace("\x00", "")
    if not value.isascii():
        value = value.encode("utf-8", "ignore").decode()
    return value
