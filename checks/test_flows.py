"""The declared flows: what a user does, step by step; flows that write run only with ``--deploy-allow-writes``."""

import pytest


@pytest.mark.each("flow")
@pytest.mark.action("Walk through the flow by hand, from the step that failed.")
def test_flow(flow, run_flow):
    """The flow works from its first step to its last."""
    run_flow(flow)
