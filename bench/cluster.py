"""A PostgreSQL server for measurements: `python -m bench.cluster start FOLDER [--fast]`.

Starts the embedded server in FOLDER (made when missing), migrates, grants, and prints the
variables `bench_load`, `bench.run` and tests/test_explain.py want, as shell lines:

    eval "$(python -m bench.cluster start /var/tmp/bench1m --fast)"
    python manage.py bench_load --cases 1000000
    python -m bench.cluster stop /var/tmp/bench1m; eval "$(… start /var/tmp/bench1m)"
    python -m bench.run

`--fast` is for loading only: without fsync; stop it and start it anew to measure.
"""

import argparse
import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

from portal.postgres import APP, OWNER, Cluster

ROOT = Path(__file__).parent.parent


def variables(cluster: Cluster, folder: Path) -> dict[str, str]:
    key = folder / "secret_key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(60), "ascii")
    return {
        "DATABASE_URL": cluster.url(APP),
        "DATABASE_OWNER_URL": cluster.url(OWNER),
        "BENCH_ADMIN_URL": cluster.url("postgres"),
        "BENCH_DATABASE_URL": cluster.url("postgres"),
        "SECRET_KEY": key.read_text("ascii"),
        "PORTAL_DATA": str(folder),
        "DEMO": "true",
        "TLS": "false",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def _manage(env: dict[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=os.environ | env | {"PORTAL_ROLE": "owner", "DATABASE_POOL": "0"},
        stdout=sys.stderr,
        check=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["start", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fast", action="store_true", help="for loading: no fsync")
    options = parser.parse_args()
    folder = options.folder.absolute()
    cluster = Cluster(folder / "postgres", throw_away=options.fast)
    if options.what == "stop":
        cluster.stop()
        os.sync()
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Nobody leaves: the server stays until `stop`, whoever started it.
    cluster.join()
    env = variables(cluster, folder)
    _manage(env, "migrate", "--verbosity", "0")
    _manage(env, "grant_app_role")
    for name, value in env.items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
