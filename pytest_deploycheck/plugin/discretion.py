"""What pytest itself would show of secrets: names of checks, errors while collecting, warnings, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import warnings
    from collections.abc import Generator, Iterable

    from pytest_deploycheck.plugin.state import DeployRun


class DiscretionPlugin:
    """Redacts where a text comes into being, so that it is clean for the terminal, every report and every worker."""

    def __init__(self, run: DeployRun) -> None:
        """Redact with what ``run`` knows."""
        self._redact = run.redactor.text

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
