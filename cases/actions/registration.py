"""A message becomes a case: case, message, author, terms and event in one statement."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from agencies.models import Agency, User
from cases import clocks
from cases.actions.moderation import first_terms
from cases.actions.repeats import mark_repeat
from cases.bulk import fresh
from cases.errors import BadChange
from cases.masking import mask_text
from cases.models import Appeal, Case, Citizen, Message, Territory, Topic
from cases.titles import make_title
from cases.workflow import Regime, Status
from database.inserts import Insert
from database.rows import planned, set_related

# Taken beforehand, so that all rows of a case can be written at once.
_IDS = """
select nextval(pg_get_serial_sequence('cases_case', 'id')),
       nextval(pg_get_serial_sequence('cases_message', 'id')),
       nextval('cases_case_number')
"""
# Two first messages of one author at once: the second takes the author the first has made.
_AUTHOR = (
    f"author as ({Insert(Citizen).sql} on conflict (channel_id, handle)"
    " do update set handle = excluded.handle returning id)"
)
_NEW_AUTHOR = "(select id from author)"
# As moderation.refresh_search makes it again when words change.
_SEARCH = """
    setweight(to_tsvector('simple', %s), 'A')
    || setweight(to_tsvector('pg_catalog.russian', translate(%s, 'Ёё', 'Ее')), 'A')
    || to_tsvector('pg_catalog.russian', left(translate(%s, 'Ёё', 'Ее'), 100000))
"""
_EVENT = """
insert into cases_caseevent (case_id, at, actor_id, move, before, after, data)
values (%s, %s, %s, 'register', '', %s, %s)
"""


class _Parts:
    """The inserts of a case whose author is known, or made with it."""

    def __init__(self, *, new_author: bool) -> None:
        made = {"citizen_id": _NEW_AUTHOR} if new_author else {}
        self.case = Insert(Case, key=True, made={"search": _SEARCH, **made})
        made = {"author_id": _NEW_AUTHOR} if new_author else {}
        self.message = Insert(Message, key=True, made=made)
        self.author = [_AUTHOR] if new_author else []
        self.result = f"select id from {'author' if new_author else 'event'}"


_CITIZEN = Insert(Citizen)
_APPEAL = Insert(Appeal)
_KNOWN, _NEW = _Parts(new_author=False), _Parts(new_author=True)


@transaction.atomic(savepoint=False)
def register(
    message: Message,
    *,
    actor: User | None,
    topic: Topic | None = None,
    territory: Territory | None = None,
    place: str = "",
    centre: Agency | None = None,
    **facts: Any,
) -> Case:
    """Open a case for an unsaved message of a known channel; its author may be unsaved too.

    Message and author are saved with it. `centre`: whose calendar the terms follow before
    routing. `incoming_number`, `registered_on`: an appeal by 59-FZ registered elsewhere already;
    without the number it waits for its registration. Four queries at most.
    """
    now = timezone.now()
    number: str = facts.pop("incoming_number", "")
    registered: datetime | None = facts.pop("registered_on", None)
    migration: bool = facts.pop("migration", False)
    ((case_id, message_id, running),) = planned(_IDS, [])
    case = fresh(
        Case,
        id=case_id,
        number=f"{now:%y}-{running:06d}",
        regime=facts.pop("regime", "") or message.channel.regime,
        kind=facts.pop("kind", topic.kind if topic else "solvable"),
        severity=facts.pop("severity", topic.severity if topic else 2),
        title=facts.pop("title", "") or make_title(message.text, message.author.hidden_name),
        channel_id=message.channel_id,
        citizen_id=message.author_id,
        topic_id=topic.pk if topic else None,
        territory_id=territory.pk if territory else None,
        place=place,
        received_at=message.posted_at,
        registered_at=(registered if number else None) or now,
        **facts,
    )
    set_related(
        case, channel=message.channel, citizen=message.author, topic=topic, territory=territory
    )
    message.pk, message.case, message.received_at = message_id, case, now
    appeal = None
    if case.regime == Regime.LAW59:
        appeal = Appeal(
            case=case,
            incoming_number=number,
            received_at=message.posted_at,
            registered_at=case.registered_at if number else None,
            migration=migration,
        )
        if number:
            case.status = Status.MODERATION
    book = clocks.Book(case, now)
    book.assume_none()
    if centre is not None:
        # A message is taken in even where the centre's calendar ends: it only has no term yet.
        try:
            first_terms(book, centre, migration=migration, registered=bool(number))
        except BadChange:
            book = clocks.Book(case, now)
            book.assume_none()
    mark_repeat(case)
    _write(message, case, appeal, book, actor=actor)
    return case


def _write(
    message: Message, case: Case, appeal: Appeal | None, book: clocks.Book, *, actor: User | None
) -> None:
    author = message.author
    parts = _NEW if author.pk is None else _KNOWN
    statements: list[tuple[str, list[Any]]] = [
        (sql, _CITIZEN.values(author)) for sql in parts.author
    ]
    terms = book.settled()  # gives the case its due moment
    words = mask_text(message.text, author.hidden_name)
    search = (case.number, f"{case.title} {case.place}", words)
    statements += [
        (f"new_case as ({parts.case.sql})", parts.case.values(case, search=search)),
        (f"new_message as ({parts.message.sql})", parts.message.values(message)),
    ]
    if appeal is not None:
        statements.append((f"new_appeal as ({_APPEAL.sql})", _APPEAL.values(appeal)))
    statements += [(f"term{at} as ({sql})", values) for at, (sql, values) in enumerate(terms)]
    event = [case.pk, book.at, actor.pk if actor else None, case.status, Jsonb({})]
    statements.append((f"event as ({_EVENT} returning id)", event))
    sql = f"with {', '.join(sql for sql, _values in statements)} {parts.result}"
    rows = planned(sql, [value for _sql, values in statements for value in values])
    if author.pk is None:
        author.pk = rows[0][0]
        case.citizen_id = message.author_id = author.pk
    for row in (author, case, message):
        row._state.adding = False
