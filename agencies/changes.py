"""History of reference data, accounts and rights: triggers write it, nobody edits it.

A trigger sees every door: the administration, the API, an import, a command, a statement typed by
hand. Who acts and why is told to the transaction (`acting`); a change without it was made on the
server.
"""

from functools import cache
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from agencies.models import User

# What a row is compared without; what is noted without its value.
IGNORED = ("updated_at", "sort_name", "last_login", "date_joined", "created_at")
PERSONAL = ("theme", "text_size", "more_contrast", "letter_keys", "live_bell", "is_demo")
SECRET = ("password",)

_NOTE = """
insert into agencies_change ("table", row_id, kind, fields, at, actor_id, reason)
values ({table}, {row}, {kind}, {fields}, clock_timestamp(),
    nullif(current_setting('portal.actor', true), '')::bigint,
    coalesce(current_setting('portal.reason', true), ''));
"""
_ROW = f"""
create or replace function agencies_note_change() returns trigger language plpgsql as $$
declare
    skipped text[] := string_to_array(tg_argv[0], ',');
    secret text[] := string_to_array(tg_argv[1], ',');
    was jsonb := '{{}}';
    became jsonb := '{{}}';
    differs jsonb;
begin
    if tg_op <> 'INSERT' then was := to_jsonb(old) - skipped; end if;
    if tg_op <> 'DELETE' then became := to_jsonb(new) - skipped; end if;
    select jsonb_object_agg(key, case when key = any(secret) then '["•••", "•••"]'::jsonb
            else jsonb_build_array(was -> key, became -> key) end)
        into differs
        from jsonb_object_keys(was || became) as key
        where key <> 'id' and (tg_op = 'UPDATE' or not key = any(secret))
            and coalesce(was -> key, 'null') is distinct from coalesce(became -> key, 'null');
    if differs is null then return null; end if;
    {
    _NOTE.format(
        table="tg_table_name",
        row="coalesce(became ->> 'id', was ->> 'id')::bigint",
        kind="case tg_op when 'INSERT' then 'added' when 'DELETE' then 'removed'"
        " else 'changed' end",
        fields="differs",
    )
}
    return null;
end
$$
"""
# A row that joins two others (a role, a curator) is told of as a field of one of them.
_LINK = f"""
create or replace function agencies_note_link() returns trigger language plpgsql as $$
declare
    link jsonb := to_jsonb(case tg_op when 'DELETE' then old else new end);
    row bigint := (link ->> tg_argv[1])::bigint;
    told jsonb := link - array['id', tg_argv[1]];
begin
    {
    _NOTE.format(
        table="tg_argv[0]",
        row="row",
        kind="'changed'",
        fields="jsonb_build_object(tg_argv[2], case tg_op when 'DELETE'"
        " then jsonb_build_array(told, null) else jsonb_build_array(null, told) end)",
    )
}
    return null;
end
$$
"""
_KEEP = """
create or replace function agencies_keep_changes() returns trigger language plpgsql as $$
begin
    raise exception 'history is not edited' using errcode = 'restrict_violation';
end
$$
"""
FUNCTIONS = (_ROW, _LINK, _KEEP)
KEEP = (
    "create or replace trigger keep_changes before update or delete on agencies_change"
    " for each row execute function agencies_keep_changes()"
)


def watch(table: str, *, only: tuple[str, ...] = ()) -> str:
    """DDL: every change of the table's rows becomes a row of Change.

    `only`: updates of other columns do not even call the trigger.
    """
    update = f"update of {', '.join(only)}" if only else "update"
    skipped = ",".join((*IGNORED, *PERSONAL))
    return (
        f"create or replace trigger note_change after insert or delete or {update} on {table}"
        f" for each row execute function agencies_note_change('{skipped}', '{','.join(SECRET)}')"
    )


def watch_link(table: str, *, owner: str, column: str, field: str) -> str:
    """DDL: rows of a joining table are told of as `field` of the owner's row."""
    return (
        f"create or replace trigger note_change after insert or delete on {table}"
        f" for each row execute function agencies_note_link('{owner}', '{column}', '{field}')"
    )


@cache
def watched_tables() -> tuple[str, ...]:
    """Tables with the trigger, as the database says (one query a process)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgrelid::regclass::text from pg_trigger where tgname = 'note_change' order by 1"
        )
        return tuple(row[0] for row in cursor.fetchall())


def acting(user: "User | None", reason: str = "") -> None:
    """Say who changes reference data in this transaction, and why (one statement).

    Holds to the end of the transaction: call it inside one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('portal.actor', %s, true), set_config('portal.reason', %s, true)",
            [str(user.pk) if user is not None else "", reason[:500]],
        )
