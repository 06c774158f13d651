"""The bridge to pytest-xdist: one deployment and one "now" for all workers, and shares that both sides know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import wire
from pytest_deploycheck.plugin import scheduling

if TYPE_CHECKING:
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.plugin.state import DeployRun

KEY = "deploycheck"


@dataclass(frozen=True, slots=True)
class WorkerInput:
    """What the controller told this worker. ``share`` is None when the checks are distributed in a way unknown here."""

    deployment: Deployment
    now: datetime
    count: int
    share: tuple[int, int] | None


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
    )


class WorkerPlugin:
    """Tells the controller what this worker left out of the plan."""

    def __init__(self, run: DeployRun) -> None:
        """Speak for ``run``."""
        self.run = run

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send it at the end; all workers leave out the same, so one that lives is enough."""
        sent = {"left_out": self.run.left_out, "partial": self.run.partial}
        vars(session.config)["workeroutput"][KEY] = json.dumps(sent)
        self.run.observatory.close()


class ControllerPlugin:
    """Tells each worker about the run before it starts."""

    def __init__(self, run: DeployRun) -> None:
        """Speak for ``run``."""
        self.run = run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the deployment and the time; text, because anything else would not survive the channel."""
        node.workerinput[KEY] = json.dumps(
            {
                "deployment": wire.encode_deployment(self.run.deployment),
                "now": self.run.now.isoformat(),
                "ahead": node.config.getvalue("dist") == "load",
            }
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker left out; one that crashed says nothing."""
        text = getattr(node, "workeroutput", {}).get(KEY)
        if text is not None:
            sent = json.loads(text)
            self.run.left_out.update(sent["left_out"])
            self.run.partial = self.run.partial or sent["partial"]


def register(config: pytest.Config, run: DeployRun) -> None:
    """Register the side of the bridge that this process is on."""
    if input_of(config) is None:
        config.pluginmanager.register(ControllerPlugin(run), "deploycheck-controller")
        config.pluginmanager.register(scheduling, "deploycheck-scheduling")
    else:
        config.pluginmanager.register(WorkerPlugin(run), "deploycheck-worker")
