"""How fast a file is read and cleaned, without a database: `read_export.py FILE`.

Prints rows per second of processor time (one core), so that a busy machine does not matter.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from intake.reading import read_file


def main() -> None:
    started, count, bad = time.process_time(), 0, 0
    now = datetime.now(UTC)
    for line in read_file(Path(sys.argv[1]), zone=ZoneInfo("Europe/Moscow"), now=now).lines:
        count += 1
        bad += line.verdict not in ("accepted", "unchanged")
    took = time.process_time() - started
    print(f"{count} rows, {bad} not taken, {took:.2f} s of CPU, {count / took:.0f} rows/s")


if __name__ == "__main__":
    main()
