"""The index of earlier replies: looking a text up in it, putting texts in and taking them out.

Two tables of this database that change in the transaction of the reply: there is no second
index to keep consistent. `quality` decides what is a copy; here the candidates are fetched.
"""

from codecs import utf_16_le_decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from time import monotonic
from typing import Any

from django.utils import timezone

from agencies.models import User
from agencies.roles import Right
from cases.directory import directory_of
from cases.models import Case, MassEvent, Reply, ReplyPrint
from cases.querysets import may
from database.rows import Columns, planned, set_related
from quality import DEFAULT, Assessment, EarlierReply, Reuse, Thresholds
from quality.later import np
from quality.masks import PRINT_VERSION, Masked, masked
from quality.prints import (
    PER_KEY,
    Print,
    divided,
    make_prints,
    prints_of,
    read_sketch,
    vote_many,
)
from quality.reuse import Shortlist, own_words

ATTACHED = 0.85
"""From this similarity on a reply belongs to the family of its source."""
COUNTED = 1000
"""Copies are counted so far; more is said as «more than»."""
_FAMILIES = 6

# The rows of the keys as two lists side by side, formulas among the text's sentences, approved
# texts that share a key. One scan of the index reads all keys in its order: a probe for each key
# costs half as much again, a row for each on its way to Python as much once more. Arrays go there
# as text and come back as bytes: a list of twelve thousand numbers is dear to write and to read.
_KEYS = """
select 0, array_send(array_agg(k.h)), array_send(array_agg(k.reply_id))
from cases_replykey k where k.h = any(%(keys)s::int[])
union all
select 1, array_send(array_agg(f.hash)), null
from cases_formula f
where f.hash = any(%(sentences)s::bigint[]) and f.families >= %(families)s
union all
select 2, array_send(array_agg(e.id)), null
from cases_massevent e where e.keys && %(keys)s::int[]
"""
# The candidates, and of the likeliest families the newest replies of the asking agencies: a list
# for each column, sketches one behind the other with their lengths.
_COLUMNS = """
array_send(array_agg(p.reply_id)), array_send(array_agg(p.family)),
array_send(array_agg(p.sent_on - date '0001-01-01' + 1)),
array_send(array_agg(length(p.sketch))), string_agg(p.sketch, '')
"""
_PRINTS = f"""
select {_COLUMNS}, null::bytea
from cases_replyprint p where p.reply_id = any(%(ids)s::bigint[])
union all
select {_COLUMNS}, array_send(array_agg(p.agency))
from (
    select own.reply_id, own.family, own.sent_on, own.sketch, asked.agency
    from (
        select distinct likely.agency, first.family
        from unnest(%(agencies)s::int[], %(likely)s::bigint[]) as likely(agency, id)
        join cases_replyprint first on first.reply_id = likely.id
    ) as asked
    cross join lateral (
        select p.reply_id, p.family, p.sent_on, p.sketch
        from cases_replyprint p
        where p.family = asked.family and p.agency_id = asked.agency
        order by p.sent_on desc limit 2
    ) as own
) as p
"""  # noqa: S608
# Texts of candidates, and how many replies their families have.
_TEXTS = f"""
select r.id, r.text, r.agency_id, c.citizen_id, r.submitted_at, r.case_id
from cases_reply r join cases_case c on c.id = r.case_id
where r.id = any(%(ids)s::bigint[])
union all
select -asked.at, null, (
    select count(*) from (
        select 1 from cases_replyprint p
        where p.family = asked.family and p.sent_on <= asked.today limit {COUNTED}) as few
), (
    select count(*) from (
        select 1 from cases_replyprint p
        where p.family = asked.family and p.sent_on between asked.since and asked.today
        limit {COUNTED}) as few
), null, null
from unnest(%(at)s::int[], %(family)s::int[], %(since)s::date[], %(today)s::date[])
    as asked(at, family, since, today)
"""
# All keys from the prints: for a load without the trigger, and for a new version of prints.
FILL_KEYS = f"""
truncate cases_replykey;
insert into cases_replykey (h, reply_id)
select h, reply_id
from (
    select k.h, p.reply_id, row_number() over (partition by k.h order by p.reply_id) as place
    from cases_replyprint p cross join lateral unnest(p.keys) as k(h)
) as ranked
where place <= {PER_KEY}
"""  # noqa: S608


@dataclass(slots=True)
class Asked:
    """A text to be looked up: for which case, as sent when (None: now)."""

    case: Case
    text: str
    sent_at: datetime | None = None


@dataclass(slots=True)
class Found:
    """What is known of a text: candidates best first, formulas, approved texts, counts.

    `families` of the candidates by their keys. `times` and `this_month` count the replies of the
    likeliest one's family; `same` says that its text is this one but for names and numbers.
    """

    earlier: list[EarlierReply] = field(default_factory=list)
    formulas: frozenset[int] = frozenset()
    approved: tuple[str, ...] = ()
    families: dict[str, int] = field(default_factory=dict)
    same: bool = False
    times: int = 0
    this_month: int = 0

    def counted(self, reuse: Reuse | None) -> int:
        """How many earlier replies have the text of the sources, as far as that is known."""
        if reuse is None:
            return 0
        return max(self.times, sum(match.key.isdigit() for match in reuse.sources))


Keys = list[tuple[Any, ...]]
"""What `_KEYS` gives: kind, numbers, and for keys the replies that have them."""


def explains(event: MassEvent, case: Case, on: date) -> bool:
    """Whether the event's approved text may be sent in this case on that day."""
    return (
        bool(event.approved_text)
        and event.starts_on <= on
        and (event.ends_on is None or on <= event.ends_on)
        and case.event_id in (None, event.pk)
        and event.topic_id in (None, case.topic_id)
        and event.territory_id in (None, case.territory_id)
    )


def _day(moment: datetime | None) -> date:
    return timezone.localtime(moment).date()


@dataclass(slots=True)
class _Known:
    """Prints of the candidates: sketch, family and day (its ordinal) by reply; replies by agency
    and family."""

    rows: dict[int, tuple[tuple[str, str], int, int]] = field(default_factory=dict)
    of_agency: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    agencies: dict[int, int] = field(default_factory=dict)


@lru_cache(maxsize=64)
def _probe(text: str) -> Print:
    """A text is looked up as it is written and again when it is sent."""
    return prints_of([masked(text)], probe=True)[0]


class _Memory:
    """What was found for the texts looked up last, for as long as the index says the same.

    The editor looks a text up, then the same text is sent: the stored keys are asked for again,
    and where they and the replies that have them are those of before, so is all that follows from
    them. A key keeps its oldest replies only (PER_KEY): of a text sent more often than that, the
    newest equals and their number may be as old as MINUTES.
    """

    MINUTES = 2
    _MOST = 64

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[float, Keys, Found]] = {}
        self._lock = Lock()

    def get(self, key: Any, keys: Keys) -> Found | None:
        with self._lock:
            moment, then, found = self._kept.get(key, (0.0, [], None))
        if found is None or then != keys or monotonic() - moment > self.MINUTES * 60:
            return None
        return replace(found, earlier=list(found.earlier), families=dict(found.families))

    def put(self, key: Any, keys: Keys, found: Found) -> None:
        with self._lock:
            self._kept.pop(key, None)
            while len(self._kept) >= self._MOST:
                del self._kept[next(iter(self._kept))]
            own = replace(found, earlier=list(found.earlier), families=dict(found.families))
            self._kept[key] = (monotonic(), keys, own)


_MEMORY = _Memory()


def look_up_again(one: Asked, limits: Thresholds) -> Found:
    """`look_up` of one text now, which may have been looked up a moment ago."""
    form, own = masked(one.text), _probe(one.text)
    keys = _stored([form], [own], limits)
    case = one.case
    if case.event_id or any(kind == 2 and values for kind, values, _ids in keys):
        return _found([one], [form], [own], keys, limits)[0]  # approved texts are edited
    key = (one.text, case.pk, case.agency_id, case.topic_id, _day(None), limits)
    found = _MEMORY.get(key, keys)
    if found is None:
        (found,) = _found([one], [form], [own], keys, limits)
        _MEMORY.put(key, keys, found)
    return found


def look_up(asked: Sequence[Asked], limits: Thresholds) -> list[Found]:
    """Candidates for many texts in three to five statements."""
    forms = [masked(one.text) for one in asked]
    prints = [_probe(asked[0].text)] if len(asked) == 1 else prints_of(forms, probe=True)
    return _found(asked, forms, prints, _stored(forms, prints, limits), limits)


def _found(
    asked: Sequence[Asked],
    forms: Sequence[Masked],
    prints: Sequence[Print],
    keys: Keys,
    limits: Thresholds,
) -> list[Found]:
    found = [Found() for _ in asked]
    voted = vote_many(prints, *_keys(asked, forms, keys, found))
    known = _prints(asked, voted)
    chosen: list[dict[int, bool]] = []
    for one, form, told, votes in zip(asked, forms, found, voted, strict=True):
        rows = _in_time(one, votes, known)
        words = own_words(form, told.approved, told.formulas)
        # Of many equal texts a few are compared: the agency's own are among them.
        numbers = list(rows)
        likely = Shortlist(words, [known.rows[number][0] for number in numbers], limits)
        own = {
            at
            for at, number in enumerate(numbers)
            if known.agencies.get(number) == one.case.agency_id
        }
        best = [numbers[at] for at in (*likely.best(), *(likely.best(own)[:2] if own else ()))]
        chosen.append({number: rows[number] for number in best})
    _texts(asked, found, chosen, known, prints)
    return found


def _stored(forms: Sequence[Masked], prints: Sequence[Print], limits: Thresholds) -> Keys:
    """What the index has of the keys of these texts, of their sentences and approved texts."""
    if not any(own.keys for own in prints):
        return []
    params = {
        "keys": _sent(sorted({key for own in prints for key in own.keys})),
        "sentences": _sent({value for form in forms for value in form.sentences.values()}),
        "families": limits.formula_families,
    }
    return planned(_KEYS, params)


def _keys(
    asked: Sequence[Asked], forms: Sequence[Masked], keys: Keys, found: Sequence[Found]
) -> tuple["np.ndarray", "np.ndarray"]:
    """Stored keys and the replies that have them; formulas and approved texts go into `found`."""
    members = _none(), _none()
    formulas: set[int] = set()
    events: list[int] = []
    for kind, values, ids in keys:
        if kind == 0:
            members = _numbers(values), _numbers(ids)
        elif kind == 1:
            formulas.update(_numbers(values).tolist())
        else:
            events += _numbers(values).tolist()
    for form, told in zip(forms, found, strict=True):
        told.formulas = frozenset(formulas.intersection(form.sentences.values()))
    _approved(asked, found, events)
    return members


def _approved(asked: Sequence[Asked], found: Sequence[Found], events: Sequence[int]) -> None:
    """Approved texts explain a reply to a like case; sent in an unlike one they are a source."""
    rows = list(MassEvent.objects.filter(pk__in=events)) if events else []
    for one, told in zip(asked, found, strict=True):
        own = one.case.event if one.case.event_id else None
        if own is None and not rows:
            continue
        near = [event for event in rows if own is None or event.pk != own.pk]
        on = _day(one.sent_at)
        for event in [own, *near] if own else near:
            if explains(event, one.case, on):
                told.approved += (event.approved_text,)
            elif event.approved_text:
                told.earlier.append(EarlierReply(f"event:{event.pk}", event.approved_text))


def _none() -> "np.ndarray":
    return np.zeros(0, dtype=np.int64)


def _sent(numbers: Iterable[int]) -> str:
    """An array of numbers as the database reads one."""
    return f"{{{','.join(map(str, numbers))}}}"


def _numbers(sent: bytes | None) -> "np.ndarray":
    """An array of numbers as `array_send` writes it: five words, then each behind its length."""
    if sent is None or len(sent) <= 20:
        return _none()
    width = ">i8" if sent[23] == 8 else ">i4"
    pairs = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", width)], offset=20)
    return pairs["value"].astype(np.int64)


def _prints(asked: Sequence[Asked], voted: Sequence[list[tuple[int, bool]]]) -> _Known:
    known = _Known()
    ids = {number for votes in voted for number, _ in votes}
    likely = {
        (one.case.agency_id, number)
        for one, votes in zip(asked, voted, strict=True)
        for number, _ in votes[:_FAMILIES]
        if one.case.agency_id
    }
    params = {
        "ids": _sent(sorted(ids)),
        "agencies": _sent(agency for agency, _ in likely),
        "likely": _sent(number for _, number in likely),
    }
    for row in planned(_PRINTS, params) if ids else ():
        numbers, families, days, lengths = [_numbers(column).tolist() for column in row[:4]]
        ends = [0, *[length // 2 for length in accumulate(lengths)]]
        letters = utf_16_le_decode(row[4] or b"")[0]  # all at once
        sketches = [divided(letters[a:b]) for a, b in zip(ends, ends[1:], strict=False)]
        columns = zip(sketches, families, days, strict=True)
        known.rows.update(zip(numbers, columns, strict=True))
        for number, family, agency in zip(
            numbers, families, _numbers(row[5]).tolist(), strict=False
        ):
            known.of_agency.setdefault((agency, family), []).append(number)
            known.agencies[number] = agency
    return known


def _in_time(one: Asked, votes: list[tuple[int, bool]], known: _Known) -> dict[int, bool]:
    """Candidates that were sent before the text, the agency's own of their families too."""
    rows = {number: rare for number, rare in votes if number in known.rows}
    for number in list(rows)[:_FAMILIES]:
        family = known.rows[number][1]
        for own in known.of_agency.get((one.case.agency_id or 0, family), ()):
            rows.setdefault(own, False)
    if one.sent_at is None:
        return rows
    on = _day(one.sent_at).toordinal()
    return {number: rare for number, rare in rows.items() if known.rows[number][2] <= on}


Counted = Sequence[tuple[int, int, date, date]]
"""Place among the texts, family, first day of the month, day."""


def texts_of(ids: Sequence[int], counted: Counted) -> dict[int, tuple[Any, ...]]:
    """Text, agency, citizen, moment and case of stored replies by id (one query).

    Under 0 and below it, by place, the sizes of the families asked for.
    """
    at, family, since, today = zip(*counted, strict=True) if counted else ((), (), (), ())
    params = {"ids": list(ids), "at": list(at), "family": list(family)}
    params |= {"since": list(since), "today": list(today)}
    return {row[0]: row[1:] for row in planned(_TEXTS, params)}


def _texts(
    asked: Sequence[Asked],
    found: Sequence[Found],
    chosen: Sequence[Mapping[int, bool]],
    known: _Known,
    prints: Sequence[Print],
) -> None:
    counted = []
    for at, (one, rows) in enumerate(zip(asked, chosen, strict=True)):
        if rows:
            today = _day(one.sent_at)
            family = known.rows[next(iter(rows))][1]
            counted.append((at, family, today.replace(day=1), today))
    wanted = sorted({number for rows in chosen for number in rows})
    texts = texts_of(wanted, counted) if wanted else {}
    for at, (one, told, rows) in enumerate(zip(asked, found, chosen, strict=True)):
        for number, rare in rows.items():
            if number not in texts:
                continue
            text, agency, citizen, sent_at, case = texts[number]
            if case == one.case.pk or one.sent_at and sent_at > one.sent_at:
                continue
            key = str(number)
            told.families[key] = known.rows[number][1]
            told.earlier.append(
                EarlierReply(key, text, str(agency), str(citizen), None, sent_at, rare)
            )
        first = next(iter(rows), 0)
        if str(first) in told.families and -at in texts:
            told.same = known.rows[first][0] == read_sketch(prints[at].sketch)
            _, told.times, told.this_month, *_rest = texts[-at]


def add(replies: Sequence[Reply], families: Mapping[int, int] | None = None) -> None:
    """Put these replies into the index; those indexed before must be forgotten first.

    `families`: the first reply with nearly the same text, by reply.
    """
    families = families or {}
    made = make_prints([reply.text for reply in replies])
    ReplyPrint.objects.bulk_create(
        print_row(reply, own, families.get(reply.pk))
        for reply, own in zip(replies, made, strict=True)
    )


def print_row(reply: Reply, own: Print, family: int | None = None) -> ReplyPrint:
    return ReplyPrint(
        reply_id=reply.pk,
        family=family or reply.pk,
        agency_id=reply.agency_id,
        sent_on=_day(reply.submitted_at),
        stems=own.stems,
        version=PRINT_VERSION,
        keys=list(own.keys),
        sketch=own.sketch,
    )


def forget(replies: Iterable[Reply]) -> None:
    """Take texts that were never sent to a citizen out of the index; their keys go along."""
    ReplyPrint.objects.filter(reply_id__in=[reply.pk for reply in replies]).delete()


def renew(replies: Sequence[Reply]) -> None:
    """Index replies anew whose text was changed (personal data taken out of it)."""
    forget(replies)
    add(replies)


def attached_to(found: Assessment) -> str | None:
    """Key of the reply whose family a reply with this assessment joins.

    A short text joins only its very equals: they are counted, not compared.
    """
    best = found.reuse.sources[0] if found.reuse else None
    least = 1.0 if found.stems < DEFAULT.short_stems else ATTACHED
    return best.key if best and best.key.isdigit() and best.similarity >= least else None


_EARLIER = Columns(
    Reply, "r", only=["text", "version", "case_id", "agency_id", "author_id", "submitted_at"]
)
_EARLIER_CASE = Columns(Case, "c", only=["number", "agency_id"])
_VISIBLE = (
    f"select {_EARLIER.sql}, {_EARLIER_CASE.sql} from cases_reply r"
    " join cases_case c on c.id = r.case_id where r.id = any(%s::bigint[])"
)


def visible_sources(user: User, reply_ids: list[int]) -> dict[int, Reply]:
    """Of the earlier replies a text was compared with, those whose case `user` may open.

    With their case and agency (one query).
    """
    agencies = directory_of(user).agencies
    sources: dict[int, Reply] = {}
    for row in planned(_VISIBLE, [reply_ids]):
        reply, case = _EARLIER.take(row), _EARLIER_CASE.take(row, _EARLIER.width)
        if reply is not None and case is not None and may(user, Right.VIEW_CASES, case):
            set_related(reply, case=case)
            if reply.agency_id in agencies:
                set_related(reply, agency=agencies[reply.agency_id])
            sources[reply.pk] = reply
    return sources
