"""From the settings to what is asked."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asking import asks_of, at_window, service_headers, service_url, sql_ask, stranger_asks
from pytest_deploycheck.asks import HostAsk, HttpAsk, LogAsk, OpenMetricsAsk, PromAlertsAsk, PromAsk, SqlAsk, TcpAsk
from pytest_deploycheck.deployments import deployment_of
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = """
[service]
base_url = "http://service.test:8080/app"
bearer = "t0ken-t0ken"
headers = { "X-From" = "us" }
timeout = "3s"
metrics = "/metrics"
[database]
dsn = "postgresql://u:p@primary/d"
read_replica_dsn = "postgresql://u:p@replica/d"
statement_timeout = "2s"
[[endpoint]]
id = "mine"
path = "/a"
auth = true
samples = 5
timeout = "1s"
headers = { "X-From" = "me" }
[[endpoint]]
id = "theirs"
path = "http://elsewhere.test/b"
auth = true
[[metric]]
id = "ratio"
source = "openmetrics"
query = "ratio(a, b)"
[[metric]]
id = "rows"
source = "sql"
sql = "SELECT %(window_start)s"
window = "15m"
[[metric]]
id = "cpu"
source = "host"
query = "cpu"
[[metric]]
id = "depth"
source = "http"
path = "/q"
query = "d"
auth = true
[[dependency]]
id = "cache"
tcp = "[::1]:6379"
[[dependency]]
id = "mail"
url = "http://mail.test/"
[[log]]
id = "app"
path = "app.log"
forbid = ["boom"]
since = "15m"
[[attest]]
id = "sign-off"
question = "?"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with one of each."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(SETTINGS)
    return load_settings(path, cwd=tmp_path, environ={})


def ask(settings: Settings, section: str, number: int, aspect: str = "main") -> object:
    """Return the first question that an entry asks."""
    entry = getattr(settings, section)[number]
    deployment = deployment_of(NOW, identity="r1", deployed_at="1h")
    return asks_of(entry, settings, deployment, NOW, aspect)[0]


def test_an_endpoint(settings: Settings) -> None:
    """Its own timeout and headers over the service's, the token with auth."""
    made = ask(settings, "endpoints", 0)
    assert isinstance(made, HttpAsk)
    assert ("http://service.test:8080/app/a", 1.0, 5) == (made.url, made.timeout, made.samples)
    assert {"X-From": "me", "Authorization": "Bearer t0ken-t0ken"} == dict(made.headers)


def test_another_host_gets_no_token(settings: Settings) -> None:
    """The service's token and headers stay at home."""
    made = ask(settings, "endpoints", 1)
    assert isinstance(made, HttpAsk)
    assert ("http://elsewhere.test/b", ()) == (made.url, made.headers)


def test_no_secret_in_a_representation(settings: Settings) -> None:
    """What is asked can be printed by anybody."""
    shown = repr([ask(settings, "endpoints", 0), sql_ask(settings, "SELECT 1", name="x")])
    assert "t0ken" not in shown
    assert ":p@" not in shown


def test_strangers_have_no_token(settings: Settings) -> None:
    """Once without any, once with a wrong one."""
    nobody, wrong = stranger_asks(settings, settings.endpoints[0]).values()
    assert "Authorization" not in dict(nobody.headers)
    assert "t0ken" not in dict(wrong.headers)["Authorization"]


def test_metrics(settings: Settings) -> None:
    """Each source has its question."""
    ratio, rows, cpu, depth = (ask(settings, "metrics", number) for number in range(4))
    assert isinstance(ratio, OpenMetricsAsk)
    assert ("http://service.test:8080/app/metrics", 10.0) == (ratio.url, ratio.window)
    assert isinstance(rows, SqlAsk)
    assert (("window_start", NOW - timedelta(minutes=15)),) == rows.params
    assert ("postgresql://u:p@replica/d", 2.0) == (rows.dsn, rows.statement_timeout)
    assert HostAsk(resource="cpu") == cpu
    assert isinstance(depth, HttpAsk)
    assert "Authorization" in dict(depth.headers)


def test_the_rest(settings: Settings, tmp_path: Path) -> None:
    """A TCP port, a URL, a log file; a question to a person asks no machine."""
    assert TcpAsk(address="::1", port=6379, timeout=3.0) == ask(settings, "dependencies", 0)
    mail = ask(settings, "dependencies", 1)
    assert isinstance(mail, HttpAsk)
    assert () == mail.headers
    log = ask(settings, "logs", 0)
    assert isinstance(log, LogAsk)
    assert (str(tmp_path / "app.log"), True, ("boom",)) == (log.path, log.rotated, log.patterns)
    assert (NOW - timedelta(minutes=15), 48.0) == (log.since, log.timeout)
    assert () == asks_of(settings.attests[0], settings, deployment_of(NOW), NOW)


def test_scrapes_are_kept_for_named_deployments_only(settings: Settings) -> None:
    """Who has no name has no later runs."""
    named = ask(settings, "metrics", 0)
    unnamed = asks_of(settings.metrics[0], settings, deployment_of(NOW), NOW)[0]
    assert isinstance(named, OpenMetricsAsk)
    assert isinstance(unnamed, OpenMetricsAsk)
    assert (str(settings.root / "reports" / "r1" / "scrapes.json"), None) == (named.store, unnamed.store)


def test_urls_and_headers(settings: Settings) -> None:
    """A path is below the base; a whole URL stays."""
    assert "http://service.test:8080/app/x?y=1" == service_url(settings, "x?y=1")
    assert "https://a.test/b" == service_url(settings, "https://a.test/b")
    assert (("X-From", "us"),) == service_headers(settings)


def test_no_database(tmp_path: Path) -> None:
    """Without one, a question to it says what to add."""
    path = tmp_path / "deploycheck.toml"
    path.write_text('[service]\nbase_url = "http://127.0.0.1:1"\n')
    bare = load_settings(path, cwd=tmp_path, environ={})
    with pytest.raises(SettingsError, match=r"database.dsn.*DATABASE_URL"):
        sql_ask(bare, "SELECT 1", name="x")


PROMETHEUS = """
[service]
base_url = "http://service.test"
bearer = "t0ken-t0ken"
[prometheus]
url = "https://prom.test/base"
username = "u"
password = "p-p-p-p"
timeout = "4s"
[[metric]]
id = "home"
source = "prometheus"
query = "rate(x[$window])"
[[metric]]
id = "away"
source = "prometheus"
query = "x"
url = "https://other.test"
bearer = "of-the-other"
[[metric]]
id = "hour"
source = "prometheus"
query = "x"
stat = "mean"
window = "1h"
[[alert_rule]]
id = "named"
alert = "X"
[[alert_rule]]
id = "any"
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Settings:
    """Settings with a Prometheus."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(PROMETHEUS)
    return load_settings(path, cwd=tmp_path, environ={})


def test_prometheus_windows(prometheus: Settings) -> None:
    """The declared window, or the time since the deployment; all of them end at the start of the run."""
    home, away, hour = (ask(prometheus, "metrics", number) for number in range(3))
    assert isinstance(home, PromAsk)
    assert isinstance(away, PromAsk)
    assert isinstance(hour, PromAsk)
    assert [(NOW, 3600.0), (NOW, None), (NOW, 3600.0)] == [(each.end, each.window) for each in (home, away, hour)]
    young = asks_of(prometheus.metrics[0], prometheus, deployment_of(NOW), NOW)[0]
    assert isinstance(young, PromAsk)
    assert 300.0 == young.window


def test_the_same_question_about_another_window(prometheus: Settings) -> None:
    """An hour before, or another length; everything else stays."""
    hour = ask(prometheus, "metrics", 2)
    assert isinstance(hour, PromAsk)
    before = NOW - timedelta(days=7)
    assert replace(hour, end=before) == at_window(hour, before)
    assert replace(hour, end=before, window=60.0) == at_window(hour, before, 60.0)


def test_logins_stay_at_home(prometheus: Settings) -> None:
    """Another server gets neither the login of [prometheus] nor the service's token."""
    home, away = ask(prometheus, "metrics", 0), ask(prometheus, "metrics", 1)
    assert isinstance(home, PromAsk)
    assert isinstance(away, PromAsk)
    assert ("https://prom.test/base", 4.0, "prom.test:443") == (home.url, home.timeout, home.host)
    assert {"Authorization": "Basic " + base64.b64encode(b"u:p-p-p-p").decode()} == dict(home.headers)
    assert {"Authorization": "Bearer of-the-other"} == dict(away.headers)


def test_alerts(prometheus: Settings) -> None:
    """A named rule asks for rules, no name for active alerts."""
    named, every = ask(prometheus, "alert_rules", 0), ask(prometheus, "alert_rules", 1)
    assert isinstance(named, PromAlertsAsk)
    assert isinstance(every, PromAlertsAsk)
    assert (True, False) == (named.rules, every.rules)


def test_windows_of_statements(tmp_path: Path) -> None:
    """Both spellings of a name; one that uses both ends can be asked about another time, others cannot."""
    path = tmp_path / "deploycheck.toml"
    metric = '[[metric]]\nid = "m{}"\nsource = "sql"\nwindow = "1h"\nsql = "SELECT 1 WHERE {}"\n'
    conditions = ("at > :window_start AND at <= %(window_end)s", "at::date > :deployed_at", "at::deployed_at")
    path.write_text(
        '[service]\nbase_url = "http://a.test"\n[database]\ndsn = "postgresql://u:p@h/d"\n'
        + "".join(metric.format(number, text) for number, text in enumerate(conditions))
    )
    settings = load_settings(path, cwd=tmp_path, environ={})
    both, since, cast = (ask(settings, "metrics", number) for number in range(3))
    assert isinstance(both, SqlAsk)
    assert isinstance(since, SqlAsk)
    assert isinstance(cast, SqlAsk)
    hour = timedelta(hours=1)
    assert {"window_start": NOW - hour, "window_end": NOW} == dict(both.params)
    assert ({"deployed_at": NOW - hour}, {}) == (dict(since.params), dict(cast.params))
    before = at_window(both, NOW - hour, 600.0)
    assert isinstance(before, SqlAsk)
    assert {"window_start": NOW - hour - timedelta(minutes=10), "window_end": NOW - hour} == dict(before.params)
    assert at_window(since, NOW) is None
    assert at_window(HostAsk(resource="cpu"), NOW) is None
