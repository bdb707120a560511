"""Compile the Russian catalogue; runs inside the environment (Babel), needs no gettext tools.

    python catalogue.py LOCALE_FOLDER

`django.po` and the files of `parts/` become one `django.mo`, as pybabel compile would write
it; an entry of a part adds to `django.po` and does not replace a translation that is there.
"""

import os
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def joined(folder: Path) -> Catalog:
    """The translations of one language folder, `django.po` first."""
    result = Catalog(locale="ru", charset="utf-8")
    main = folder / "LC_MESSAGES" / "django.po"
    sources = [main] if main.exists() else []
    for path in [*sources, *sorted((folder / "parts").glob("*.po"))]:
        with path.open("rb") as file:
            part = read_po(file, locale="ru", charset="utf-8")
        for message in part:
            if not message.id:
                continue
            known = result.get(message.id, message.context)
            if known is None or not known.string or not any(known.string):
                result[message.id] = message
    return result


def compile_folder(folder: Path) -> None:
    target = folder / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(exist_ok=True)
    partial = target.with_name(f"django.mo.{os.getpid()}")
    with partial.open("wb") as file:
        write_mo(file, joined(folder))
    partial.replace(target)  # a running server never reads half a file


if __name__ == "__main__":
    compile_folder(Path(sys.argv[1]) / "ru")
