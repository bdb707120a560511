"""The background worker: jobs of the queue, and the readers beside them (portal.worker)."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app

from portal import collector
from portal.worker import READERS, keep_reading


class Command(BaseCommand):
    help = "Run the background worker: jobs, notices, letters."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time")
        parser.add_argument("--graceful", type=float, default=10.0, help="seconds to end jobs in")

    def handle(self, *args: Any, **options: Any) -> None:
        collector.settle()
        with app.replace_connector(app.connector.get_worker_connector()):
            asyncio.run(_work(options["concurrency"], options["graceful"]))


async def _work(concurrency: int, graceful: float) -> None:
    stop = asyncio.Event()
    async with app.open_async():
        readers = [asyncio.create_task(keep_reading(reader, stop)) for reader in READERS]
        try:
            # Installs the handlers of SIGTERM and SIGINT; returns when one has arrived.
            await app.run_worker_async(concurrency=concurrency, shutdown_graceful_timeout=graceful)
        finally:
            stop.set()
            await asyncio.gather(*readers)
