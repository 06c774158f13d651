"""What a hostile service costs: a body of 1 GB, a gzip bomb, answers that drip or never come; memory and time."""

from __future__ import annotations

import argparse

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

GIGABYTE = 10**9
SERVICES = {
    "answers as it should (`/health`)": "/health",
    "1 GB, announced": f"/body/{GIGABYTE}",
    "1 GB, not announced (chunked)": f"/flood/{GIGABYTE}",
    "1 GB packed into 1 MB (gzip)": f"/bomb/{GIGABYTE}",
    "a byte each second for an hour": "/drip",
    "never answers": "/hang",
}


def main() -> None:
    """Measure a run with one hostile endpoint, for each kind of hostility."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--timeout", type=int, default=3, help="the endpoint's timeout in seconds (default: 3)")
    given = parser.parse_args()
    heading(f"Hostile answers: `max_body` 1 MiB (the default), timeout {given.timeout} s")
    rows: list[tuple[str, ...]] = []
    with server() as url:
        for name, path in SERVICES.items():
            with workplace() as folder:
                write_settings(folder, url, endpoints([path], f'timeout = "{given.timeout}s"\n'))
                runs = in_turn(
                    {name: (*PYTEST, *PHASE)}, folder, times=given.times, warm=0, expected=(0, 12, 20), prepare=fresh
                )[0]
            rows.append((name, f"{runs.median:.2f} s", f"{runs.peak:.0f} MiB", str(runs.ended[0].status)))
    table(("the service", "whole run", "peak of memory", "exit code"), rows)


if __name__ == "__main__":
    main()
