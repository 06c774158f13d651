"""What a decision costs beside plain pytest: many trivial checks with all reports, against pytest with pytest-html."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.common import PHASE, PYTEST, Runs, fresh, heading, in_turn, server, table, workplace, write_settings

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = '''"""Trivial checks."""

import pytest


@pytest.mark.parametrize("i", range({count}))
def test_i(i):
    """A check that has nothing to do."""
'''


def main() -> None:
    """Compare the same tests as checks and as plain tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--times", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--only", default="", help="only the comparisons whose name holds this")
    given = parser.parse_args()
    heading(f"{given.checks:,} trivial checks with all reports")
    rows: list[tuple[str, ...]] = []
    with workplace() as folder, server() as url:
        checks = folder / "deploy_checks"
        checks.mkdir()
        (checks / "test_trivial.py").write_text(CHECKS.format(count=given.checks), encoding="utf-8")
        write_settings(folder, url)
        write_settings(folder, url, junit=True, name="junit.toml")
        for name, options in {"verbosity 0": (), "`-q`": ("-q",), "`-n 2`": ("-n", "2")}.items():
            if given.only in name:
                rows.extend(_compared(name, options, folder, given.times))
    table(("run", "median", "quartiles", "fastest", "CPU time", "peak of memory", "times plain pytest"), rows)


def _compared(name: str, options: tuple[str, ...], folder: Path, times: int) -> list[tuple[str, ...]]:
    html = ("--html=plain/report.html", "--self-contained-html")
    plain = (*PYTEST, "-p", "no:deploycheck", *options, *html, "deploy_checks")
    found = in_turn(
        {
            f"{name}, plain pytest, HTML": plain,
            f"{name}, plain pytest, HTML and JUnit": (*plain, "--junitxml=plain/junit.xml"),
            f"{name}, deploycheck, JSON, Markdown and HTML": (*PYTEST, *options, *PHASE),
            f"{name}, deploycheck, the same and JUnit": (*PYTEST, *options, *PHASE, "--deploy-config=junit.toml"),
        },
        folder,
        times=times,
        prepare=fresh,
    )
    return [_row(runs, found[0]) for runs in found]


def _row(runs: Runs, plain: Runs) -> tuple[str, ...]:
    low, high = runs.quartiles
    return (
        runs.name,
        f"{runs.median:.1f} s",
        f"{low:.1f} to {high:.1f} s",
        f"{runs.fastest:.1f} s",
        f"{runs.cpu:.1f} s",
        f"{runs.peak:.0f} MiB",
        f"{runs.median / plain.median:.2f}",
    )


if __name__ == "__main__":
    main()
