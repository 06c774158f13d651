"""Peak of memory against the number of endpoints and the size of their bodies: bodies must not be kept."""

from __future__ import annotations

import argparse
from itertools import product

from benchmarks.common import (
    PHASE,
    PYTEST,
    endpoints,
    fresh,
    heading,
    in_turn,
    server,
    table,
    workplace,
    write_settings,
)

COUNTS = (10, 300, 1000)
SIZES = (1, 200, 800)
PASSES = 'latency = { medium = "> 30s" }\n'
FAILS = 'latency = { medium = "> 30s" }\ncontains = ["what is not in it"]\n'


def main() -> None:
    """Measure the peak of the process for each number, size and outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="rounds (default: 1)")
    times = parser.parse_args().times
    heading("Memory: endpoints with large bodies, each used by two checks (answer and latency)")
    rows: list[tuple[str, ...]] = []
    with server() as url:
        for (outcome, more), size in product((("passed", PASSES), ("failed", FAILS)), SIZES):
            measured = [_peak(url, count, size, more, times) for count in COUNTS]
            rows.append((f"{size} KiB, all {outcome}", *(f"{peak:.0f} MiB" for peak in measured), _slope(measured)))
    table(("body", *(f"{count} endpoints" for count in COUNTS), "per endpoint beyond the first column"), rows)


def _peak(url: str, count: int, size: int, more: str, times: int) -> float:
    with workplace() as folder:
        paths = (f"/body/{size * 1024}/{number}" for number in range(count))
        write_settings(folder, url, endpoints(paths, more))
        command = (*PYTEST, *PHASE)
        found = in_turn({"deploycheck": command}, folder, times=times, warm=0, expected=(0, 12, 20), prepare=fresh)
    return found[0].peak


def _slope(peaks: list[float]) -> str:
    return f"{(peaks[-1] - peaks[0]) * 1024 / (COUNTS[-1] - COUNTS[0]):.0f} KiB"


if __name__ == "__main__":
    main()
