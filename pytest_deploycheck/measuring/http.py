"""Measurements from HTTP answers: a number in a JSON body, the days left on a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.errors import BadAnswerError, NoDataError
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.settings.items import Endpoint
    from pytest_deploycheck.settings.metrics import HttpMetric


def measure_http(metric: HttpMetric, answer: HttpAnswer) -> Measurement:
    """Return the measurement of a number in a JSON body.

    Raises:
        BadAnswerError: there is no number at the path.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the class of success
        raise BadAnswerError(f"{answer.url} answered {answer.status}", "Check the path and the token")
    try:
        value = jmespath.search(metric.query, answer.json())
    except JMESPathError as error:
        raise BadAnswerError(f"{metric.query}: {error}") from None
    if isinstance(value, (dict, list)):
        raise BadAnswerError(f"{metric.query} is a {type(value).__name__}, not a number", "Correct the metric's query")
    return Measurement(
        metric=metric.id,
        value=value,
        unit=metric.unit,
        source="http",
        query=metric.query,
        target=answer.url,
        attempts=answer.attempts,
        at=answer.at,
    )


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
