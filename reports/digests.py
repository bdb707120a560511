"""The digest: proposing decisions from the cases, confirming them, what the public is shown."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases.errors import BadChange
from cases.masking import mask_text
from cases.models import Case, Citizen, MassEvent, Message, Topic
from reports import wording
from reports.measures import Kind, Sign
from reports.models import Digest, DigestCase, DigestEntry
from reports.periods import Period

MOST = 40  # proposed decisions of a digest
_LEAST = 2  # solved cases of one topic and place
_RUN = 6  # so many words in a row from a citizen's text are a quotation
_READ = 500
_WORD = re.compile(r"\w+")


def may_edit(user: User) -> bool:
    """The digest speaks for the region: whoever watches over all of it."""
    return granted_agency_ids(user, Right.CONTROL_CASES) is None


@transaction.atomic
def propose(digest: Digest) -> int:
    """Add what was decided in these days and is not in the digest yet; how many are new.

    Mass events with a decision, with all their cases; then topics and territories by solved
    cases outside of them. A machine proposes, nothing is public until somebody confirms it.
    """
    Digest.objects.select_for_update().get(pk=digest.pk)
    return _propose_events(digest) + _propose_places(digest)


def _propose_events(digest: Digest) -> int:
    known = set(digest.entries.exclude(event=None).values_list("event_id", flat=True))
    events = (
        MassEvent.objects.exclude(decision="")
        .filter(starts_on__lte=digest.last, cases__isnull=False)
        .exclude(pk__in=known)
        .exclude(ends_on__lt=digest.first)
        .annotate(n=Count("cases"))
        .order_by("-n", "pk")[:MOST]
    )
    made = 0
    for event in events:
        entry = DigestEntry.objects.create(
            digest=digest, position=made, event=event, topic_id=event.topic_id,
            territory_id=event.territory_id, heading=event.title[:120],
            sentence=" ".join(event.decision.split())[:500], on=event.ends_on,
            progress="done" if event.ends_on else "goes_on",
        )  # fmt: skip
        _link(entry, Case.objects.filter(event=event).values_list("pk", flat=True))
        made += 1
    return made


_SOLVED = f"""
select f.topic_id, f.territory_id, array_agg(f.case_id order by f.case_id)
from reports_fact f join cases_case c on c.id = f.case_id
where f.kind = {int(Kind.CLOSED)} and f.day between %(first)s and %(last)s
    and f.signs & {int(Sign.SOLVED)} <> 0 and f.topic_id <> 0 and c.event_id is null
group by 1, 2 having count(*) >= %(least)s order by count(*) desc, 1, 2 limit %(most)s
"""


def _propose_places(digest: Digest) -> int:
    known = set(digest.entries.filter(event=None).values_list("topic_id", "territory_id"))
    with connection.cursor() as cursor:
        cursor.execute(
            _SOLVED,
            {"first": digest.first, "last": digest.last, "least": _LEAST, "most": MOST},
        )
        rows = cursor.fetchall()
    topics = Topic.objects.in_bulk([row[0] for row in rows])
    made = 0
    for topic, territory, cases in rows:
        if topic not in topics or (topic, territory or None) in known:
            continue
        entry = DigestEntry.objects.create(
            digest=digest, position=1000 + made, topic_id=topic, territory_id=territory or None,
            heading=topics[topic].name[:120],
            sentence=ngettext(
                "%(n)s message: the work is done.", "%(n)s messages: the work is done.", len(cases)
            ) % {"n": len(cases)},
        )  # fmt: skip
        _link(entry, cases)
        made += 1
    return made


def _link(entry: DigestEntry, cases: Iterable[int]) -> None:
    DigestCase.objects.bulk_create(
        [DigestCase(entry=entry, case_id=pk) for pk in cases], batch_size=5000
    )


def personal(entry: DigestEntry, *texts: str) -> str:
    """What of a private person these words would show the public: a code, empty where nothing."""
    whole = " ".join(texts)
    if mask_text(whole, "") != whole:
        return "digest_contacts"
    cases = entry.links.values("case")
    names = Citizen.objects.filter(cases__in=cases, kind="person").exclude(name="")
    for name in names.values_list("name", flat=True).distinct()[:_READ]:
        if mask_text(whole, name) != whole:
            return "digest_name"
    said = Message.objects.filter(case__in=cases, is_current=True).values_list("text", flat=True)
    if quotes(whole, said[:_READ]):
        return "digest_quotes"
    return ""


def quotes(text: str, sources: Iterable[str]) -> bool:
    """Whether several words in a row stand in one of the sources."""
    words = _WORD.findall(text.lower())
    runs = {" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}
    return any(run in " ".join(_WORD.findall(source.lower())) for source in sources for run in runs)


@transaction.atomic
def confirm(
    entry: DigestEntry, *, actor: User, heading: str, sentence: str, progress: str, on: object
) -> None:
    """Let these words be public, with the number of cases as it is now."""
    if not sentence.strip():
        raise BadChange("digest_empty", field="sentence")
    if code := personal(entry, heading, sentence):
        raise BadChange(code, field="sentence")
    locked = DigestEntry.objects.select_for_update().get(pk=entry.pk)
    locked.heading, locked.sentence = heading.strip(), " ".join(sentence.split())
    locked.progress, locked.on = progress, on  # type: ignore[assignment]
    locked.cases_count = locked.links.count()
    locked.confirmed_at, locked.confirmed_by = timezone.now(), actor
    locked.save()


def publish(digest: Digest, *, actor: User, now: datetime | None = None) -> None:
    """Only confirmed sentences come along; without one there is nothing to publish."""
    if not public_entries(digest).exists():
        raise BadChange("digest_nothing")
    Digest.objects.filter(pk=digest.pk).update(
        published_at=now or timezone.now(), published_by=actor
    )


def withdraw(digest: Digest) -> None:
    Digest.objects.filter(pk=digest.pk).update(published_at=None, published_by=None)


def public() -> QuerySet[Digest]:
    return Digest.objects.filter(published_at__isnull=False)


def public_entries(digest: Digest) -> QuerySet[DigestEntry]:
    """What anybody may read: confirmed words and a number, never a case."""
    return (
        digest.entries.filter(confirmed_at__isnull=False)
        .select_related("topic__group", "territory")
        .order_by("position", "pk")
    )


def default_hashtags() -> str:
    """«#РешенияПоСигналамЖителей #ЗаречнаяОбласть»"""
    region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
    tags = [_("#DecisionsOnSignals")]
    if region is not None:
        tags.append(hashtag(region.name))
    return " ".join(tags)


def hashtag(name: str) -> str:
    return "#" + "".join(word[:1].upper() + word[1:] for word in _WORD.findall(name))


def post_text(digest: Digest) -> str:
    """The digest as a post: a line each, then hashtags of the region and its territories."""
    entries = list(public_entries(digest))
    period = wording.period_words(Period(digest.first, digest.last))
    lines = [_("Decisions on residents' signals, %(period)s") % {"period": period}, ""]
    if digest.intro:
        lines += [digest.intro, ""]
    lines += [f"— {entry.heading}. {entry.sentence}{_when(entry)}" for entry in entries]
    places = dict.fromkeys(e.territory.name for e in entries if e.territory is not None)
    tags = [digest.hashtags, *(hashtag(name) for name in list(places)[:5])]
    return "\n".join([*lines, "", " ".join(filter(None, tags))])


def _when(entry: DigestEntry) -> str:
    if entry.on is None:
        return ""
    day = date_format(entry.on, "j E")
    words = _("Done %(day)s.") if entry.progress == "done" else _("Until %(day)s.")
    return " " + words % {"day": day}
