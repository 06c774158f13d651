"""Pages in a real browser as a source; answers :class:`PageAsk`.

The browser is driven in a process of its own (``pages_child.py``): a page whose script never ends blocks whoever talks
to it, and a process can be ended.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pytest_deploycheck import errors
from pytest_deploycheck.asks import PageAnswer, PageAsk
from pytest_deploycheck.errors import AnswerTimeoutError, SourceError
from pytest_deploycheck.sources.net import safe_url
from pytest_deploycheck.sources.process import Command, Processes

QUESTION: Final = "DEPLOYCHECK_PAGE_QUESTION"
PROGRAMS: Final = (
    *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_CHILD: Final = "pytest_deploycheck.sources.pages_child"
_PACKAGES: Final = str(Path(__file__).resolve().parents[2])
_MOST_ANSWER: Final = 4 * 1024 * 1024
# starting and ending a browser, beside the page's own time
_OVERHEAD: Final = 20.0
_ALLOW: Final = ("DISPLAY", "PLAYWRIGHT_BROWSERS_PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class PageSource:
    """Opens pages with an installed Chromium."""

    ask_type: type = PageAsk

    def __init__(self) -> None:
        """Start nothing yet."""
        self._processes = Processes()

    def observe(self, ask: PageAsk) -> PageAnswer:
        """Open the page and return what the browser saw.

        Raises:
            NoAnswerError: the server did not answer.
            AnswerTimeoutError: the page did not finish loading in time.
            BadAnswerError: it is no page: a download, redirects without end.
            SourceError: there is no browser, or no Playwright.
        """
        browser = ask.browser or found_browser()
        question = dataclasses.asdict(dataclasses.replace(ask, browser=browser))
        command = Command(
            argv=(sys.executable, "-P", "-m", _CHILD),
            timeout=ask.timeout + ask.settle + _OVERHEAD,
            allow=_ALLOW,
            env=(
                (QUESTION, json.dumps(question)),
                ("PYTHONPATH", os.pathsep.join((_PACKAGES, *filter(None, sys.path)))),
            ),
        )
        try:
            ended = self._processes.run(command, max_bytes=_MOST_ANSWER)
        except AnswerTimeoutError:
            raise AnswerTimeoutError(
                f"{safe_url(ask.url)} held the browser for more than {command.timeout:g} s",
                "Does a script of the page run without end?",
            ) from None
        try:
            return _answer(ended.stdout)
        except (ValueError, TypeError, KeyError, AttributeError):
            words = ended.words() or f"exit code {ended.code}"
            raise SourceError(f"the browser could not be driven: {words}") from None

    def close(self) -> None:
        """End the browsers that still run; idempotent."""
        self._processes.close()


def found_browser() -> str:
    """Return an installed Chromium.

    Raises:
        SourceError: there is none.
    """
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise SourceError("there is no Chromium on this machine", "Install chromium, or set service.browser to its path")


def _answer(text: bytes) -> PageAnswer:
    found = json.loads(text)
    if "error" in found:
        raise getattr(errors, found["error"])(found["message"], found["hint"])
    frozen: dict[str, Any] = {key: _frozen(value) for key, value in found.items()}
    return PageAnswer(**frozen, at=datetime.now(UTC))


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
