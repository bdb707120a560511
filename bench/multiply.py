"""Generated cases repeated inside the database: the sizes of a million in minutes.

The vocabulary does not widen by it (a word that is rare in the base is `times` as frequent),
so tables made this way say so in their caption; ids, numbers, moments, keys are new ones.
"""

from collections.abc import Callable

from django.db import connection, transaction

from bench.generate import drop_indexes, remake_indexes

_SHIFTED: dict[str, dict[str, str]] = {
    "cases_citizen": {"handle": "handle || '-' || {k}"},
    "cases_case": {
        "number": "split_part(number, '-', 1) || '-' ||"
        " to_char(split_part(number, '-', 2)::int + {k} * {numbers}, 'FM000000000')",
        "citizen_id": "citizen_id + {k} * {cases_citizen}",
        "repeat_of_id": "repeat_of_id + {k} * {cases_case}",
        "received_at": "received_at + {k} * interval '1.7 second'",
        "due_at": "due_at + {k} * interval '1.7 second'",
    },
    "cases_message": {
        "external_id": "external_id || '-' || {k}",
        "case_id": "case_id + {k} * {cases_case}",
        "author_id": "author_id + {k} * {cases_citizen}",
    },
    "cases_clock": {"case_id": "case_id + {k} * {cases_case}"},
    "cases_reply": {"case_id": "case_id + {k} * {cases_case}"},
    "cases_finding": {"reply_id": "reply_id + {k} * {cases_reply}"},
    "cases_caseevent": {"case_id": "case_id + {k} * {cases_case}"},
    "cases_replyprint": {
        "reply_id": "reply_id + {k} * {cases_reply}",
        "mask_hash": "mask_hash # ({k} * 7919)",
    },
    "cases_replykey": {"reply_id": "reply_id + {k} * {cases_reply}", "h": "h # ({k} * 7919)"},
}
_WITH_ID = [table for table in _SHIFTED if table not in ("cases_replyprint", "cases_replykey")]


def multiply(times: int, say: Callable[[str], None]) -> None:
    """Make the database `times` as big; run once, on a finished load."""
    drop_indexes()
    with transaction.atomic(), connection.cursor() as cursor:
        steps: dict[str, int] = {}
        for table in _WITH_ID:
            cursor.execute(f"select max(id) from {table}")  # noqa: S608  own names
            steps[table] = cursor.fetchone()[0]
        cursor.execute("select max(split_part(number, '-', 2)::int) from cases_case")
        steps["numbers"] = cursor.fetchone()[0]
        for table, shifted in _SHIFTED.items():
            cursor.execute(
                "select column_name from information_schema.columns where table_name = %s"
                " and table_schema = 'public' and is_generated = 'NEVER'",
                [table],
            )
            names = [name for (name,) in cursor.fetchall()]
            expressions = []
            for name in names:
                plain = f"id + {{k}} * {{{table}}}" if name == "id" else name
                expressions.append(shifted.get(name, plain).format(k="k.k", **steps))
            cursor.execute(
                f"insert into {table} ({', '.join(names)})"  # noqa: S608
                f" select {', '.join(expressions)} from {table},"
                f" generate_series(1, {times - 1}) as k(k)"
            )
            if table in _WITH_ID:
                cursor.execute(
                    f"select setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
                    f" (select max(id) from {table}))"
                )
            say(table)
        cursor.execute("select setval('cases_case_number', %s)", [steps["numbers"] * times])
    remake_indexes()
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
