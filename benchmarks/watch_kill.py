"""Whether a watch survives being killed: SIGKILL at random moments, and what the history and the receiver say then."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from benchmarks.common import environment, heading, table, workplace, write_settings
from pytest_deploycheck.history import open_history
from pytest_deploycheck.history.values import STATUS

if TYPE_CHECKING:
    from pathlib import Path

CHECK = '''"""A good check, and one that goes bad for good after the tenth look."""

import pathlib

import pytest


def test_good():
    """Always."""


@pytest.mark.severity("critical")
def test_goes_bad():
    """After ten looks."""
    seen = pathlib.Path("seen.txt")
    with seen.open("a") as file:
        file.write("x")
    assert seen.stat().st_size < 10
'''
ALERTS = """
[[channel]]
id = "hook"
type = "webhook"
url = "{url}/hook"
"""
WATCH = ("--deploy-phase=first-hour", "--deploy-watch", "--deploy-interval=1s", "--deploy-id=killed")


class Receiver(BaseHTTPRequestHandler):
    """Answers everything and keeps what was posted."""

    posted: list[dict[str, Any]]

    def do_GET(self) -> None:
        """Be well."""
        self._answer()

    def do_POST(self) -> None:
        """Keep a message."""
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer()

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
        """Say nothing."""


def main() -> None:
    """Kill a watch again and again, let the last one come to its end, and look at what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often (default: 200)")
    parser.add_argument("--longest", type=float, default=6.0, help="seconds before a kill at most (default: 6)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    given = parser.parse_args()
    heading(f"A watch killed {given.kills} times, seed {given.seed}")
    posted: list[dict[str, Any]] = []
    handler = type("Handler", (Receiver,), {"posted": posted})
    with workplace() as folder, ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        write_settings(folder, url, ALERTS.format(url=url))
        checks = folder / "deploy_checks"
        checks.mkdir()
        (checks / "test_own.py").write_text(CHECK, encoding="utf-8")
        kill(folder, given.kills, given.longest, random.Random(given.seed))  # noqa: S311  # moments, no secrets
        code = finish(folder)
        table(("what", "found"), told(folder, posted, code))
        server.shutdown()


def kill(folder: Path, times: int, longest: float, chance: random.Random) -> None:
    """Start the watch and kill it after a random time, half of the times together with the tick under way."""
    for number in range(times):
        process = start(folder)
        time.sleep(chance.uniform(0.3, longest))
        tick = _child(process.pid) if number % 2 else None
        process.kill()
        process.wait()
        if tick is not None:
            try:
                os.killpg(tick, signal.SIGKILL)
            except ProcessLookupError:
                continue


def finish(folder: Path) -> int:
    """Let the watch run a little longer, ask it to stop, and return its exit code."""
    process = start(folder)
    time.sleep(12)
    process.send_signal(signal.SIGTERM)
    return process.wait(60)


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the watch; the same command every time."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *WATCH]
    return subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _child(parent: int) -> int | None:
    found = subprocess.run(
        ["/usr/bin/pgrep", "-P", str(parent)], capture_output=True, text=True, check=False
    ).stdout.split()
    return int(found[0]) if found else None


def told(folder: Path, posted: list[dict[str, Any]], code: int) -> list[tuple[str, object]]:
    """Return what is in the history and what the receiver got."""
    with open_history(folder / "reports" / "history.sqlite", service="benchmark") as history:
        runs = [row for row in history.runs("killed") if row.finished]
        numbers = Counter(row.tick for row in history.runs("killed"))
        points = history.series(STATUS, environment="production", deployment="killed")
    per_run = Counter((point.run, point.check) for point in points)
    sets = Counter(frozenset(check for run, check in per_run if run == row.id) for row in runs)
    watch = json.loads((folder / "reports" / "watch.json").read_text(encoding="utf-8"))
    ids = Counter(message["id"] for message in posted)
    opened = [message for message in posted if message["event"] == "opened"]
    return [
        ("ticks in the history", sum(numbers.values())),
        ("of them finished", len(runs)),
        ("tick numbers used twice", sum(count > 1 for count in numbers.values())),
        ("different sets of checks among the finished ticks", len(sets)),
        ("statuses recorded twice for a tick", sum(count > 1 for count in per_run.values())),
        ("messages", len(posted)),
        ("messages that arrived twice", sum(count > 1 for count in ids.values())),
        ("alerts opened", len({message["id"] for message in opened})),
        ("decision and exit code of the watch", f"{watch['decision']}, {code}"),
    ]


if __name__ == "__main__":
    main()
