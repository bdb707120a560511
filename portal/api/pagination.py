"""Cursor pagination: the page after a million rows costs what the first one costs."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from cases.listing import rows_by_key
from cases.models import Case


class CasePagination(CursorPagination):
    """Pages of keys; their rows are read by key, as on the pages (cases.listing)."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-received_at", "-id")

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Case] | None:
        page = super().paginate_queryset(queryset.only("received_at"), request, view)
        if page is None:
            return None
        return rows_by_key([case.pk for case in page], request.user, whole=True)
