"""How much memory the embedded PostgreSQL (`portal.postgres`) keeps pages in.

The share of an own server is a matter of whoever runs it; the embedded one shares the machine
with the portal, so it takes an eighth of what its processes may use: the machine's memory or,
where that is less, the limit of a control group they are in (containers, systemd's MemoryMax) or
of their address space. Standard library only, as in all of `script/*`.
"""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

LEAST = 128
"""Megabytes, PostgreSQL's own default. Throw-away clusters stay with it: several of them run at
once on a small machine, with little in each."""
MOST = 2048
SHARE = 8
_MB = 1 << 20
_UNLIMITED = 1 << 60  # version 1 says «no limit» with the largest number of whole pages


def shared_buffers(memory: int) -> int:
    """Megabytes for a process that may use so many bytes."""
    return max(LEAST, min(MOST, memory // SHARE // _MB))


def wal_buffers(size: int) -> int:
    """Megabytes of the log held before it is written, for so many of pages.

    PostgreSQL's own share, without its ceiling of 16 MB: an import filled those in the time of one
    write to the disk and stood still, some 2,000 times in 20,000 rows.
    """
    return size // 32


def usable_memory(root: Path = Path("/")) -> int:
    """Bytes this process and its children may use; 0 where nobody says."""
    limits = [_machine(root), *_control_groups(root)]
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if space != resource.RLIM_INFINITY:
        limits.append(space)
    return min([limit for limit in limits if 0 < limit < _UNLIMITED], default=0)


def _machine(root: Path) -> int:
    try:
        for line in (root / "proc/meminfo").read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemTotal":
                return int(rest.split()[0]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:  # not Linux
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _control_groups(root: Path) -> Iterator[int]:
    """Limits of the own control group and of all above it, of either version.

    In a container the group may be named as the machine names it, while the folder shows it as
    the uppermost one: that is read too.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    mounted = root / "sys/fs/cgroup"
    for line in lines:
        number, kinds, path = (*line.split(":", 2), "", "")[:3]
        if number == "0" and not kinds:
            tops, name = [mounted, mounted / "unified"], "memory.max"
        elif "memory" in kinds.split(","):
            tops, name = [mounted / "memory"], "memory.limit_in_bytes"
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for top in tops:
            for depth in range(len(parts) + 1):
                yield _limit(top.joinpath(*parts[:depth]) / name)


def _limit(file: Path) -> int:
    try:
        return int(file.read_text("ascii"))  # version 2 says «max» where there is none
    except (OSError, ValueError):
        return 0
