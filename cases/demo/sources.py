"""Where the files of the demo are, and the texts its history is made of."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def read_texts() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((HERE / "texts").glob("*.jsonl")):
        rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return rows
