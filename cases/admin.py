"""Registers the admin pages of cases; each subject has its module."""

from cases import admin_cases, admin_quality, admin_reference

__all__ = ["admin_cases", "admin_quality", "admin_reference"]
