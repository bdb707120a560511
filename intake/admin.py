"""Import batches and quarantine to look at; operators work on their own pages."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from agencies.admin_base import ListOnlyAdmin
from agencies.roles import Right
from intake.models import CaseExport, ImportBatch, QuarantinedRow


@admin.register(ImportBatch)
class ImportBatchAdmin(ListOnlyAdmin):
    region_wide = True
    list_display = (
        "created_at",
        "file_name",
        "state",
        "created",
        "updated",
        "unchanged",
        "rejected",
        "quarantined",
        "started_by",
    )
    list_filter = ("state",)
    list_select_related = ("started_by",)
    search_fields = ("file_name",)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = None


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ListOnlyAdmin):
    """Which rows wait and how many; the cells are a citizen's words and stay on the desk."""

    region_wide = True
    list_display = ("batch", "line", "state", "problem_count", "decided_by", "decided_at")
    list_filter = ("state",)
    list_select_related = ("batch", "decided_by")
    ordering = ("-id",)
    sortable_by = ()
    actions = None

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).defer("cells")

    @admin.display(description=gettext_lazy("problems"))
    def problem_count(self, row: QuarantinedRow) -> int:
        return len(row.problems)


@admin.register(CaseExport)
class CaseExportAdmin(ListOnlyAdmin):
    """Who took which cases when, with contacts and what for; conditions may name a person."""

    region_wide = True
    view_rights = (Right.VIEW_AUDIT,)
    list_display = (
        *("created_at", "created_by", "state", "file_format", "rows_total", "with_contacts"),
        "reason",
    )
    list_filter = ("state", "with_contacts")
    list_select_related = ("created_by",)
    search_fields = ("created_by__username", "created_by__last_name")
    ordering = ("-id",)
    sortable_by = ()
    actions = None
