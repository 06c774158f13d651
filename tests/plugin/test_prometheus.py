"""Metrics and alerting rules of a Prometheus, from the settings to the verdict."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_http import Server, certificate, closed_port

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


RULES = {
    'alert = "SlowDatabase"\nlabels = { team = "shop" }': ("PASS", ""),
    'alert = "Waiting"': ("PASS", ""),
    'alert = "HighErrorRate"': ("FAIL", "1 alert firing: HighErrorRate"),
    'alert = "HighErrorRate"\nfiring = "ignore"': ("PASS", ""),
    'alert = "HighErrorRat"': ("FAIL", "no alerting rule 'HighErrorRat' is configured among 4; the nearest is High"),
    'alert = "SlowDatabase"\nlabels = { team = "x" }': ("FAIL", "'SlowDatabase' with team=x is configured among 4"),
    'alert = "Broken"': ("FAIL", "the alerting rule 'Broken' cannot be evaluated: "),
    'labels = { team = "shop" }': ("FAIL", "1 alert firing: HighErrorRate"),
    'labels = { team = "other" }': ("PASS", ""),
}


def test_alerting_rules(project: Project, prometheus: PrometheusServer) -> None:
    """Configured and silent is good; missing, broken or firing is not."""
    rules = "".join(f'[[alert_rule]]\nid = "rule{number}"\n{keys}\n' for number, keys in enumerate(RULES))
    project.settings(declared(prometheus, rules))
    checks = project.run().checks
    for number, (keys, (status, reason)) in enumerate(RULES.items()):
        check = checks[f"alerts.alert_rule[rule{number}]"]
        assert status == check["status"], (keys, check["reason"])
        assert reason in check["reason"], keys


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


PULLED_AWAY: dict[str, tuple[Callable[[Talk], None] | None, str, str]] = {
    "good": (saying(reply("1")), "PASS", ""),
    "nan": (saying(reply("NaN")), "INCONCLUSIVE", "no data"),
    "partial": (saying(reply("1", warnings=["half is gone"])), "INCONCLUSIVE", "half is gone"),
    "garbage": (saying(b"<html>"), "ERROR", "did not answer as a Prometheus does"),
    "down": (saying(b"", "503 Down"), "ERROR", "answered 503"),
    "hang": (hang, "ERROR", "did not answer within"),
    "drip": (drip, "ERROR", "did not answer in full"),
    "reset": (reset, "ERROR", "in the middle of its answer"),
    "flood": (flood, "ERROR", "than"),
    "refused": (None, "ERROR", "refused the connection"),
}


def test_source_pulled_away(project: Project) -> None:
    """Whatever becomes of a server, its check is never green, and neither is the run."""
    with ExitStack() as stack:
        text = ""
        for name, (behave, _, _) in PULLED_AWAY.items():
            url = stack.enter_context(Server(behave)).url if behave else f"http://127.0.0.1:{closed_port()}"
            text += f'{METRIC.replace("errors", name)}url = "{url}"\nquery = "x"\nlevels = {{ high = "> 5" }}\n'
            text += 'timeout = "1s"\n'
        project.settings(text)
        done = project.run()
    for name, (_, status, reason) in PULLED_AWAY.items():
        check = done.checks[f"metrics.metric[{name}]"]
        assert status == check["status"], (name, check["reason"])
        assert reason in check["reason"], name
    assert ("INCONCLUSIVE", 11) == done.verdict


def test_pulled_away_in_the_middle_of_a_run(project: Project) -> None:
    """What was answered stays, what comes after is an ERROR, and all of it together is not green."""
    one = f'{METRIC}query = "x"\nlevels = {{ high = "> 5" }}\n'
    metrics = "".join(one.replace("errors", f"m{number}").replace('"x"', f'"x{number}"') for number in range(8))

    def behave(talk: Talk) -> None:
        request = talk.request()
        if b"query=x0&" in request:
            talk.answer(reply("1"), headers="Connection: close\r\n")
        else:
            talk.reset()

    with Server(behave) as server:
        project.settings(f'[prometheus]\nurl = "{server.url}"\ntimeout = "2s"\n{metrics}')
        done = project.run()
    statuses = [done.checks[f"metrics.metric[m{n}]"]["status"] for n in range(8)]
    assert ["PASS", *["ERROR"] * 7] == statuses
    assert ("INCONCLUSIVE", 11) == done.verdict


def test_expired_certificate(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is not trusted; the check is an ERROR that says since when."""
    tls = certificate(tmp_path_factory.mktemp("tls"), not_after="20210101000000Z")
    with Server(saying(reply("1")), tls) as server:
        project.settings(f'[prometheus]\nurl = "{server.url}"\n{METRIC}query = "x"\nlevels = {{ high = "> 5" }}\n')
        done = project.run()
    check = done.checks["metrics.metric[errors]"]
    assert "ERROR" == check["status"]
    assert "it ends 2021-01-01 00:00 UTC" in check["reason"]
    assert ("INCONCLUSIVE", 11) == done.verdict
