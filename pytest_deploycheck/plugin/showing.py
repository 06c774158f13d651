"""How a watch is shown: the live dashboard on a terminal that can, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.watch.display import PlainLines
from pytest_deploycheck.watch.pacing import Displays, Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.watch.clock import SteadyClock
    from pytest_deploycheck.watch.display import Display

_DUMB: Final = frozenset({"", "dumb", "unknown"})


@contextmanager
def showing(
    config: pytest.Config,
    settings: Settings,
    deployment: Deployment,
    history: History | None,
    *,
    interval: Callable[[str], float],
    clock: SteadyClock,
) -> Iterator[Display]:
    """Give the display of a watch; what it holds of the terminal is given back afterwards, whatever happens."""
    pacer = Pacer(history, interval)
    if history is None or not is_live(config):
        yield Displays((pacer, PlainLines(write_line)))
        return
    # imported here: a watch in a pipe needs none of it
    from pytest_deploycheck.board.painting import Painter, size_of  # noqa: PLC0415
    from pytest_deploycheck.watch.boards import reader_of  # noqa: PLC0415
    from pytest_deploycheck.watch.live import Dashboard  # noqa: PLC0415

    output = sys.stdout.fileno()
    dashboard = Dashboard(
        Painter(write_text, lambda: size_of(output)),
        reader_of(settings, history, deployment.id),
        pacer,
        write_line,
        unicode=(sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
        clock=clock.now,
    )
    try:
        yield Displays((pacer, dashboard))
    finally:
        dashboard.close()


def is_live(config: pytest.Config) -> bool:
    """Tell whether there is a terminal on which lines can be painted, and nobody asked for plain lines."""
    if config.getoption("deploy_plain") or config.getoption("verbose") < 0:
        return False
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in _DUMB


def write_line(text: str) -> None:
    """Write a line to the terminal or the pipe."""
    with suppress(OSError, ValueError):  # nobody reads any more: the watch goes on
        write_text(f"{text}\n")


def write_text(text: str) -> None:
    """Write a text as it is, what the terminal's encoding does not know escaped.

    Raises:
        OSError: nobody reads any more.
    """
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
