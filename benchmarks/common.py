"""What the benchmarks share: whole processes run in turn, the spread of their times, settings files, Markdown tables.

Every benchmark compares whole processes, because that is what somebody waits for. The candidates take turns, so that
a noisy minute of the machine hits all of them.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HERE: Final = Path(__file__).resolve().parent
PYTEST: Final = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
PHASE: Final = ("--deploy-phase=first-hour", "--deploy-id=benchmark", "--deployed-at=5m")
# these would change what is measured
_LEFT_OUT: Final = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "GITHUB_STEP_SUMMARY",
    "COV_CORE_SOURCE",
)
_MIB: Final = 2**20
_RSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """One process that has ended: seconds of the wall clock and of the processor, peak of memory in bytes."""

    seconds: float
    cpu: float
    peak: int
    status: int
    output: str


@dataclass(slots=True)
class Runs:
    """All runs of one candidate."""

    name: str
    ended: list[Ended] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return statistics.median(run.seconds for run in self.ended)

    @property
    def fastest(self) -> float:
        """The shortest time in seconds."""
        return min(run.seconds for run in self.ended)

    @property
    def cpu(self) -> float:
        """The median time on the processor in seconds."""
        return statistics.median(run.cpu for run in self.ended)

    @property
    def peak(self) -> float:
        """The median peak of memory in MiB."""
        return statistics.median(run.peak for run in self.ended) / _MIB

    def more_than(self, other: Runs) -> float:
        """Return by how many seconds a run took longer than the other candidate's in the same round, the median."""
        pairs = zip(self.ended, other.ended, strict=True)
        return statistics.median(mine.seconds - theirs.seconds for mine, theirs in pairs)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile of the times in seconds."""
        times = sorted(run.seconds for run in self.ended)
        if len(times) < 2:
            return times[0], times[0]
        low, _, high = statistics.quantiles(times, n=4, method="inclusive")
        return low, high


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a measured process: this one's without what would change the measurement."""
    return {**{key: value for key, value in os.environ.items() if key not in _LEFT_OUT}, **more}


def run(command: Sequence[str], folder: Path, *, expected: Iterable[int] = (0,)) -> Ended:
    """Run a process to its end and measure it and its children.

    Raises:
        SystemExit: it ended with a status that was not expected; its output is shown.
    """
    with tempfile.TemporaryFile("w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode not in set(expected):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(seconds, cpu, usage.ru_maxrss * _RSS_UNIT, process.returncode, text)


def in_turn(
    candidates: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    times: int,
    warm: int = 1,
    expected: Iterable[int] = (0,),
    prepare: Callable[[Path], None] = lambda _folder: None,
) -> list[Runs]:
    """Run the candidates one after the other, ``times`` rounds of them, after ``warm`` rounds that do not count.

    ``prepare`` gets the folder before each run.
    """
    found = [Runs(name) for name in candidates]
    for number in range(-warm, times):
        order = list(zip(found, candidates.values(), strict=True))
        for runs, command in order if number % 2 else reversed(order):
            prepare(folder)
            ended = run(command, folder, expected=expected)
            if number >= 0:
                runs.ended.append(ended)
    return found


def fresh(folder: Path) -> None:
    """Remove the reports, because a run reads those of earlier runs of its deployment."""
    shutil.rmtree(folder / "reports", ignore_errors=True)


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Give an empty folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="deploycheck-benchmark-") as name:
        yield Path(name).resolve()


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run ``server.py`` in a process of its own and give its address."""
    command = [sys.executable, str(HERE / "server.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, env=environment(), text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def write_settings(
    folder: Path,
    base_url: str,
    more: str = "",
    *,
    junit: bool = False,
    concurrency: int = 8,
    name: str = "deploycheck.toml",
) -> None:
    """Write settings for the benchmark server into the folder."""
    text = (
        f'[service]\nname = "benchmark"\nbase_url = "{base_url}"\nhealth = "/health"\nconcurrency = {concurrency}\n'
        f"\n[reports]\njunit = {str(junit).lower()}\n\n{more}"
    )
    (folder / name).write_text(text, encoding="utf-8")


def endpoints(paths: Iterable[str], more: str = "") -> str:
    """Return the settings of one endpoint for each path, with ``more`` lines for each."""
    return "\n".join(f'[[endpoint]]\nid = "e{number}"\npath = "{path}"\n{more}' for number, path in enumerate(paths))


def heading(title: str) -> None:
    """Print what is measured, and on what kind of machine."""
    versions = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"## {title}\n\n{versions}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table; the first column is text, the others numbers."""
    print(f"| {' | '.join(columns)} |")
    print(f"| --- |{' ---: |' * (len(columns) - 1)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print(flush=True)


def milliseconds(seconds: float) -> str:
    """Return a time as text in milliseconds."""
    return f"{seconds * 1000:.1f} ms"
