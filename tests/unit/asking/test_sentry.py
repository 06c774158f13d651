"""From declared metrics to questions to Sentry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asking import asks_of, metric_ask
from pytest_deploycheck.asks import OpenMetricsAsk, SentryAsk
from pytest_deploycheck.model import Deployment
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEPLOYMENT = Deployment(id="d", deployed_at=NOW - timedelta(hours=2), version="1.2", commit="abc")
HEAD = """
[service]
base_url = "http://service.internal"
metrics = "/metrics"
[sentry]
organization = "acme"
project = "shop"
token = "sntrys_s3cret"
"""
METRIC = '[[metric]]\nid = "m"\nsource = "sentry"\nquery = "events"\n'


def load(folder: Path, more: str = METRIC, sentry: str = "") -> Settings:
    """Return settings with a Sentry."""
    path = folder / "deploycheck.toml"
    path.write_text(HEAD + sentry + more)
    return load_settings(path, cwd=folder, environ={})


def asked(settings: Settings, deployment: Deployment = DEPLOYMENT) -> SentryAsk:
    """Return the question of the first metric."""
    ask = metric_ask(settings, settings.metrics[0], deployment, NOW)
    assert isinstance(ask, SentryAsk)
    return ask


def test_since_the_deployment_in_its_environment(tmp_path: Path) -> None:
    """Without a window it is about the time since the deployment, in the deployment's environment, of every release."""
    ask = asked(load(tmp_path))
    assert (DEPLOYMENT.deployed_at, NOW, "production", "") == (ask.start, ask.end, ask.environment, ask.release)
    assert ("https://sentry.io", ("shop",), "sntrys_s3cret") == (ask.url, ask.projects, ask.token)
    assert ask.token not in repr(ask)
    assert "sentry.io:443" == ask.host


def test_a_window_before_now(tmp_path: Path) -> None:
    """With a window it is about that time before now."""
    assert timedelta(minutes=15) == NOW - (asked(load(tmp_path, METRIC + 'window = "15m"')).start or NOW)


def test_an_unknown_deployment_time(tmp_path: Path) -> None:
    """The start of the run is no time of deployment."""
    assert asked(load(tmp_path), replace(DEPLOYMENT, deployed_at_known=False)).start is None


@pytest.mark.parametrize(
    ("sentry", "expected"), [("", "1.2"), ('release = "shop@{version}+{commit}"\n', "shop@1.2+abc")]
)
def test_the_name_of_a_release(tmp_path: Path, sentry: str, expected: str) -> None:
    """The SDK's name for a release is made of version and commit; without them it is not known."""
    settings = load(tmp_path, METRIC + "this_release = true", sentry)
    assert expected == asked(settings).release
    assert asked(settings, replace(DEPLOYMENT, version=None)).release is None


def test_any_environment(tmp_path: Path) -> None:
    """An environment can be named otherwise, or left open."""
    assert "" == asked(load(tmp_path, sentry='environment = "any"\n')).environment
    assert "live" == asked(load(tmp_path, sentry='environment = "live"\n')).environment


def test_a_share_asks_twice(tmp_path: Path) -> None:
    """A metric with a denominator asks for both, and its levels are in %."""
    requests = '[[metric]]\nid = "r"\nsource = "openmetrics"\nquery = "increase(requests_total)"\n'
    settings = load(tmp_path, METRIC + 'denominator = "r"\nlevels = { high = "> 1%" }\n' + requests)
    kinds: list[Any] = [type(ask) for ask in asks_of(settings.metrics[0], settings, DEPLOYMENT, NOW)]
    assert [SentryAsk, OpenMetricsAsk] == kinds
    assert "%" == settings.metrics[0].unit


def test_the_token_is_a_secret(tmp_path: Path) -> None:
    """Nothing that is shown holds the token."""
    assert "sntrys_s3cret" in load(tmp_path).secrets
    assert "sntrys_s3cret" not in load(tmp_path).model_dump_json()
