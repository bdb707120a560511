"""Assembly of the portal: the app itself and its admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.postgres.apps import PostgresConfig as DjangoPostgresConfig
from django.db.backends.signals import connection_created


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401, PLC0415  registers the start-up checks


class AdminConfig(DjangoAdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"


class PostgresConfig(DjangoPostgresConfig):
    def ready(self) -> None:
        from django.contrib.postgres.signals import register_type_handlers  # noqa: PLC0415

        super().ready()
        # It prepares a connection for hstore and citext, which no table here has, whenever one
        # is taken from the pool: at every request.
        connection_created.disconnect(register_type_handlers)
