"""The user's own checks: what each fixture gives them, in a real session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
levels = { medium = "> 5", high = "> 50" }

[[metric]]
id = "own"
source = "check"
unit = "s"
levels = { low = "> 1s", high = "> 2s" }

[[log]]
id = "app"
path = "app.log"
require = ["up"]
enabled = false

[[attest]]
id = "sign-off"
question = "Signed off?"
enabled = false
"""


def test_good_checks(project: Project) -> None:
    """Every fixture does what it promises when all is well."""
    project.settings(SETTINGS, service='headers = { "X-Team" = "ops" }')
    project.service.answers["/queue"] = (200, '{"length": 3}')
    project.service.answers["/login"] = (200, '{"token": "t0ken-of-the-flow"}')
    (project.path / "app.log").write_text("2026-01-01 10:00:00 INFO up\n2026-01-01 10:00:01 ERROR odd\n")
    project.check("""
from pytest_deploycheck import Expectation

def test_api(api):
    answer = api.get("/own", params={"a": "1"})
    assert (200, {}) == (answer.status_code, answer.json())

def test_thresholds(thresholds):
    assert thresholds.check("own", 0.5).severity is None
    thresholds.check("own", 900, unit="ms")
    thresholds.check("free", 1, levels={"high": "> 2"}, unit="%", n=7, window="5m", target="here", query="count")

def test_metrics(metrics, thresholds):
    assert 3 == metrics("queue").value

def test_baseline(baseline):
    assert baseline("queue") is None

def test_deployment(deployment):
    assert ("d1", "2.0", "1.9") == (deployment.id, deployment.version, deployment.previous)

def test_flow(flow):
    steps = [
        flow.step("log in", "/login", method="POST", json={"a": 1}, capture={"token": "token"}),
        flow.step("use it", "/own?id={token}", bearer="{token}"),
    ]
    flow.run(steps, cleanup=[flow.step("leave", "/logout", method="POST")], name="login")

def test_probe(probe):
    probe.expect(probe.get("/own"), Expectation(status=(200,)))

def test_logs(logs):
    assert 1 == logs.count("app", "odd")
    assert 2 == logs("app").lines

def test_attestations(attestations):
    assert attestations.get("sign-off") is None
""")
    done = project.run("--deploy-id=d1", "--deploy-version=2.0", "--deploy-previous=1.9")
    assert {"PASS"} == set(done.statuses.values()), done.shown
    assert ("PASS", 0) == done.verdict
    assert 9 == len(done.statuses)
    readings = done.checks["test_thresholds"]["measurements"]
    assert [("own", 0.5, "s"), ("own", 900, "ms"), ("free", 1, "%")] == [
        (each["metric"], each["value"], each["unit"]) for each in readings
    ]
    assert (7, "5m", "count") == (readings[2]["n"], readings[2]["window"], readings[2]["query"])
    by_path = {path: headers for _, path, headers in project.service.asked}
    assert {"ops"} == {headers["X-Team"] for headers in by_path.values()}
    assert "Bearer t0ken-of-the-flow" == by_path["/own?id=t0ken-of-the-flow"]["Authorization"]
    assert 1 == project.service.counts["/logout"]
    assert "t0ken-of-the-flow" not in done.shown + done.written


def test_bad_checks(project: Project) -> None:
    """What goes wrong gets the status that it deserves, and its reason says what to do."""
    project.settings(SETTINGS)
    project.service.answers |= {"/queue": (200, '{"length": 7}'), "/broken": (500, "no"), "/empty": (200, "{}")}
    project.check("""
from pytest_deploycheck import Expectation, NoDataError, SourceError

def test_medium_level(metrics, thresholds):
    thresholds.judge(metrics("queue"), {}.get("x")) if False else thresholds.check("queue", metrics("queue").value)

def test_high_level(thresholds):
    thresholds.check("own", 3)

def test_swallowed(thresholds):
    with pytest.raises(AssertionError):
        thresholds.check("own", 3)

def test_no_value(thresholds):
    thresholds.check("own", None)

def test_not_a_number(thresholds):
    thresholds.check("own", float("nan"))

def test_too_few(thresholds):
    thresholds.check("own", 0, n=0)

def test_no_baseline(thresholds):
    thresholds.check("free", 3, levels={"high": "> +30%"})

def test_unknown_name(thresholds):
    thresholds.check("qeue", 3)

def test_wrong_levels(thresholds):
    thresholds.check("free", 3, levels={"high": "about 3"})

def test_wrong_window(thresholds):
    thresholds.check("own", 3, window="soon")

def test_unknown_metric(metrics):
    metrics("qeue")

def test_unknown_log(logs):
    logs("ap")

def test_missing_log(logs):
    logs("app")

def test_attestation(attestations):
    attestations.require("sign-off")

@pytest.mark.severity("high")
def test_probe(probe):
    probe.expect(probe.get("/broken"), Expectation())

@pytest.mark.severity("low")
def test_flow(flow):
    flow.run([flow.step("first", "/broken")])

def test_writing_flow(flow):
    flow.run([flow.step("first", "/never")], writes=True)

def test_crash():
    {}["key"]

def test_own_source_error():
    raise SourceError("no answer")

def test_own_no_data():
    raise NoDataError("nothing there")
""")
    done = project.run()
    assert {
        "test_medium_level": "WARN",
        "test_high_level": "FAIL",
        "test_swallowed": "FAIL",
        "test_no_value": "INCONCLUSIVE",
        "test_not_a_number": "INCONCLUSIVE",
        "test_too_few": "INCONCLUSIVE",
        "test_no_baseline": "INCONCLUSIVE",
        "test_unknown_name": "ERROR",
        "test_wrong_levels": "ERROR",
        "test_wrong_window": "ERROR",
        "test_unknown_metric": "ERROR",
        "test_unknown_log": "ERROR",
        "test_missing_log": "ERROR",
        "test_attestation": "INCONCLUSIVE",
        "test_probe": "FAIL",
        "test_flow": "WARN",
        "test_writing_flow": "INCONCLUSIVE",
        "test_crash": "ERROR",
        "test_own_source_error": "ERROR",
        "test_own_no_data": "INCONCLUSIVE",
    } == done.statuses
    assert ("WATCH", 12) == done.verdict
    reasons = {name: check["reason"] for name, check in done.checks.items()}
    assert "Did you mean queue?" in reasons["test_unknown_name"]
    assert "Did you mean queue?" in reasons["test_unknown_metric"]
    assert "Did you mean app?" in reasons["test_unknown_log"]
    assert "--deploy-allow-writes" in reasons["test_writing_flow"]
    assert "deploycheck attest sign-off" in reasons["test_attestation"]
    assert "KeyError" in reasons["test_crash"]
    assert 0 == project.service.counts["/never"]


def test_odd_values(project: Project) -> None:
    """Whatever a check hands over is recorded or refused; nothing brings the run down."""
    project.check("""
from decimal import Decimal
from fractions import Fraction
from datetime import datetime

LEVELS = {"high": "> 2"}

@pytest.mark.parametrize("value", [Decimal("1.5"), Fraction(1, 2), True, -0.0, 10**400, float("inf"), "text", b"bytes",
    datetime(2026, 1, 1), object(), [1], {"a": 1}, 2**70], ids=lambda value: type(value).__name__)
def test_value(thresholds, value):
    thresholds.check("odd", value, levels=LEVELS)

@pytest.mark.parametrize("key", ["unit", "n", "window", "target", "query"])
def test_argument(thresholds, key):
    thresholds.check("odd", 1, levels=LEVELS, **{key: object()})
""")
    done = project.run()
    statuses = done.statuses
    assert 18 == len(statuses), done.shown
    assert "PASS" == statuses["test_value[Decimal]"]
    assert "PASS" == statuses["test_value[Fraction]"]
    assert not [name for name, status in statuses.items() if status == "PASS" and name.startswith("test_argument")]
    assert not {statuses[f"test_value[{name}]"] for name in ("object", "bytes", "list", "dict", "datetime")} & {"PASS"}


def test_attestation_counts(project: Project) -> None:
    """An answer lets the check pass, an expired one does not, and a no is a failure."""
    project.check("""
def test_yes(attestations):
    assert "Ada" == attestations.require("given").by

def test_no(attestations):
    attestations.require("refused")

def test_expired(attestations):
    attestations.require("expired")

def test_other_deployment(attestations):
    attestations.require("other")
""")
    project.reports.mkdir()
    answer = {"by": "Ada", "at": "2026-01-01T00:00:00Z", "answer": "yes", "deployment": "d1"}
    lines = [
        {**answer, "id": "given"},
        {**answer, "id": "refused", "answer": "no", "note": "not yet"},
        {**answer, "id": "expired", "expires": "2026-01-02T00:00:00Z"},
        {**answer, "id": "other", "deployment": "d2"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (project.reports / "attestations.jsonl").write_text(text + "garbage\n")
    done = project.run("--deploy-id=d1")
    expected = {"test_yes": "PASS", "test_no": "WARN", "test_expired": "INCONCLUSIVE"}
    assert expected | {"test_other_deployment": "INCONCLUSIVE"} == done.statuses, done.shown
    assert "not yet" in done.checks["test_no"]["reason"]
    assert "has expired" in done.checks["test_expired"]["reason"]
    assert any("line 5" in note for note in done.record["run"]["notes"])
