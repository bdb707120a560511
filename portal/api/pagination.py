"""Cursor pagination: the page after a million rows costs what the first one costs."""

from rest_framework.pagination import CursorPagination


class CasePagination(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-received_at", "-id")
