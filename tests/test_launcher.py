"""The launcher: what script/run decides before Django is there, and the embedded server."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from _lib import checkout, console, services, test_portal
from _lib.packages import Environment, clean_environment
from portal import env, postgres
from portal import postgres_processes as processes

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_with_a_listener_is_passed_over() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        claim, port = services.reserve_port(taken)
        claim.close()
    assert port > taken


def test_a_listener_that_shares_its_port_is_passed_over_too() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        claim, port = services.reserve_port(taken)
        claim.close()
    assert port > taken


def test_two_starts_that_ask_at_once_get_different_ports() -> None:
    wanted = free_port()
    first, port = services.reserve_port(wanted)
    second, other = services.reserve_port(wanted)
    assert port == wanted
    assert other > wanted
    second.close()
    first.close()
    again, back = services.reserve_port(wanted)
    again.close()
    assert back == wanted


def test_the_reserved_port_can_be_listened_on() -> None:
    claim, port = services.reserve_port(free_port())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    claim.close()


def test_no_free_port_is_told_in_words() -> None:
    with pytest.raises(console.Failure, match="Свободного порта"):
        services.reserve_port(8000, tries=0)


def test_two_clones_never_share_a_data_folder(tmp_path: Path) -> None:
    one, two = tmp_path / "a" / "portal", tmp_path / "b" / "portal"
    for folder in (one, two):
        folder.mkdir(parents=True)
    assert checkout.data_folder(one, {}) == one / "var"
    assert checkout.mark(one) != checkout.mark(two)


def test_one_checkout_by_two_names_is_one(tmp_path: Path) -> None:
    real = tmp_path / "папка с пробелом"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    assert checkout.mark(tmp_path / "link") == checkout.mark(real)


def test_portal_data_chooses_the_folder(tmp_path: Path) -> None:
    chosen = checkout.data_folder(tmp_path, {"PORTAL_DATA": str(tmp_path / "мои данные")})
    assert chosen == tmp_path / "мои данные"


def test_var_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    stranger = os.geteuid() + 4242
    monkeypatch.setattr(os, "geteuid", lambda: stranger)
    home = tmp_path / "home"
    home.mkdir()
    chosen = checkout.data_folder(tmp_path, {"HOME": str(home)})
    assert chosen == home / ".local/share/posushchestvu" / checkout.mark(tmp_path)


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = checkout.secret_key(tmp_path)
    assert len(key) >= 50
    assert checkout.secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    checkout.write_state(tmp_path, {"static": "x"})
    assert checkout.read_state(tmp_path) == {"static": "x"}
    (tmp_path / "state.json").write_text("{", "utf-8")
    assert checkout.read_state(tmp_path) == {}


def test_a_changed_added_or_renamed_file_changes_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "0001.py").write_text("a")
    before = checkout.fingerprint(tmp_path.glob("*"))
    assert checkout.fingerprint(tmp_path.glob("*")) == before
    (tmp_path / "0001.py").write_text("b")
    changed = checkout.fingerprint(tmp_path.glob("*"))
    (tmp_path / "0001.py").rename(tmp_path / "0002.py")
    renamed = checkout.fingerprint(tmp_path.glob("*"))
    assert len({before, changed, renamed}) == 3


def test_the_address_of_the_server_survives_spaces_and_cyrillic() -> None:
    folder = "/srv/проба с пробелом/a&b=c?d#e%20"
    url = postgres.database_url(postgres.APP, folder)
    assert parse_qs(urlsplit(url).query)["host"] == [folder]
    found = env.database(url)
    assert (found["HOST"], found["USER"], found["NAME"]) == (folder, "portal_app", "portal")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@db:5433/main?sslmode=require",)
        + ("postgresql://u:p%40@db:5433/t?sslmode=require",),
        ("postgresql://u@/main?host=/run/a%20b", "postgresql://u@/t?host=/run/a%20b"),
    ],
)
def test_tests_on_a_given_server_use_a_database_of_their_own(url: str, expected: str) -> None:
    assert test_portal._renamed(url, "t") == expected


def test_another_project_s_python_does_not_leak_in() -> None:
    kept = clean_environment({"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "LANG": "C"})
    assert "PYTHONPATH" not in kept
    assert "VIRTUAL_ENV" not in kept
    assert kept["LANG"] == "C"


def test_without_venv_and_pip_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment(tmp_path, "venv", ROOT / "requirements.txt")
    monkeypatch.setattr(environment, "_try", lambda *_: False)
    monkeypatch.setattr("_lib.packages._working_uv", lambda: None)
    with pytest.raises(console.Failure) as told:
        environment.install(console.Console())
    assert "Установите: " in str(told.value)
    assert "\n" not in str(told.value)


def test_an_interrupted_installation_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment(tmp_path, "venv", ROOT / "requirements.txt")
    half = environment.site_packages / "django-5.2.dist-info"

    def interrupted() -> None:
        half.mkdir(parents=True)
        raise console.Stopped

    monkeypatch.setattr(environment, "_install", interrupted)
    with pytest.raises(console.Stopped):
        environment.install(console.Console())
    assert half.exists()
    seen: list[bool] = []
    monkeypatch.setattr(
        environment,
        "_install",
        lambda: (seen.append(half.exists()), environment.folder.mkdir(parents=True)),
    )
    environment.install(console.Console())
    assert seen == [False]


def test_requirements_are_hashed_and_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "script/_lib/uv.txt"):
        text = (ROOT / name).read_text()
        pinned = [line for line in text.splitlines() if "==" in line and line[0] not in "# "]
        assert pinned
        assert all(line.endswith("\\") for line in pinned), "a pin without hashes"
        assert "://" not in text
        assert "index-url" not in text


def test_a_pid_of_a_stranger_is_not_our_server(tmp_path: Path) -> None:
    assert not processes.is_live_postgres(os.getpid(), tmp_path)


def test_a_server_of_another_user_is_neither_ours_nor_an_orphan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc = tmp_path / "proc" / "77"
    proc.mkdir(parents=True)
    (proc / "stat").write_text("77 (postgres) S 1 77 77 0")
    (proc.parent / "self").mkdir()
    data = tmp_path / "data"
    data.mkdir()
    real = os.path.realpath

    def hidden(path: str | Path, *, strict: bool = False) -> str:
        if strict:
            raise PermissionError(path)
        return real(path)

    monkeypatch.setattr(processes, "PROC", proc.parent)
    monkeypatch.setattr(processes.os.path, "realpath", hidden)
    assert processes.server_processes(data) == []
    assert processes.is_live_postgres(77, data)  # the same user: may be ours
    if os.geteuid() == 0:
        os.chown(data, 4242, 4242)
        assert not processes.is_live_postgres(77, data)


def test_a_dead_child_nobody_waited_for_is_not_alive(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    time.sleep(0.3)
    try:
        assert not processes.is_live_postgres(child.pid, tmp_path)
    finally:
        child.wait()


def test_a_half_written_pid_file_is_no_server(tmp_path: Path) -> None:
    assert processes.read_postmaster(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text("123\n/data\n")
    assert processes.read_postmaster(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text("123\n/data\n1\n5432\n/run/x\n\n 1 2\nready   \n")
    assert processes.read_postmaster(tmp_path) == processes.Postmaster(123, "/run/x", "ready")


def test_a_lock_is_exclusive_and_goes_with_its_holder(tmp_path: Path) -> None:
    one, two = (
        processes.Lock(tmp_path / "lock"),
        processes.Lock(tmp_path / "lock"),
    )
    assert one.acquire(wait=False)
    assert not two.acquire(wait=False)
    one.release()
    assert two.acquire(wait=False)
    two.release()


def test_an_old_python_is_told_what_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; sys.version_info = (3, 8); sys.path.insert(0, 'script')\n"
        "from _lib import python_version; python_version.require()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
        check=False, env={"PATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().startswith("Нужен Python 3.11 или новее")


# The real server. Folders are short-lived and outside tmp_path, whose parents are closed
# (mode 700) to the server's user when the tests run as root.


@pytest.fixture
def base() -> Iterator[Path]:
    work = test_portal._work_folder()
    folder = work / "папка с пробелом" / "postgres"
    folder.parent.mkdir()
    yield folder
    postgres.Cluster(folder, throw_away=True).remove()
    subprocess.run(["rm", "-rf", str(work)], check=True)


def cluster_at(base: Path) -> postgres.Cluster:
    return postgres.Cluster(base, throw_away=True)


def test_the_server_knows_cyrillic_and_its_roles_are_no_superusers(base: Path) -> None:
    cluster = cluster_at(base)
    assert cluster.join()
    owner = {"role": postgres.OWNER, "name": postgres.DATABASE}
    cluster.sql("create extension pg_trgm", "create table t (id int)", **owner)
    assert cluster.sql("select lower('Ё'), similarity('вода','воду') > 0", **owner) == "ё|t\n"
    assert cluster.sql(
        "select rolsuper, rolbypassrls from pg_roles where rolname like 'portal%'"
    ).split() == ["f|f", "f|f"]
    assert cluster.sql("show listen_addresses").strip() == ""
    assert os.stat(cluster.socket_folder).st_mode & 0o777 == 0o700
    with pytest.raises(processes.PostgresError, match="permission denied"):
        cluster.sql("truncate t", role=postgres.APP, name=postgres.DATABASE)
    assert cluster.leave()
    assert not cluster.ready()


def test_the_last_to_leave_stops_the_server(base: Path) -> None:
    first, second = cluster_at(base), cluster_at(base)
    assert first.join()
    assert not second.join()
    assert not first.leave()
    assert second.ready()
    assert second.leave()
    assert not second.ready()


def test_a_long_path_gets_a_short_socket_and_it_goes_with_the_cluster(base: Path) -> None:
    deep = base.parent / ("очень длинное имя " * 4).strip() / "postgres"
    cluster = cluster_at(deep)
    cluster.join()
    folder = Path(cluster.socket_folder)
    assert len(os.fsencode(folder)) < 90
    assert cluster.sql("select 1") == "1\n"
    cluster.leave()
    cluster.remove()
    assert not folder.exists()


def test_a_data_folder_of_another_version_is_refused_by_name(base: Path) -> None:
    cluster = cluster_at(base)
    cluster.join()
    cluster.leave()
    (cluster.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(processes.PostgresError, match="создана PostgreSQL 15"):
        cluster_at(base).join()


def test_a_start_killed_inside_initdb_is_made_good(base: Path) -> None:
    (base / "server" / "data.new" / "base").mkdir(parents=True)
    cluster = cluster_at(base)
    assert cluster.join()
    cluster.leave()


@pytest.mark.parametrize("pid", ["stranger", "dead"])
def test_a_stale_pid_file_does_not_stop_the_start(base: Path, pid: str) -> None:
    cluster = cluster_at(base)
    cluster.join()
    kept = (cluster.data / "postmaster.pid").read_text()
    lock = Path(cluster.socket_folder, f".s.PGSQL.{postgres.PORT}.lock")
    locked = lock.read_text()
    cluster.leave()
    stale = {"stranger": os.getpid(), "dead": 2**22 - 7}[pid]
    (cluster.data / "postmaster.pid").write_text(kept.replace(kept.split()[0], str(stale), 1))
    # A killed server that nobody has reaped yet lives on as a name in the lock of its socket.
    lock.write_text(locked.replace(locked.split()[0], str(stale), 1))
    again = cluster_at(base)
    assert again.join()
    assert again.sql("select 1") == "1\n"
    again.leave()


@pytest.mark.slow
def test_kill_9_loses_no_acknowledged_row(base: Path) -> None:
    cluster = postgres.Cluster(base)  # durable, unlike the other tests
    cluster.join()
    owner = {"role": postgres.OWNER, "name": postgres.DATABASE}
    cluster.sql("create table t (id int primary key)", **owner)
    written = 0
    for _ in range(3):
        for _ in range(20):
            cluster.sql(f"insert into t values ({written})", **owner)
            written += 1
        found = processes.read_postmaster(cluster.data)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        time.sleep(0.05)
        assert cluster.ensure()
        assert cluster.sql("select count(*) from t", **owner).strip() == str(written)
    cluster.leave()


@pytest.mark.slow
def test_four_starts_at_once_share_one_server(base: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from portal.postgres import Cluster\n"
        "cluster = Cluster(Path(sys.argv[1]), throw_away=True)\n"
        "print(int(cluster.join()), cluster.sql('select pg_postmaster_start_time()').strip())\n"
        "sys.stdout.flush(); time.sleep(3); cluster.leave()"
    )

    def start(_number: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code, str(base)], cwd=ROOT, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        lines = list(pool.map(start, range(4)))
    assert sorted(line[0] for line in lines) == ["0", "0", "0", "1"]
    assert len({line[2:] for line in lines}) == 1
    assert not cluster_at(base).ready()
