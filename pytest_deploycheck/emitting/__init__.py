"""Ready-made schedulers: the same run as a GitHub workflow, a GitLab job, cron lines, systemd units, Kubernetes."""

from __future__ import annotations

from pytest_deploycheck.emitting.kinds import KINDS
from pytest_deploycheck.emitting.plan import Plan, plan_of

__all__ = ["KINDS", "Plan", "plan_of"]
