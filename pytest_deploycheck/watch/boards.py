"""From the settings to the reader of a deployment's board: for the watch, and for ``deploycheck status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.board.panels import Own
from pytest_deploycheck.board.reading import BoardReader
from pytest_deploycheck.redact import Redactor

if TYPE_CHECKING:
    from pytest_deploycheck.history import History
    from pytest_deploycheck.settings.schema import Settings


def reader_of(settings: Settings, history: History, deployment: str | None) -> BoardReader:
    """Return the reader of a deployment's board; None is the deployment of the newest run."""
    redact = Redactor(settings.secrets).text
    dashboard = settings.dashboard
    return BoardReader(
        history=history,
        environment=settings.service.environment,
        service=settings.service.name,
        target=redact(settings.service.base_url),
        deployment=deployment,
        own=tuple(Own(panel.title, panel.checks) for panel in dashboard.panels),
        links=tuple((name, redact(url)) for name, url in dashboard.links.items()),
    )
