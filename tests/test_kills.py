"""The portal under kill -9, from outside: processes, HTTP, a mail server (tests/kills)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def scenario(*options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.kills", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=7200,
    )
    assert done.stdout, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.slow
@pytest.mark.parametrize(("cases", "kills"), [(60, 8), (1000, 60)])
def test_killed_at_random_everything_is_in_order_in_the_end(cases: int, kills: int) -> None:
    report = scenario(f"--cases={cases}", f"--kills={kills}", "--seed=6", "--steps=8")
    assert report["problems"] == {}
    # Nobody was at home for some blows: a process that had just been killed.
    assert sum(report["kills"].values()) >= kills * 3 // 4
    assert report["moves acknowledged"] > 3 * cases
    assert report["letters"] > 20
    blows = sum(report["kills"].get(name, 0) for name in ("worker", "postmaster", "backend"))
    assert report["letters twice"] <= blows
