"""What pytest itself would show of secrets: names of checks, errors while collecting, warnings, properties."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator, Iterable
    from typing import TextIO

    from pytest_deploycheck.plugin.state import DeployRun

LOG_HANDLERS = ("log_cli_handler", "log_file_handler")


class DiscreetFormatter(logging.Formatter):
    """What another formatter writes, redacted."""

    def __init__(self, inner: logging.Formatter | None, redact: Callable[[str], str]) -> None:
        """Write as ``inner`` does."""
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        return self._redact(self._inner.format(record))


class DiscreetStream:
    """An output stream whose texts are redacted before they are written; everything else is the stream's own."""

    def __init__(self, inner: TextIO, redact: Callable[[str], str]) -> None:
        """Write to ``inner``."""
        self._inner = inner
        self._redact = redact

    def write(self, text: str) -> int:
        """Write the redacted text, and return how long the text was."""
        self._inner.write(self._redact(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Return what the stream itself has."""
        return getattr(self._inner, name)


class DiscretionPlugin:
    """Redacts where a text comes into being, so that it is clean for the terminal, every report and every worker."""

    def __init__(self, run: DeployRun) -> None:
        """Redact with what ``run`` knows."""
        self._redact = run.redactor.text
        self._streams: tuple[Any, Any] | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Clean what goes past pytest's capture: live and filed logs, and with ``-s`` what checks print."""
        logs = session.config.pluginmanager.getplugin("logging-plugin")
        for name in LOG_HANDLERS:
            handler = getattr(logs, name, None)
            if isinstance(handler, logging.Handler):
                handler.setFormatter(DiscreetFormatter(handler.formatter, self._redact))
        if session.config.getoption("capture", None) == "no":
            self._streams = (sys.stdout, sys.stderr)
            sys.stdout = cast("TextIO", DiscreetStream(sys.stdout, self._redact))
            sys.stderr = cast("TextIO", DiscreetStream(sys.stderr, self._redact))

    def pytest_unconfigure(self) -> None:
        """Give the streams back."""
        if self._streams is not None:
            sys.stdout, sys.stderr = self._streams
            self._streams = None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Clean the error of a file that could not be collected."""
        report = yield
        if isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, self._redact(reason))
        elif report.longrepr is not None:
            report.longrepr = self._redact(report.longreprtext)
        report.sections = [(self._redact(name), self._redact(text)) for name, text in report.sections]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Clean a warning before anybody keeps it."""
        message = warning_message.message
        clean = self._redact(str(message))
        if clean != str(message):
            warning_message.message = UserWarning(clean) if isinstance(message, Warning) else clean

    def rename(self, items: Iterable[pytest.Item]) -> None:
        """Clean the parameters in the names of checks; two that become equal are numbered."""
        taken: set[str] = set()
        for item in items:
            start, bracket, parameters = item.name.partition("[")
            clean = f"{start}{bracket}{self._redact(parameters)}"
            if clean != item.name:
                self._rename(item, clean, taken)
            taken.add(item.nodeid)

    @staticmethod
    def _rename(item: pytest.Item, name: str, taken: set[str]) -> None:
        before = item.nodeid.removesuffix(item.name)
        number = 1
        unique = name
        while before + unique in taken:
            number += 1
            unique = f"{name}~{number}"
        item.name = unique
        # pytest has no public way to rename an item; since 9.2 its id has a structure, before it was text
        structured = getattr(item.parent, "id", None)
        name_of_id, value = ("_nodeid", before + unique) if structured is None else ("_id", structured.child(unique))
        setattr(item, name_of_id, value)
