"""A log of 1 GB: the guides' ``grep -i … | wc -l`` against one scan for the same patterns, and what levels cost on top.

Takes the size in MiB as its argument, 1024 by default; the log is written to a temporary folder and removed.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.common import Runs, heading, in_turn, table, workplace
from pytest_deploycheck.asks import LogAsk
from pytest_deploycheck.sources.logs_child import QUESTION, encoded

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS: Final = 5
GREPS: Final = ("error", r"connection refused\|timeout\|500")
PATTERNS: Final = ("(?i)error", "(?i)connection refused|timeout|500")
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
_MESSAGES: Final = (
    "GET /api/users/{} 200 in {}ms",
    "POST /api/orders/{} 201 in {}ms",
    "cache hit for key user:{} after {}",
    "job {} done in {} ms",
    "session {} renewed, ttl {}",
)
_ERRORS: Final = ("connection refused to 10.0.0.{}:5432 after {}ms", "Timeout waiting for order {} ({})")


def write_log(path: Path, mebibytes: int) -> datetime:
    """Write a log with two errors in a thousand lines, and return the time of its last line."""
    chance = random.Random(1)  # noqa: S311  # the same log every time
    lines = []
    for number in range(100_000):
        bad = chance.random() < 0.002
        text = chance.choice(_ERRORS if bad else _MESSAGES).format(chance.randrange(10**6), chance.randrange(900))
        lines.append(f"{'ERROR' if bad else 'INFO'} [api-{number % 8}] app.module: {text}")
    moment, written = START, 0
    with path.open("wb") as file:
        while written < mebibytes * 2**20:
            moment += timedelta(minutes=1)
            stamp = f"{moment:%Y-%m-%dT%H:%M:%S}"
            written += file.write("".join(f"{stamp}.{n % 1000:03d}Z {line}\n" for n, line in enumerate(lines)).encode())
    return moment


def ours(ask: LogAsk) -> tuple[str, ...]:
    """Return the command of one scan."""
    return ("env", f"{QUESTION}={encoded(ask)}", sys.executable, "-P", "-m", "pytest_deploycheck.sources.logs_child")


def row(runs: Runs) -> tuple[str, ...]:
    """Return the line of the table."""
    low, high = runs.quartiles
    return runs.name, f"{runs.median:.2f} s", f"{low:.2f}-{high:.2f}", f"{runs.cpu:.2f} s", f"{runs.peak:.0f} MiB"


def main() -> None:
    """Run the comparison."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with workplace() as folder:
        path = folder / "app.log"
        last = write_log(path, size)
        greps = "; ".join(f"grep -i '{pattern}' app.log | wc -l" for pattern in GREPS)
        plain = LogAsk(path=str(path), patterns=PATTERNS, levels=())
        candidates = {
            "grep -i … | wc -l, the guide's two": ("sh", "-c", greps),
            "one scan, the same patterns": ours(plain),
            "… and levels, and errors grouped": ours(
                LogAsk(path=str(path), patterns=PATTERNS, levels=("ERROR", "CRITICAL"), signatures=20)
            ),
            "… of the last tenth of the time": ours(
                LogAsk(path=str(path), patterns=PATTERNS, levels=(), since=last - (last - START) / 10)
            ),
        }
        found = in_turn(candidates, folder, times=ROUNDS)
        load = os.getloadavg()[0]
    heading(f"Patterns in a log of {size} MiB")
    print(f"Load of the machine at the end: {load:.1f}\n")
    table(("what", "median", "quartiles", "processor", "peak memory"), map(row, found))
    for runs in found:
        print(f"{runs.name}: {' '.join(runs.ended[-1].output.split())[:160]}")


if __name__ == "__main__":
    main()
