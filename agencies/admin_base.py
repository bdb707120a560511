"""Admin pages by the portal's rights: nobody needs is_staff, nothing asks Django's permissions."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from agencies import history
from agencies.access import granted_agency_ids, holds_anywhere
from agencies.admin_confirm import delete_one, delete_selected
from agencies.changes import acting, watched_tables
from agencies.models import Change, SavedFilter
from agencies.roles import Right
from agencies.zones import RUSSIAN_ZONES, other_zones


def zone_field(db_field: Any) -> forms.ChoiceField:
    """A zone is chosen, not typed; Russia's stand first, by their distance from Moscow."""
    return forms.ChoiceField(
        label=capfirst(str(db_field.verbose_name)),
        choices=[*RUSSIAN_ZONES, (_lazy("Other zones"), other_zones())],
        initial=db_field.default,
    )


# Pages past this many rows are reached by filters and search, not by leafing.
ROWS_CAP = 1000


HISTORY_PAGE = 50


def filter_of(request: HttpRequest) -> str:
    """The filters and the search of a list's address, without its page."""
    given = request.GET.copy()
    for name in ("p", "all", "e", "_popup", "_to_field"):
        given.pop(name, None)
    return given.urlencode()[:500]


class CappedPaginator(Paginator):
    """Counts no further than ROWS_CAP: counting a million rows costs more than the page."""

    @cached_property
    def count(self) -> int:
        return min(self.object_list.order_by()[: ROWS_CAP + 1].count(), ROWS_CAP)


class RightsAdmin(admin.ModelAdmin):
    """Base of every admin page of the portal.

    `view_rights`: who may look (one of them, on any agency); `edit_rights`: who may add and
    change. With `region_wide` the rights must reach every agency: rules and lists concern all.
    `agency_path`: lookup from the model to the agency whose rights decide over a row; the rows
    themselves and all choices of agencies and people are narrowed to it.
    """

    view_rights: ClassVar[tuple[str, ...]] = (Right.MANAGE_AGENCIES,)
    edit_rights: ClassVar[tuple[str, ...]] = (Right.MANAGE_AGENCIES,)
    region_wide: ClassVar[bool] = False
    view_region_wide: ClassVar[bool] = False
    agency_path: ClassVar[str | None] = None
    may_add: ClassVar[bool] = True
    may_change: ClassVar[bool] = True
    may_delete: ClassVar[bool] = False

    view_on_site = False
    # The browser's own calendar: Django's brings pictures, scripts and warnings about time zones.
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
    }
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    actions_selection_counter = False
    paginator = CappedPaginator

    def holds(self, request: HttpRequest, rights: Iterable[str], *, region_wide: bool) -> bool:
        if region_wide:
            return any(granted_agency_ids(request.user, right) is None for right in rights)
        return holds_anywhere(request.user, rights)

    def scope(self, request: HttpRequest) -> frozenset[int] | None:
        """Agencies whose rows this person sees here; None means all."""
        ids: frozenset[int] = frozenset()
        for right in self.view_rights:
            granted = granted_agency_ids(request.user, right)
            if granted is None:
                return None
            ids |= granted
        return ids

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.holds(
            request, self.view_rights, region_wide=self.region_wide or self.view_region_wide
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def _may_edit(self, request: HttpRequest) -> bool:
        return self.holds(request, self.edit_rights, region_wide=self.region_wide)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_add and self._may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self._may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self._may_edit(request)

    def all_rows(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.all()
        return rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = self.all_rows()
        if ordering := self.get_ordering(request):  # an empty order_by takes the model's own away
            rows = rows.order_by(*ordering)
        if self.agency_path is None:
            return rows
        ids = self.scope(request)
        if ids is None:
            return rows
        return rows.filter(**{f"{self.agency_path}__in": sorted(ids)})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what a filter of the list asks: Django would take any field from the address,
        and a list filtered by words is an answer about words the reader is not shown."""
        filters = self.get_list_filter(request)
        if lookup in {getattr(kind, "parameter_name", None) for kind in filters}:
            return True
        field, _sep, rest = lookup.partition("__")
        fields = {kind[0] if isinstance(kind, tuple) else kind for kind in filters}
        return field in fields and rest in {"", "exact", "id__exact", "isnull", "isempty"}

    def _narrowed(self, field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        """A choice of agencies or people offers, and accepts, only what the person manages."""
        related = self.admin_site._registry.get(field.remote_field.model)
        if isinstance(related, RightsAdmin) and related.agency_path is not None:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return kwargs

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **self._narrowed(db_field, request, kwargs)
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **self._narrowed(db_field, request, kwargs)
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the pop-up buttons beside a choice: they open windows, and break on phones."""
        if db_field.name == "time_zone":
            return zone_field(db_field)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        for name in ("can_add_related", "can_change_related", "can_delete_related"):
            if hasattr(widget, name):
                setattr(widget, name, False)
        if hasattr(widget, "can_view_related"):
            widget.can_view_related = False
        return field

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Headed by what is listed: Django's «Choose … to change» does not decline in Russian."""
        named = {
            "title": capfirst(str(self.opts.verbose_name_plural)),
            **self._filters(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, named)

    def _filters(self, request: HttpRequest) -> dict[str, Any]:
        """The person's own named filters of this list (one query), and the one in force."""
        page = self.opts.label_lower
        query = filter_of(request)
        saved = list(SavedFilter.objects.filter(user=request.user.pk, page=page))
        return {
            "filters_page": page,
            "filters_saved": saved,
            "filters_query": query if all(one.query != query for one in saved) else "",
            "filters_now": query,
        }

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """History names who saved and why: both are told to the transaction of the change."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            acting(request.user, request.POST.get("_why", "").strip())  # type: ignore[arg-type]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Confirmed with a reason, as every action."""
        row = self.get_object(request, object_id)
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        return delete_one(self, request, row)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """With our own «Delete», which asks for the reason."""
        found = super().get_actions(request)
        if "delete_selected" in found:
            found["delete_selected"] = (
                delete_selected,
                "delete_selected",
                delete_selected.short_description,
            )
        return found

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What was changed in this row by whom, newest first; `before`: older than that one."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if self.opts.db_table not in watched_tables():
            return redirect(self.told_at(row))
        found = history.changes_of(row)
        before = request.GET.get("before", "")
        if before.isascii() and before.isdecimal() and len(before) < 18:
            found = found.filter(pk__lt=int(before))
        changes: list[Change] = list(found[: HISTORY_PAGE + 1])
        more = len(changes) > HISTORY_PAGE
        changes = changes[:HISTORY_PAGE]
        history.tell(changes)
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "subtitle": _("History"),
            "opts": self.opts,
            "object": row,
            "changes": changes,
            "older": changes[-1].pk if more else None,
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def told_at(self, row: Any) -> str:
        """Where the history of a row stands whose table is not watched: it has one of its own."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        obj = kw.get("obj")
        kind = capfirst(str(self.opts.verbose_name))
        context["title"] = str(obj) if obj is not None else kind
        context["subtitle"] = kind if obj is not None else _("A new row")
        context["why"] = request.POST.get("_why", "")  # a refused form keeps the reason too
        return super().render_change_form(request, context, *args, **kw)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, *args: Any) -> Any:
        """A row of others does not exist: 404, as everywhere in the portal."""
        raise Http404


class ReadOnlyAdmin(RightsAdmin):
    may_add = False
    may_change = False


class ListOnlyAdmin(ReadOnlyAdmin):
    """Rows without a page of their own."""

    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise PermissionDenied

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise PermissionDenied
