"""Workbooks to take away: whatever a cell holds is text, never a formula or a link."""

from pathlib import Path
from typing import IO, Any


def workbook(out: Path | IO[bytes], **options: Any) -> Any:
    """An xlsxwriter workbook written to `out`.

    `options`: `constant_memory` where rows come in order and may be many, else `in_memory`.
    The library is loaded here: ten megabytes that most web workers never need.
    """
    import xlsxwriter  # noqa: PLC0415

    safe = {"strings_to_urls": False, "strings_to_formulas": False}
    return xlsxwriter.Workbook(out, options | safe)
