"""Let the application role use the tables, and nothing more. Run as the owner after migrate."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from portal import env


class Command(BaseCommand):
    help = "Grants the application role rows and sequences: no TRUNCATE, no DDL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", help="default: the user of DATABASE_URL")

    def handle(self, *args: Any, role: str | None = None, **options: Any) -> None:
        role = role or unquote(urlsplit(env.secret("DATABASE_URL")).username or "")
        if not role:
            raise CommandError("DATABASE_URL names no user to grant to.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_user, rolsuper from pg_roles where rolname = %s", [role])
            found = cursor.fetchone()
            if found is None:
                raise CommandError(f"There is no role {role}.")
            owner, is_superuser = found
            if owner == role:
                self.stderr.write(
                    f"{role} owns the tables: set DATABASE_OWNER_URL to keep the roles apart."
                )
                return
            if is_superuser:
                raise CommandError(f"{role} is a superuser: web and worker must not be one.")
            for statement in _STATEMENTS:
                cursor.execute(
                    sql.SQL(statement).format(
                        role=sql.Identifier(role), owner=sql.Identifier(owner)
                    )
                )


# The revoke also takes away what an earlier GRANT ALL may have given.
_STATEMENTS = (
    "grant usage on schema public to {role}",
    "revoke truncate, references, trigger on all tables in schema public from {role}",
    "grant select, insert, update, delete on all tables in schema public to {role}",
    "grant usage, select on all sequences in schema public to {role}",
    "alter default privileges for role {owner} in schema public"
    " grant select, insert, update, delete on tables to {role}",
    "alter default privileges for role {owner} in schema public"
    " grant usage, select on sequences to {role}",
    # The history of migrations is the owner's.
    "revoke insert, update, delete on django_migrations from {role}",
)
