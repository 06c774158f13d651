"""The hooks that this plugin offers to others (pluggy); declared here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.notify.channels.base import Channel, Send
    from pytest_deploycheck.sources.base import Source


@pytest.hookspec
def pytest_deploycheck_sources() -> Iterable[Source]:  # type: ignore[empty-body]  # a declaration
    """Return further sources; each answers asks of its own type (:class:`pytest_deploycheck.sources.base.Source`)."""


@pytest.hookspec
def pytest_deploycheck_channels() -> Mapping[str, Callable[[Mapping[str, Any], Send], Channel]]:  # type: ignore[empty-body]  # a declaration
    """Return further channels by name, for ``[[channel]] type = "plugin"``; each is built from its options."""


@pytest.hookspec
def pytest_deploycheck_verdict(record: RunRecord) -> None:
    """See the finished record of a run, after the verdict is decided and the reports are written."""
