"""What the plugin costs while it is installed and asked for nothing: whole runs of pytest over an empty file."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from benchmarks.common import PYTEST, Runs, heading, in_turn, milliseconds, run, table, workplace

if TYPE_CHECKING:
    from pathlib import Path


def main() -> None:
    """Compare pytest with and without the plugin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="rounds (default: 40)")
    times = parser.parse_args().times
    heading("Installed and inactive: one run of pytest over an empty file")
    with workplace() as folder:
        (folder / "test_empty.py").write_text("", encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = (*PYTEST, "-q", "test_empty.py")
        found = in_turn(
            {
                "without (`-p no:deploycheck`)": (*command, "-p", "no:deploycheck"),
                "with": command,
                "without, once more": (*command, "-p", "no:deploycheck"),
            },
            folder,
            times=times,
            warm=2,
            expected=(5,),
        )
        _show(found)
        _imports(folder)


def _show(found: list[Runs]) -> None:
    base = found[0]
    table(
        ("pytest", "median", "quartiles", "fastest", "median of CPU time", "more in the same round (median)"),
        [
            (
                runs.name,
                milliseconds(runs.median),
                " to ".join(milliseconds(quartile) for quartile in runs.quartiles),
                milliseconds(runs.fastest),
                milliseconds(runs.cpu),
                milliseconds(runs.more_than(base)),
            )
            for runs in found
        ],
    )


def _imports(folder: Path) -> None:
    """Show what the plugin's door imports, after pytest itself."""
    program = "import pytest; import pytest_deploycheck.plugin; import pytest_deploycheck.hookspecs"
    ended = run((sys.executable, "-X", "importtime", "-c", program), folder)
    lines = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(pytest_deploycheck\S*)", ended.output)
    rows = [(f"`{name}`", f"{int(own) / 1000:.2f} ms", f"{int(total) / 1000:.2f} ms") for own, total, name in lines]
    table(("imported (`-X importtime`)", "itself", "with what it imports"), rows)


if __name__ == "__main__":
    main()
