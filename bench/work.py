"""A writing process of bench_load: Django must stand before anything of it is unpickled."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402

from bench.making import Plan, Writer  # noqa: E402

_writer: list[Writer] = []


def start(plan: Plan) -> None:
    _writer.append(Writer(plan))
    with connection.cursor() as cursor:
        # A chunk lost in a crash of the server is written again.
        cursor.execute("set synchronous_commit = off")


def write(number: int) -> int:
    """Write the chunk unless it is there; the number of new cases."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into bench_chunk values (%s, %s) on conflict do nothing",
            [_writer[0].plan.seed, number],
        )
        return _writer[0].write(cursor, number) if cursor.rowcount else 0
