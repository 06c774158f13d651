"""The demo's own process, ``python -m pytest_deploycheck.demo``: launch.py starts it, the end of its input ends it."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from pytest_deploycheck.demo.faults import Active, parse_faults
from pytest_deploycheck.demo.state import remove_state, write_state
from pytest_deploycheck.errors import DeploycheckError, SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run one demo: print a JSON line when it is ready, and take everything away when standard input ends."""
    parser = argparse.ArgumentParser(prog="pytest_deploycheck.demo")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path)
    options = parser.parse_args(arguments)
    # the web server's remarks about connections that faults cut are no news
    logging.basicConfig(handlers=[logging.NullHandler()])
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    try:
        faults = parse_faults(options.fault)
        _run(options.port, options.state, faults, ended)
    except ImportError as error:
        _say({"needs": f"the demo needs {error.name}, which is not installed"})
        return 1
    except SettingsError as error:
        _say({"needs": error.problems[0].message})
        return 1
    except DeploycheckError as error:
        _say({"error": str(error)})
        return 1
    return 0


def _run(port: int, state: Path | None, faults: tuple[Active, ...], ended: threading.Event) -> None:
    from pytest_deploycheck.demo.running import Demo  # noqa: PLC0415  # what is missing is told, not traced

    with Demo(port=port) as demo:
        demo.switch_on(faults)
        facts = demo.facts()
        with contextlib.ExitStack() as stack:
            if state is not None:
                stack.callback(remove_state, state)
                write_state(state, facts)
            _say(facts)
            ended.wait()


def _wait_for_end(ended: threading.Event) -> None:
    """Wait until the other end of standard input is closed, which the death of the parent does as well."""
    with contextlib.suppress(OSError):
        # not through sys.stdin: its lock would be held when the interpreter ends
        while os.read(0, 1024):
            pass
    ended.set()


def _say(facts: dict[str, object]) -> None:
    # the parent may be gone already; then the end of standard input says so as well
    with contextlib.suppress(OSError):
        os.write(1, f"{json.dumps(facts)}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
