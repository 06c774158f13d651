"""Measurements from HTTP answers: a number in a JSON body, the days left on a certificate."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck.errors import BadAnswerError, NoDataError
from pytest_deploycheck.measuring.json import number_at, numbers_at
from pytest_deploycheck.measuring.numbers import series_name
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.settings.items import Endpoint
    from pytest_deploycheck.settings.metrics import HttpMetric


def measure_http(metric: HttpMetric, answer: HttpAnswer) -> tuple[Measurement, ...]:
    """Return the measurement of a number in a JSON body, or one for each number of a table there.

    Raises:
        BadAnswerError: there is no number at the path.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the class of success
        raise BadAnswerError(f"{answer.url} answered {answer.status}", "Check the path and the token")
    document = answer.json()
    samples = number_at(document, metric.samples_query) if metric.samples_query is not None else None
    made = Measurement(
        metric=metric.id,
        value=None,
        unit=metric.unit,
        n=_count(samples, metric) if metric.samples_query is not None else None,
        source="http",
        query=metric.query,
        target=answer.url,
        attempts=answer.attempts,
        at=answer.at,
    )
    if not metric.each:
        return (replace(made, value=number_at(document, metric.query)),)
    found = numbers_at(document, metric.query)
    return tuple(replace(made, metric=series_name(metric.id, name), value=value) for name, value in found.items())


def _count(samples: object, metric: HttpMetric) -> int:
    """Return how many samples there were; 0 when the body does not tell."""
    if samples is None:
        return 0
    if isinstance(samples, bool) or not isinstance(samples, int | float) or not math.isfinite(samples):
        raise BadAnswerError(f"{metric.samples_query} is no number of samples", "Correct the metric's samples_query")
    return max(int(samples), 0)


def days_left(endpoint: Endpoint, answer: HttpAnswer) -> Measurement:
    """Return the days left on the certificate that an endpoint showed (negative when it has expired).

    Raises:
        NoDataError: the answer came without a certificate.
    """
    if answer.tls_expires_at is None or answer.at is None:
        raise NoDataError(f"{answer.url} showed no certificate", "Give the endpoint an https URL")
    left = (answer.tls_expires_at - answer.at).total_seconds() / 86400
    return Measurement(
        metric=f"{endpoint.id}.tls_days",
        value=round(left, 3),
        unit="d",
        source="http",
        query="days until the certificate expires",
        target=answer.url,
        attempts=answer.attempts,
        at=answer.at,
    )
