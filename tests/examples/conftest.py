"""The demo and the stand-ins, started once; and a way to run an example as its team would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import attestations
from pytest_deploycheck.demo.launch import RunningDemo, start_demo
from pytest_deploycheck.model import Attestation
from tests.examples.ledger import EXAMPLES, ROOT
from tests.examples.standins import Standins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run decided: the exit code, verdict.json, and what was printed."""

    code: int
    record: dict[str, Any]
    shown: str

    @property
    def decision(self) -> str:
        """The decision, such as WATCH."""
        return str(self.record["verdict"]["decision"])

    @property
    def statuses(self) -> dict[str, str]:
        """The statuses of the checks, by id."""
        return {each["id"]: each["status"] for each in self.record["checks"]}

    def found(self, check: str) -> dict[str, Any]:
        """Return the one check whose id holds the text, such as ``metric[error-rate]``."""
        (one,) = [each for each in self.record["checks"] if check in each["id"]]
        return dict(one)

    def level(self, check: str) -> str | None:
        """Return the level of what a check found, None when it found nothing bad."""
        level = self.found(check)["finding"]
        return None if level is None else str(level)


@dataclass(slots=True)
class Example:
    """One example, to be run against the demo and the stand-ins; its reports and its history lie in ``folder``."""

    name: str
    demo: RunningDemo
    standins: Standins
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return EXAMPLES / self.name / "deploycheck.toml"

    def run(
        self,
        phase: str,
        *options: str,
        faults: Sequence[str] = (),
        knobs: Mapping[str, Any] | None = None,
        deployed_at: str = "5m",
        deployment: str = "example",
        attested: bool = True,
        **environ: str,
    ) -> Outcome:
        """Run a phase with faults of the demo and knobs of the stand-ins; afterwards everything is healthy again."""
        if attested:
            self.attest(deployment)
        try:
            for fault in faults:
                self.demo.fault(fault)
            for name, value in (knobs or {}).items():
                self.standins.set(name, value)
            done = self.command(phase, *options, deployed_at=deployed_at, deployment=deployment, environ=environ)
        finally:
            self.demo.clear()
            self.standins.reset()
        path = self.folder / "verdict.json"
        assert path.is_file(), done.stdout + done.stderr
        return Outcome(done.returncode, json.loads(path.read_text(encoding="utf-8")), done.stdout + done.stderr)

    def command(
        self, phase: str, *options: str, deployed_at: str, deployment: str, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run pytest as the team would."""
        given = [f"--deploy-config={self.settings}", f"--deploy-phase={phase}", f"--deploy-id={deployment}"]
        given += [f"--deployed-at={deployed_at}", f"--deploy-version={self.demo.version}", "--deploy-allow-writes"]
        given += [f"--deploy-report-dir={self.folder}", f"--deploy-history=sqlite:///{self.folder}/history.sqlite"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *given, "-p", "no:cacheprovider", *options],
            cwd=ROOT,
            env=self.variables(environ),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a run."""
        return {**os.environ, **self.demo.environ, **self.environ, **(more or {})}

    def deploycheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command ``deploycheck`` in the example's environment."""
        return subprocess.run(
            [sys.executable, "-m", "pytest_deploycheck.cli", *words],
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def attest(self, deployment: str) -> None:
        """Answer every question of the example with yes."""
        for entry in tomllib.loads(self.settings.read_text(encoding="utf-8")).get("attest", ()):
            answer = Attestation(id=entry["id"], by="Ada", at=datetime.now(UTC), answer="yes", deployment=deployment)
            attestations.append(self.folder, answer)


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    """The demo, started once."""
    with start_demo() as running:
        yield running


@pytest.fixture(scope="session")
def standins() -> Iterator[Standins]:
    """The stand-ins, started once."""
    with Standins() as running:
        yield running


@pytest.fixture
def example(demo: RunningDemo, standins: Standins) -> Iterator[Callable[..., Example]]:
    """Make an example by its name, with the variables that it needs: ``example("realco", SENTRY_URL=…)``."""
    folder = Path(tempfile.mkdtemp(prefix="deploycheck-example-"))
    folder.chmod(0o755)
    standins.reset()

    def make(name: str, **environ: str) -> Example:
        return Example(name, demo, standins, folder, environ)

    yield make
    demo.clear()
    standins.reset()
    shutil.rmtree(folder, ignore_errors=True)
