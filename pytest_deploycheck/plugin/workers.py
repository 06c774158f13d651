"""The bridge to pytest-xdist: one deployment and one "now" for all workers, and shares that both sides know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import runs, wire
from pytest_deploycheck.plugin import scheduling

if TYPE_CHECKING:
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.runs import Past

KEY = "deploycheck"


@dataclass(frozen=True, slots=True)
class WorkerInput:
    """What the controller told this worker. ``share`` is None when the checks are distributed in a way unknown here."""

    deployment: Deployment
    now: datetime
    count: int
    share: tuple[int, int] | None
    past: Past


def input_of(config: pytest.Config) -> WorkerInput | None:
    """Return what the controller sent, None when this process is no worker."""
    received: dict[str, Any] | None = getattr(config, "workerinput", None)
    if received is None:
        return None
    sent = json.loads(received[KEY])
    count = int(received["workercount"])
    index = int(str(received["workerid"]).removeprefix("gw"))
    return WorkerInput(
        deployment=wire.decode_deployment(sent["deployment"]),
        now=datetime.fromisoformat(sent["now"]),
        count=count,
        share=(index, count) if sent["ahead"] else (count, count),
        past=runs.from_text(sent["past"]),
    )


def count_of(config: pytest.Config) -> int:
    """Return how many workers the command line asks for, 0 without any."""
    if config.getoption("dist", "no") == "no":
        return 0
    numbers = [spec.partition("*")[0] for spec in config.getoption("tx", None) or ()]
    return sum(int(number) if number.isdecimal() else 1 for number in numbers)


class WorkerPlugin:
    """Tells the controller what this worker left out of the plan, and why it could not go on."""

    def __init__(self, run: DeployRun) -> None:
        """Speak for ``run``."""
        self.run = run

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that a check ended the whole run (``pytest.exit``), whatever exit code it asked for."""
        self.run.unfinished = "the run was interrupted"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Send it at the end; all workers leave out the same, so one that lives is enough."""
        if exitstatus == pytest.ExitCode.USAGE_ERROR and self.run.usage_error is None:
            self.run.usage_error = "the workers could not start: a usage error"
        run = self.run
        sent = {
            "left_out": run.left_out,
            "not_due": sorted(run.not_due),
            "partial": run.partial,
            "usage_error": run.usage_error,
            "counters": run.counters,
        }
        output = vars(session.config)["workeroutput"]
        output[KEY] = json.dumps(sent)
        if self.run.unfinished is not None:
            # the only exit code that pytest-xdist takes for an end before the end
            output["exitstatus"] = int(pytest.ExitCode.INTERRUPTED)
        self.run.observatory.close()


class ControllerPlugin:
    """Tells each worker about the run before it starts."""

    def __init__(self, run: DeployRun) -> None:
        """Speak for ``run``."""
        self.run = run
        self._past = runs.to_text(run.past)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the deployment and the time; text, because anything else would not survive the channel."""
        node.workerinput[KEY] = json.dumps(
            {
                "deployment": wire.encode_deployment(self.run.deployment),
                "now": self.run.now.isoformat(),
                "past": self._past,
                "ahead": node.config.getvalue("dist") == "load",
            }
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker left out; one that crashed says nothing.

        Raises:
            pytest.UsageError: the worker found that the run was asked for wrongly.
        """
        text = getattr(node, "workeroutput", {}).get(KEY)
        if text is None:
            return
        sent = json.loads(text)
        self.run.left_out.update(sent["left_out"])
        self.run.not_due.update(sent["not_due"])
        self.run.counters.update(sent["counters"])
        self.run.partial = self.run.partial or sent["partial"]
        if sent["usage_error"] is not None and self.run.usage_error is None:
            self.run.usage_error = sent["usage_error"]
            raise pytest.UsageError(sent["usage_error"])


def register(config: pytest.Config, run: DeployRun) -> None:
    """Register the side of the bridge that this process is on."""
    if input_of(config) is None:
        config.pluginmanager.register(ControllerPlugin(run), "deploycheck-controller")
        config.pluginmanager.register(scheduling, "deploycheck-scheduling")
    else:
        config.pluginmanager.register(WorkerPlugin(run), "deploycheck-worker")
