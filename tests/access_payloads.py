"""A valid request for every route: the access test sends them as everyone.

Adding a route without a row here fails `test_access` with the route's name.
"""

from dataclasses import replace

from agencies.roles import Right
from cases.doors import DOORS
from cases.workflow import Status
from notices.kinds import Kind
from tests.access_route import FILE, PART, PART_FILE, Route, anywhere, on_case
from tests.factories import REPLY
from tests.move_payloads import MOVES
from tests.office_payloads import OFFICE

ROUTES: dict[str, Route] = {
    "home": anywhere(Right.ANSWER_CASES, *Right.values),
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
    "bulk": anywhere(
        Right.ASSIGN_CASES,
        method="post",
        query="move=assign&list=queue",
        body=lambda w, c: {
            "cases": f"{c.number}:{c.version} {w.foreign_numbers[0]}:1",
            "executor": w.executor_of(c).username,
            "step": "do",
        },
    ),
    "bulk-result": anywhere(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.bulk.pk}
    ),
    "api-bulk": anywhere(
        Right.ASSIGN_CASES,
        method="post",
        body=lambda w, c: {
            "move": "assign",
            "cases": [c.number, *w.foreign_numbers[:3]],
            "values": {"executor": w.executor_of(c).username},
        },
    ),
    "api-bulk-run": anywhere(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.bulk.pk}
    ),
    "bulk-undo": anywhere(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        method="post",
        kwargs=lambda w, c: {"pk": w.done_bulk.pk},
    ),
    "api-bulk-undo": anywhere(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        method="post",
        kwargs=lambda w, c: {"pk": w.done_bulk.pk},
        body=lambda w, c: {},
    ),
    "promise-table": anywhere(Right.VIEW_CASES, kwargs=lambda w, c: {"kind": "csv"}),
    "control-table": anywhere(Right.CONTROL_CASES, kwargs=lambda w, c: {"kind": "xlsx"}),
    "copies-table": anywhere(
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
    "saved-view": anywhere(
        Right.DISPUTE_COMPETENCE,
        method="post",
        refusal=(404,),
        kwargs=lambda w, c: {"pk": w.saved_view.pk},
        body=lambda w, c: {"name": "Ямы весной"},
    ),
    "api-saved-views": Route(
        method="post", body=lambda w, c: {"name": "Ямы", "list": "queue", "conditions": {}}
    ),
    "api-saved-view": anywhere(
        Right.DISPUTE_COMPETENCE,
        method="patch",
        refusal=(404,),
        kwargs=lambda w, c: {"pk": w.saved_view.pk},
        body=lambda w, c: {"name": "Ямы весной", "first": True},
    ),
    "control-board": anywhere(Right.CONTROL_CASES),
    "control-protocol": anywhere(Right.CONTROL_CASES),
    "control-protocol-pdf": anywhere(Right.CONTROL_CASES),
    "api-control": anywhere(Right.CONTROL_CASES),
    "promise-list": anywhere(Right.VIEW_CASES),
    "promise-calendar": anywhere(Right.VIEW_CASES),
    "api-promises": anywhere(Right.VIEW_CASES),
    "api-promise-month": anywhere(Right.VIEW_CASES),
    # A part of a foreign case: who is asked sees it, and nothing else of that case.
    "parts": anywhere(
        Right.CONTRIBUTE, Right.ANSWER_CASES, Right.APPROVE_REPLIES, query="state=all"
    ),
    "api-parts": anywhere(
        Right.CONTRIBUTE, Right.ANSWER_CASES, Right.APPROVE_REPLIES, query="state=all&side=us"
    ),
    **{
        name: anywhere(Right.CONTRIBUTE, refusal=(404,), method=method, kwargs=kwargs, body=body)
        for name, method, kwargs, body in (
            ("part", "post", PART, lambda w, c: {"text": "Сети наши, кабель заменим"}),
            ("part-attach", "post", PART, lambda w, c: {"file": w.upload()}),
            ("part-file", "get", PART_FILE, lambda w, c: {}),
            ("part-detach", "post", PART_FILE, lambda w, c: {}),
            ("api-part", "get", PART, lambda w, c: {}),
            ("api-part-give", "post", PART, lambda w, c: {"text": "Сети наши"}),
            ("api-part-file", "get", PART_FILE, lambda w, c: {}),
        )
    },
    "api-part-files": anywhere(
        Right.CONTRIBUTE,
        refusal=(404,),
        method="post",
        kwargs=PART,
        body=lambda w, c: {"file": w.upload()},
        multipart=True,
    ),
    "desk": anywhere(Right.MODERATE_CASES, Right.ROUTE_CASES),
    "review": anywhere(Right.REVIEW_REPLIES),
    "api-review": anywhere(Right.REVIEW_REPLIES, query="part=sample"),
    "quality-figures": anywhere(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="points=40"),
    "families": anywhere(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, query="days=365"),
    "family": anywhere(
        Right.REVIEW_REPLIES,
        Right.ASSIGN_CASES,
        kwargs=lambda w, c: {"pk": w.family.pk},
        query="after=0",
    ),
    "api-families": anywhere(Right.REVIEW_REPLIES, Right.ASSIGN_CASES, query="days=365"),
    "api-family": anywhere(
        Right.REVIEW_REPLIES, Right.ASSIGN_CASES, kwargs=lambda w, c: {"pk": w.family.pk}
    ),
    "event-list": anywhere(Right.VIEW_CASES, query="view=offered"),
    "event-new": anywhere(
        Right.CLOSE_CASES,
        method="post",
        body=lambda w, c: {"title": "Нет воды", "starts_on": "2026-11-01", "agency": w.own_pk},
    ),
    "event-offer": anywhere(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"pk": w.offer.pk},
        body=lambda w, c: {"decision": "confirm", "case": [c.pk], "title": "Нет воды"},
    ),
    "api-offers": anywhere(Right.ROUTE_CASES),
    "api-offer": anywhere(Right.ROUTE_CASES, kwargs=lambda w, c: {"pk": w.offer.pk}),
    "api-offer-confirm": anywhere(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"pk": w.offer.pk},
        body=lambda w, c: {"cases": [c.number], "title": "Нет воды"},
    ),
    "api-offer-refuse": anywhere(
        Right.ROUTE_CASES, method="post", kwargs=lambda w, c: {"pk": w.offer.pk}
    ),
    "event": anywhere(Right.VIEW_CASES, kwargs=lambda w, c: {"code": w.event.code}),
    "event-edit": anywhere(
        Right.CLOSE_CASES,
        method="post",
        kwargs=lambda w, c: {"code": w.event.code},
        body=lambda w, c: {"title": "Нет воды", "starts_on": "2026-11-01", "agency": w.own_pk},
    ),
    "event-late": anywhere(
        Right.ROUTE_CASES,
        method="post",
        kwargs=lambda w, c: {"code": w.event.code},
        body=lambda w, c: {"decision": "join", "case": [c.pk]},
    ),
    "event-replies": anywhere(Right.ANSWER_CASES, kwargs=lambda w, c: {"code": w.event.code}),
    # One's own order only: this one is the curator's.
    "event-order": anywhere(
        Right.DISPUTE_COMPETENCE,
        refusal=(404,),
        kwargs=lambda w, c: {"code": w.event.code, "pk": w.order.pk},
    ),
    "spikes": anywhere(Right.VIEW_STATES, region_wide=True),
    "repeats": anywhere(Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
    "api-events": anywhere(Right.VIEW_CASES),
    "api-event": anywhere(
        Right.VIEW_CASES, kwargs=lambda w, c: {"code": w.event.code}, query="members=all"
    ),
    "api-spikes": anywhere(Right.VIEW_STATES, region_wide=True),
    "api-repeats": anywhere(Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
    "event-close": anywhere(
        Right.CLOSE_CASES, method="post", kwargs=lambda w, c: {"code": w.event.code}
    ),
    "quality-lessons": anywhere(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="days=30"),
    "quality-export": anywhere(
        Right.REVIEW_REPLIES,
        method="post",
        body=lambda w, c: {"days": "30", "reason": "новые веса для проверки"},
    ),
    "review-agreement": anywhere(Right.REVIEW_REPLIES),
    "review-claim": on_case(Right.REVIEW_REPLIES, method="post", status=Status.REVIEW),
    "review-one": on_case(Right.REVIEW_REPLIES, status=Status.REVIEW),
    **{
        f"{prefix}{name}": anywhere(
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
    "dashboard": anywhere(Right.VIEW_STATES),
    "metrics": anywhere(Right.VIEW_STATES),
    "metric-rows": anywhere(Right.VIEW_CASES, kwargs=lambda w, c: {"code": "received"}),
    "api-metrics": anywhere(Right.VIEW_STATES),
    "api-metric": anywhere(Right.VIEW_STATES, kwargs=lambda w, c: {"code": "repeat_share"}),
    "api-metric-rows": anywhere(Right.VIEW_CASES, kwargs=lambda w, c: {"code": "received"}),
    "filter-save": anywhere(
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
    "report-list": anywhere(Right.VIEW_STATES),
    "report-schedules": anywhere(
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
    "report-schedule-remove": anywhere(
        Right.DISPUTE_COMPETENCE,
        method="post",
        refusal=(403, 404),
        kwargs=lambda w, c: {"pk": w.schedule.pk},
    ),
    "report": anywhere(Right.VIEW_STATES, kwargs=lambda w, c: {"code": "r2"}),
    "report-make": anywhere(Right.VIEW_STATES, method="post", kwargs=lambda w, c: {"code": "r2"}),
    # The digest speaks for the region; what is published of it is for everybody.
    "digest-list": anywhere(Right.CONTROL_CASES, region_wide=True),
    "digest": anywhere(
        Right.CONTROL_CASES, region_wide=True, kwargs=lambda w, c: {"pk": w.decision.digest_id}
    ),
    "digest-entry": anywhere(
        Right.CONTROL_CASES,
        region_wide=True,
        method="post",
        kwargs=lambda w, c: {"pk": w.decision.pk},
        body=lambda w, c: {"heading": "Дворы", "sentence": "Ямы засыпали.", "progress": "done"},
    ),
    "digest-cases": anywhere(Right.VIEW_CASES, kwargs=lambda w, c: {"pk": w.decision.pk}),
    "decisions": Route(public=True),
    "decisions-of": Route(public=True, kwargs=lambda w, c: {"pk": w.decision.digest_id}),
    "api-reports": anywhere(Right.VIEW_STATES),
    "api-snapshots": anywhere(Right.VIEW_STATES, method="post", body=lambda w, c: {"report": "r2"}),
    "api-snapshot": anywhere(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "api-snapshot-file": anywhere(
        Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk, "file_format": "json"}
    ),
    "snapshot": anywhere(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "snapshot-progress": anywhere(Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk}),
    "snapshot-file": anywhere(
        Right.VIEW_STATES, kwargs=lambda w, c: {"pk": w.snapshot.pk, "file_format": "xlsx"}
    ),
    "snapshot-words": anywhere(
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
        name: anywhere(
            *(Right.ANSWER_CASES, Right.APPROVE_REPLIES, Right.MANAGE_AGENCIES),
            method="post",
            kwargs=lambda w, c: {"pk": w.absence.pk},
            refusal=(404,),
        )
        for name in ("absence-end", "api-absence-end")
    },
    **OFFICE,
    "case-detail": on_case(Right.VIEW_CASES),
    "case-card": on_case(Right.VIEW_CASES),
    "case-draft": on_case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": "Набрано"}),
    "case-check": on_case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": REPLY}),
    "case-presence": on_case(Right.VIEW_CASES, method="post", body=lambda w, c: {"writes": "1"}),
    "case-copies": on_case(Right.ANSWER_CASES),
    "case-attach": on_case(
        Right.ANSWER_CASES, method="post", body=lambda w, c: {"file": w.upload()}
    ),
    "case-attachment": on_case(Right.VIEW_CASES, kwargs=FILE),
    "case-colleagues": on_case(Right.WRITE_NOTES, query="q=Ла"),
    "api-case-colleagues": on_case(Right.WRITE_NOTES, query="q=Ла"),
    "case-templates": on_case(Right.ANSWER_CASES),
    "api-case-templates": on_case(Right.ANSWER_CASES),
    "case-detach": on_case(Right.ANSWER_CASES, method="post", kwargs=FILE),
    "api-case-files": on_case(
        Right.ANSWER_CASES,
        method="post",
        body=lambda w, c: {"file": w.upload()},
        multipart=True,
    ),
    "api-case-file": on_case(Right.VIEW_CASES, kwargs=FILE),
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
    "api-quality-lessons": anywhere(Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES, query="days=30"),
    "api-notices": Route(query="unread=1"),
    "api-notices-read": Route(method="post", body=lambda w, c: {"until": 999}),
    "api-notice-settings": Route(),
    "api-messages": anywhere(
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
    "api-marks": anywhere(
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
    "api-case": on_case(Right.VIEW_CASES),
    "api-case-check": on_case(Right.ANSWER_CASES, method="post", body=lambda w, c: {"text": REPLY}),
    **{
        f"{prefix}case-{door.slug}": on_case(
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
