"""Each kind of scheduler: which files it takes, and what goes into them; one function a kind."""

from __future__ import annotations

import re
from importlib.resources import files
from textwrap import indent
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.emitting.plan import Plan

    Emit = Callable[[Plan], dict[str, str]]

_PLACE: Final = re.compile(r"@([A-Z_]+)@")


def github(plan: Plan) -> dict[str, str]:
    """Return the workflow of the gate after a deployment and the one of the scheduled runs."""
    folder = ".github/workflows"
    return {
        f"{folder}/deploycheck-gate.yml": _filled("github-gate.yml", plan),
        f"{folder}/deploycheck-scheduled.yml": _filled("github-scheduled.yml", plan),
    }


def gitlab(plan: Plan) -> dict[str, str]:
    """Return the jobs to include."""
    return {"deploycheck.gitlab-ci.yml": _filled("gitlab.yml", plan)}


def cron(plan: Plan) -> dict[str, str]:
    """Return a crontab."""
    return {"deploycheck.crontab": _filled("crontab", plan)}


def systemd(plan: Plan) -> dict[str, str]:
    """Return the service of one run, by phase, and a timer for each schedule."""
    found = {"deploycheck@.service": _filled("systemd.service", plan)}
    for phase, calendar in plan.calendars.items():
        more = {"NAME": _NAMES[phase], "CALENDAR": calendar, "UNIT_PHASE": phase}
        found[f"deploycheck-{_NAMES[phase]}.timer"] = _filled("systemd.timer", plan, **more)
    return found


def kubernetes(plan: Plan) -> dict[str, str]:
    """Return the Job of the gate (for ``kubectl create``), and what stays: the CronJobs and their volume."""
    gate = _filled("kubernetes-job.yaml", plan, GATE_POD=indent(_pod(plan, plan.phase, "latest"), " " * 4))
    crons = {"auto": plan.tick, "daily": plan.daily, "weekly": plan.weekly, "monthly": plan.monthly}
    jobs = [
        _filled(
            "kubernetes-cronjob.yaml",
            plan,
            NAME=_NAMES[phase],
            CRON=expression,
            POD=indent(_pod(plan, phase, "latest"), " " * 8),
        )
        for phase, expression in crons.items()
    ]
    return {
        "deploycheck-job.yaml": gate,
        "deploycheck-cronjobs.yaml": "".join([_filled("kubernetes-volume.yaml", plan), *jobs]),
    }


def argo_rollouts(plan: Plan) -> dict[str, str]:
    """Return analysis templates: one runs the checks as a Job, one reads a verdict over HTTP."""
    pod = indent(_pod(plan, "{{args.phase}}", "{{args.deploy-id}}"), " " * 14)
    return {"deploycheck-analysis.yaml": _filled("argo-rollouts.yaml", plan, JOB_POD=pod)}


def flagger(plan: Plan) -> dict[str, str]:
    """Return a Canary whose webhooks run the checks."""
    return {"deploycheck-canary.yaml": _filled("flagger.yaml", plan)}


def _pod(plan: Plan, phase: str, deployment: str) -> str:
    return _filled("kubernetes-pod.yaml", plan, RUN_PHASE=phase, DEPLOY_ID=deployment).rstrip("\n")


def _filled(name: str, plan: Plan, **more: str) -> str:
    text = (files("pytest_deploycheck.emitting") / "templates" / name).read_text("utf-8")
    values = {
        "SERVICE": plan.service,
        "PHASE": plan.phase,
        "ZONE": plan.zone,
        "TICK_CRON": plan.tick,
        "DAILY_CRON": plan.daily,
        "WEEKLY_CRON": plan.weekly,
        "MONTHLY_CRON": plan.monthly,
        "DIRECTORY": plan.directory,
        "PYTHON": plan.python,
        "IMAGE": plan.image,
        "ACTION": plan.action,
        "REQUIREMENT": plan.requirement,
        **more,
    }
    return _PLACE.sub(lambda match: values[match[1]], text)


_NAMES: Final = {"auto": "tick", "daily": "daily", "weekly": "weekly", "monthly": "monthly"}
KINDS: Final[Mapping[str, Emit]] = MappingProxyType(
    {
        "github": github,
        "gitlab": gitlab,
        "cron": cron,
        "systemd": systemd,
        "kubernetes": kubernetes,
        "argo-rollouts": argo_rollouts,
        "flagger": flagger,
    }
)
