"""Typed readers of the environment: a value that cannot be understood stops the start."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}: expected true or false, got {value!r}")


def number(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: expected a whole number, got {value!r}") from None


def choice(name: str, default: str, allowed: set[str]) -> str:
    value = text(name, default).strip().lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}: one of {', '.join(sorted(allowed))}, not {value!r}")
    return value


def address(name: str, default: str) -> str:
    """An http(s) address without a trailing slash."""
    value = text(name, default).strip().rstrip("/")
    if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
        raise ImproperlyConfigured(f"{name}: expected https://host, got {value!r}")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word for raw in text(name, default).split(",") if (word := raw.strip())]


def secret(name: str, default: str | None = None) -> str:
    """NAME, or the content of the file named by NAME_FILE (docker and systemd secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error}") from None
    return text(name, default)


def database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name?host=/socket`.

    A `host` in the query wins over the one in the address: a socket folder has slashes.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL: the portal needs PostgreSQL 16 or newer")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": query,
    }
