"""The declared flows: what a user does, step by step; flows that write run only with ``--deploy-allow-writes``."""

import pytest

from pytest_deploycheck import Flow, FlowRunner


@pytest.mark.each("flow")
@pytest.mark.action("Walk through the flow by hand, from the step that failed.")
def test_flow(declared_flow: Flow, flow: FlowRunner) -> None:
    """The flow works from its first step to its last."""
    flow(declared_flow)
