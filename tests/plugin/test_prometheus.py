"""Metrics and alerting rules of a Prometheus, from the settings to the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_http import Server, closed_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fix_http import Talk
    from tests.fix_prometheus import PrometheusServer
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

METRIC = """
[[metric]]
id = "errors"
source = "prometheus"
severity = "high"
"""


def declared(server: PrometheusServer, rest: str) -> str:
    """Return settings with the server's address and password."""
    return f'[prometheus]\nurl = "{server.url}"\nusername = "watcher"\npassword = "pr0me-pass"\n{rest}'


SERIES = (
    METRIC
    + """
query = '''label_replace(vector(1), "handler", "/a", "", "") or label_replace(vector(7), "handler", "/b", "", "")
  or label_replace(vector(3), "handler", "/c", "", "")'''
by = ["handler"]
levels = { medium = "> 2", high = "> 5" }
"""
)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_each_series_is_judged(project: Project, prometheus: PrometheusServer, workers: tuple[str, ...]) -> None:
    """The worst leads, all that is wrong is listed, all are recorded under names of their own."""
    project.settings(declared(prometheus, SERIES))
    done = project.run(*workers)
    check = done.checks["metrics.metric[errors]"]
    assert ("FAIL", "high") == (check["status"], check["finding"])
    assert check["reason"].startswith("errors[/b]: 7")
    assert "(2 of 3 series)" in check["reason"]
    assert "errors[/c]: 3" in check["detail"]
    assert ["errors[/a]", "errors[/b]", "errors[/c]"] == [each["metric"] for each in check["measurements"]]
    assert ["PASS", "FAIL", "WARN"] == [each["status"] for each in check["measurements"]]
    assert "pr0me-pass" not in done.written + done.shown


def test_one_series_without_data_is_not_green(project: Project, prometheus: PrometheusServer) -> None:
    """A handler that had to be there, and is not, makes the check inconclusive."""
    project.settings(
        declared(prometheus, SERIES.replace("> 2", "> 20").replace("> 5", "> 50") + 'expect = ["/gone"]\n')
    )
    done = project.run()
    assert "INCONCLUSIVE" == done.checks["metrics.metric[errors]"]["status"]
    assert ("INCONCLUSIVE", 11) == done.verdict
    assert "errors[/gone]: no data" in done.checks["metrics.metric[errors]"]["reason"]


RULE = """
[[alert_rule]]
id = "rule"
"""


@pytest.mark.parametrize(
    ("keys", "status", "reason"),
    [
        ('alert = "SlowDatabase"\nlabels = { team = "shop" }', "PASS", ""),
        ('alert = "Waiting"', "PASS", ""),
        ('alert = "HighErrorRate"', "FAIL", "1 alert firing: HighErrorRate"),
        ('alert = "HighErrorRate"\nfiring = "ignore"', "PASS", ""),
        (
            'alert = "HighErrorRat"',
            "FAIL",
            "no alerting rule 'HighErrorRat' is configured among 4; the nearest is High",
        ),
        ('alert = "SlowDatabase"\nlabels = { team = "x" }', "FAIL", "'SlowDatabase' with team=x is configured among 4"),
        ('alert = "Broken"', "FAIL", "the alerting rule 'Broken' cannot be evaluated: "),
        ('labels = { team = "shop" }', "FAIL", "1 alert firing: HighErrorRate"),
        ('labels = { team = "other" }', "PASS", ""),
    ],
)
def test_alerting_rules(project: Project, prometheus: PrometheusServer, keys: str, status: str, reason: str) -> None:
    """Configured and silent is good; missing, broken or firing is not."""
    project.settings(declared(prometheus, RULE + keys))
    check = project.run().checks["alerts.alert_rule[rule]"]
    assert status == check["status"], check["reason"]
    assert reason in check["reason"]


def reply(value: str, **more: Any) -> bytes:
    """Return a successful answer."""
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [1.0, value]}]}
    return json.dumps({"status": "success", "data": data, **more}).encode()


def drip(talk: Talk) -> None:
    """Answer a byte at a time."""
    talk.request()
    talk.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b" " * 900, 0.1)


def hang(talk: Talk) -> None:
    """Take the request and say nothing."""
    talk.request()
    talk.hang()


def reset(talk: Talk) -> None:
    """Break off in the middle."""
    talk.request()
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{")
    talk.reset()


def flood(talk: Talk) -> None:
    """Send ten gigabytes, as far as anybody reads them."""
    talk.request()
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while True:
        talk.send(b" " * 65536)


def saying(body: bytes, status: str = "200 OK") -> Callable[[Talk], None]:
    """Return a server that answers this."""

    def behave(talk: Talk) -> None:
        while talk.request():
            talk.answer(body, status)

    return behave


@pytest.mark.parametrize(
    ("behave", "status", "reason"),
    [
        pytest.param(saying(reply("1")), "PASS", "", id="good"),
        pytest.param(saying(reply("NaN")), "INCONCLUSIVE", "no data", id="nan"),
        pytest.param(saying(reply("1", warnings=["half is gone"])), "INCONCLUSIVE", "half is gone", id="partial"),
        pytest.param(saying(b"<html>"), "ERROR", "did not answer as a Prometheus does", id="garbage"),
        pytest.param(saying(b"", "503 Down"), "ERROR", "answered 503", id="503"),
        pytest.param(hang, "ERROR", "did not answer within", id="hang"),
        pytest.param(drip, "ERROR", "did not answer in full", id="drip"),
        pytest.param(reset, "ERROR", "in the middle of its answer", id="reset"),
        pytest.param(flood, "ERROR", "than", id="flood"),
        pytest.param(None, "ERROR", "refused the connection", id="refused"),
    ],
)
def test_source_pulled_away(project: Project, behave: Callable[[Talk], None] | None, status: str, reason: str) -> None:
    """Whatever becomes of the server, the check is never green, and the run ends with its table's verdict."""
    with Server(behave or hang) as server:
        url = server.url if behave else f"http://127.0.0.1:{closed_port()}"
        project.settings(
            f'[prometheus]\nurl = "{url}"\ntimeout = "1s"\n{METRIC}query = "x"\nlevels = {{ high = "> 5" }}\n'
        )
        done = project.run()
    check = done.checks["metrics.metric[errors]"]
    assert status == check["status"], check["reason"]
    assert reason in check["reason"]
    assert ("PASS", 0) == done.verdict if status == "PASS" else ("INCONCLUSIVE", 11) == done.verdict
