"""Drafts: kept every few seconds, never overwritten unseen, no text ever lost.

A page names itself (`tab`) and the draft it has seen (`seen`). What it sends becomes the draft
when it is the page that saved last, or has seen the last one. Else the draft stays, the text is
kept as a copy, and the page is told: another tab, another device, or a returned reply was first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from agencies.access import stands_in_for
from agencies.models import User
from agencies.roles import Right
from cases.actions.moving import Moving
from cases.errors import RightMissing
from cases.models import Case, Draft, DraftCopy
from cases.querysets import may
from cases.reading import IN_SCOPE, scope_of, visible_case
from database.rows import planned

COPIES_KEPT = timedelta(days=30)
# Copies of one person for one case; older ones make room.
MOST_COPIES = 10
_DRAFTED = f"""
select c.id, %s::bigint as author, %s::text as text, %s::timestamptz as at, %s::text as tab,
    (select t.id from cases_replytemplate t where t.id = %s::bigint) as template
from cases_case c where c.id = %s and {IN_SCOPE} and {IN_SCOPE}
"""
# The same text again is no conflict whoever sends it.
_MAY_REPLACE = (
    "(%s::boolean or d.text = {new}.text or d.saved_at = %s::timestamptz"
    " or (d.tab <> '' and d.tab = {new}.tab))"
)
_KEEP = f"""
insert into cases_draft as d (case_id, author_id, text, saved_at, tab, template_id) {_DRAFTED}
on conflict (case_id, author_id) do update
set text = excluded.text, saved_at = excluded.saved_at, tab = excluded.tab,
    template_id = coalesce(excluded.template_id, d.template_id)
where {_MAY_REPLACE.format(new="excluded")}
returning id
"""
_EMPTY = f"""
update cases_draft d set text = v.text, saved_at = v.at, tab = v.tab, template_id = null
from ({_DRAFTED}) v
where d.case_id = v.id and d.author_id = v.author and {_MAY_REPLACE.format(new="v")}
returning d.id
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a text. `draft`: what stands on the server now, None where nothing does.

    `conflict`: another text stands there; the one that was sent is kept as a copy.
    """

    draft: Draft | None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The page that sends a text. Without `seen` (an API client) nothing is compared."""

    tab: str = ""
    seen: datetime | None = None
    compares: bool = False
    template: int | None = None

    @classmethod
    def of(cls, tab: str, seen: str | None, template: str = "") -> "Page":
        """From a form: `seen` is the moment of the draft as ISO text, empty without one;
        `template`: the one put into the text last."""
        known = int(template) if template.isascii() and template.isdecimal() else None
        if known is not None and known >= 2**31:
            known = None
        if seen is None:
            return cls(template=known)
        try:
            moment = datetime.fromisoformat(seen) if seen else None
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is None:
            moment = None
        return cls(tab[:36], moment, compares=True, template=known)


def save_draft(case: Case, *, actor: User, text: str, page: Page | None = None) -> Saved:
    """Keep what the official has typed so far; a draft is not a change of the case.

    Where nothing was typed and nothing is kept, nothing is written: looking leaves no draft.
    """
    page = page or Page()
    text = text.replace("\x00", "")
    draft = Draft(case=case, author=actor, text=text, saved_at=timezone.now(), tab=page.tab)
    rows = planned(
        _KEEP if text.strip() else _EMPTY,
        [actor.pk, draft.text, draft.saved_at, draft.tab, page.template, case.pk]
        + [*scope_of(actor), *scope_of(actor, Right.ANSWER_CASES)]
        + [not page.compares, page.seen],
    )
    if rows:
        draft.pk = rows[0][0]
        return Saved(draft)
    if not may(actor, Right.ANSWER_CASES, visible_case(actor, case.number)):
        raise RightMissing("right_missing", move="submit_reply")
    standing = Draft.objects.filter(case=case, author=actor).first()
    if standing is None:
        return Saved(None)
    _keep_copy(case, actor, text, tab=page.tab)
    return Saved(standing, conflict=True)


def take_over(case: Case, *, actor: User, text: str, page: Page) -> Saved:
    """«Keep my text»: the other one becomes a copy, this one the draft."""
    other = Draft.objects.filter(case=case, author=actor).first()
    if other is not None and other.text != text:
        _keep_copy(case, actor, other.text)
    saved = save_draft(case, actor=actor, text=text, page=Page(page.tab, template=page.template))
    DraftCopy.objects.filter(case=case, author=actor, tab=page.tab).exclude(tab="").delete()
    return saved


@transaction.atomic
def _keep_copy(case: Case, actor: User, text: str, *, tab: str = "") -> None:
    if not text.strip():
        return
    # A page and the one it was reloaded as send the same text at once: one after the other.
    Draft.objects.select_for_update().filter(case=case, author=actor).first()
    now = timezone.now()
    known = DraftCopy.objects.filter(case=case, author=actor)
    if tab:
        # The same text under the name of a page that was reloaded is the same copy.
        known.filter(text=text).exclude(tab=tab).delete()
        known.update_or_create(
            case=case, author=actor, tab=tab, defaults={"text": text, "saved_at": now}
        )
    elif not known.filter(text=text).exists():
        DraftCopy.objects.create(case=case, author=actor, text=text, saved_at=now)
    rest = list(known.order_by("-saved_at", "-pk").values_list("pk", flat=True)[MOST_COPIES:])
    known.filter(pk__in=rest).delete()


def keep_unsent(case: Case, *, actor: User, text: str) -> None:
    """A text that could not be sent because the case went on without it: kept as a copy."""
    if may(actor, Right.ANSWER_CASES, case):
        _keep_copy(case, actor, text.replace("\x00", ""))


def lay_draft(case: Case, author_id: int, text: str) -> None:
    """Lay a returned or withdrawn text before its author; what he had begun is kept as a copy."""
    begun = Draft.objects.filter(case=case, author_id=author_id).first()
    if begun is not None and begun.text != text:
        _keep_copy(case, User(pk=author_id), begun.text)
    Draft.objects.update_or_create(
        case=case, author_id=author_id, defaults={"text": text, "tab": ""}
    )


def end_draft(step: Moving, actor: User, text: str) -> None:
    """The reply is sent: its draft ends; another text typed elsewhere stays as a copy."""
    step.along(
        "insert into cases_draftcopy (case_id, author_id, tab, text, saved_at)"
        " select case_id, author_id, '', text, saved_at from cases_draft"
        " where case_id = %s and author_id = %s and btrim(text, E' \\n\\r\\t') not in ('', %s)",
        step.case.pk,
        actor.pk,
        text,
    )
    step.along(
        "delete from cases_draft where case_id = %s and author_id = %s", step.case.pk, actor.pk
    )


def copies_of(case: Case, actor: User) -> list[DraftCopy]:
    """The person's own texts of this case that lost their place, the newest first."""
    return list(DraftCopy.objects.filter(case=case, author=actor)[:MOST_COPIES])


def pass_draft(step: Moving, giver: int, taker: int) -> None:
    """What the former executor had begun goes to the new one as an earlier text."""
    step.along(
        "insert into cases_draftcopy (case_id, author_id, tab, text, saved_at)"
        " select case_id, %s, '', text, saved_at from cases_draft"
        " where case_id = %s and author_id = %s and btrim(text, E' \\n\\r\\t') <> ''",
        taker,
        step.case.pk,
        giver,
    )


def of_the_absent(case: Case, actor: User) -> list[Draft]:
    """What those he stands in for have begun for this case."""
    absent = stands_in_for(actor)
    if not absent:
        return []
    found = Draft.objects.filter(case=case, author__in=absent).exclude(text="")
    return list(found.select_related("author"))


def forget_copies(now: datetime) -> int:
    """Delete copies older than COPIES_KEPT; how many there were."""
    return int(DraftCopy.objects.filter(saved_at__lt=now - COPIES_KEPT).delete()[0])
