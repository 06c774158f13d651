"""Between the verdict and its reports: the rollback hook, whose end the reports tell and the exit code ignores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_deploycheck.attestations import allows_restore
from pytest_deploycheck.model import HookStep
from pytest_deploycheck.places import FILE_NAME
from pytest_deploycheck.reporting import layout
from pytest_deploycheck.rollback import Asked, FileClaims, Verification, roll_back, verify

if TYPE_CHECKING:
    import pytest

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.plugin.state import DeployRun


def take_back(run: DeployRun, config: pytest.Config) -> None:
    """Run the hook when the verdict asks for it; what comes of it stands in the record, and nothing else changes."""
    record, settings = run.record, run.settings.verdict.on_rollback
    assert record is not None
    if not settings.command or record.verdict.decision.value not in settings.decisions:
        return
    forbidden = _forbidden(run, record)
    if forbidden is None:
        # a run that is killed in the middle of a rollback must not leave a record that knows nothing of it
        begun = replace(record, rollback=(HookStep(name="roll back", state="running"),))
        run.report_problems.extend(layout.write_reports(begun, run.report_root).problems)
    asked = Asked(
        settings=settings,
        deployment=run.deployment,
        decision=record.verdict.decision,
        by=f"run {record.tick} of {record.phase} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        folder=str(run.settings.root),
        claims=FileClaims(layout.phase_folder(run.report_root, run.deployment.id, record.phase).parent),
        hide=run.redactor.text,
        forbidden=forbidden,
        restore_allowed=allows_restore(run.attestations, run.deployment.id, run.now),
        verify=(lambda: verify(_verification(run, record, config))) if settings.verify else None,
        tell=lambda text: _tell(config, text),
    )
    run.record = replace(record, rollback=roll_back(asked))


def _forbidden(run: DeployRun, record: RunRecord) -> str | None:
    """Return why the hook may not run, None when it may."""
    reasons = (
        (not run.settings.verdict.on_rollback.enabled, "[verdict.on_rollback] enabled is not true"),
        (not run.options.allow_rollback, "--deploy-allow-rollback was not given"),
        (run.options.dry_run, "--deploy-dry-run only decides"),
        (record.run.interrupted, "the run was interrupted"),
        (not run.deployment.explicit, "nobody named the deployment: without --deploy-id it could run twice"),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _verification(run: DeployRun, record: RunRecord, config: pytest.Config) -> Verification:
    settings = run.settings.verdict.on_rollback
    return Verification(
        arguments=[str(each) for each in config.invocation_params.args],
        deployment=run.deployment,
        phase=record.phase,
        folder=layout.run_folder(run.report_root, record) / "verification",
        cwd=config.invocation_params.dir,
        now=datetime.now(UTC),
        history=(run.report_root / FILE_NAME).absolute() if run.settings.history.url is None else None,
        timeout=settings.verify_timeout,
        hide=run.redactor.text,
    )


def _tell(config: pytest.Config, text: str) -> None:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        reporter.write_line(f"deploycheck {text}", bold=True)
