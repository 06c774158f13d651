"""From a declared log to the arguments of the program that shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asking import log_ask, metric_ask
from pytest_deploycheck.asks import LogAsk
from pytest_deploycheck.deployments import deployment_of
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asked(folder: Path, text: str, metrics: str = "") -> LogAsk:
    """Return the question to the declared log."""
    file = folder / "deploycheck.toml"
    file.write_text(f'[service]\nbase_url = "http://service.test"\n[[log]]\nid = "a"\n{text}\n{metrics}')
    settings = load_settings(file, cwd=folder, environ={})
    return log_ask(settings, settings.logs[0], deployment_of(NOW), NOW)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        (
            'docker = "api"\nsince = "1h"\nuntil = "30m"',
            "docker logs --timestamps --since 2026-03-01T11:00:00Z --until 2026-03-01T11:30:00Z -- api",
        ),
        ('docker = "api"\ntail = 100', "docker logs --timestamps --tail 100 -- api"),
        (
            'kubectl = ["deployment/api", "-n", "shop"]\nsince = "1h"',
            "kubectl logs --timestamps --tail=-1 --since-time=2026-03-01T11:00:00Z deployment/api -n shop",
        ),
        (
            'journal = "api.service"\nsince = "1h"\ntail = 5',
            "journalctl --no-pager --quiet --utc --output=short-iso --unit=api.service --since=2026-03-01 11:00:00 UTC --lines=5",  # noqa: E501  # one command line
        ),
        ('command = ["railway", "logs", "--from={since}"]\nsince = "1h"', "railway logs --from=2026-03-01T11:00:00Z"),
    ],
)
def test_programs(tmp_path: Path, text: str, argv: str) -> None:
    """Times and limits are handed to the program where it has options for them."""
    ask = asked(tmp_path, f'require = ["x"]\n{text}')
    assert argv == " ".join(ask.argv)
    assert f"the program {ask.argv[0]}" == ask.host


def test_earlier_errors_are_asked_for(tmp_path: Path) -> None:
    """What was known before is looked for, so the program has to begin earlier."""
    ask = asked(tmp_path, 'docker = "api"\nsince = "1h"\nlookback = "2h"\nnew_errors = { low = ">= 1" }')
    assert "--since 2026-03-01T09:00:00Z" in " ".join(ask.argv)
    assert (11, 9) == (ask.since and ask.since.hour, ask.known_since and ask.known_since.hour)


def test_metrics_of_a_log_share_its_question(tmp_path: Path) -> None:
    """A log is read once for all that counts in it; a window of its own makes a question of its own."""
    metrics = """
[[metric]]
id = "slow"
source = "log"
log = "a"
pattern = "took \\\\d{4}"
[[metric]]
id = "warnings"
source = "log"
log = "a"
level = "WARNING"
[[metric]]
id = "recent"
source = "log"
log = "a"
pattern = "lost"
window = "5m"
"""
    ask = asked(tmp_path, 'path = "a.log"\nsince = "1h"\nforbid = ["boom"]', metrics)
    assert (("boom", r"took \d{4}"), ("ERROR", "CRITICAL", "WARNING")) == (ask.patterns, ask.levels)
    settings = load_settings(tmp_path / "deploycheck.toml", cwd=tmp_path, environ={})
    slow, warnings, recent = (metric_ask(settings, metric, deployment_of(NOW), NOW) for metric in settings.metrics)
    assert ask == slow == warnings
    assert isinstance(recent, LogAsk)
    assert (("lost",), 55) == (recent.patterns, recent.since and recent.since.minute)
