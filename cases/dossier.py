"""All a page of a case shows, in two planned statements: the case, and what hangs on it.

Nine tables read through the ORM cost nine statements, each compiled and planned anew: three
quarters of the page. What is returned are the usual model instances with their relations set.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from cases.directory import directory_of
from cases.models import (
    Appeal,
    Assignment,
    Attachment,
    Case,
    CaseEvent,
    Citizen,
    Clock,
    Control,
    DeadlineRule,
    Draft,
    Finding,
    Mark,
    MassEvent,
    Message,
    Paper,
    Participation,
    Promise,
    Reply,
    Review,
    ReviewTask,
    Waiting,
)
from cases.querysets import may
from database.rows import Columns, json_rows, planned, set_prefetched, set_related

_PERSON = ("username", "first_name", "last_name", "patronymic", "position", "phone")
_CASE = Columns(Case, "c", without=["search"])
_CITIZEN = Columns(Citizen, "z")
_EXECUTOR = Columns(User, "x", only=_PERSON)
_EVENT = Columns(MassEvent, "m")
_CONTROLLER = Columns(User, "k", only=_PERSON)
_REPEATED = Columns(Case, "r", only=["number", "agency_id"])
_MERGED = Columns(Case, "g", only=["number", "agency_id"])
_APPEAL = Columns(Appeal, "p")
_REJECTER = Columns(User, "j", only=_PERSON)
_JOINED: tuple[tuple[str, Columns[Any]], ...] = (
    ("citizen", _CITIZEN),
    ("executor", _EXECUTOR),
    ("event", _EVENT),
    ("controlled_by", _CONTROLLER),
    ("repeat_of", _REPEATED),
    ("merged_into", _MERGED),
    ("appeal", _APPEAL),
    ("rejection_by", _REJECTER),
)
_ONE = (
    f"select {', '.join([_CASE.sql, *(columns.sql for _name, columns in _JOINED)])}"
    " from cases_case c join cases_citizen z on z.id = c.citizen_id"
    " left join agencies_user x on x.id = c.executor_id"
    " left join cases_massevent m on m.id = c.event_id"
    " left join agencies_user k on k.id = c.controlled_by_id"
    " left join cases_case r on r.id = c.repeat_of_id"
    " left join cases_case g on g.id = c.merged_into_id"
    " left join cases_appeal p on p.case_id = c.id"
    " left join agencies_user j on j.id = c.rejection_by_id"
    " where c.number = %(number)s"
)
# The scope of CaseQuerySet.visible_to as a condition; without it: every agency.
_IN_SCOPE = "agency_id = any(%(ids)s::bigint[])"


def whole_case(user: User, number: str) -> Case | None:
    """The case with everything it refers to, if `user` may see it (one query)."""
    ids = granted_agency_ids(user, Right.VIEW_CASES)
    sql = _ONE if ids is None else f"{_ONE} and c.{_IN_SCOPE}"
    rows = planned(sql, {"number": number, "ids": sorted(ids or ())})
    case = _CASE.take(rows[0]) if rows else None
    if case is None:
        return None
    at = _CASE.width
    for name, columns in _JOINED:
        set_related(case, **{name: columns.take(rows[0], at)})
        at += columns.width
    directory = directory_of(user)
    directory.attach([case])
    if case.proposed_agency_id in directory.agencies:
        set_related(case, proposed_agency=directory.agencies[case.proposed_agency_id])
    return case


_LETTER = Columns(Message, "l", without=["raw", "fingerprint"])
_REPLY = Columns(Reply, "r")
_AUTHOR = Columns(User, "u", only=_PERSON)
_FINDING = Columns(Finding, "f")
_ASKED = Columns(User, "w", only=_PERSON)
_REVIEW = Columns(Review, "w")
_DRAFT = Columns(Draft, "d")
_STEP = Columns(CaseEvent, "e", without=["tx"])
_CLOCK = Columns(Clock, "t")
_PART_CLOCK = Columns(Clock, "t", only=["stopped_at", "missed_at", "explanation"])
_RULE = Columns(DeadlineRule, "d", only=["code", "title"])
_FILE = Columns(Attachment, "a")
_PROMISE = Columns(Promise, "p")
_PAPER = Columns(Paper, "p")
_MARK = Columns(Mark, "k")
_CONTROL = Columns(Control, "s")
_HOLDING = Columns(Assignment, "h")
_TASK = Columns(ReviewTask, "y")
_PART = Columns(Participation, "q")
_WAITING = Columns(Waiting, "o")
_OTHER = Columns(Case, "c", only=["number", "title", "status", "received_at", "agency_id"])
# Moves a second reviewer does not see before he has judged himself.
VERDICTS = frozenset({"accept_reply", "return_for_rework", "judge_reply"})
# Nobody has written 500 cases: beyond them a shared handle is meant and the count is cut.
_MOST_OTHERS, _SHOWN_OTHERS = 500, 5
_OF_CITIZEN = "from cases_case c where c.citizen_id = %(citizen)s and c.id <> %(case)s"
_PARTS = (
    json_rows(
        "from cases_message l join cases_citizen z on z.id = l.author_id"
        " where l.case_id = %(case)s and l.is_current order by l.posted_at, l.id",
        _LETTER,
        _CITIZEN,
    ),
    json_rows(
        "from cases_reply r left join agencies_user u on u.id = r.author_id"
        " where r.case_id = %(case)s order by r.version desc",
        _REPLY,
        _AUTHOR,
    ),
    json_rows(
        "from cases_finding f join cases_reply r on r.id = f.reply_id"
        " where r.case_id = %(case)s order by f.id",
        _FINDING,
    ),
    json_rows(
        "from cases_review w join cases_reply r on r.id = w.reply_id"
        " left join agencies_user u on u.id = w.reviewer_id"
        " where r.case_id = %(case)s order by w.id",
        _REVIEW,
        _AUTHOR,
    ),
    json_rows("from cases_draft d where d.case_id = %(case)s and d.author_id = %(user)s", _DRAFT),
    json_rows(
        "from (select * from cases_caseevent where case_id = %(case)s order by id desc"
        " limit %(steps)s) e left join agencies_user u on u.id = e.actor_id order by e.id desc",
        _STEP,
        _AUTHOR,
    ),
    json_rows(
        "from cases_clock t left join cases_deadlinerule d on d.id = t.rule_id"
        " where t.case_id = %(case)s and t.kind <> 'part' order by t.due_at, t.id",
        _CLOCK,
        _RULE,
    ),
    json_rows(
        "from cases_attachment a where a.case_id = %(case)s and not exists"
        " (select from cases_paper p where p.attachment_id = a.id) order by a.id",
        _FILE,
    ),
    json_rows(
        "from cases_promise p where p.case_id = %(case)s order by p.until_on, p.id", _PROMISE
    ),
    json_rows(
        "from cases_paper p join cases_attachment a on a.id = p.attachment_id"
        " where p.case_id = %(case)s order by p.id desc",
        _PAPER,
        _FILE,
    ),
    json_rows(
        "from cases_control s left join agencies_user u on u.id = s.set_by_id"
        " where s.case_id = %(case)s order by s.set_at desc, s.id desc limit 20",
        _CONTROL,
        _AUTHOR,
    ),
    json_rows("from cases_mark k where k.case_id = %(case)s order by k.id desc", _MARK),
    json_rows(
        "from cases_assignment h left join agencies_user u on u.id = h.executor_id"
        " where h.case_id = %(case)s order by h.at desc, h.id desc limit 50",
        _HOLDING,
        _AUTHOR,
    ),
    # A few rows of the tasks that wait: objections and second opinions.
    json_rows(
        "from cases_reviewtask y join cases_reply r on r.id = y.reply_id"
        " where r.case_id = %(case)s and y.done_at is null and y.first_id is not null",
        _TASK,
    ),
    json_rows(
        "from cases_participation q left join agencies_user u on u.id = q.given_by_id"
        " left join agencies_user w on w.id = q.person_id left join cases_clock t"
        " on t.id = q.clock_id where q.case_id = %(case)s order by q.id",
        _PART,
        _AUTHOR,
        _ASKED,
        _PART_CLOCK,
    ),
)
_WAITINGS = json_rows(
    "from cases_waiting o left join agencies_user u on u.id = o.asked_by_id"
    " where o.case_id = %(case)s order by o.id desc limit 20",
    _WAITING,
    _AUTHOR,
)
# The other parts of one message; which of them the reader may see is asked of each.
_SIBLINGS = json_rows(
    "from cases_case c where (c.split_from_id = %(root)s or c.id = %(root)s)"
    " and c.id <> %(case)s order by c.id limit 20",
    _OTHER,
)
_OTHERS = json_rows(
    f"{_OF_CITIZEN} and {{scope}} order by c.received_at desc limit {_SHOWN_OTHERS}", _OTHER
)
# How many of them there are, and how many lie outside the reader's scope.
_HIDDEN = (
    "(select count(*) filter (where not coalesce({scope}, false)) from"
    f" (select c.agency_id {_OF_CITIZEN} order by c.received_at desc limit {_MOST_OTHERS}) c)"
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What hangs on a case; newest first where nothing else is said."""

    letters: list[Message]  # current ones, oldest first
    replies: list[Reply]  # findings and reviews inside, as prefetched
    draft: Draft | None  # the reader's own
    events: list[CaseEvent]
    clocks: list[Clock]  # by due moment
    files: list[Attachment]  # without those of papers
    promises: list[Promise]  # by date
    papers: list[Paper]
    controls: list[Control]  # personal control: the times it was set
    marks: list[Mark]
    assignments: list[Assignment]  # who held the case
    tasks: list[ReviewTask]  # second looks at verdicts that wait
    parts: list[Participation]  # what other agencies contribute, in the order of asking
    waitings: list[Waiting]  # questions to the citizen
    siblings: list[Case]  # the other parts of the message that the reader may open
    hidden_siblings: int  # and how many he may not
    others: list[Case]  # what the author wrote before: the newest the reader may open
    hidden: int  # and how many he may not


def dossier_of(case: Case, user: User, *, steps: int = 60) -> Dossier:
    """Everything that hangs on a case the reader may see; `steps`: of its history (one query)."""
    ids = granted_agency_ids(user, Right.VIEW_CASES)
    scope = "true" if ids is None else f"c.{_IN_SCOPE}"
    hidden_count = "0" if ids is None else _HIDDEN.format(scope=scope)
    parts = [*_PARTS, _WAITINGS, _SIBLINGS, _OTHERS.format(scope=scope), hidden_count]
    values = {
        "case": case.pk,
        "root": case.split_from_id or case.pk,
        "citizen": case.citizen_id,
        "user": user.pk,
        "steps": steps,
        "ids": sorted(ids or ()),
    }
    (found,) = planned(f"select {', '.join(parts)}", values)
    letters, replies, findings, reviews, drafts, events, clocks, *rest = found
    files, promises, papers, controls, marks, holdings, tasks, parts, *last = rest
    waitings, siblings, others, hidden = last
    terms: list[Clock] = _with(clocks, _CLOCK, rule=_RULE)
    # cases.doors offers the first response where its term runs.
    vars(case)["awaits_first_response"] = any(
        clock.code == "SN-PRIMARY" and clock.stopped_at is None for clock in terms
    )
    promised = _with(promises, _PROMISE)
    waiting = _with(tasks, _TASK)
    answers = _replies(replies, findings, reviews, case, user)
    history: list[CaseEvent] = _with(events, _STEP, actor=_AUTHOR)
    reviewers = {
        review.pk: review.reviewer_id for reply in answers for review in reply.reviews.all()
    }
    if _judges_anew(case, user, [reviewers.get(task.first_id or 0) for task in waiting]):
        history = [event for event in history if event.move not in VERDICTS]
        for reply in answers:
            set_prefetched(reply, reviews=[])
    vars(case)["has_open_promise"] = any(one.state == Promise.State.OPEN for one in promised)
    watched = _with(controls, _CONTROL, set_by=_AUTHOR)
    vars(case)["lifting_proposed"] = any(
        one.lifted_at is None and one.proposed_at is not None for one in watched
    )
    asked = _at_agencies(
        _with(parts, _PART, given_by=_AUTHOR, person=_ASKED, clock=_PART_CLOCK), user
    )
    states = {part.state for part in asked}
    vars(case)["has_asked_part"] = Participation.State.ASKED in states
    vars(case)["has_given_part"] = Participation.State.GIVEN in states
    together: list[Case] = _with(siblings, _OTHER)
    seen = [one for one in together if may(user, Right.VIEW_CASES, one)]
    return Dossier(
        letters=_letters(letters, case, user),
        replies=answers,
        draft=_DRAFT.take_json(drafts[0]) if drafts else None,
        events=history,
        clocks=terms,
        files=_with(files, _FILE),
        promises=promised,
        papers=_with(papers, _PAPER, attachment=_FILE),
        controls=watched,
        marks=_with(marks, _MARK),
        tasks=waiting,
        parts=asked,
        assignments=_at_agencies(_with(holdings, _HOLDING, executor=_AUTHOR), user),
        waitings=_with(waitings, _WAITING, asked_by=_AUTHOR),
        siblings=_at_agencies(seen, user),
        hidden_siblings=len(together) - len(seen),
        others=_with(others, _OTHER),
        hidden=hidden,
    )


def _judges_anew(case: Case, user: User, first: Sequence[int | None]) -> bool:
    """Whether the reader may be a second reviewer: then he sees no first verdict.

    `first`: who gave the verdicts that are looked at again.
    """
    return may(user, Right.REVIEW_REPLIES, case) and any(person != user.pk for person in first)


def history_for(case: Case, user: User) -> QuerySet[CaseEvent]:
    """The events of a case for pages without a dossier: its card, the administration (one query
    where the reader may judge replies)."""
    rows = case.events.select_related("actor")
    if not may(user, Right.REVIEW_REPLIES, case):
        return rows
    again = ReviewTask.objects.filter(reply__case=case, done_at=None, first__isnull=False)
    if _judges_anew(case, user, list(again.values_list("first__reviewer_id", flat=True))):
        return rows.exclude(move__in=VERDICTS)
    return rows


def _with(rows: Sequence[Any], own: Columns[Any], **joined: Columns[Any]) -> list[Any]:
    """Instances of rows whose columns are `own` and then those of the joined table."""
    made = []
    for row in rows:
        instance = own.take_json(row)
        assert instance is not None
        at = own.width
        for name, columns in joined.items():
            set_related(instance, **{name: columns.take_json(row, at)})
            at += columns.width
        made.append(instance)
    return made


def _letters(rows: Sequence[Any], case: Case, user: User) -> list[Message]:
    letters: list[Message] = _with(rows, _LETTER, author=_CITIZEN)
    channels = directory_of(user).channels
    for letter in letters:
        set_related(letter, case=case)
        if letter.channel_id in channels:
            set_related(letter, channel=channels[letter.channel_id])
    return letters


def _replies(
    rows: Sequence[Any], findings: Sequence[Any], reviews: Sequence[Any], case: Case, user: User
) -> list[Reply]:
    of_reply: dict[int, tuple[list[Finding], list[Review]]] = defaultdict(lambda: ([], []))
    for finding in _with(findings, _FINDING):
        of_reply[finding.reply_id][0].append(finding)
    for review in _with(reviews, _REVIEW, reviewer=_AUTHOR):
        of_reply[review.reply_id][1].append(review)
    replies: list[Reply] = _at_agencies(_with(rows, _REPLY, author=_AUTHOR), user)
    for reply in replies:
        found, judged = of_reply[reply.pk]
        set_related(reply, case=case)
        set_prefetched(reply, findings=found, reviews=judged)
    return replies


def _at_agencies(rows: list[Any], user: User) -> list[Any]:
    agencies = directory_of(user).agencies
    for row in rows:
        if row.agency_id in agencies:
            set_related(row, agency=agencies[row.agency_id])
    return rows
