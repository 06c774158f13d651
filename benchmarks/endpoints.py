"""How long it takes to decide about many slow endpoints, beside curl in a loop and plain pytest with httpx."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.common import (
    PHASE,
    PYTEST,
    Runs,
    endpoints,
    fresh,
    heading,
    in_turn,
    server,
    table,
    workplace,
    write_settings,
)

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = '''"""The same requests as plain tests."""

import httpx
import pytest


@pytest.fixture(scope="session")
def client():
    with httpx.Client(base_url="{url}", timeout=10) as client:
        yield client


@pytest.mark.parametrize("number", range({count}))
def test_endpoint(client, number):
    assert client.get(f"/slow/{wait}/{{number}}").status_code == 200
'''
CURL = 'for i in $(seq 0 {last}); do curl --silent --show-error --fail --output /dev/null "{url}/slow/{wait}/$i"; done'


def main() -> None:
    """Compare the ways to ask the same endpoints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--wait", type=int, default=200, help="how long each takes to answer, in ms (default: 200)")
    parser.add_argument("--concurrency", type=int, default=8, help="requests at once (default: 8)")
    parser.add_argument("--times", type=int, default=3, help="rounds of deploycheck; of the others one (default: 3)")
    given = parser.parse_args()
    heading(f"{given.endpoints} endpoints that answer after {given.wait} ms each")
    ideal = given.endpoints * given.wait / 1000 / given.concurrency
    with workplace() as folder, server() as url:
        paths = (f"/slow/{given.wait}/{number}" for number in range(given.endpoints))
        write_settings(folder, url, endpoints(paths), concurrency=given.concurrency)
        plain = folder / "test_plain.py"
        plain.write_text(PLAIN.format(url=url, count=given.endpoints, wait=given.wait), encoding="utf-8")
        found = in_turn(
            {
                "start-up: deploycheck and no endpoint": (
                    *PYTEST,
                    *PHASE,
                    "-k",
                    "service_answers",
                ),
                "start-up with `-n 2`": (*PYTEST, *PHASE, "-k", "service_answers", "-n", "2"),
                "deploycheck": (*PYTEST, *PHASE),
                "deploycheck `-n 2`": (*PYTEST, *PHASE, "-n", "2"),
            },
            folder,
            times=given.times,
            prepare=fresh,
        )
        found += _others(folder, url, given.endpoints, given.wait)
    _show(found, ideal, given.concurrency)


def _others(folder: Path, url: str, count: int, wait: int) -> list[Runs]:
    others = (*PYTEST, "-p", "no:deploycheck", "test_plain.py")
    return in_turn(
        {
            "curl in a loop": ("sh", "-ec", CURL.format(last=count - 1, url=url, wait=wait)),
            "plain pytest and httpx `-n 2`": (*others, "-n", "2"),
        },
        folder,
        times=1,
        warm=0,
    )


def _show(found: list[Runs], ideal: float, concurrency: int) -> None:
    starts = {"deploycheck": found[0].median, "deploycheck `-n 2`": found[1].median}
    table(
        ("run", "median", "quartiles", "without start-up", f"times the ideal of {ideal:.1f} s ({concurrency} at once)"),
        [
            (
                runs.name,
                f"{runs.median:.2f} s",
                " to ".join(f"{quartile:.2f} s" for quartile in runs.quartiles),
                f"{runs.median - starts.get(runs.name, 0.0):.2f} s",
                f"{(runs.median - starts.get(runs.name, 0.0)) / ideal:.2f}",
            )
            for runs in found
        ],
    )


if __name__ == "__main__":
    main()
