"""How long each report takes over a big database: `python -m bench.made_reports [--runs 3]`.

The variables are those `python -m bench.cluster` prints. Nothing is written. Prints a
table in Markdown: the median of the runs by the clock, milliseconds.
"""

import argparse
import os
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone, translation  # noqa: E402

from agencies.models import User  # noqa: E402
from cases.models import Case  # noqa: E402
from reports import files, snapshots  # noqa: E402
from reports.definitions import last_month, last_week  # noqa: E402
from reports.made.all import REPORTS  # noqa: E402
from reports.models import Snapshot  # noqa: E402
from reports.showing import Reading  # noqa: E402


def _timed(step: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        step()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def _made(code: str, day: Any, user: User) -> Snapshot:
    period = (last_week if code in ("r1", "r7") else last_month)(day)
    # Not saved: nothing of it stays in the database.
    return Snapshot(
        pk=0, report=code, edition=1, first=period.first, last=period.last, today=day,
        at=timezone.now(), made_at=timezone.now(), scope=None, made_by=user,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    translation.activate("ru")
    newest = Case.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    assert newest is not None
    day = newest.date()
    user = User.objects.order_by("pk").first()
    assert user is not None
    print(f"{Case.objects.count():,} cases, newest {day}\n".replace(",", " "))
    print("| Report | rows | queries | build, ms | PDF, ms | pages | XLSX, ms |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    for code, report in REPORTS.items():
        snapshot = _made(code, day, user)
        with CaptureQueriesContext(connection) as queries:
            content = snapshots.build(snapshot)
        build = _timed(lambda: snapshots.build(snapshot), options.runs)  # noqa: B023
        snapshot.content, snapshot.sha256 = content.text, content.sha256
        snapshot.state = Snapshot.State.DONE
        reading = Reading(snapshot, user)
        pdf = files.pdf(reading)
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        rows = sum(len(table["rows"]) for table in content.data["tables"].values())
        print(
            f"| {report.number} | {rows} | {len(queries)} | {build:.0f}"
            f" | {_timed(lambda: files.pdf(reading), 1):.0f}"  # noqa: B023
            f" | {pages}"
            f" | {_timed(lambda: files.xlsx(reading), 1):.0f} |",  # noqa: B023
            flush=True,
        )


if __name__ == "__main__":
    main()
