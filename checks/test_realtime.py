"""Events on the declared live connections: written through the API, seen on the stream."""

import pytest

from pytest_deploycheck import Events, Realtime, Thresholds


@pytest.mark.each("realtime")
@pytest.mark.action("Look at the publisher, the broker and the stream, in this order.")
def test_events(realtime: Realtime, events: Events, thresholds: Thresholds) -> None:
    """Every event that was written comes, and soon enough."""
    answer = events(realtime)
    latency = events.latency(realtime, answer)
    if realtime.latency is None and answer.latencies:
        thresholds.record(latency)
    thresholds.judge(events.loss(realtime, answer), realtime.loss)
    if realtime.latency is not None:
        thresholds.judge(latency, realtime.latency)
