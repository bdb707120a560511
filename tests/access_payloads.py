"""A valid request for every route: the access test sends them as everyone.

Adding a route without a row here fails `test_access` with the route's name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agencies.roles import Right
from cases.doors import DOORS
from cases.models import Case
from cases.workflow import Status
from notices.kinds import Kind
from tests.factories import REPLY, next_workday
from tests.move_payloads import MOVES, Body


@dataclass(frozen=True, slots=True)
class Route:
    """One request. `rights`: any one of them opens it; empty means every signed-in person.

    A route with a case takes the right on the case's agency and shows 404 to who may not see
    the case; a route without one takes the right anywhere. `public`: no sign-in at all.
    `status`: state of the case. `refusal`: answer to who lacks the right. `region_wide`: the
    right must reach every agency. `query`: added to the address. `echoes`: shows what was
    asked for, so the marker may stand in the answer (foreign numbers may not). `multipart`: a
    call of the API that takes a form with files, not JSON. `move`: whose
    case it takes (its regime, its kind of reply).
    """

    method: str = "get"
    rights: frozenset[str] = frozenset()
    status: str = ""
    body: Body = field(default=lambda world, case: {})
    # None: the case's number for a route with a case, nothing for one without.
    kwargs: Callable[[Any, Case], Mapping[str, Any]] | None = None
    public: bool = False
    refusal: tuple[int, ...] = (403,)
    region_wide: bool = False
    query: str = ""
    echoes: bool = False
    multipart: bool = False
    move: str = ""


def _case(*rights: str, **given: Any) -> Route:
    return Route(rights=frozenset(rights), **{"status": Status.IN_WORK, **given})


def _any(*rights: str, **given: Any) -> Route:
    return Route(rights=frozenset(rights), **given)


HANDING = (Right.ASSIGN_CASES, Right.ROUTE_CASES, Right.MANAGE_AGENCIES)
_PART = lambda world, case: {"pk": world.part.pk}  # noqa: E731
_PART_FILE = lambda world, case: {"pk": world.part.pk, "file": world.part_file().pk}  # noqa: E731
_FILE = lambda world, case: {"number": case.number, "pk": world.file_of(case).pk}  # noqa: E731

ROUTES: dict[str, Route] = {
    "home": _any(Right.ANSWER_CASES, *Right.values),
    "health-live": Route(public=True),
    "health-ready": Route(public=True),
    "sign-in": Route(public=True),
    "sign-out": Route(method="post"),
    "my-settings": Route(method="post", body=lambda w, c: {"theme": "dark", "text_size": "large"}),
    "password": Route(),
    "queue": Route(query="scope=agency"),
    "approval-queue": Route(),
    "case-list": Route(query="q=яма"),
    "case-filter": Route(query="list=/cases/"),
    "search": Route(query="q=яма"),
    # Foreign numbers among the chosen are as good as none.
    "bulk": _any(
        Right.ASSIGN_CASES,
        method="post",
        query="move=assign&list=queue",
        body=lambda w, c: {
            "cases": f"{c.number}:{c.version} {w.foreign_numbers[0]}:1",
            "executor": w.executor_of(c).username,
            "step": "do",
        },
    ),
    "bulk-result": _any(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.bulk.pk}
    ),
    "api-bulk": _any(
        Right.ASSIGN_CASES,
        method="post",
        body=lambda w, c: {
            "move": "assign",
            "cases": [c.number, *w.foreign_numbers[:3]],
            "values": {"executor": w.executor_of(c).username},
        },
    ),
    "api-bulk-run": _any(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.bulk.pk}
    ),
    "bulk-undo": _any(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        method="post",
        kwargs=lambda w, c: {"pk": w.done_bulk.pk},
    ),
    "api-bulk-undo": _any(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        method="post",
        kwargs=lambda w, c: {"pk": w.done_bulk.pk},
        body=lambda w, c: {},
    ),
    "promise-table": _any(Right.VIEW_CASES, kwargs=lambda w, c: {"kind": "csv"}),
    "control-table": _any(Right.CONTROL_CASES, kwargs=lambda w, c: {"kind": "xlsx"}),
    "copies-table": _any(
        *(Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
        kwargs=lambda w, c: {"kind": "csv"},
        query="days=365",
    ),
    "saved-views": Route(),
    "saved-view-row": Route(query="list=queue&q=яма"),
    "saved-view-new": Route(
        method="post", query="list=case-list&q=яма", body=lambda w, c: {"name": "Ямы"}
    ),
    # The curator's own, shown to nobody.
    "saved-view": _any(
        Right.DISPUTE_COMPETENCE,
        method="post",
        refusal=(404,),
        kwargs=lambda w, c: {"pk": w.saved_view.pk},
        body=lambda w, c: {"name": "Ямы весной"},
    ),
    "api-saved-views": Route(
        method="post", body=lambda w, c: {"name": "Ямы", "list": "queue", "conditions": {}}
    ),
    "api-saved-view": _any(
        Right.DISPUTE_COMPETENCE,
        method="patch",
        refusal=(404,),
        kwargs=lambda w, c: {"pk": w.saved_view.pk},
        body=lambda w, c: {"name": "Ямы весной", "first": True},
    ),
    "control-board": _any(Right.CONTROL_CASES),
    "control-protocol": _any(Right.CONTROL_CASES),
    "control-protocol-pdf": _any(Right.CONTROL_CASES),
    "api-control": _any(Right.CONTROL_CASES),
    "promise-list": _any(Right.VIEW_CASES),
    "promise-calendar": _any(Right.VIEW_CASES),
    "api-promises": _any(Right.VIEW_CASES),
    "api-promise-month": _any(Right.VIEW_CASES),
    # A part of a foreign case: who is asked sees it, and nothing else of that case.
    "parts": _any(Right.CONTRIBUTE, Right.ANSWER_CASES, Right.APPROVE_REPLIES, query="state=all"),
    "api-parts": _any(
        Right.CONTRIBUTE, Right.ANSWER_CASES, Right.APPROVE_REPLIES, query="state=all&side=us"
    ),
    **{
        name: _any(Right.CONTRIBUTE, refusal=(404,), method=method, kwargs=kwargs, body=body)
        for name, method, kwargs, body in (
            ("part", "post", _PART, lambda w, c: {"text": "Сети наши, кабель заменим"}),
            ("part-attach", "post", _PART, lambda w, c: {"file": w.upload()}),
            ("part-file", "get", _PART_FILE, lambda w, c: {}),
            ("part-detach", "post", _PART_FILE, lambda w, c: {}),
            ("api-part", "get", _PART, lambda w, c: {}),
            ("api-part-give", "post", _PART, lambda w, c: {"text": "Сети наши"}),
            ("api-part-file", "get", _PART_FILE, lambda w, c: {}),
        )
    },
    "api-part-files": _any(
        Right.CONTRIBUTE,
        refusal=(404,),
        method="post",
        kwargs=_PART,
        body=lambda w, c: {"file": w.upload()},
        multipart=True,
    ),
    "desk": _any(Right.MODERATE_CASES, Right.ROUTE_CASES),
    "review": _any(Right.REVIEW_REPLIES),
    "api-review": _any(Right.REVIEW_REPLIES, query="part=sample"),
    "quality-figures": _any(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="points=40"),
    "families": _any(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, query="days=365"),
    "family": _any(
        Right.REVIEW_REPLIES,
        Right.ASSIGN_CASES,
        kwargs=lambda w, c: {"pk": w.family.pk},
        query="after=0",
    ),
    "api-families": _any(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, query="days=365"),
    "api-family": _any(
        Right.REVIEW_REPLIES, Right.ASSIGN_CASES, kwargs=lambda w, c: {"pk": w.family.pk}
    ),
    "event-list": _any(Right.VIEW_CASES, query="view=offered"),
    "event-new": _any(
        Right.CLOSE_CASES,
        method="post",
        body=lambda w, c: {"title": "Нет воды", "starts_on": "2026-11-01", "agency": w.own_pk},
    ),
    "event-offer": _any(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"pk": w.offer.pk},
        body=lambda w, c: {"decision": "confirm", "case": [c.pk], "title": "Нет воды"},
    ),
    "api-offers": _any(Right.ROUTE_CASES),
    "api-offer": _any(Right.ROUTE_CASES, kwargs=lambda w, c: {"pk": w.offer.pk}),
    "api-offer-confirm": _any(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"pk": w.offer.pk},
        body=lambda w, c: {"cases": [c.number], "title": "Нет воды"},
    ),
    "api-offer-refuse": _any(
        Right.ROUTE_CASES, method="post", kwargs=lambda w, c: {"pk": w.offer.pk}
    ),
    "event": _any(Right.VIEW_CASES, kwargs=lambda w, c: {"code": w.event.code}),
    "event-edit": _any(
        Right.CLOSE_CASES,
        method="post",
        kwargs=lambda w, c: {"code": w.event.code},
        body=lambda w, c: {"title": "Нет воды", "starts_on": "2026-11-01", "agency": w.own_pk},
    ),
    "event-late": _any(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"code": w.event.code},
        body=lambda w, c: {"decision": "join", "case": [c.pk]},
    ),
    "event-replies": _any(Right.ANSWER_CASES, kwargs=lambda w, c: {"code": w.event.code}),
    # One's own order only: this one is the curator's.
    "event-order": _any(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        kwargs=lambda w, c: {"code": w.event.code, "pk": w.order.pk},
    ),
    "spikes": _any(Right.VIEW_STATES, region_wide=True),
    "repeats": _any(Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
    "api-events": _any(Right.VIEW_CASES),
    "api-event": _any(
        Right.VIEW_CASES, kwargs=lambda w, c: {"code": w.event.code}, query="members=all"
    ),
    "api-spikes": _any(Right.VIEW_STATES, region_wide=True),
    "api-repeats": _any(Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
    "event-close": _any(
        Right.CLOSE_CASES, method="post", kwargs=lambda w, c: {"code": w.event.code}
    ),
    "quality-lessons": _any(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="days=30"),
    "quality-export": _any(
        Right.REVIEW_REPLIES,
        method="post",
        body=lambda w, c: {"days": "30", "reason": "новые веса для проверки"},
    ),
    "review-agreement": _any(Right.REVIEW_REPLIES),
    "review-claim": _case(Right.REVIEW_REPLIES, method="post", status=Status.REVIEW),
    "review-one": _case(Right.REVIEW_REPLIES, status=Status.REVIEW),
    **{
        f"{prefix}{name}": _any(
            *(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, Right.APPROVE_REPLIES),
            *(Right.CONTROL_CASES, Right.MANAGE_AGENCIES),
            kwargs=None
            if name in ("template-list", "templates")
            else lambda w, c: {"pk": w.template.pk},
        )
        for prefix, names in {
            "": ("template-list", "template-detail"),
            "api-": ("templates", "template"),
        }.items()
        for name in names
    },
    "dashboard": _any(Right.VIEW_STATES),
    "metrics": _any(Right.VIEW_STATES),
    "metric-rows": _any(Right.VIEW_CASES, kwargs=lambda w, c: {"code": "received"}),
    "api-metrics": _any(Right.VIEW_STATES),
    "api-metric": _any(Right.VIEW_STATES, kwargs=lambda w, c: {"code": "repeat_share"}),
    "api-metric-rows": _any(Right.VIEW_CASES, kwargs=lambda w, c: {"code": "received"}),
    "filter-save": _any(
        Right.MANAGE_AGENCIES,
        method="post",
        refusal=(403,),
        body=lambda w, c: {"page": "agencies.agency", "name": "Свои", "query": "is_active=1"},
    ),
    # Another person's filter does not exist, whatever one may see.
    "filter-drop": Route(
        method="post",
        region_wide=True,
        refusal=(403, 404),
        kwargs=lambda w, c: {"pk": w.foreign_filter.pk},
    ),
    "report-list": _any(Right.VIEW_STATES),
    "report-schedules": _any(
        Right.VIEW_STATES,
        method="post",
        body=lambda w, c: {
            "report": "r2",
            "period": "month",
            "every": "week",
            "weekday": "0",
            "day": "1",
            "hour": "8",
            "formats": ["pdf"],
        },
    ),
    # One's own only: this one is the curator's.
    "report-schedule-remove": _any(
        Right.DISPUTE_COMPETENCE,
        method="post",
        refusal=(403, 404),
        kwargs=lambda w, c: {"pk": w.schedule.pk},
    ),
    "report": _any(Right.VIEW_STATES, kwargs=lambda w, c: {"code": "r2"}),
    "report-make": _any(Right.VIEW_STATES, method="post", kwargs=lambda w, c: {"code": "r2"}),
    # The digest speaks for the region; what is published of it is for everybody.
    "digest-list": _any(Right.CONTROL_CASES, region_wide=True),
    "digest": _any(
        Right.CONTROL_CASES, region_wide=True, kwargs=lambda w, c: {"pk": w.decision.digest_id}
    ),
    "digest-entry": _any(
        Right.CONTROL_CASES,
        region_wide=True,
        method="post",
        kwargs=lambda w, c: {"pk": w.decision.pk},
        body=lambda w, c: {"heading": "Дворы", "sentence": "Ямы засыпали.", "progress": "done"},
    ),
    "digest-cases": _any(Right.VIEW_CASES, kwargs=lambda w, c: {"pk": w.decision.pk}),
    "decisions": Route(public=True),
    "decisions-of": Route(public=True, kwargs=lambda w, c: {"pk": w.decision.digest_id}),
    "api-reports": _any(Right.VIEW_STATES),
    "api-snapshots": _any(Right.VIEW_STATES, method="post", body=lambda w, c: {"report": "r2"}),
    "api-snapshot": _any(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "api-snapshot-file": _any(
        Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk, "file_format": "json"}
    ),
    "snapshot": _any(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "snapshot-progress": _any(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "snapshot-file": _any(
        Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk, "file_format": "xlsx"}
    ),
    "snapshot-words": _any(
        *(Right.REVIEW_REPLIES, Right.CONTROL_CASES),
        method="post",
        kwargs=lambda w, c: {"pk": w.snapshot.pk},
        body=lambda w, c: {"main": "Стало лучше", "decide": ""},
    ),
    "notices": Route(query="unread=1"),
    "notice-bell": Route(),
    "notice-read": Route(method="post", body=lambda w, c: {"until": "999999999"}),
    "notice-pause": Route(method="post", body=lambda w, c: {"live": "0"}),
    "notice-settings": Route(
        method="post",
        body=lambda w, c: {
            "morning": "on",
            "morning_at": "08:30",
            "evening_at": "17:30",
            "quiet_from": "20:00",
            "quiet_until": "08:00",
            **dict.fromkeys(Kind.values, "now"),
        },
    ),
    "absences": Route(),
    "api-absences": Route(),
    # An executor's absence: he himself and who leads him.
    **{
        name: _any(
            *(Right.ANSWER_CASES, Right.APPROVE_REPLIES, Right.MANAGE_AGENCIES),
            method="post",
            kwargs=lambda w, c: {"pk": w.absence.pk},
            refusal=(404,),
        )
        for name in ("absence-end", "api-absence-end")
    },
    "exchange": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "exchange-export": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "people", "kind": "csv"},
    ),
    "exchange-import": _any(Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}),
    "exchange-decide": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"drop": "1"},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "api-exchange": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "api-exchange-register": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "people", "kind": "csv"},
    ),
    "api-exchange-imports": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        multipart=True,
        body=lambda w, c: {"table": "topics", "file": w.upload()},
    ),
    "api-exchange-import": _any(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}
    ),
    "api-exchange-decide": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"decision": "drop"},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "terms": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "term-rule": _any(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"code": "SN-FIRST"}
    ),
    "term-year": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "production", "year": 2026},
    ),
    "api-terms": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "api-term-rule": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {
            "amount": 4,
            "unit": "working_hours",
            "roll": "none",
            "in_force_from": f"{next_workday(3):%Y-%m-%d}",
        },
        kwargs=lambda w, c: {"code": "SN-FIRST"},
    ),
    "api-term-year": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"first": "2026-08-30", "kind": "regional"},
        kwargs=lambda w, c: {"code": "production", "year": 2026},
    ),
    "api-term-change": _any(Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}),
    "api-term-decide": _any(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"take": False},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "term-change": _any(Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}),
    "term-decide": _any(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "jobs": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "job-retry": _any(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "api-jobs": _any(Right.MANAGE_AGENCIES, region_wide=True),
    "api-job-retry": _any(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "handover": _any(*HANDING),
    "handover-plan": _any(
        *HANDING,
        method="post",
        query="agency=own",
        body=lambda w, c: {"to_agency": "below", "reason": "Отдел закрыт", "step": "preview"},
    ),
    # One's own only: this one is the curator's.
    "handover-result": _any(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.handover.pk}
    ),
    "api-orphans": _any(*HANDING),
    "api-handovers": _any(
        *HANDING,
        method="post",
        body=lambda w, c: {
            "agency": "own",
            "to_agency": "below",
            "reason": "Отдел закрыт",
            "preview": True,
        },
    ),
    "api-handover": _any(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.handover.pk}
    ),
    "import-upload": _any(Right.IMPORT_MESSAGES, region_wide=True),
    "import-sample": _any(Right.IMPORT_MESSAGES, region_wide=True),
    "import-quarantine": _any(Right.IMPORT_MESSAGES, region_wide=True),
    "import-agencies": _any(Right.IMPORT_MESSAGES, region_wide=True),
    **{
        name: _any(
            Right.IMPORT_MESSAGES,
            region_wide=True,
            method=method,
            kwargs=lambda w, c: {"pk": 1},
        )
        for name, method in {
            "import-batch": "get",
            "import-start": "post",
            "import-again": "post",
            "import-progress": "get",
            "import-undo": "post",
            "import-quarantined": "post",
        }.items()
    },
    "exports": _any(
        Right.VIEW_CASES,
        method="post",
        body=lambda w, c: {"file_format": "csv", "table": "incident", "conditions": "q=яма"},
    ),
    "api-exports": _any(Right.VIEW_CASES, method="post", body=lambda w, c: {"file_format": "csv"}),
    # Another person's export does not exist, whatever one may see.
    **{
        name: Route(
            region_wide=True,
            refusal=(403, 404),
            kwargs=lambda w, c: {"pk": w.foreign_export.pk},
        )
        for name in (
            *("export", "export-progress", "export-file"),
            *("api-export", "api-export-file"),
        )
    },
    "case-detail": _case(Right.VIEW_CASES),
    "case-card": _case(Right.VIEW_CASES),
    "case-draft": _case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": "Набрано"}),
    "case-check": _case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": REPLY}),
    "case-presence": _case(Right.VIEW_CASES, method="post", body=lambda w, c: {"writes": "1"}),
    "case-copies": _case(Right.ANSWER_CASES),
    "case-attach": _case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"file": w.upload()}),
    "case-attachment": _case(Right.VIEW_CASES, kwargs=_FILE),
    "case-colleagues": _case(Right.WRITE_NOTES, query="q=Ла"),
    "api-case-colleagues": _case(Right.WRITE_NOTES, query="q=Ла"),
    "case-templates": _case(Right.ANSWER_CASES),
    "api-case-templates": _case(Right.ANSWER_CASES),
    "case-detach": _case(Right.ANSWER_CASES, method="post", kwargs=_FILE),
    "api-case-files": _case(
        Right.ANSWER_CASES,
        method="post",
        body=lambda w, c: {"file": w.upload()},
        multipart=True,
    ),
    "api-case-file": _case(Right.VIEW_CASES, kwargs=_FILE),
    "api-root": Route(public=True),
    "api-schema": Route(public=True),
    "api-token": Route(
        method="post",
        body=lambda w, c: {"username": w.known.username, "password": w.password},
        public=True,
    ),
    "api-me": Route(),
    "api-agencies": Route(),
    "api-topics": Route(),
    "api-territories": Route(),
    "api-reasons": Route(),
    "api-quality-lessons": _any(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="days=30"),
    "api-notices": Route(query="unread=1"),
    "api-notices-read": Route(method="post", body=lambda w, c: {"until": 999}),
    "api-notice-settings": Route(),
    "api-messages": _any(
        Right.IMPORT_MESSAGES,
        method="post",
        region_wide=True,
        body=lambda w, c: {
            "channel": "vk",
            "external_id": "new-1",
            "text": "Во дворе темно",
            "posted_at": "2026-06-10T10:12:00+03:00",
        },
    ),
    "api-marks": _any(
        Right.IMPORT_MESSAGES,
        method="post",
        region_wide=True,
        body=lambda w, c: {
            "channel": "vk",
            "external_id": f"m{w.case(Status.ANSWERED, 'own').pk}",
            "value": 5,
        },
    ),
    "api-cases": Route(query="q=яма"),
    "api-case": _case(Right.VIEW_CASES),
    "api-case-check": _case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": REPLY}),
    **{
        f"{prefix}case-{door.slug}": _case(
            *door.move.rights,
            method="post",
            move=name,
            status=next(s for s in Status.values if s in door.move.sources and s != "received")
            if len(door.move.sources) > 1
            else next(iter(door.move.sources)),
            body=MOVES[name],
        )
        for name, door in DOORS.items()
        for prefix in ("", "api-")
    },
}

# A reply is taken back by its author (cases/tests/test_withdrawal.py) or by the curator.
for _name in ("case-withdraw-reply", "api-case-withdraw-reply"):
    ROUTES[_name] = replace(ROUTES[_name], rights=frozenset({Right.DISPUTE_COMPETENCE}))

# What was drawn for review was answered (tests.world).
for _name in ("judge-reply", "undo-verdict"):
    for _prefix in ("case-", "api-case-"):
        ROUTES[_prefix + _name] = replace(ROUTES[_prefix + _name], status=Status.ANSWERED)
# An objection is the author's or the curator's, as a withdrawal.
for _name in ("case-dispute-return", "api-case-dispute-return"):
    ROUTES[_name] = replace(ROUTES[_name], rights=frozenset({Right.DISPUTE_COMPETENCE}))


# Not walked, each with the reason.
SKIPPED = {
    "health-worker": "503 while no worker runs, without a word of cases: portal/tests/test_jobs.py",
    "admin:login": "leads to the portal's own sign-in",
    "admin:logout": "leads to the first page",
    "admin:password_change": "leads to the portal's own page",
    "admin:password_change_done": "a page of thanks without data",
    "admin:jsi18n": "Django's own catalogue of words",
    "admin:view_on_site": "redirects to pages that check access themselves",
    "admin:None": "Django's catch-all for unknown addresses: 404 or a slash added",
    "admin:app_list": "the list of models one may open: covered with admin:index",
    "admin:index": "has its own test in test_admin_access",
    "admin:autocomplete": "has its own test in test_admin_access",
    "admin:auth_user_password_change": "has its own test in test_admin_access",
}
