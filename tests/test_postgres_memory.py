"""Memory of the embedded server: an eighth of what its processes may use, within bounds."""

import resource
from pathlib import Path

import pytest

from portal import postgres
from portal.postgres_memory import shared_buffers, usable_memory

GB = 1 << 30
MB = 1 << 20


@pytest.mark.parametrize(
    ("memory", "megabytes"),
    [
        (0, 128),  # nobody says
        (512 * MB, 128),
        (1 * GB, 128),
        (1 * GB + 8 * MB, 129),
        (2 * GB, 256),
        (4 * GB, 512),
        (8 * GB, 1024),
        (16 * GB - 1, 2047),
        (16 * GB, 2048),
        (24 * GB, 2048),
        (512 * GB, 2048),
    ],
)
def test_an_eighth_of_the_memory_within_bounds(memory: int, megabytes: int) -> None:
    assert shared_buffers(memory) == megabytes


V1 = "9:name=systemd:/\n4:cpu,memory:/user/portal\n0::/\n"
V2 = "0::/system.slice/portal.service\n"
UNLIMITED_V1 = str((1 << 63) - 4096)


@pytest.mark.parametrize(
    ("files", "usable"),
    [
        ({}, 8 * GB),  # no control groups at all
        ({"proc/self/cgroup": V2}, 8 * GB),
        (
            {
                "proc/self/cgroup": V2,
                "sys/fs/cgroup/system.slice/portal.service/memory.max": "max\n",
            },
            8 * GB,
        ),
        (
            {
                "proc/self/cgroup": V2,
                "sys/fs/cgroup/system.slice/portal.service/memory.max": str(3 * GB),
            },
            3 * GB,
        ),
        (  # the group above is the narrower one
            {
                "proc/self/cgroup": V2,
                "sys/fs/cgroup/system.slice/memory.max": str(2 * GB),
                "sys/fs/cgroup/system.slice/portal.service/memory.max": str(3 * GB),
            },
            2 * GB,
        ),
        (  # a container: its own group is the uppermost one it sees
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": str(1 * GB)},
            1 * GB,
        ),
        (  # wider than the machine
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": str(64 * GB)},
            8 * GB,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/memory/user/portal/memory.limit_in_bytes": str(2 * GB),
                "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1,
            },
            2 * GB,
        ),
        (  # named as the machine names it, shown as the uppermost one
            {
                "proc/self/cgroup": "4:memory:/docker/3f2a\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": str(1 * GB),
            },
            1 * GB,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/memory/user/portal/memory.limit_in_bytes": UNLIMITED_V1,
            },
            8 * GB,
        ),
        ({"proc/self/cgroup": "\nnonsense\n0::/\n", "sys/fs/cgroup/memory.max": "x"}, 8 * GB),
    ],
)
def test_the_narrowest_limit_counts(files: dict[str, str], usable: int, tmp_path: Path) -> None:
    files = {"proc/meminfo": f"MemTotal:  {8 * GB >> 10} kB\nMemFree: 1 kB\n"} | files
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")
    assert usable_memory(tmp_path) == usable


def test_a_limit_of_the_address_space_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(f"MemTotal: {8 * GB >> 10} kB\n", "ascii")
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (3 * GB, 4 * GB))
    assert usable_memory(tmp_path) == 3 * GB


def test_where_nothing_is_written_the_system_is_asked(tmp_path: Path) -> None:
    assert usable_memory(tmp_path) > 0


@pytest.mark.parametrize(
    ("memory", "throw_away", "told"),
    [
        (8 * GB, False, "1024MB"),
        (8 * GB, True, None),  # stays with the default, as a server of a small machine does
        (1 * GB, False, None),
    ],
)
def test_servers_that_stay_are_told_their_share(
    memory: int,
    throw_away: bool,
    told: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "usable_memory", lambda: memory)
    cluster = postgres.Cluster(tmp_path, throw_away=throw_away)
    settings = cluster._settings()
    assert settings.get("shared_buffers") == told
    assert settings.get("wal_buffers") == ("32MB" if told else None)
    assert settings["max_wal_size"] == "2GB"
