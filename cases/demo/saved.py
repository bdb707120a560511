"""Saved views of the demo's people: what each of them looks at every morning."""

from collections.abc import Mapping

from agencies.models import User
from cases.models import SavedView

# account, list, name, conditions, whether the agency sees it
_VIEWS: tuple[tuple[str, str, str, dict[str, list[str]], bool], ...] = (
    (
        *("curator-zhkh", "queue", "Вернулись на доработку"),
        *({"scope": ["agency"], "view": ["returned"]}, True),
    ),
    (
        *("curator-zhkh", "queue", "Ждут исполнителя"),
        *({"scope": ["agency"], "status": ["routed"]}, True),
    ),
    (
        *("curator-zhkh", "case-list", "Повторные за всё время"),
        *({"repeat": ["true"]}, False),
    ),
    ("coordinator", "case-list", "Споры о компетенции", {"status": ["redirect_asked"]}, True),
    (
        *("coordinator", "case-list", "Просрочены в соцсетях"),
        *({"overdue": ["true"], "regime": ["social"]}, False),
    ),
    ("supervisor", "case-list", "Похожи на отписку", {"flagged": ["true"]}, True),
    (
        *("supervisor", "case-list", "На контроле, с отпиской"),
        *({"control": ["true"], "flagged": ["true"]}, False),
    ),
)


def save_views(staff: Mapping[str, User]) -> None:
    """Those of accounts the demo has."""
    SavedView.objects.bulk_create(
        SavedView(
            owner=staff[account],
            agency=staff[account].agency if shared else None,
            list_name=list_name,
            name=name,
            conditions=conditions,
            position=at,
        )
        for at, (account, list_name, name, conditions, shared) in enumerate(_VIEWS)
        if account in staff
    )
