"""The pytest plugin's door: options and markers only. Everything else is imported when ``--deploy-phase`` is given."""

from __future__ import annotations

import os

import pytest

from pytest_deploycheck.plugin.options import add_markers, add_options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--deploy-…`` options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks through which others add sources and answers."""
    from pytest_deploycheck import hookspecs  # noqa: PLC0415  # declared late to keep inactive start-up cheap

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Watch instead of running once; a tick of a watch is a run like any other."""
    if not config.getoption("deploy_watch") or os.environ.get("DEPLOYCHECK_WATCHED"):
        return None
    if config.getoption("deploy_phase") is None:
        raise pytest.UsageError("--deploy-watch needs --deploy-phase=NAME (or auto)")
    from pytest_deploycheck.plugin.watching import supervise  # noqa: PLC0415  # heavy imports wait until here

    return supervise(config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and wake up when a phase is asked for."""
    add_markers(config)
    if config.getoption("deploy_phase") is None:
        return
    from pytest_deploycheck.plugin.activation import activate  # noqa: PLC0415  # heavy imports wait until here

    activate(config)
