"""From declared jobs to what is asked about them: where the time of their last success stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.asking.base import http_ask, sql_ask
from pytest_deploycheck.asking.metrics import metric_asks
from pytest_deploycheck.asks import Ask, FileAsk

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.jobs import Job
    from pytest_deploycheck.settings.schema import Settings


def job_asks(settings: Settings, job: Job, deployment: Deployment, now: datetime) -> tuple[Ask, ...]:
    """Return the question that tells when a job last succeeded."""
    if job.metric is not None:
        return metric_asks(settings, settings.metric(job.metric), deployment, now)
    if job.sql is not None:
        more = {"statement_timeout": job.timeout} if job.timeout is not None else {}
        return (sql_ask(settings, job.sql, name=job.id, **more),)
    if job.file is not None:
        return (FileAsk(path=str(settings.root / job.file)),)
    timeout = job.timeout or settings.service.timeout
    return (http_ask(settings, job.path or "/", auth=job.auth, timeout=timeout),)
