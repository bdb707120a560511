"""Registers the admin pages of cases; each subject has its module."""

from cases import admin_cases, admin_quality, admin_reference, admin_watch

__all__ = ["admin_cases", "admin_quality", "admin_reference", "admin_watch"]
