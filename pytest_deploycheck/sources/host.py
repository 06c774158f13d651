"""The machine that the check runs on as a source: processor, memory, disk, load and swap, each in percent.

Answers :class:`HostAsk`. Inside a container the memory is judged by the container's limit: the machine's own would hide
that the service is about to be killed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from pytest_deploycheck.asks import HostAsk, Number
from pytest_deploycheck.errors import MissingAccessError, NoAnswerError, QueryError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CGROUP: Final = Path("/sys/fs/cgroup")
_LONGEST_WINDOW: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A share in percent, what it is a share of, and the time it was counted over."""

    percent: float | None
    note: str | None = None
    window: str | None = None


class HostSource:
    """Reads the resources of this machine."""

    ask_type: type = HostAsk

    def __init__(self, *, cgroup: Path = CGROUP) -> None:
        """``cgroup`` is where the limits of a container (cgroup v2) are found."""
        self._cgroup = cgroup

    def observe(self, ask: HostAsk) -> Number:
        """Return the share in use, in %.

        Raises:
            QueryError: there is no such resource.
            NoAnswerError: the path of the disk does not exist.
            MissingAccessError: the operating system does not let us read it.
            SourceError: the operating system cannot say.
        """
        read = _RESOURCES.get(ask.resource)
        if read is None:
            raise QueryError(f"this machine has no resource {ask.resource!r}", f"Known are {', '.join(_RESOURCES)}")
        try:
            reading = read(ask, self._cgroup)
        except FileNotFoundError:
            raise NoAnswerError(f"{ask.path} does not exist on this machine", "Check the path of the disk") from None
        except PermissionError as error:
            raise MissingAccessError(f"{ask.resource} cannot be read: {error.strerror}") from None
        except (OSError, NotImplementedError, AttributeError, ValueError) as error:
            raise SourceError(f"{ask.resource} cannot be read on this machine ({type(error).__name__})") from None
        percent = reading.percent
        return Number(
            value=percent if percent is not None and math.isfinite(percent) else None,
            unit="%",
            n=1,
            window=reading.window,
            note=reading.note,
            target=ask.host,
            at=datetime.now(UTC),
        )

    def close(self) -> None:
        """Nothing is held."""


def _cpu(ask: HostAsk, _cgroup: Path) -> _Reading:
    window = min(max(ask.window, 0.05), _LONGEST_WINDOW)
    return _Reading(psutil.cpu_percent(interval=window), f"of {psutil.cpu_count() or 1} cores", f"{window:g}s")


def _memory(_ask: HostAsk, cgroup: Path) -> _Reading:
    limit, used = _bytes_in(cgroup / "memory.max"), _bytes_in(cgroup / "memory.current")
    machine = psutil.virtual_memory()
    if limit and used is not None and limit < machine.total:
        # the page cache counts as used here, yet it is given back before anything is killed
        reclaimable = _statistic(cgroup / "memory.stat", "inactive_file")
        share = max(0, used - reclaimable) * 100 / limit
        return _Reading(share, f"of the container's limit of {limit / 2**20:.0f} MiB")
    return _Reading(machine.percent, f"of {machine.total / 2**20:.0f} MiB")


def _disk(ask: HostAsk, _cgroup: Path) -> _Reading:
    usage = psutil.disk_usage(ask.path)
    return _Reading(usage.percent, f"{ask.path}: {usage.free / 2**30:.1f} GiB free")


def _load(_ask: HostAsk, _cgroup: Path) -> _Reading:
    cores = psutil.cpu_count() or 1
    return _Reading(psutil.getloadavg()[0] * 100 / cores, f"of {cores} cores", "1m")


def _swap(_ask: HostAsk, _cgroup: Path) -> _Reading:
    swap = psutil.swap_memory()
    return _Reading(swap.percent, f"of {swap.total / 2**20:.0f} MiB" if swap.total else "there is no swap")


def _bytes_in(path: Path) -> int | None:
    """Return the number in a file of the control group; None without the file, or without a limit."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _statistic(path: Path, key: str) -> int:
    """Return one line of ``memory.stat``, 0 when it is not there."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{key} ")), 0)
    except (OSError, ValueError, IndexError):
        return 0


_RESOURCES: Final[Mapping[str, Callable[[HostAsk, Path], _Reading]]] = {
    "cpu": _cpu,
    "memory": _memory,
    "disk": _disk,
    "load": _load,
    "swap": _swap,
}
