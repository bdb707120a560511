"""Django's admin for supervisors and administrators: entry by rights, not by is_staff."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere
from agencies.roles import Right
from portal.admin_desk import first_page


class PortalAdminSite(admin.AdminSite):
    site_header = "По существу"
    site_title = "По существу"
    index_title = _("Administration")
    site_url = "/"
    enable_nav_sidebar = False
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active) and holds_anywhere(
            user,
            (
                Right.MANAGE_AGENCIES,
                Right.REVIEW_REPLIES,
                Right.CONTROL_CASES,
                Right.VIEW_AUDIT,
            ),
        )

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With what waits in the reader's scope, and the warnings of the portal's own work."""
        if not self.has_permission(request):
            return super().index(request, extra_context)  # sends to the sign-in
        return super().index(request, {**(extra_context or {}), **first_page(request.user)})

    def get_urls(self) -> list[Any]:
        """Without the jump to any object's own page: it would tell which cases exist."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The portal's own sign-in, with its limit; who is signed in and may not enter gets 403."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied
        target = request.GET.get("next") or resolve_url("admin:index")
        return redirect(f"{resolve_url('sign-in')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("home")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("password")
