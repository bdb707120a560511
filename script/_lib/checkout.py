"""Where things lie: the checkout, its data folder, its state between starts."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from portal.postgres_processes import SYSTEM_USER, can_enter, server_user

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def mark(path: Path) -> str:
    """A short name that differs between checkouts: folder name and hash of the real path."""
    real = os.path.realpath(path)
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:10]
    name = "".join(sign for sign in Path(real).name if sign.isalnum() and sign.isascii())[:20]
    return f"{name}-{digest}" if name else digest


def data_folder(checkout: Path, environ: Mapping[str, str]) -> Path:
    """PORTAL_DATA, or `var` in the checkout, or a folder of the user's named after the checkout.

    `var` is left when it belongs to someone else (root ran here once) or cannot be made.
    """
    if chosen := environ.get("PORTAL_DATA"):
        return Path(chosen).absolute()
    own = checkout / "var"
    if own.is_dir():
        if own.stat().st_uid == os.geteuid() and os.access(own, os.W_OK | os.X_OK):
            return own
    elif not own.exists() and os.access(checkout, os.W_OK | os.X_OK):
        return own
    if os.geteuid() == 0:
        return Path("/var/lib") / SYSTEM_USER / mark(checkout)
    home = Path(environ.get("HOME") or "/nonexistent")
    shared = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    if not os.access(home, os.W_OK) and not os.access(shared, os.W_OK):
        return Path("/var/tmp") / f"{SYSTEM_USER}-{os.geteuid()}" / mark(checkout)
    return shared / SYSTEM_USER / mark(checkout)


def cluster_folder(data: Path) -> Path:
    """Where the embedded PostgreSQL lives: in the data folder when its user can get there.

    Started by root below a closed home (mode 700) it cannot; parents are never opened up.
    """
    own = data / "postgres"
    user = server_user()
    if user is None or can_enter(data, user):
        return own
    return Path("/var/lib") / SYSTEM_USER / f"postgres-{mark(data)}"


def make_private(folder: Path) -> None:
    """Make the data folder closed to others; one that exists keeps its mode.

    Made by root it can be passed through (711): the database's user lives below it.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def secret_key(data: Path) -> str:
    """The key of this data folder, made on the first start."""
    path = data / "secret_key"
    if not path.exists():
        partial = path.with_name(f"secret_key.{os.getpid()}")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(60))
        try:
            os.link(partial, path)  # the first of two starts wins, both read the same
        except FileExistsError:
            pass
        partial.unlink()
    return path.read_text("ascii").strip()


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """Changes when one of the files changes, comes or goes."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        digest.update(f"\0{path}\0".encode("utf-8", "surrogateescape"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_state(data: Path) -> dict[str, Any]:
    """What earlier starts have done; damaged or missing means nothing."""
    try:
        state = json.loads((data / "state.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(data: Path, state: Mapping[str, Any]) -> None:
    partial = data / "state.json.new"
    partial.write_text(json.dumps(state, ensure_ascii=False, indent=1), "utf-8")
    partial.replace(data / "state.json")
