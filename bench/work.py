"""Entry of a writing process: Django must stand before anything of bench.generate is unpickled."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from datetime import datetime  # noqa: E402

from bench.generate import Plan, Writer  # noqa: E402

_writer: list[Writer] = []


def start(cases: int, seed: int, indexed: float, now: datetime) -> None:
    _writer.append(Writer(Plan(cases, seed, indexed, now)))


def write(number: int) -> int:
    return _writer[0].chunk(number)
