"""``--deploy-id latest``: the deployment of the newest run, for schedulers that know nothing of deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.deployments.context import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.model import Deployment

LATEST: Final = "latest"


def latest_values(found: Deployment, origin: str) -> Iterator[Value]:
    """Yield what an earlier run knew of its deployment; its time only when it was known then."""
    at = found.deployed_at.isoformat() if found.deployed_at_known else None
    texts = (
        ("id", found.id),
        ("version", found.version),
        ("commit", found.commit),
        ("previous", found.previous),
        ("deployed_at", at),
        ("environment", found.environment),
    )
    for name, text in texts:
        if text:
            yield Value(name, text, origin)
