"""Requests for what the office runs by: exchange, terms, jobs, handovers, imports, exports."""

from agencies.roles import Right
from tests.access_route import HANDING, Route, anywhere
from tests.factories import next_workday

OFFICE: dict[str, Route] = {
    "exchange": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "exchange-export": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "people", "kind": "csv"},
    ),
    "exchange-import": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}
    ),
    "exchange-decide": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"drop": "1"},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "api-exchange": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "api-exchange-register": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "people", "kind": "csv"},
    ),
    "api-exchange-imports": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        multipart=True,
        body=lambda w, c: {"table": "topics", "file": w.upload()},
    ),
    "api-exchange-import": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}
    ),
    "api-exchange-decide": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"decision": "drop"},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "terms": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "term-rule": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"code": "SN-FIRST"}
    ),
    "term-year": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        kwargs=lambda w, c: {"code": "production", "year": 2026},
    ),
    "api-terms": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "api-term-rule": anywhere(
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
    "api-term-year": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"first": "2026-08-30", "kind": "regional"},
        kwargs=lambda w, c: {"code": "production", "year": 2026},
    ),
    "api-term-change": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}
    ),
    "api-term-decide": anywhere(
        Right.MANAGE_AGENCIES,
        region_wide=True,
        method="post",
        body=lambda w, c: {"take": False},
        kwargs=lambda w, c: {"pk": 1},
    ),
    "term-change": anywhere(Right.MANAGE_AGENCIES, region_wide=True, kwargs=lambda w, c: {"pk": 1}),
    "term-decide": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "jobs": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "job-retry": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "api-jobs": anywhere(Right.MANAGE_AGENCIES, region_wide=True),
    "api-job-retry": anywhere(
        Right.MANAGE_AGENCIES, region_wide=True, method="post", kwargs=lambda w, c: {"pk": 1}
    ),
    "handover": anywhere(*HANDING),
    "handover-plan": anywhere(
        *HANDING,
        method="post",
        query="agency=own",
        body=lambda w, c: {"to_agency": "below", "reason": "Отдел закрыт", "step": "preview"},
    ),
    # One's own only: this one is the curator's.
    "handover-result": anywhere(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.handover.pk}
    ),
    "api-orphans": anywhere(*HANDING),
    "api-handovers": anywhere(
        *HANDING,
        method="post",
        body=lambda w, c: {
            "agency": "own",
            "to_agency": "below",
            "reason": "Отдел закрыт",
            "preview": True,
        },
    ),
    "api-handover": anywhere(
        Right.DISPUTE_COMPETENCE, refusal=(404,), kwargs=lambda w, c: {"pk": w.handover.pk}
    ),
    "import-upload": anywhere(Right.IMPORT_MESSAGES, region_wide=True),
    "import-sample": anywhere(Right.IMPORT_MESSAGES, region_wide=True),
    "import-quarantine": anywhere(Right.IMPORT_MESSAGES, region_wide=True),
    "import-agencies": anywhere(Right.IMPORT_MESSAGES, region_wide=True),
    **{
        name: anywhere(
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
    "exports": anywhere(
        Right.VIEW_CASES,
        method="post",
        body=lambda w, c: {"file_format": "csv", "table": "incident", "conditions": "q=яма"},
    ),
    "api-exports": anywhere(
        Right.VIEW_CASES, method="post", body=lambda w, c: {"file_format": "csv"}
    ),
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
}
