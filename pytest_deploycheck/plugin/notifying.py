"""Telling people: after the reports are written, bounded in time, without any say in the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck.errors import DeploycheckError
from pytest_deploycheck.model import AlertsInfo

if TYPE_CHECKING:
    import pytest

    from pytest_deploycheck.plugin.state import DeployRun


def tell(run: DeployRun, config: pytest.Config) -> None:
    """Tell what the finished run changed, and put what became of it into the record."""
    assert run.record is not None
    if run.options.dry_run or run.options.no_notify:
        return
    from pytest_deploycheck import alerting  # noqa: PLC0415  # a run that tells nobody loads none of it

    if not alerting.is_wanted(run.settings):
        return
    others = {name: build for found in config.hook.pytest_deploycheck_channels() for name, build in found.items()}
    try:
        notifier = alerting.notifier_of(
            run.settings,
            run.report_root,
            redact=run.redactor.text,
            others=others,
            history=run.memory.history if run.memory is not None else None,
        )
        info = notifier.after_run(run.record)
    except (DeploycheckError, OSError) as error:
        info = AlertsInfo(problems=(f"nobody was told ({type(error).__name__})",))
    run.record = replace(run.record, alerts=info)
    run.report_problems.extend(f"alerts: {problem}" for problem in info.problems)
