"""Which deployment a run is about: each value from the surest place that knows it, and where that was."""

from __future__ import annotations

from pytest_deploycheck.deployments.context import NOTHING_KNOWN, Context, Value, settle
from pytest_deploycheck.deployments.detected import detected_environment, detected_values
from pytest_deploycheck.deployments.given import given_values
from pytest_deploycheck.deployments.latest import LATEST, latest_values
from pytest_deploycheck.deployments.manifest import manifest_values
from pytest_deploycheck.deployments.naming import deployment_of
from pytest_deploycheck.deployments.times import read_time

__all__ = [
    "LATEST",
    "NOTHING_KNOWN",
    "Context",
    "Value",
    "deployment_of",
    "detected_environment",
    "detected_values",
    "given_values",
    "latest_values",
    "manifest_values",
    "read_time",
    "settle",
]
