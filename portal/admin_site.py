"""Django's admin for supervisors and administrators: entry by rights, not by is_staff alone."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere
from agencies.roles import Right


class PortalAdminSite(admin.AdminSite):
    site_header = "По существу"
    site_title = "По существу"
    index_title = _("Administration")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active) and holds_anywhere(
            user, (Right.MANAGE_AGENCIES, Right.REVIEW_REPLIES, Right.CONTROL_CASES)
        )
