"""Named filters of the administration's lists: each person keeps and forgets his own."""

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agencies.models import SavedFilter


def _list_of(page: str) -> str:
    return reverse(f"admin:{page.replace('.', '_')}_changelist")


def _may_list(request: HttpRequest, page: str) -> bool:
    registry = admin.site._registry
    listed = next((model for model in registry if model._meta.label_lower == page), None)
    return listed is not None and registry[listed].has_view_permission(request)


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter in force of a list under a name; the same name again is replaced."""
    page = request.POST.get("page", "")
    if not _may_list(request, page):
        raise PermissionDenied
    name = request.POST.get("name", "").replace("\x00", "").strip()[:60]
    query = request.POST.get("query", "").replace("\x00", "")[:500]
    kept = SavedFilter.objects.filter(user=request.user, page=page)  # type: ignore[misc]
    if not name:
        messages.error(request, _("Name the filter."))
    elif kept.exclude(name=name).count() >= SavedFilter.MOST:
        messages.error(request, _("There are twenty filters here: forget one first."))
    else:
        kept.update_or_create(user=request.user, page=page, name=name, defaults={"query": query})
        messages.success(request, _("Kept: %(name)s") % {"name": name})
    return redirect(f"{_list_of(page)}?{query}" if query else _list_of(page))


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of one's own filters; another person's does not exist."""
    kept = get_object_or_404(SavedFilter, pk=pk, user=request.user)
    kept.delete()
    return redirect(_list_of(kept.page))
