"""Do scheduled jobs run on schedule?"""

import pytest

from pytest_deploycheck import Job, Jobs, Thresholds


@pytest.mark.each("job")
@pytest.mark.action("See the scheduler and the job's own log; run it by hand when that is safe.")
def test_job_is_on_schedule(job: Job, jobs: Jobs, thresholds: Thresholds) -> None:
    """The job succeeded when it had to; one that never did has failed."""
    thresholds.judge(jobs.overdue(job), job.levels)
